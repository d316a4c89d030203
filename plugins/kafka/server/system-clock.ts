// The clock of a broker that runs for real; tests hand in a virtual one.

import { asTimestamp, type Clock } from '../../../framework/index.ts'

export const systemClock: Clock = {
  now: () => asTimestamp(Date.now()),
  monotonicMs: () => performance.now(),
  after(delayMs, run) {
    // Node takes a longer delay for none at all.
    const timer = setTimeout(run, Math.min(delayMs, 2_147_483_647))
    return { cancel: () => clearTimeout(timer) }
  },
  turn: () => new Promise((resolve) => setImmediate(resolve)),
}

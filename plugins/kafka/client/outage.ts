// Says once that Kafka has not answered for a while, and once that it answers again: what one client's roles hear together. Whether it is given up, and when,
// is the business of who asks.

import type { Clock, Logger } from '../../../framework/index.ts'

/** A broker that restarts, or hands its partitions on, is back within this. */
const toldAfterMs = 3_000

export class Outage {
  readonly #brokers: readonly string[]
  readonly #clock: Clock
  readonly #logger: Logger
  #sinceMs: number | undefined
  #told = false

  constructor(brokers: readonly string[], clock: Clock, logger: Logger) {
    this.#brokers = brokers
    this.#clock = clock
    this.#logger = logger
  }

  unanswered(): void {
    const nowMs = this.#clock.monotonicMs()
    this.#sinceMs ??= nowMs
    if (this.#told || nowMs - this.#sinceMs < toldAfterMs) return
    this.#told = true
    this.#logger.log(
      'warn',
      `No broker answers at ${this.#brokers.join(', ')} any more; requests are tried again until it does, or their time is up.`,
    )
  }

  answered(): void {
    if (this.#sinceMs === undefined) return
    const seconds = ((this.#clock.monotonicMs() - this.#sinceMs) / 1000).toFixed(1)
    if (this.#told) this.#logger.log('warn', `Kafka answers again, after ${seconds} s.`)
    this.#sinceMs = undefined
    this.#told = false
  }
}

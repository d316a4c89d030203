// The real time: the only file of framework/ that touches Date, timers or the event loop.

import { randomUUID } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock, Timer } from '../ports/clock.ts'
import { asTimestamp, type Timestamp } from '../ports/record.ts'

export class SystemClock implements Clock {
  now(): Timestamp {
    return asTimestamp(Date.now())
  }

  monotonicMs(): number {
    return performance.now()
  }

  after(delayMs: number, run: () => void): Timer {
    const timeout = setTimeout(run, delayMs)
    return { cancel: () => clearTimeout(timeout) }
  }

  async turn(): Promise<void> {
    await nextTurn()
  }
}

/** Unlike that of any other process, ever. */
export function newProcessId(): string {
  return randomUUID()
}

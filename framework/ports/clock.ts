// Time, timers and turns of the event loop. Inside framework/ only an implementation of this port touches Date or timers.

import type { Timestamp } from './record.ts'

export interface Timer {
  cancel(): void
}

export interface Clock {
  /** Wall-clock time. */
  now(): Timestamp
  /** Milliseconds of a clock that only goes forward, with fractions. For durations. */
  monotonicMs(): number
  after(delayMs: number, run: () => void): Timer
  /** Resolves after timers and sockets had their turn (setImmediate). */
  turn(): Promise<void>
}

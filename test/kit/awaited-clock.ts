// The clock as a source of a test sees it: it knows whether the source waits for the time or for something else, such as a disk. Only in the first case the time goes on.

import type { Clock, Timer } from '../../framework/ports/clock.ts'
import type { Timestamp } from '../../framework/ports/record.ts'

export class AwaitedClock implements Clock {
  private readonly clock: Clock
  /** When the timers of the source are due. */
  private readonly dueMs = new Set<{ readonly atMs: number }>()

  constructor(clock: Clock) {
    this.clock = clock
  }

  now(): Timestamp {
    return this.clock.now()
  }

  monotonicMs(): number {
    return this.clock.monotonicMs()
  }

  after(delayMs: number, run: () => void): Timer {
    const due = { atMs: this.clock.monotonicMs() + Math.max(0, delayMs) }
    this.dueMs.add(due)
    const timer = this.clock.after(delayMs, () => {
      this.dueMs.delete(due)
      run()
    })
    return {
      cancel: () => {
        this.dueMs.delete(due)
        timer.cancel()
      },
    }
  }

  turn(): Promise<void> {
    return this.clock.turn()
  }

  /** Waits for a promise, and has the time advanced to the next timer of the source whenever there is one. */
  async pass<T>(waiting: Promise<T>, advance: (durationMs: number) => void): Promise<T> {
    let settled = false
    const settle = () => {
      settled = true
    }
    waiting.then(settle, settle)
    while (!settled) {
      await this.clock.turn()
      if (!settled && this.dueMs.size > 0)
        advance(Math.max(0, Math.min(...[...this.dueMs].map(({ atMs }) => atMs)) - this.clock.monotonicMs()))
    }
    return await waiting
  }
}

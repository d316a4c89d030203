// A clock that a test moves. Timers run in the order of their due times, and only while the test advances the clock or somebody takes a turn; so a test that runs
// again sees the same.

import { setImmediate as nextTurn, setTimeout as realPause } from 'node:timers/promises'
import type { Clock, Timer } from '../../framework/ports/clock.ts'
import { asTimestamp, type Timestamp } from '../../framework/ports/record.ts'

interface Scheduled {
  readonly dueMs: number
  readonly run: () => void
}

/** What is done by others in real time, such as a disk. */
export interface OutsideWork {
  readonly busy: boolean
}

export class VirtualClock implements Clock {
  private nowMs: number
  private readonly outside: OutsideWork
  private scheduled: Scheduled[] = []

  /** `outside`: the time does not go on while that is busy. Default: all is in memory. */
  constructor(startMs = 0, outside: OutsideWork = { busy: false }) {
    this.nowMs = startMs
    this.outside = outside
  }

  now(): Timestamp {
    return asTimestamp(this.nowMs)
  }

  monotonicMs(): number {
    return this.nowMs
  }

  after(delayMs: number, run: () => void): Timer {
    const scheduled = { dueMs: this.nowMs + Math.max(0, delayMs), run }
    this.scheduled.push(scheduled)
    return {
      cancel: () => {
        this.scheduled = this.scheduled.filter((other) => other !== scheduled)
      },
    }
  }

  /** Runs the timers that are due, then lets promises and real I/O have their turn. */
  async turn(): Promise<void> {
    this.runDue(this.nowMs)
    await nextTurn()
  }

  /** As if the code that runs had taken this long: the time is later, and no timer had its turn. */
  spend(durationMs: number): void {
    this.nowMs += durationMs
  }

  /** Moves the time on, stopping at each timer on the way. */
  advance(durationMs: number): void {
    const endMs = this.nowMs + durationMs
    this.runDue(endMs)
    this.nowMs = endMs
  }

  /** Moves from timer to timer until the condition holds; rejects if it does not within this much virtual time. */
  async advanceUntil(condition: () => boolean, limitMs = 600_000): Promise<void> {
    const endMs = this.nowMs + limitMs
    for (;;) {
      for (let turn = 0; turn < turnsBetweenTimers; turn++) {
        if (condition()) return
        await nextTurn()
      }
      if (this.outside.busy) {
        await this.outsideIsDone()
        continue
      }
      const next = this.next()
      if (this.nowMs >= endMs) throw new Error(`not so after ${limitMs} ms of virtual time`)
      this.advance(next === undefined ? 1 : Math.min(endMs, Math.max(next.dueMs, this.nowMs)) - this.nowMs)
    }
  }

  private async outsideIsDone(): Promise<void> {
    for (let waitedMs = 0; this.outside.busy; waitedMs++) {
      if (waitedMs > outsideMsMax) throw new Error(`the disk is busy for more than ${outsideMsMax / 1_000} s`)
      await realPause(1)
    }
  }

  private runDue(untilMs: number): void {
    for (let next = this.next(); next !== undefined && next.dueMs <= untilMs; next = this.next()) {
      const due = next
      this.scheduled = this.scheduled.filter((other) => other !== due)
      this.nowMs = Math.max(this.nowMs, due.dueMs)
      due.run()
    }
  }

  /** Of those due at the same time the one that was scheduled first. */
  private next(): Scheduled | undefined {
    let next: Scheduled | undefined
    for (const scheduled of this.scheduled) if (next === undefined || scheduled.dueMs < next.dueMs) next = scheduled
    return next
  }
}

/** Of real time. */
const outsideMsMax = 60_000

/** Enough for what runs on promises alone to come to rest. */
const turnsBetweenTimers = 20

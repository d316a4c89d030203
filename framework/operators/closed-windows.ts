// When an operator that sends each window once, when it is closed, looks for windows to send: when its stream time has moved on, and not more often than
// every so many milliseconds of wall clock (Kafka Streams: AbstractKStreamTimeWindowAggregateProcessor, KIP-825). Up to where it has
// sent is committed, in Kafka Streams' own format, under the name of the store.

import type { OperatorEnvironment, TaskWork } from './operator-environment.ts'
import { type StreamTime, unknownTime } from './stream-times.ts'

export class ClosedWindows {
  private readonly sentUpTo: StreamTime
  private readonly work: TaskWork
  private readonly intervalMs: number
  private readonly shownMs: number
  private nextLookMs = 0

  constructor(store: string, environment: OperatorEnvironment, shownMs = Number.POSITIVE_INFINITY) {
    this.sentUpTo = environment.streamTimes.of(store)
    this.work = environment.work
    this.shownMs = shownMs
    this.intervalMs = environment.emitIntervals.closedWindowsMs
  }

  /** The close time up to which windows were sent; undefined before the first time. */
  get sentUpToMs(): number | undefined {
    return this.sentUpTo.ms === unknownTime ? undefined : this.sentUpTo.ms
  }

  /** Whether to look, with windows closed up to this time. */
  due(closedMs: number): boolean {
    const now = this.work.wallClock
    if (now < this.nextLookMs) return false
    this.nextLookMs = now + this.intervalMs
    return this.sentUpTo.ms === unknownTime || this.sentUpTo.ms < closedMs
  }

  /** Whether the store would hide windows that are closed up to this time and have not been sent. Asked before it takes the record that brings the time. */
  overdue(closedMs: number): boolean {
    return closedMs - this.sentUpTo.ms >= this.shownMs
  }

  /** It does not go back: what a clock decided before a restart may lie behind what stream time has closed since. */
  sent(closedMs: number): void {
    this.sentUpTo.ms = Math.max(this.sentUpTo.ms, closedMs)
  }
}

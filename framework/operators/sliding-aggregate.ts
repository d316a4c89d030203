// Aggregation of a grouped stream in sliding windows (Kafka Streams: KStreamSlidingWindowAggregate, KIP-450). There is a window that ends at each record (its
// left window) and one that starts 1 ms behind it (its right window), as far as they hold different records; all have the size of the difference, both ends
// included. A row's timestamp is that of the window's latest record. Windows that would start before 0 are one, from 0 to the difference.

import { MillraceError } from '../errors.ts'
import type { Aggregation, EmitStrategy, WindowAside } from '../graph/operator-spec.ts'
import type { SlidingWindow } from '../graph/window-spec.ts'
import type { BinaryKey, Row } from '../state/contract.ts'
import { ClosedWindows } from './closed-windows.ts'
import type { DroppedRecords } from './dropped-records.ts'
import { type Fold, foldOf } from './fold.ts'
import { LateRecords, type WindowOutlets } from './late-records.ts'
import { endRecord, type Flow, type Operator } from './operator.ts'
import type { OperatorEnvironment } from './operator-environment.ts'
import { type StreamTime, streamTimeName } from './stream-times.ts'
import { type ClockedWindows, clockOf, type WindowClock } from './window-clock.ts'
import { WindowRows } from './window-rows.ts'

/** What one record finds of its key. */
interface Work {
  readonly record: Flow
  readonly key: BinaryKey
  readonly closedMs: number
  /** Starts of the windows found. */
  readonly starts: Set<number>
  /** The aggregate of the record's right window before the record: of those that come after it. */
  right: Row<unknown> | undefined
  rightExists: boolean
  /** The latest record before this one. */
  previousMs: number | undefined
}

export class SlidingAggregate implements Operator, ClockedWindows {
  readonly name: string
  private readonly rows: WindowRows
  private readonly window: SlidingWindow
  private readonly fold: Fold
  private readonly dropped: DroppedRecords
  private readonly streamTime: StreamTime
  private readonly closed: ClosedWindows | undefined
  private readonly clock: WindowClock | undefined
  private readonly late: LateRecords | undefined

  constructor(
    name: string,
    { results, late }: WindowOutlets,
    spec: {
      readonly store: string
      readonly window: SlidingWindow
      readonly aggregation: Aggregation
      readonly sendsOldValues: boolean
      readonly emit: EmitStrategy
      readonly aside?: WindowAside
    },
    environment: OperatorEnvironment,
  ) {
    this.name = name
    this.window = spec.window
    this.fold = foldOf(spec.aggregation, name, environment)
    this.rows = new WindowRows({ ...spec, windowSizeMs: spec.window.differenceMs, fold: this.fold, outlet: results, environment })
    this.dropped = environment.dropped
    this.streamTime = environment.streamTimes.of(streamTimeName(name))
    this.closed = spec.emit === 'final' ? new ClosedWindows(spec.store, environment, spec.aside?.shownMs) : undefined
    this.clock = clockOf(name, spec, environment, this)
    this.late = late === undefined ? undefined : new LateRecords(late)
  }

  open(): void {
    this.clock?.open()
  }

  process(record: Flow): void {
    if (record.keyCell.isNull) {
      this.dropped.add('null-key')
      return
    }
    if (record.valueCell.isNull || (this.fold.readsValue && record.value === null)) {
      this.dropped.add('null-value')
      return
    }
    const { streamTime, clock } = this
    const { differenceMs, graceMs } = this.window
    const { timestamp } = record
    if (timestamp > streamTime.ms) streamTime.ms = timestamp
    const closedMs = clock === undefined ? streamTime.ms - graceMs : clock.closedMs(streamTime.ms - graceMs)
    if (this.closed?.overdue(closedMs)) this.sendClosed(this.closed, record, closedMs)
    if (timestamp + differenceMs < closedMs) {
      clock?.came(Infinity)
      this.dropped.add('late')
      this.late?.send(record, closedMs - (timestamp + differenceMs))
      return
    }
    clock?.came(Math.max(timestamp, closedMs) + graceMs + 1)
    if (differenceMs === 0) throw new MillraceError('sliding-window-empty', { node: this.name })
    const key = this.rows.keyOf(record)
    const work = { record, key, closedMs, starts: new Set<number>(), right: undefined, rightExists: false, previousMs: undefined }
    if (timestamp < differenceMs) {
      this.processEarly(work)
      return
    }
    this.processWithLeftWindow(work)
    if (this.closed?.due(closedMs)) this.sendClosed(this.closed, record, closedMs)
  }

  // ------------------------------------------------------------------------------------------------ what the clock asks

  /** Windows that end behind the last record may still grow, so they stay: who closed them would refuse the next records. */
  allClosedMs(): number {
    return this.streamTime.ms < 0 ? -1 : this.streamTime.ms + 1
  }

  closedAt(timeMs: number): number {
    return timeMs - this.window.graceMs
  }

  nextCloseMs(closedMs: number): number {
    const { differenceMs, graceMs } = this.window
    const start = this.rows.firstStart(Math.max(0, closedMs - differenceMs))
    return start === undefined ? Infinity : start + differenceMs + graceMs + 1
  }

  sendUpTo(closedMs: number): void {
    if (this.closed !== undefined) this.sendClosed(this.closed, endRecord(this.streamTime.ms), closedMs)
  }

  // -------------------------------------------------------------------------------------------------------------- parts

  /** The last window begins right behind the stream time at the latest. */
  endOfInput(): void {
    if (this.closed !== undefined && this.streamTime.ms >= 0)
      this.sendClosed(this.closed, endRecord(this.streamTime.ms), this.streamTime.ms + this.window.differenceMs + 2)
  }

  /** The windows of the key are walked from the latest to the first that ends before the record. */
  private processWithLeftWindow(work: Work): void {
    const { record, key, starts } = work
    const { differenceMs } = this.window
    const { timestamp } = record
    let leftExists = false
    let left: Row<unknown> | undefined
    for (const [start, row] of this.rows.range(key, Math.max(0, timestamp - 2 * differenceMs), timestamp + 1, { reverse: true })) {
      starts.add(start)
      const end = start + differenceMs
      if (start === timestamp + 1) {
        work.rightExists = true
      } else if (end > timestamp) {
        work.right ??= row
        this.update(work, start, row)
      } else if (end === timestamp) {
        leftExists = true
        this.update(work, start, row)
        // A record of the same time was here before: all windows around it are there.
        if (row.timestamp >= timestamp) return
        work.previousMs = row.timestamp
      } else {
        left = row
        work.previousMs = row.timestamp
        break
      }
    }
    const { previousMs } = work
    if (previousMs !== undefined && !starts.has(previousMs + 1) && previousMs + 1 + differenceMs >= timestamp)
      this.createRightOf(work, previousMs)
    if (!leftExists) {
      const leftHolds = previousMs !== undefined && timestamp - differenceMs <= previousMs
      this.update(work, timestamp - differenceMs, { value: leftHolds ? (left as Row<unknown>).value : this.fold.initial(), timestamp })
    }
    this.createRight(work)
  }

  /** A record whose left window would start before 0 belongs to the window from 0 to the difference. */
  private processEarly(work: Work): void {
    const { record, key, starts } = work
    const { timestamp } = record
    let combined: Row<unknown> | undefined
    for (const [start, row] of this.rows.range(key, 0, timestamp + 1)) {
      starts.add(start)
      if (start === 0) {
        combined = row
        if (row.timestamp < timestamp) work.previousMs = row.timestamp
      } else if (start <= timestamp) {
        work.right = row
        this.update(work, start, row)
      } else {
        work.rightExists = true
      }
    }
    if (work.right === undefined && combined !== undefined && combined.timestamp > timestamp) work.right = combined
    this.createRight(work)
    const { previousMs } = work
    if (previousMs !== undefined && !starts.has(previousMs + 1)) this.createRightOf(work, previousMs)
    this.update(work, 0, combined ?? { value: this.fold.initial(), timestamp })
  }

  /** The right window of this record, if records lie in it: their aggregate, without this one. */
  private createRight({ record, key, right, rightExists }: Work): void {
    if (rightExists || right === undefined || right.timestamp <= record.timestamp) return
    this.rows.put(record, key, record.timestamp + 1, right.value, null, right.timestamp)
  }

  /** The right window of the record before, which holds this one alone. */
  private createRightOf(work: Work, previousMs: number): void {
    this.update(work, previousMs + 1, { value: this.fold.initial(), timestamp: work.record.timestamp })
  }

  private update({ record, key, closedMs }: Work, start: number, row: Row<unknown>): void {
    if (start + this.window.differenceMs < closedMs) {
      this.dropped.add('late')
      return
    }
    const timestamp = row.value === null ? record.timestamp : Math.max(record.timestamp, row.timestamp)
    this.rows.put(record, key, start, this.fold.add(row.value, record), row.value, timestamp)
  }

  private sendClosed(closed: ClosedWindows, record: Flow, closedMs: number): void {
    const { differenceMs } = this.window
    const lastStart = closedMs - differenceMs - 1
    if (lastStart < 0) return
    const { sentUpToMs } = closed
    this.rows.sendAll(record, sentUpToMs === undefined ? 0 : Math.max(0, sentUpToMs - differenceMs), lastStart)
    closed.sent(closedMs)
  }
}

// Aggregation of a grouped stream in windows of time, tumbling, hopping or one without an end (Kafka Streams: KStreamWindowAggregate). A record counts in each window that
// spans its time and is not closed: a window closes when the operator's stream time, which every record with a key moves on, reaches its end
// and the grace. Records without a value count too.

import type { Aggregation, EmitStrategy, WindowAside } from '../graph/operator-spec.ts'
import type { AggregationWindow, Calendar } from '../graph/window-spec.ts'
import type { BinaryKey } from '../state/contract.ts'
import { ClosedWindows } from './closed-windows.ts'
import type { DroppedRecords } from './dropped-records.ts'
import { type Fold, foldOf } from './fold.ts'
import { LateRecords, type WindowOutlets } from './late-records.ts'
import { endRecord, type Flow, type Operator } from './operator.ts'
import type { OperatorEnvironment } from './operator-environment.ts'
import { type StreamTime, streamTimeName } from './stream-times.ts'
import { type ClockedWindows, clockOf, type WindowClock } from './window-clock.ts'
import { WindowRows } from './window-rows.ts'

export class WindowAggregate implements Operator, ClockedWindows {
  readonly name: string
  private readonly rows: WindowRows
  private readonly window: Steps
  private readonly fold: Fold
  private readonly dropped: DroppedRecords
  private readonly streamTime: StreamTime
  /** Of an operator that sends windows when they close. */
  private readonly closed: ClosedWindows | undefined
  /** Of windows that stream time does not close alone. */
  private readonly clock: WindowClock | undefined
  private readonly late: LateRecords | undefined

  constructor(
    name: string,
    { results, late }: WindowOutlets,
    spec: {
      readonly store: string
      readonly window: AggregationWindow
      readonly aggregation: Aggregation
      readonly sendsOldValues: boolean
      readonly emit: EmitStrategy
      readonly aside?: WindowAside
    },
    environment: OperatorEnvironment,
  ) {
    this.name = name
    this.window = stepsOf(spec.window)
    this.fold = foldOf(spec.aggregation, name, environment)
    this.rows = new WindowRows({
      ...spec,
      windowSizeMs: this.window.sizeMs,
      endOf: this.window.calendar?.endOf,
      fold: this.fold,
      outlet: results,
      environment,
    })
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
    const { streamTime, clock } = this
    const timestamp = clock === undefined ? record.timestamp : clock.timeOf(record)
    const { sizeMs, advanceMs, graceMs, calendar } = this.window
    if (timestamp > streamTime.ms) streamTime.ms = timestamp
    const closedMs = clock === undefined ? streamTime.ms - graceMs : clock.closedMs(streamTime.ms - graceMs)
    if (this.closed?.overdue(closedMs)) this.sendClosed(this.closed, record, closedMs)
    const key = this.rows.keyOf(record)
    let open = Infinity
    let end = 0
    for (let start = this.firstStart(timestamp); start <= timestamp; start += advanceMs) {
      end = calendar === undefined ? start + sizeMs : calendar.endOf(start)
      if (end > closedMs) {
        this.update(record, key, start)
        if (open === Infinity) open = end
      } else this.dropped.add('late')
    }
    clock?.came(open + graceMs)
    // No window begins before 1970, as in Kafka Streams.
    if (end === 0) this.dropped.add('before-first-window')
    else if (open === Infinity) this.late?.send(record, closedMs - end)
    if (this.closed?.due(closedMs)) this.sendClosed(this.closed, record, closedMs)
  }

  // ------------------------------------------------------------------------------------------------ what the clock asks

  allClosedMs(): number {
    const { sizeMs, calendar } = this.window
    const { ms } = this.streamTime
    if (ms < 0) return -1
    return calendar === undefined ? ms + sizeMs : calendar.endOf(ms)
  }

  closedAt(timeMs: number): number {
    return timeMs - this.window.graceMs
  }

  nextCloseMs(closedMs: number): number {
    const { sizeMs, graceMs, calendar } = this.window
    const from = calendar === undefined ? closedMs - sizeMs + 1 : calendar.startOf(Math.max(0, closedMs))
    const start = this.rows.firstStart(Math.max(0, from))
    if (start === undefined) return Infinity
    return (calendar === undefined ? start + sizeMs : calendar.endOf(start)) + graceMs
  }

  sendUpTo(closedMs: number): void {
    if (this.closed !== undefined) this.sendClosed(this.closed, endRecord(this.streamTime.ms), closedMs)
  }

  /** The last window begins at the stream time at the latest. */
  endOfInput(): void {
    if (this.closed !== undefined && this.streamTime.ms >= 0)
      this.sendClosed(this.closed, endRecord(this.streamTime.ms), this.allClosedMs())
  }

  private update(record: Flow, key: BinaryKey, start: number): void {
    const { rows, fold } = this
    const row = rows.get(key, start)
    const oldAggregate = row === undefined ? fold.initial() : row.value
    const timestamp = row === undefined ? record.timestamp : Math.max(record.timestamp, row.timestamp)
    rows.put(record, key, start, fold.add(oldAggregate, record), oldAggregate, timestamp)
  }

  /** Of the windows that have closed since the last time none may have a result: then the store is not walked. */
  private sendClosed(closed: ClosedWindows, record: Flow, closedMs: number): void {
    const { sizeMs, advanceMs, firstMs, calendar } = this.window
    if (calendar !== undefined) {
      const from = calendar.startOf(Math.max(0, closed.sentUpToMs ?? 0))
      const to = calendar.startOf(Math.max(0, closedMs))
      if (from < to) this.rows.sendAll(record, closed.sentUpToMs === undefined ? 0 : from, to - 1)
      closed.sent(closedMs)
      return
    }
    const lastStart = closedMs - sizeMs
    if (lastStart < 0) return
    const { sentUpToMs } = closed
    const sentStart = sentUpToMs === undefined ? undefined : Math.max(0, sentUpToMs - sizeMs)
    if (sentStart !== undefined && this.firstStart(sentStart) === this.firstStart(lastStart)) {
      if (Math.floor((sentStart - firstMs) / advanceMs) === Math.floor((lastStart - firstMs) / advanceMs)) return
    }
    this.rows.sendAll(record, sentStart === undefined ? 0 : sentStart + 1, lastStart)
    closed.sent(closedMs)
  }

  /** The start of the first window that spans this time. */
  private firstStart(timestamp: number): number {
    const { firstMs, sizeMs, advanceMs, calendar } = this.window
    if (calendar !== undefined) return calendar.startOf(timestamp)
    if (sizeMs === Number.POSITIVE_INFINITY) return firstMs
    return firstMs + Math.floor(Math.max(0, timestamp - firstMs - sizeMs + advanceMs) / advanceMs) * advanceMs
  }
}

/** An unlimited window is one that never ends, with the next one infinitely far. */
interface Steps {
  readonly firstMs: number
  readonly sizeMs: number
  readonly advanceMs: number
  readonly graceMs: number
  readonly calendar?: Calendar
}

function stepsOf(window: AggregationWindow): Steps {
  if (window.kind === 'time') {
    const { offsetMs = 0, advanceMs } = window
    return { ...window, firstMs: ((offsetMs % advanceMs) + advanceMs) % advanceMs }
  }
  return { firstMs: window.startMs, sizeMs: Number.POSITIVE_INFINITY, advanceMs: Number.POSITIVE_INFINITY, graceMs: 0 }
}

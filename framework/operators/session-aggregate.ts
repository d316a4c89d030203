// Aggregation of a grouped stream in sessions (Kafka Streams: KStreamSessionWindowAggregate). A record joins the sessions of its key within the gap: they
// become one with it, and the old ones are deleted. A result has the timestamp of its session's end and no headers.

import type { Aggregation, EmitStrategy, WindowAside } from '../graph/operator-spec.ts'
import type { SessionWindow } from '../graph/window-spec.ts'
import { type Headers, noHeaders } from '../ports/record.ts'
import type { Serde } from '../ports/serde.ts'
import type { ByteBuffer } from '../serdes/byte-buffer.ts'
import type { BinaryKey } from '../state/contract.ts'
import type { SessionRowStore } from '../state/windowed-contract.ts'
import { nullIfUndefined } from './callback.ts'
import { changeRecord } from './change-record.ts'
import { ClosedWindows } from './closed-windows.ts'
import type { DroppedRecords } from './dropped-records.ts'
import { Cell, noOrigin, type Origin } from './flow-record.ts'
import { type Fold, foldOf } from './fold.ts'
import { binaryKeyOf } from './key-bytes.ts'
import { LateRecords, type WindowOutlets } from './late-records.ts'
import { endRecord, type Flow, type Operator, type Outlet } from './operator.ts'
import { type OperatorEnvironment, storeSpec } from './operator-environment.ts'
import { type StreamTime, streamTimeName } from './stream-times.ts'
import { type ClockedWindows, clockOf, type WindowClock } from './window-clock.ts'

type Merger = (left: unknown, right: unknown, key: unknown) => unknown

export class SessionAggregate implements Operator, ClockedWindows {
  readonly name: string
  private readonly outlet: Outlet
  private readonly store: SessionRowStore<unknown>
  private readonly key: Serde<unknown>
  private readonly window: SessionWindow
  private readonly fold: Fold
  private readonly merge: Merger
  private readonly sendsOldValues: boolean
  private readonly sendsUpdates: boolean
  private readonly scratch: ByteBuffer
  private readonly dropped: DroppedRecords
  private readonly streamTime: StreamTime
  private readonly closed: ClosedWindows | undefined
  /** Whether sessions that the store shows for longer than they are open take no records then. */
  private readonly closedGrowNoMore: boolean
  private readonly clock: WindowClock | undefined
  private readonly late: LateRecords | undefined

  constructor(
    name: string,
    { results, late }: WindowOutlets,
    spec: {
      readonly store: string
      readonly window: SessionWindow
      readonly aggregation: Aggregation
      readonly merger: Merger
      readonly sendsOldValues: boolean
      readonly emit: EmitStrategy
      readonly closedGrowNoMore?: boolean
      readonly aside?: WindowAside
    },
    environment: OperatorEnvironment,
  ) {
    this.name = name
    this.outlet = results
    this.store = environment.stores.sessionRows(spec.store)
    this.key = storeSpec(environment, spec.store).key
    this.window = spec.window
    this.fold = foldOf(spec.aggregation, name, environment)
    this.merge = mergerOf(spec.aggregation, spec.merger)
    this.sendsOldValues = spec.sendsOldValues
    this.sendsUpdates = spec.emit === 'updates' && !this.store.cached
    this.scratch = environment.scratch
    this.dropped = environment.dropped
    this.streamTime = environment.streamTimes.of(streamTimeName(name))
    this.closed = spec.emit === 'final' ? new ClosedWindows(spec.store, environment, spec.aside?.shownMs) : undefined
    this.closedGrowNoMore = spec.closedGrowNoMore === true
    this.clock = clockOf(name, spec, environment, this)
    this.late = late === undefined ? undefined : new LateRecords(late)
    if (spec.emit === 'updates' && this.store.cached) this.store.onChange(this.sendChange, spec.sendsOldValues)
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
    const { graceMs } = this.window
    const timestamp = clock === undefined ? record.timestamp : clock.timeOf(record)
    if (timestamp > streamTime.ms) streamTime.ms = timestamp
    const byStreamTime = streamTime.ms - graceMs - this.gapBehindMs
    const closedMs = clock === undefined ? byStreamTime : clock.closedMs(byStreamTime)
    if (this.closed?.overdue(closedMs)) this.sendClosed(this.closed, record, closedMs)
    this.update(record, timestamp, closedMs)
    if (this.closed?.due(closedMs)) this.sendClosed(this.closed, record, closedMs)
  }

  /** The last session ends at the stream time, or so long behind it as its gap is. */
  endOfInput(): void {
    if (this.closed !== undefined && this.streamTime.ms >= 0)
      this.sendClosed(this.closed, endRecord(this.streamTime.ms), this.allClosedMs())
  }

  // ------------------------------------------------------------------------------------------------ what the clock asks

  allClosedMs(): number {
    return this.streamTime.ms < 0 ? -1 : this.streamTime.ms + this.gapWithinMs + 1
  }

  closedAt(timeMs: number): number {
    return timeMs - this.window.graceMs - this.gapBehindMs
  }

  nextCloseMs(closedMs: number): number {
    const { gapBehindMs: gapMs } = this
    const { graceMs } = this.window
    for (const { end } of this.store.findEnded(Math.max(0, closedMs), Number.MAX_SAFE_INTEGER)) return end + gapMs + graceMs + 1
    return Infinity
  }

  sendUpTo(closedMs: number): void {
    if (this.closed !== undefined) this.sendClosed(this.closed, endRecord(this.streamTime.ms), closedMs)
  }

  // -------------------------------------------------------------------------------------------------------------- parts

  /** How long behind its end a session takes records. */
  private get gapBehindMs(): number {
    return this.window.gapOf === undefined ? this.window.gapMs : 0
  }

  /** How far a session may end behind its last record. */
  private get gapWithinMs(): number {
    return this.window.gapOf === undefined ? 0 : this.window.gapMs
  }

  private update(record: Flow, timestamp: number, closedMs: number): void {
    const { store, fold, clock } = this
    const { gapOf, graceMs } = this.window
    const { headers } = record
    const gapMs = gapOf === undefined ? this.window.gapMs : gapOf(record.value, record.key)
    // With a gap of its own a session reaches as far as that.
    const reachMs = gapOf === undefined ? 0 : gapMs
    const key = binaryKeyOf(record.keyCell, this.key, this.scratch)
    let joined = [...store.find(key, timestamp - gapMs + reachMs, timestamp + gapMs)]
    // What was closed may lie within the gap, and in the store still: its result is final, and it grows no more.
    if (clock !== undefined || this.closedGrowNoMore) joined = joined.filter((session) => session.end >= closedMs)
    let aggregate = fold.initial()
    let start: number = timestamp
    let end: number = timestamp + reachMs
    for (const session of joined) {
      aggregate = nullIfUndefined(this.merge(aggregate, session.value, record.key))
      start = Math.min(start, session.start)
      end = Math.max(end, session.end)
    }
    if (end < closedMs) {
      clock?.came(Infinity)
      this.dropped.add('late')
      this.late?.send(record, closedMs - end)
      return
    }
    clock?.came(end + this.gapBehindMs + graceMs + 1)
    // A session of this very time is written over; all others are part of a new one now.
    if (start !== timestamp || end !== timestamp) {
      for (const session of joined) {
        // With a gap in their ends, sessions of one start and end may be one before and behind a record.
        if (gapOf !== undefined && session.start === start && session.end === end) continue
        store.put(key, session.start, session.end, null, timestamp, headers, record.origin)
        this.send(record.key, session.start, session.end, null, session.value, noHeaders, record.origin)
      }
    }
    const result = fold.add(aggregate, record)
    store.put(key, start, end, result, timestamp, headers, record.origin)
    this.send(record.key, start, end, result, null, noHeaders, record.origin)
  }

  private send(key: unknown, start: number, end: number, newValue: unknown, oldValue: unknown, headers: Headers, origin: Origin): void {
    if (!this.sendsUpdates) return
    const { fold } = this
    const old = this.sendsOldValues ? fold.visible(oldValue) : null
    this.outlet.forward(changeRecord(Cell.of({ key, start, end }), fold.visible(newValue), old, end, headers, origin))
  }

  private readonly sendChange = (
    key: BinaryKey,
    start: number,
    end: number,
    newValue: unknown,
    oldValue: unknown,
    headers: Headers,
    origin: Origin = noOrigin,
  ): void => {
    const { fold } = this
    const windowed = Cell.of({ key: this.readKey(key), start, end })
    this.outlet.forward(changeRecord(windowed, fold.visible(newValue), fold.visible(oldValue), end, headers, origin))
  }

  private sendClosed(closed: ClosedWindows, record: Flow, closedMs: number): void {
    const endFrom = Math.max(0, closed.sentUpToMs ?? 0)
    // Both ends of a session belong to it.
    const endTo = closedMs - 1
    if (endTo < endFrom) return
    for (const { key, start, end, value } of [...this.store.findEnded(endFrom, endTo)]) {
      const windowed = Cell.of({ key: this.readKey(key), start, end })
      this.outlet.forward(changeRecord(windowed, this.fold.visible(value), null, end, record.headers, record.origin))
    }
    closed.sent(closedMs)
  }

  private readKey(key: BinaryKey): unknown {
    return this.key.read(Buffer.from(key, 'latin1'), 0, key.length)
  }
}

/** A reduce begins with nothing, which no merger of the user's sees. */
function mergerOf({ kind }: Aggregation, merger: Merger): Merger {
  return kind === 'reduce' ? (left, right, key) => (left === null ? right : merger(left, right, key)) : merger
}

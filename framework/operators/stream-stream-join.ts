// Joins of two streams by key and nearness in time (Kafka Streams: KStreamJoinWindow, KStreamKStreamJoin, KStreamKStreamSelfJoin). Each side keeps its
// records in a window store, where the other side looks for them. In a left or outer join a record that finds nobody waits, in a third store, until nobody
// can come any more; both sides send such records, in the order of their times.

import type { Joiner, JoinSide, JoinType } from '../graph/operator-spec.ts'
import type { JoinWindow } from '../graph/window-spec.ts'
import type { Serde } from '../ports/serde.ts'
import type { ByteBuffer } from '../serdes/byte-buffer.ts'
import type { BinaryKey, RecordContext } from '../state/contract.ts'
import type { JoinWindowStore, UnmatchedRow, UnmatchedStore } from '../state/windowed-contract.ts'
import { joinValues } from './callback.ts'
import type { DroppedRecords } from './dropped-records.ts'
import { Cell, FlowRecord } from './flow-record.ts'
import { binaryKeyOf, cellOf } from './key-bytes.ts'
import { endRecord, type Flow, type Operator, type Outlet } from './operator.ts'
import { type OperatorEnvironment, storeSpec, type TaskWork } from './operator-environment.ts'
import { type StreamTime, streamTimeName, unknownTime } from './stream-times.ts'

/** Sends a record on, to meet those of the other side, then keeps it for the other side to meet. */
export class JoinWindowKeeper implements Operator {
  readonly name: string
  private readonly outlet: Outlet
  private readonly store: JoinWindowStore<unknown>
  private readonly key: Serde<unknown>
  private readonly scratch: ByteBuffer

  constructor(name: string, outlet: Outlet, spec: { readonly store: string }, environment: OperatorEnvironment) {
    this.name = name
    this.outlet = outlet
    this.store = environment.stores.joinWindow(spec.store)
    this.key = storeSpec(environment, spec.store).key
    this.scratch = environment.scratch
  }

  process(record: Flow): void {
    this.outlet.forward(record)
    if (record.keyCell.isNull) return
    this.store.put(binaryKeyOf(record.keyCell, this.key, this.scratch), record.timestamp, record.value, record.headers)
  }
}

/** What both sides of a join have together. */
interface SharedTimes {
  /** The highest timestamp of either side. */
  readonly streamTime: StreamTime
  /** No unmatched record waits that is earlier; `nobodyWaits` if none does. Committed, because it decides when the next look is, and so who is sent when. */
  readonly earliestUnmatched: StreamTime
  nextLookMs: number
}

/** As the time of the earliest record that waits: Infinity, as a number that can be committed. */
const nobodyWaits = Number.MAX_SAFE_INTEGER

export class StreamStreamJoin implements Operator {
  readonly name: string
  private readonly outlet: Outlet
  private readonly otherStore: JoinWindowStore<unknown>
  private readonly unmatched: UnmatchedStore<unknown, unknown> | undefined
  private readonly side: JoinSide
  private readonly otherSide: JoinSide
  private readonly window: JoinWindow
  /** As seen from this side: how far before and after a record the other one may lie. */
  private readonly beforeMs: number
  private readonly afterMs: number
  private readonly sendsUnmatched: boolean
  private readonly joinSides: ReturnType<typeof joinValues>
  private readonly key: Serde<unknown>
  private readonly times: SharedTimes
  private readonly work: TaskWork
  private readonly lookIntervalMs: number
  private readonly scratch: ByteBuffer
  private readonly dropped: DroppedRecords

  constructor(
    name: string,
    outlet: Outlet,
    spec: {
      readonly side: JoinSide
      readonly type: JoinType
      readonly window: JoinWindow
      readonly joiner: Joiner
      readonly otherStore: string
      readonly unmatchedStore: string | null
      readonly join: string
    },
    environment: OperatorEnvironment,
  ) {
    const { side, type, window, unmatchedStore, join } = spec
    this.name = name
    this.outlet = outlet
    this.otherStore = environment.stores.joinWindow(spec.otherStore)
    this.unmatched = unmatchedStore === null ? undefined : environment.stores.unmatched(unmatchedStore)
    this.side = side
    this.otherSide = side === 'left' ? 'right' : 'left'
    this.window = window
    this.beforeMs = side === 'left' ? window.beforeMs : window.afterMs
    this.afterMs = side === 'left' ? window.afterMs : window.beforeMs
    this.sendsUnmatched = type === 'outer' || (type === 'left' && side === 'left')
    this.joinSides = joinValues(spec.joiner)
    this.key = storeSpec(environment, spec.otherStore).key
    this.work = environment.work
    this.lookIntervalMs = environment.emitIntervals.unmatchedMs
    this.scratch = environment.scratch
    this.dropped = environment.dropped
    this.times = environment.shared.of(`join ${join}`, () => ({
      streamTime: environment.streamTimes.of(streamTimeName(join)),
      earliestUnmatched: earliestOf(this.unmatched, environment.streamTimes.of(`${streamTimeName(join)} unmatched`)),
      nextLookMs: 0,
    }))
  }

  process(record: Flow): void {
    const { streamTime } = this.times
    const { timestamp } = record
    if (timestamp > streamTime.ms) streamTime.ms = timestamp
    if (record.valueCell.isNull) {
      this.dropped.add('null-value')
    } else if (!record.keyCell.isNull) {
      this.join(record)
    } else if (this.sendsUnmatched) {
      this.send(record, null, timestamp)
    } else {
      this.dropped.add('null-key')
    }
  }

  /** Sends those of both sides: the other one has nothing left to send then. */
  endOfInput(): void {
    const { unmatched, times } = this
    if (unmatched === undefined) return
    this.sendRows(unmatched, endRecord(times.streamTime.ms), [...unmatched.all()])
    times.earliestUnmatched.ms = nobodyWaits
  }

  private join(record: Flow): void {
    const { times, unmatched } = this
    const { timestamp } = record
    if (unmatched !== undefined && timestamp === times.streamTime.ms) this.sendExpired(unmatched, record)
    const key = binaryKeyOf(record.keyCell, this.key, this.scratch)
    const to = Math.max(0, timestamp + this.afterMs)
    const others = [...this.otherStore.range(key, Math.max(0, timestamp - this.beforeMs), to)]
    for (const [otherTimestamp, otherValue] of others) {
      unmatched?.delete(otherTimestamp, this.otherSide, key, contextOf(record))
      this.send(record, otherValue, Math.max(timestamp, otherTimestamp))
    }
    if (others.length > 0 || !this.sendsUnmatched) return
    // Whoever could have met it has come already, or is late: it need not wait.
    if (unmatched === undefined || to < times.streamTime.ms) this.send(record, null, timestamp)
    else {
      times.earliestUnmatched.ms = Math.min(times.earliestUnmatched.ms, timestamp)
      unmatched.add({ timestamp, side: this.side, key, value: record.value }, contextOf(record))
    }
  }

  /** Sends the records, of both sides, that nobody can meet any more. Looking for them is dear, so it is done only when there may be any. */
  private sendExpired(unmatched: UnmatchedStore<unknown, unknown>, record: Flow): void {
    const { times, work } = this
    const { graceMs } = this.window
    const none = times.earliestUnmatched.ms === nobodyWaits
    // With nothing waiting Kafka Streams' sum of times overflows, and it takes a look at the empty store: seen by when it takes the next one.
    if (none ? this.afterMs + graceMs === 0 : times.earliestUnmatched.ms + this.afterMs + graceMs >= times.streamTime.ms) return
    const now = work.wallClock
    if (now < times.nextLookMs) return
    times.nextLookMs = now + this.lookIntervalMs
    if (none) return
    times.earliestUnmatched.ms = nobodyWaits
    const openSides = new Set<JoinSide>()
    const sent: UnmatchedRow<unknown, unknown>[] = []
    for (const row of unmatched.all()) {
      // The last row looked at, and not the first one left: as in Kafka Streams, where it decides when the next look is.
      times.earliestUnmatched.ms = row.timestamp
      if (openSides.size === 2) break
      if (row.timestamp + this.waitMs(row.side) + graceMs >= times.streamTime.ms) openSides.add(row.side)
      else sent.push(row)
    }
    this.sendRows(unmatched, record, sent)
  }

  /** Several records may have one key of the store: it is deleted when the last of them has been sent. */
  private sendRows(unmatched: UnmatchedStore<unknown, unknown>, record: Flow, rows: readonly UnmatchedRow<unknown, unknown>[]): void {
    for (const [index, row] of rows.entries()) {
      const left = row.side === 'left' ? row.value : null
      const right = row.side === 'left' ? null : row.value
      const keyCell = cellOf(row.key, this.key)
      const value = this.joinSides(left, right, keyCell)
      this.outlet.forward(new FlowRecord(keyCell, Cell.of(value), row.timestamp, record.headers, record.origin))
      const next = rows[index + 1]
      if (next !== undefined && next.timestamp === row.timestamp && next.side === row.side && next.key === row.key) continue
      unmatched.delete(row.timestamp, row.side, row.key, contextOf(record))
    }
  }

  /** How far ahead of a waiting record the one may lie that meets it. */
  private waitMs(side: JoinSide): number {
    return side === 'left' ? this.window.afterMs : this.window.beforeMs
  }

  private send(record: Flow, otherValue: unknown, timestamp: number): void {
    const { value, keyCell } = record
    const joined = this.side === 'left' ? this.joinSides(value, otherValue, keyCell) : this.joinSides(otherValue, value, keyCell)
    this.outlet.forward(new FlowRecord(keyCell, Cell.of(joined), timestamp, record.headers, record.origin))
  }
}

/** Both sides are one stream: a record meets those before it and those after it, and itself, in the order that two sides would have. */
export class StreamSelfJoin implements Operator {
  readonly name: string
  private readonly outlet: Outlet
  private readonly store: JoinWindowStore<unknown>
  private readonly key: Serde<unknown>
  private readonly window: JoinWindow
  private readonly joinSides: ReturnType<typeof joinValues>
  private readonly streamTime: StreamTime
  private readonly scratch: ByteBuffer
  private readonly dropped: DroppedRecords

  constructor(
    name: string,
    outlet: Outlet,
    spec: { readonly window: JoinWindow; readonly joiner: Joiner; readonly store: string },
    environment: OperatorEnvironment,
  ) {
    this.name = name
    this.outlet = outlet
    this.store = environment.stores.joinWindow(spec.store)
    this.key = storeSpec(environment, spec.store).key
    this.window = spec.window
    this.joinSides = joinValues(spec.joiner)
    this.streamTime = environment.streamTimes.of(streamTimeName(name))
    this.scratch = environment.scratch
    this.dropped = environment.dropped
  }

  process(record: Flow): void {
    if (record.keyCell.isNull || record.valueCell.isNull) {
      this.dropped.add(record.keyCell.isNull ? 'null-key' : 'null-value')
      return
    }
    const { streamTime } = this
    const { beforeMs, afterMs, graceMs } = this.window
    const { timestamp, value } = record
    if (timestamp > streamTime.ms) streamTime.ms = timestamp
    const key = binaryKeyOf(record.keyCell, this.key, this.scratch)
    for (const [otherTimestamp, other] of this.found(key, timestamp - beforeMs, timestamp + afterMs)) {
      this.send(record, value, other, Math.max(timestamp, otherTimestamp))
    }
    // It does not meet itself where its own side would have forgotten it at once.
    let meetsItself = timestamp > streamTime.ms - (beforeMs + afterMs + graceMs) + 1
    for (const [otherTimestamp, other] of this.found(key, timestamp - afterMs, timestamp + beforeMs)) {
      if (timestamp < otherTimestamp && meetsItself) {
        meetsItself = false
        this.send(record, value, value, timestamp)
      }
      this.send(record, other, value, Math.max(timestamp, otherTimestamp))
    }
    if (meetsItself) this.send(record, value, value, timestamp)
  }

  private found(key: BinaryKey, from: number, to: number): (readonly [timestamp: number, value: unknown])[] {
    return [...this.store.range(key, Math.max(0, from), Math.max(0, to))]
  }

  private send(record: Flow, left: unknown, right: unknown, timestamp: number): void {
    const joined = this.joinSides(left, right, record.keyCell)
    this.outlet.forward(new FlowRecord(record.keyCell, Cell.of(joined), timestamp, record.headers, record.origin))
  }
}

function contextOf(record: Flow): RecordContext {
  return { timestamp: record.timestamp, headers: record.headers }
}

/** As it was committed; where it was not, or somebody else has gone on with the store since (Kafka Streams commits none), as the store has it. */
function earliestOf(unmatched: UnmatchedStore<unknown, unknown> | undefined, kept: StreamTime): StreamTime {
  if (unmatched !== undefined && (kept.ms === unknownTime || kept.ms === nobodyWaits)) kept.ms = firstTimeIn(unmatched)
  return kept
}

function firstTimeIn(unmatched: UnmatchedStore<unknown, unknown>): number {
  for (const { timestamp } of unmatched.all()) return timestamp
  return nobodyWaits
}

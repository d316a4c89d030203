// A stream joined with a table by key: each record of the stream meets the row that the table has then (Kafka Streams: KStreamKTableJoinProcessor). Records
// without a value are left out, and so are records without a key, except that a left join lets those with a value pass, joined with nothing.
// With grace, each record waits until the stream's time is so far ahead of it; one that is late by more does not wait at all.

import { MillraceError } from '../errors.ts'
import type { Callback, Joiner, JoinGrace, TableView } from '../graph/operator-spec.ts'
import type { Serde } from '../ports/serde.ts'
import type { ByteBuffer } from '../serdes/byte-buffer.ts'
import type { GraceBufferStore } from '../state/windowed-contract.ts'
import { joinValues, nullIfUndefined, onRecord } from './callback.ts'
import type { DroppedRecords } from './dropped-records.ts'
import { Cell, FlowRecord } from './flow-record.ts'
import { binaryKeyOf, cellOf } from './key-bytes.ts'
import type { Flow, Operator, Outlet } from './operator.ts'
import { type OperatorEnvironment, storeSpec } from './operator-environment.ts'
import { type StreamTime, streamTimeName } from './stream-times.ts'
import { isVersioned, type RowReader, rowReader } from './table-view.ts'

export class StreamTableJoin implements Operator {
  readonly name: string
  private readonly outlet: Outlet
  private readonly left: boolean
  private readonly joinValues: ReturnType<typeof joinValues>
  private readonly row: RowReader
  /** A versioned table is read as it was at the record's time. */
  private readonly versioned: boolean
  private readonly waiting: WaitingRecords | undefined
  private readonly dropped: DroppedRecords

  constructor(
    name: string,
    outlet: Outlet,
    spec: { readonly left: boolean; readonly joiner: Joiner; readonly table: TableView; readonly grace: JoinGrace | null },
    environment: OperatorEnvironment,
  ) {
    this.name = name
    this.outlet = outlet
    this.left = spec.left
    this.joinValues = joinValues(spec.joiner)
    this.row = rowReader(spec.table, environment)
    this.versioned = isVersioned(spec.table, environment)
    this.waiting = spec.grace === null ? undefined : new WaitingRecords(name, spec.grace, environment)
    this.dropped = environment.dropped
  }

  process(record: Flow): void {
    const { keyCell } = record
    if (record.valueCell.isNull) this.dropped.add('null-value')
    else if (keyCell.isNull && !this.left) this.dropped.add('null-key')
    else if (this.waiting?.add(record)) for (const due of this.waiting.takeDue()) this.join(due)
    else this.join(record)
  }

  endOfInput(): void {
    for (const waiting of this.waiting?.takeAll() ?? []) this.join(waiting)
  }

  private join(record: Flow): void {
    const { keyCell } = record
    const row = keyCell.isNull ? undefined : this.row(keyCell, this.versioned ? record.timestamp : undefined)
    if (row !== undefined || this.left) this.send(record, row === undefined ? null : row.value)
  }

  private send(record: Flow, right: unknown): void {
    this.outlet.forward(record.withValue(this.joinValues(record.value, right, record.keyCell)))
  }
}

/** The records of a join that wait for their grace to pass. Their time is that of the records that have come here to wait. */
class WaitingRecords {
  private readonly name: string
  private readonly graceMs: number
  private readonly store: GraceBufferStore<unknown>
  private readonly key: Serde<unknown>
  private readonly scratch: ByteBuffer
  private readonly streamTime: StreamTime

  constructor(name: string, { graceMs, store }: JoinGrace, environment: OperatorEnvironment) {
    this.name = name
    this.graceMs = graceMs
    this.store = environment.stores.graceBuffer(store)
    this.key = storeSpec(environment, store).key
    this.scratch = environment.scratch
    this.streamTime = environment.streamTimes.of(streamTimeName(name))
  }

  /** False: the record is so late that it does not wait. */
  add(record: Flow): boolean {
    const { streamTime } = this
    const { keyCell, timestamp, headers, origin } = record
    // Kafka Streams fails here too: its buffer takes no null keys.
    if (keyCell.isNull) throw new MillraceError('grace-join-null-key', { node: this.name })
    if (timestamp < streamTime.ms - this.graceMs) return false
    if (timestamp > streamTime.ms) streamTime.ms = timestamp
    this.store.add({ key: binaryKeyOf(keyCell, this.key, this.scratch), value: record.value, timestamp, headers, origin })
    return true
  }

  takeDue(): Iterable<Flow> {
    return this.takeUpTo(this.streamTime.ms - this.graceMs)
  }

  takeAll(): Iterable<Flow> {
    return this.takeUpTo(this.streamTime.ms)
  }

  private *takeUpTo(time: number): Generator<Flow> {
    for (const { key, value, timestamp, headers, origin } of this.store.takeUpTo(time)) {
      yield new FlowRecord(cellOf(key, this.key), Cell.of(value), timestamp, headers, origin)
    }
  }
}

/** The same with a table that is whole in every task: the record says by which key it looks there, and keeps its own. */
export class StreamGlobalTableJoin implements Operator {
  readonly name: string
  private readonly outlet: Outlet
  private readonly left: boolean
  private readonly keyOf: (record: Flow) => unknown
  private readonly join: ReturnType<typeof joinValues>
  private readonly row: RowReader
  private readonly dropped: DroppedRecords

  constructor(
    name: string,
    outlet: Outlet,
    spec: { readonly left: boolean; readonly keySelector: Callback<unknown>; readonly joiner: Joiner; readonly table: TableView },
    environment: OperatorEnvironment,
  ) {
    this.name = name
    this.outlet = outlet
    this.left = spec.left
    this.keyOf = onRecord(spec.keySelector)
    this.join = joinValues(spec.joiner)
    this.row = rowReader(spec.table, environment)
    this.dropped = environment.dropped
  }

  process(record: Flow): void {
    if (record.valueCell.isNull) {
      this.dropped.add('null-value')
      return
    }
    const key = nullIfUndefined(this.keyOf(record))
    if (key === null && !this.left) {
      this.dropped.add('null-key')
      return
    }
    const row = key === null ? undefined : this.row(Cell.of(key))
    if (row === undefined && !this.left) return
    this.outlet.forward(record.withValue(this.join(record.value, row === undefined ? null : row.value, record.keyCell)))
  }
}

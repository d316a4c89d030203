// A stream joined with a table by key: each record of the stream meets the row that the table has then (Kafka Streams: KStreamKTableJoinProcessor). Records
// without a value are left out, and so are records without a key, except that a left join lets those with a value pass, joined with nothing.

import type { Callback, Joiner, TableView } from '../graph/operator-spec.ts'
import { joinValues, nullIfUndefined, onRecord } from './callback.ts'
import type { DroppedRecords } from './dropped-records.ts'
import { Cell } from './flow-record.ts'
import type { Flow, Operator, Outlet } from './operator.ts'
import type { OperatorEnvironment } from './operator-environment.ts'
import { isVersioned, type RowReader, rowReader } from './table-view.ts'

export class StreamTableJoin implements Operator {
  readonly name: string
  private readonly outlet: Outlet
  private readonly left: boolean
  private readonly join: ReturnType<typeof joinValues>
  private readonly row: RowReader
  /** A versioned table is read as it was at the record's time. */
  private readonly versioned: boolean
  private readonly dropped: DroppedRecords

  constructor(
    name: string,
    outlet: Outlet,
    spec: { readonly left: boolean; readonly joiner: Joiner; readonly table: TableView },
    environment: OperatorEnvironment,
  ) {
    this.name = name
    this.outlet = outlet
    this.left = spec.left
    this.join = joinValues(spec.joiner)
    this.row = rowReader(spec.table, environment)
    this.versioned = isVersioned(spec.table, environment)
    this.dropped = environment.dropped
  }

  process(record: Flow): void {
    const { keyCell } = record
    if (record.valueCell.isNull) {
      this.dropped.add('null-value')
    } else if (!keyCell.isNull) {
      const row = this.row(keyCell, this.versioned ? record.timestamp : undefined)
      if (row !== undefined || this.left) this.send(record, row === undefined ? null : row.value)
    } else if (this.left) {
      this.send(record, null)
    } else {
      this.dropped.add('null-key')
    }
  }

  private send(record: Flow, right: unknown): void {
    this.outlet.forward(record.withValue(this.join(record.value, right, record.keyCell)))
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

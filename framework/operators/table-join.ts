// Joins of two tables by key (Kafka Streams: KTableKTableInnerJoin, …LeftJoin, …RightJoin, …OuterJoin, …JoinMerger). A change on one side meets the row
// that the other side has then; the result has the later timestamp of the two. Both sides send to one merging node, which keeps the rows if asked to.

import type { Joiner, JoinSide, JoinType, TableView } from '../graph/operator-spec.ts'
import { joinValues } from './callback.ts'
import { type ChangeFlow, changeRecord } from './change-record.ts'
import type { DroppedRecords } from './dropped-records.ts'
import type { Cell } from './flow-record.ts'
import type { Flow, Operator, Outlet } from './operator.ts'
import type { OperatorEnvironment } from './operator-environment.ts'
import { TableRows } from './table-rows.ts'
import { type RowReader, rowReader } from './table-view.ts'

export class TableTableJoin implements Operator {
  readonly name: string
  private readonly outlet: Outlet
  private readonly otherRow: RowReader
  private readonly sendsOldValues: boolean
  private readonly dropped: DroppedRecords
  private readonly versioned: boolean
  private readonly needsThis: boolean
  private readonly needsOther: boolean
  /** This side's value first. */
  private readonly join: (thisValue: unknown, otherValue: unknown, key: Cell<unknown>) => unknown

  constructor(
    name: string,
    outlet: Outlet,
    spec: {
      readonly side: JoinSide
      readonly type: JoinType
      readonly joiner: Joiner
      readonly other: TableView
      readonly sendsOldValues: boolean
      readonly versioned?: boolean
    },
    environment: OperatorEnvironment,
  ) {
    const { side, type } = spec
    this.versioned = spec.versioned === true
    this.name = name
    this.outlet = outlet
    this.otherRow = rowReader(spec.other, environment)
    this.sendsOldValues = spec.sendsOldValues
    this.dropped = environment.dropped
    this.needsThis = type === 'inner' || (type === 'left' && side === 'left')
    this.needsOther = type === 'inner' || (type === 'left' && side === 'right')
    const join = joinValues(spec.joiner)
    this.join = side === 'left' ? join : (thisValue, otherValue, key) => join(otherValue, thisValue, key)
  }

  process(record: Flow): void {
    const { keyCell } = record
    if (keyCell.isNull) {
      this.dropped.add('null-key')
      return
    }
    const { newValue, oldValue, isLatest } = (record as ChangeFlow).value
    if (this.versioned && !isLatest) {
      this.dropped.add('outdated')
      return
    }
    const other = this.otherRow(keyCell)
    if (other === undefined && (this.needsOther || (newValue === null && oldValue === null))) return
    const otherValue = other === undefined ? null : other.value
    const newResult = this.result(newValue, otherValue, keyCell)
    const oldResult = this.sendsOldValues ? this.result(oldValue, otherValue, keyCell) : null
    const timestamp = other === undefined ? record.timestamp : Math.max(record.timestamp, other.timestamp)
    this.outlet.forward(changeRecord(keyCell, newResult, oldResult, timestamp, record.headers, record.origin, isLatest))
  }

  private result(thisValue: unknown, otherValue: unknown, key: Cell<unknown>): unknown {
    if (thisValue === null && (this.needsThis || otherValue === null)) return null
    return this.join(thisValue, otherValue, key)
  }
}

export class TableJoinMerge implements Operator {
  readonly name: string
  private readonly outlet: Outlet
  private readonly rows: TableRows | undefined
  private readonly sendsOldValues: boolean

  constructor(
    name: string,
    outlet: Outlet,
    spec: { readonly store: string | null; readonly sendsOldValues: boolean },
    environment: OperatorEnvironment,
  ) {
    this.name = name
    this.outlet = outlet
    this.rows = spec.store === null ? undefined : new TableRows(spec.store, outlet, spec.sendsOldValues, environment)
    this.sendsOldValues = spec.sendsOldValues
  }

  process(record: Flow): void {
    const { rows } = this
    const { newValue, oldValue, isLatest } = (record as ChangeFlow).value
    if (rows !== undefined) rows.put(rows.keyOf(record.keyCell), record, newValue, oldValue)
    else {
      const old = this.sendsOldValues ? oldValue : null
      this.outlet.forward(changeRecord(record.keyCell, newValue, old, record.timestamp, record.headers, record.origin, isLatest))
    }
  }
}

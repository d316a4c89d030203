// The operators of tables with one input. What flows is a Change: the new value of a row and, where somebody downstream needs it, the old one.

import type { Callback, RowMapper } from '../graph/operator-spec.ts'
import type { BinaryKey } from '../state/contract.ts'
import { nullIfUndefined, onRecord } from './callback.ts'
import { type ChangeFlow, changeRecord } from './change-record.ts'
import type { DroppedRecords } from './dropped-records.ts'
import { Cell, FlowRecord } from './flow-record.ts'
import type { Flow, Operator, Outlet } from './operator.ts'
import type { OperatorEnvironment } from './operator-environment.ts'
import { type RunningMapper, runMapper } from './row-mapper.ts'
import { TableRows } from './table-rows.ts'

/** A topic or a stream becomes a table: each record sets its row, null deletes it. Without a store nobody needs the rows themselves. */
export class TableSource implements Operator {
  readonly name: string
  private readonly outlet: Outlet
  private readonly rows: TableRows | undefined
  private readonly sendsOldValues: boolean
  private readonly dropped: DroppedRecords

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
    this.dropped = environment.dropped
  }

  process(record: Flow): void {
    const { rows } = this
    if (record.keyCell.isNull) {
      this.dropped.add('null-key')
    } else if (rows === undefined) {
      this.outlet.forward(changeRecord(record.keyCell, record.value, null, record.timestamp, record.headers, record.origin))
    } else {
      const key = rows.keyOf(record.keyCell)
      rows.put(key, record, record.value, this.sendsOldValues ? rows.value(key) : null)
    }
  }
}

/**
 * A filter or a mapping of a table's values: a row that does not pass is a deleted row. With a store of its own the old value is what lies
 * there, else it is computed from the old value upstream.
 */
abstract class TableStep implements Operator {
  readonly name: string
  private readonly outlet: Outlet
  private readonly rows: TableRows | undefined
  private readonly sendsOldValues: boolean
  /** Whether a change from nothing to nothing goes no further. */
  private readonly holdsBackNothing: boolean
  /** Of a versioned table: what was nothing at one time may be something at another. */
  private readonly versioned: boolean
  /** Whether `valueOf` is asked for the value of a row that is not there. */
  private readonly seesNull: boolean

  constructor(
    name: string,
    outlet: Outlet,
    spec: {
      readonly store: string | null
      readonly sendsOldValues: boolean
      readonly holdsBackNothing: boolean
      readonly seesNull: boolean
      readonly versioned?: boolean
    },
    environment: OperatorEnvironment,
  ) {
    this.name = name
    this.outlet = outlet
    this.rows = spec.store === null ? undefined : new TableRows(spec.store, outlet, spec.sendsOldValues, environment)
    this.sendsOldValues = spec.sendsOldValues
    this.holdsBackNothing = spec.holdsBackNothing
    this.versioned = spec.versioned === true
    this.seesNull = spec.seesNull
  }

  process(record: Flow): void {
    const { rows } = this
    const change = (record as ChangeFlow).value
    const key = rows?.keyOf(record.keyCell)
    const newValue = this.compute(record, change.newValue)
    const oldValue = this.sendsOldValues ? this.oldValue(record, change.oldValue, key) : null
    if (this.holdsBackNothing && !this.versioned && this.sendsOldValues && newValue === null && oldValue === null) return
    if (rows !== undefined && key !== undefined) rows.put(key, record, newValue, oldValue)
    else
      this.outlet.forward(
        changeRecord(record.keyCell, newValue, oldValue, record.timestamp, record.headers, record.origin, change.isLatest),
      )
  }

  private oldValue(record: Flow, oldValue: unknown, key: BinaryKey | undefined): unknown {
    return this.rows !== undefined && key !== undefined ? this.rows.value(key) : this.compute(record, oldValue)
  }

  private compute(record: Flow, value: unknown): unknown {
    return value === null && !this.seesNull ? null : this.valueOf(record.withValue(value))
  }

  /** null: no row. */
  protected abstract valueOf(record: Flow): unknown
}

interface TableStepSpec {
  readonly versioned?: boolean
  readonly store: string | null
  readonly sendsOldValues: boolean
}

export class TableFilter extends TableStep {
  private readonly predicate: (record: Flow) => boolean
  private readonly keeps: boolean

  constructor(
    name: string,
    outlet: Outlet,
    spec: TableStepSpec & { readonly predicate: Callback<boolean>; readonly negate: boolean },
    environment: OperatorEnvironment,
  ) {
    super(name, outlet, { ...spec, holdsBackNothing: true, seesNull: false }, environment)
    this.predicate = onRecord(spec.predicate)
    this.keeps = !spec.negate
  }

  protected override valueOf(record: Flow): unknown {
    return Boolean(this.predicate(record)) === this.keeps ? record.value : null
  }
}

export class TableMapValues extends TableStep {
  private readonly mapper: RunningMapper

  constructor(
    name: string,
    outlet: Outlet,
    spec: TableStepSpec & { readonly mapper: RowMapper; readonly seesNull: boolean; readonly versioned?: boolean },
    environment: OperatorEnvironment,
  ) {
    super(name, outlet, { ...spec, holdsBackNothing: false }, environment)
    this.mapper = runMapper(spec.mapper, environment)
  }

  open(): void {
    this.mapper.open?.()
  }

  close(): void {
    this.mapper.close?.()
  }

  protected override valueOf(record: Flow): unknown {
    return nullIfUndefined(this.mapper.map(record))
  }
}

/** The changes of a table as a stream of new values; null for a deleted row. */
export class ToStream implements Operator {
  readonly name: string
  private readonly outlet: Outlet

  constructor(name: string, outlet: Outlet) {
    this.name = name
    this.outlet = outlet
  }

  process(record: Flow): void {
    const { newValue } = (record as ChangeFlow).value
    this.outlet.forward(new FlowRecord(record.keyCell, Cell.of(newValue), record.timestamp, record.headers, record.origin))
  }
}

// Grouping of a table and its aggregation (Kafka Streams: KTableRepartitionMap, KTableAggregate, KTableReduce). A row that changes its value or its group
// is taken out of the aggregate where it was and folded into the one where it is; the old value comes first, so that a group is never counted twice.

import { isDeepStrictEqual } from 'node:util'
import type { Callback, TableAggregation } from '../graph/operator-spec.ts'
import type { Serde } from '../ports/serde.ts'
import type { ByteBuffer } from '../serdes/byte-buffer.ts'
import { cachedChanges } from './cached-changes.ts'
import { nullIfUndefined, onRecord } from './callback.ts'
import { type ChangeFlow, changeRecord } from './change-record.ts'
import type { DroppedRecords } from './dropped-records.ts'
import { Cell } from './flow-record.ts'
import { type Fold, foldOf, onAggregate } from './fold.ts'
import { binaryKeyOf } from './key-bytes.ts'
import type { Flow, Operator, Outlet } from './operator.ts'
import { type OperatorEnvironment, storeSpec } from './operator-environment.ts'
import { type TableStore, tableStore } from './table-store.ts'

/** Sends the change of a row as one of its group, or as one of each of two groups. Rows without a group or a value in it belong to none. */
export class TableGroupBy implements Operator {
  readonly name: string
  private readonly outlet: Outlet
  private readonly selector: (record: Flow) => readonly [unknown, unknown]
  private readonly versioned: boolean

  constructor(
    name: string,
    outlet: Outlet,
    spec: { readonly selector: Callback<readonly [unknown, unknown]>; readonly versioned?: boolean },
  ) {
    this.name = name
    this.versioned = spec.versioned === true
    this.outlet = outlet
    this.selector = onRecord(spec.selector)
  }

  process(record: Flow): void {
    const { newValue, oldValue, isLatest } = (record as ChangeFlow).value
    // An aggregate is of what rows are now.
    if (this.versioned && !isLatest) return
    const fresh = this.pairOf(record, newValue)
    const old = this.pairOf(record, oldValue)
    if (fresh !== undefined && old !== undefined && isDeepStrictEqual(fresh.key, old.key)) {
      this.send(record, old.key, fresh.value, old.value)
      return
    }
    if (old !== undefined) this.send(record, old.key, null, old.value)
    if (fresh !== undefined) this.send(record, fresh.key, fresh.value, null)
  }

  private pairOf(record: Flow, value: unknown): { readonly key: unknown; readonly value: unknown } | undefined {
    if (value === null) return undefined
    const pair = this.selector(record.withValue(value))
    const groupKey = nullIfUndefined(pair[0])
    const groupValue = nullIfUndefined(pair[1])
    return groupKey === null || groupValue === null ? undefined : { key: groupKey, value: groupValue }
  }

  private send(record: Flow, key: unknown, newValue: unknown, oldValue: unknown): void {
    this.outlet.forward(changeRecord(Cell.of(key), newValue, oldValue, record.timestamp, record.headers, record.origin))
  }
}

export class TableAggregate implements Operator {
  readonly name: string
  private readonly outlet: Outlet
  private readonly store: TableStore
  private readonly key: Serde<unknown>
  private readonly fold: Fold
  private readonly subtract: Fold['add']
  private readonly sendsOldValues: boolean
  private readonly scratch: ByteBuffer
  private readonly dropped: DroppedRecords

  constructor(
    name: string,
    outlet: Outlet,
    spec: { readonly store: string; readonly aggregation: TableAggregation; readonly sendsOldValues: boolean },
    environment: OperatorEnvironment,
  ) {
    this.name = name
    this.outlet = outlet
    this.store = tableStore(spec.store, environment)
    this.key = storeSpec(environment, spec.store).key
    this.fold = foldOf(spec.aggregation, name, environment)
    this.subtract = onAggregate(spec.aggregation.subtractor)
    this.sendsOldValues = spec.sendsOldValues
    this.scratch = environment.scratch
    this.dropped = environment.dropped
    if (this.store.cached) this.store.onChange(cachedChanges(outlet, this.key, this.fold), spec.sendsOldValues)
  }

  process(record: Flow): void {
    const { store, fold } = this
    if (record.keyCell.isNull) {
      this.dropped.add('null-key')
      return
    }
    const { newValue, oldValue } = (record as ChangeFlow).value
    const key = binaryKeyOf(record.keyCell, this.key, this.scratch)
    const row = store.get(key)
    const oldAggregate = row === undefined ? null : row.value
    let aggregate = oldAggregate
    if (oldValue !== null && aggregate !== null) aggregate = this.subtract(aggregate, record.withValue(oldValue))
    if (newValue !== null) aggregate = fold.add(aggregate ?? fold.initial(), record.withValue(newValue))
    const touched = oldValue !== null || newValue !== null
    const timestamp = row !== undefined && touched ? Math.max(record.timestamp, row.timestamp) : record.timestamp
    const put = store.put(key, aggregate, aggregate === null ? record.timestamp : timestamp, record.headers, record.origin)
    if (store.cached || put === 'refused') return
    const old = this.sendsOldValues ? fold.visible(oldAggregate) : null
    this.outlet.forward(
      changeRecord(record.keyCell, fold.visible(aggregate), old, timestamp, record.headers, record.origin, put !== 'outdated'),
    )
  }
}

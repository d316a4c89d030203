// count, reduce and aggregate of a grouped stream, by key (Kafka Streams: KStreamAggregate, KStreamReduce). Records without key or value are left out. The
// result has the latest timestamp of its records. A cached store sends what changed when the cache lets go of it; otherwise each update is sent at once.

import type { Aggregation } from '../graph/operator-spec.ts'
import type { Serde } from '../ports/serde.ts'
import type { ByteBuffer } from '../serdes/byte-buffer.ts'
import { cachedChanges } from './cached-changes.ts'
import { changeRecord } from './change-record.ts'
import type { DroppedRecords } from './dropped-records.ts'
import { type Fold, foldOf } from './fold.ts'
import { binaryKeyOf } from './key-bytes.ts'
import type { Flow, Operator, Outlet } from './operator.ts'
import { type OperatorEnvironment, storeSpec } from './operator-environment.ts'
import { type TableStore, tableStore } from './table-store.ts'

export class Aggregate implements Operator {
  readonly name: string
  private readonly outlet: Outlet
  private readonly store: TableStore
  private readonly key: Serde<unknown>
  private readonly fold: Fold
  private readonly sendsOldValues: boolean
  private readonly scratch: ByteBuffer
  private readonly dropped: DroppedRecords

  constructor(
    name: string,
    outlet: Outlet,
    spec: { readonly store: string; readonly aggregation: Aggregation; readonly sendsOldValues: boolean },
    environment: OperatorEnvironment,
  ) {
    this.name = name
    this.outlet = outlet
    this.store = tableStore(spec.store, environment)
    this.key = storeSpec(environment, spec.store).key
    this.fold = foldOf(spec.aggregation, name, environment)
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
    if (record.valueCell.isNull || (fold.readsValue && record.value === null)) {
      this.dropped.add('null-value')
      return
    }
    const key = binaryKeyOf(record.keyCell, this.key, this.scratch)
    const row = store.get(key)
    const oldAggregate = row === undefined ? fold.initial() : row.value
    const timestamp = row === undefined ? record.timestamp : Math.max(record.timestamp, row.timestamp)
    const newAggregate = fold.add(oldAggregate, record)
    const put = store.put(key, newAggregate, newAggregate === null ? record.timestamp : timestamp, record.headers, record.origin)
    if (store.cached || put === 'refused') return
    const oldValue = this.sendsOldValues ? fold.visible(oldAggregate) : null
    this.outlet.forward(
      changeRecord(record.keyCell, fold.visible(newAggregate), oldValue, timestamp, record.headers, record.origin, put !== 'outdated'),
    )
  }
}

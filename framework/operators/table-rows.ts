// A table's own rows, kept in a store, and the changes that go on from there: at once, or when the record cache lets go of them (Kafka Streams:
// TimestampedTupleForwarder, TimestampedCacheFlushListener).

import type { Headers } from '../ports/record.ts'
import type { Serde } from '../ports/serde.ts'
import type { ByteBuffer } from '../serdes/byte-buffer.ts'
import type { BinaryKey } from '../state/contract.ts'
import { changeRecord } from './change-record.ts'
import { type Cell, noOrigin, type Origin } from './flow-record.ts'
import { binaryKeyOf, cellOf } from './key-bytes.ts'
import type { Flow, Outlet } from './operator.ts'
import { type OperatorEnvironment, storeSpec } from './operator-environment.ts'
import { type TableStore, tableStore } from './table-store.ts'

export class TableRows {
  private readonly store: TableStore
  private readonly key: Serde<unknown>
  private readonly outlet: Outlet
  private readonly scratch: ByteBuffer
  private readonly sendsOldValues: boolean

  constructor(store: string, outlet: Outlet, sendsOldValues: boolean, environment: OperatorEnvironment) {
    this.store = tableStore(store, environment)
    this.key = storeSpec(environment, store).key
    this.outlet = outlet
    this.scratch = environment.scratch
    this.sendsOldValues = sendsOldValues
    if (this.store.cached) this.store.onChange(this.sendChange, sendsOldValues)
  }

  keyOf(cell: Cell<unknown>): BinaryKey {
    return binaryKeyOf(cell, this.key, this.scratch)
  }

  value(key: BinaryKey): unknown {
    return this.store.get(key)?.value ?? null
  }

  put(key: BinaryKey, record: Flow, newValue: unknown, oldValue: unknown): void {
    const { timestamp, headers, origin } = record
    const put = this.store.put(key, newValue, timestamp, headers, origin)
    if (this.store.cached || put === 'refused') return
    this.send(record.keyCell, newValue, oldValue, timestamp, headers, origin, put !== 'outdated')
  }

  private readonly sendChange = (
    key: BinaryKey,
    newValue: unknown,
    oldValue: unknown,
    timestamp: number,
    headers: Headers,
    origin: Origin = noOrigin,
  ): void => {
    this.send(cellOf(key, this.key), newValue, oldValue, timestamp, headers, origin)
  }

  private send(
    key: Cell<unknown>,
    newValue: unknown,
    oldValue: unknown,
    timestamp: number,
    headers: Headers,
    origin: Origin,
    isLatest = true,
  ): void {
    this.outlet.forward(changeRecord(key, newValue, this.sendsOldValues ? oldValue : null, timestamp, headers, origin, isLatest))
  }
}

// The rows of a table, whether the store keeps the present ones alone or their versions too (Kafka Streams: KeyValueStoreWrapper).

import type { Headers } from '../ports/record.ts'
import type { BinaryKey, RecordOrigin, Row, RowListener } from '../state/contract.ts'
import type { VersionedRowStore } from '../state/versioned-contract.ts'
import { type OperatorEnvironment, storeSpec } from './operator-environment.ts'

/** What became of a row that was put. Only a versioned store can refuse one, or find it older than the present one. */
export type PutResult = 'latest' | 'outdated' | 'refused'

export interface TableStore {
  readonly cached: boolean
  get(key: BinaryKey): Row<unknown> | undefined
  /** The row as it was then; of versioned stores. */
  getAsOf?(key: BinaryKey, time: number): Row<unknown> | undefined
  /** Nothing is the latest. */
  // biome-ignore lint/suspicious/noConfusingVoidType: a store without versions has nothing to say.
  put(key: BinaryKey, value: unknown, timestamp: number, headers: Headers, origin: RecordOrigin): PutResult | void
  onChange(listener: RowListener<unknown>, sendsOldValues: boolean): void
}

export function tableStore(name: string, environment: OperatorEnvironment): TableStore {
  if (storeSpec(environment, name).kind !== 'versioned') return environment.stores.rows(name)
  return new VersionedTableStore(environment.stores.versionedRows(name))
}

class VersionedTableStore implements TableStore {
  readonly cached = false
  private readonly store: VersionedRowStore<unknown>

  constructor(store: VersionedRowStore<unknown>) {
    this.store = store
  }

  get(key: BinaryKey): Row<unknown> | undefined {
    return this.store.get(key)
  }

  getAsOf(key: BinaryKey, time: number): Row<unknown> | undefined {
    return this.store.getAsOf(key, time)
  }

  put(key: BinaryKey, value: unknown, timestamp: number, headers: Headers): PutResult {
    const result = this.store.put(key, value, timestamp, headers)
    return typeof result === 'number' ? 'outdated' : result
  }

  onChange(): void {
    // There is no cache to let go of a change.
  }
}

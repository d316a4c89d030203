// A versioned store by typed keys, as processors have it.

import type { Serde } from '../ports/serde.ts'
import type { VersionedKeyValueStore, VersionedRecord } from '../ports/store.ts'
import type { RecordContext } from './contract.ts'
import { binaryKey } from './key-value-view.ts'
import type { VersionedRowStore } from './versioned-contract.ts'

export class ProcessorVersionedStore<K, V> implements VersionedKeyValueStore<K, V> {
  readonly name: string
  private readonly keySerde: Serde<unknown>
  private readonly rows: VersionedRowStore<V>
  private readonly context: RecordContext

  constructor(keySerde: Serde<unknown>, rows: VersionedRowStore<V>, context: RecordContext) {
    this.name = rows.name
    this.keySerde = keySerde
    this.rows = rows
    this.context = context
  }

  get(key: K): VersionedRecord<V> | undefined {
    return this.rows.get(binaryKey(this.keySerde, key))
  }

  getAsOf(key: K, time: number): VersionedRecord<V> | undefined {
    return this.rows.getAsOf(binaryKey(this.keySerde, key), time)
  }

  history(key: K, from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY): Iterable<VersionedRecord<V>> {
    return this.rows.history(binaryKey(this.keySerde, key), from, to)
  }

  put(key: K, value: V | null, timestamp: number): number | 'latest' | 'refused' {
    return this.rows.put(binaryKey(this.keySerde, key), value, timestamp, this.context.headers)
  }

  delete(key: K, timestamp: number): VersionedRecord<V> | undefined {
    return this.rows.delete(binaryKey(this.keySerde, key), timestamp, this.context.headers)
  }
}

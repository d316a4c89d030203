// What operators see of state: typed rows by binary key, over record cache, change log, uncommitted buffer and state engine. Everything
// here is synchronous and belongs to one task.

import type { Headers } from '../ports/record.ts'
import type { KeyValueStore, ReadOnlyKeyValueStore, ReadOnlyWindowStore } from '../ports/store.ts'

/**
 * The bytes of a serialized key as a string with one character (0 to 255) a byte: compact in V8, a key of a Map, and ordered by `<`
 * as the bytes are. `Buffer.from(key, 'latin1')` and `buffer.latin1Slice()` go there and back.
 */
export type BinaryKey = string

/** A row as read: belongs to the reader (a copy if its value could be changed). */
export interface Row<V> {
  readonly value: V
  readonly timestamp: number
}

/** A timestamped key-value store: the rows of a table, the aggregates of a group. */
export interface RowStore<V> {
  readonly name: string
  /** Whether updates wait in the record cache: then changes reach `onChange`, and not the operator's own forward. */
  readonly cached: boolean
  get(key: BinaryKey): Row<V> | undefined
  /** null deletes. `headers` travel with the change if it waits in the cache. */
  put(key: BinaryKey, value: V | null, timestamp: number, headers: Headers): void
  /** Called for each change that leaves the record cache (flush or eviction), with the row that was there at the last one. */
  onChange(listener: RowListener<V>, sendsOldValues: boolean): void
  /** For queries and tests. */
  readOnly<K>(): ReadOnlyKeyValueStore<K, Row<V>>
}

export type RowListener<V> = (key: BinaryKey, newValue: V | null, oldValue: V | null, timestamp: number, headers: Headers) => void

/** A timestamped window store: one row for each key and window start. What is past the retention by the store's own stream time is not seen. */
export interface WindowRowStore<V> {
  readonly name: string
  readonly cached: boolean
  get(key: BinaryKey, start: number): Row<V> | undefined
  put(key: BinaryKey, start: number, value: V | null, timestamp: number, headers: Headers): void
  onChange(listener: WindowRowListener<V>, sendsOldValues: boolean): void
  readOnly<K>(): ReadOnlyWindowStore<K, Row<V>>
}

export type WindowRowListener<V> = (
  key: BinaryKey,
  start: number,
  newValue: V | null,
  oldValue: V | null,
  timestamp: number,
  headers: Headers,
) => void

/** The stores of one task, by name. */
export interface TaskStores {
  rows<V>(name: string): RowStore<V>
  windowRows<V>(name: string): WindowRowStore<V>
  /** A store of the Processor API. */
  keyValue<K, V>(name: string): KeyValueStore<K, V>
}

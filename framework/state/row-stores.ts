// The faces of a store towards operators: rows by key, and rows by key and window start.

import type { Headers } from '../ports/record.ts'
import type { BinaryKey, ReadOnlyKeyValueStore, ReadOnlyWindowStore } from '../ports/store.ts'
import type { CachedRows } from './cached-rows.ts'
import type { Row, RowListener, RowStore, WindowRowListener, WindowRowStore } from './contract.ts'
import type { RowForm } from './kept-row.ts'
import { type KeyValueParts, KeyValueView } from './key-value-view.ts'
import type { Rows } from './rows.ts'
import { type WindowParts, WindowView } from './window-view.ts'

export interface RowStoreParts<V> extends KeyValueParts<V> {
  /** What `rows` is if the store has a record cache. */
  readonly cache: CachedRows<V> | undefined
}

export class LayeredRowStore<V> implements RowStore<V> {
  readonly name: string
  readonly cached: boolean
  private readonly parts: RowStoreParts<V>
  private readonly rows: Rows<V>
  private readonly form: RowForm<V>

  constructor(parts: RowStoreParts<V>) {
    this.name = parts.name
    this.cached = parts.cache !== undefined
    this.parts = parts
    this.rows = parts.rows
    this.form = parts.form
  }

  get(key: BinaryKey): Row<V> | undefined {
    const row = this.rows.get(key, 0)
    return row === undefined ? undefined : this.form.give(row)
  }

  put(key: BinaryKey, value: V | null, timestamp: number, headers: Headers): void {
    this.rows.put(key, 0, this.form.keep(value, timestamp, headers))
  }

  onChange(listener: RowListener<V>, sendsOldValues: boolean): void {
    this.parts.cache?.onChange(
      (key, _start, newValue, oldValue, timestamp, headers) => listener(key, newValue, oldValue, timestamp, headers),
      sendsOldValues,
    )
  }

  readOnly<K>(): ReadOnlyKeyValueStore<K, Row<V>> {
    return new KeyValueView(this.parts, ({ value, timestamp }) => ({ value, timestamp }))
  }
}

export interface WindowRowStoreParts<V> extends WindowParts<V> {
  readonly cache: CachedRows<V> | undefined
}

export class LayeredWindowRowStore<V> implements WindowRowStore<V> {
  readonly name: string
  readonly cached: boolean
  private readonly parts: WindowRowStoreParts<V>
  private readonly rows: Rows<V>
  private readonly form: RowForm<V>

  constructor(parts: WindowRowStoreParts<V>) {
    this.name = parts.name
    this.cached = parts.cache !== undefined
    this.parts = parts
    this.rows = parts.rows
    this.form = parts.form
  }

  get(key: BinaryKey, start: number): Row<V> | undefined {
    const row = this.rows.get(key, start)
    return row === undefined ? undefined : this.form.give(row)
  }

  put(key: BinaryKey, start: number, value: V | null, timestamp: number, headers: Headers): void {
    this.rows.put(key, start, this.form.keep(value, timestamp, headers))
  }

  onChange(listener: WindowRowListener<V>, sendsOldValues: boolean): void {
    this.parts.cache?.onChange(listener, sendsOldValues)
  }

  readOnly<K>(): ReadOnlyWindowStore<K, Row<V>> {
    return new WindowView(this.parts)
  }
}

// The lower half of a store: each change goes to the changelog and into the uncommitted buffer; reads look there, then in the state engine.

import type { BinaryKey, ByteStore, RangeOptions } from '../ports/store.ts'
import type { ChangeLog } from './change-log.ts'
import type { KeptRow, RowForm } from './kept-row.ts'
import type { KeyLayout } from './key-layout.ts'
import type { Retention } from './retention.ts'
import { overlaid, type RowEntry, type Rows } from './rows.ts'
import type { UncommittedBuffer } from './uncommitted-buffer.ts'

export interface StoredRowsParts<V> {
  readonly form: RowForm<V>
  readonly layout: KeyLayout
  readonly engine: ByteStore
  readonly buffer: UncommittedBuffer<V>
  /** Absent: the store is not logged, or its source topic is its changelog. */
  readonly changeLog: ChangeLog<V> | undefined
  /** Of window stores. */
  readonly retention: Retention | undefined
  /** A window too old to be kept was put. */
  onExpired(): void
}

export class StoredRows<V> implements Rows<V> {
  private readonly parts: StoredRowsParts<V>

  constructor(parts: StoredRowsParts<V>) {
    this.parts = parts
  }

  get(key: BinaryKey, start: number): KeptRow<V> | undefined {
    const { buffer, engine, form, layout, retention } = this.parts
    if (retention !== undefined && !retention.shows(start)) return undefined
    const changed = buffer.get(key, start)
    if (changed !== undefined) return changed.deleted ? undefined : changed
    const entry = engine.get(layout.engineKey(key, start))
    return entry === undefined ? undefined : form.readEntry(entry)
  }

  put(key: BinaryKey, start: number, row: KeptRow<V>): void {
    const { buffer, changeLog, layout, retention } = this.parts
    // What is too old to be kept is logged all the same, as in Kafka Streams: the changelog's own retention removes it.
    if (retention === undefined || retention.admits(start)) buffer.put(key, start, row)
    else this.parts.onExpired()
    changeLog?.log(layout.changelogKey(key, start), row)
  }

  *range(options: RangeOptions): Generator<RowEntry<V>> {
    const { buffer, layout, retention } = this.parts
    for (const entry of overlaid(buffer.range(options), this.engineRange(options), options.reverse ?? false)) {
      if (entry[1].deleted || (retention !== undefined && !retention.shows(layout.startOf(entry[0])))) continue
      yield entry
    }
  }

  private *engineRange(options: RangeOptions): Generator<RowEntry<V>> {
    const { engine, form } = this.parts
    for (const { key, value } of engine.range(options)) yield [key, form.readEntry(value)]
  }
}

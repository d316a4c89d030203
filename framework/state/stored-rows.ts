// The lower half of a store: each change goes to the changelog and into the uncommitted buffer; reads look there, then in the state engine.

import type { BinaryKey, ByteStore } from '../ports/store.ts'
import type { ChangeLog } from './change-log.ts'
import type { GroupedEntries } from './grouped-entries.ts'
import type { KeptRow, RowForm } from './kept-row.ts'
import type { KeyLayout } from './key-layout.ts'
import type { Retention } from './retention.ts'
import { type KeyRow, type KeyTimes, noRows, overlaid, overlaidRows, type RowEntry, type RowRange, type Rows } from './rows.ts'
import type { UncommittedBuffer } from './uncommitted-buffer.ts'

export interface StoredRowsParts<V> {
  readonly form: RowForm<V>
  readonly layout: KeyLayout
  readonly engine: ByteStore
  /** What `engine` is if a key's entries of a segment lie together. */
  readonly grouped: GroupedEntries | undefined
  readonly buffer: UncommittedBuffer<V>
  /** Absent: the store is not logged, or its source topic is its changelog. */
  readonly changeLog: ChangeLog<V> | undefined
  /** Of window and session stores. */
  readonly retention: Retention | undefined
  readonly keepsDuplicates: boolean
  /** A row too old to be kept was put. */
  onExpired(): void
}

export class StoredRows<V> implements Rows<V> {
  private readonly parts: StoredRowsParts<V>

  constructor(parts: StoredRowsParts<V>) {
    this.parts = parts
  }

  get(identity: BinaryKey, time: number): KeptRow<V> | undefined {
    const { buffer, engine, form, layout, retention } = this.parts
    // The first rows of a new window are most of what is looked for in vain, and a look into the engine is dear.
    if (retention !== undefined && (retention.isNew(time) || !retention.shows(time))) return undefined
    const changed = buffer.get(identity, time)
    if (changed !== undefined) return changed.deleted ? undefined : changed
    const entry = engine.get(layout.engineKey(identity, time))
    return entry === undefined ? undefined : form.readEntry(entry)
  }

  peek(identity: BinaryKey, time: number): KeptRow<V> | undefined {
    return this.get(identity, time)
  }

  put(identity: BinaryKey, time: number, row: KeptRow<V>): void {
    const { buffer, changeLog, layout, retention, keepsDuplicates } = this.parts
    // A null among duplicates deletes nothing; it is logged all the same.
    if (keepsDuplicates && row.deleted) {
      retention?.passesNull(time)
      changeLog?.log(layout.changelogKey(identity, time), row)
      return
    }
    // What is too old to be kept is logged all the same, as in Kafka Streams: the changelog's own retention removes it.
    if (retention === undefined || retention.admits(time)) buffer.put(identity, time, row)
    else this.parts.onExpired()
    changeLog?.log(layout.changelogKey(identity, time), row)
  }

  *range(options: RowRange): Generator<RowEntry<V>> {
    const { buffer, layout, retention } = this.parts
    for (const entry of overlaid(buffer.range(options), this.engineRange(options), options.reverse ?? false)) {
      if (entry[1].deleted) continue
      if (retention !== undefined && !isSeen(retention, layout.timeOf(entry[0]), options)) continue
      yield entry
    }
  }

  ofKey(range: KeyTimes): readonly KeyRow<V>[] {
    const { buffer, retention } = this.parts
    const rows = overlaidRows(buffer.ofKey(range), this.engineRows(range))
    if (rows.length === 0) return noRows
    return rows.filter(({ time, row }) => !row.deleted && (retention === undefined || retention.shows(time)))
  }

  private engineRows({ key, from, to }: KeyTimes): readonly KeyRow<V>[] {
    const { form, grouped, retention } = this.parts
    if (grouped === undefined || retention === undefined || retention.isUnwritten(from)) return noRows
    const rows: KeyRow<V>[] = []
    const last = retention.segmentOf(Math.min(to, retention.writtenUpTo))
    for (let segment = Math.max(retention.segmentOf(Math.max(0, from)), retention.firstSegment); segment <= last; segment++) {
      grouped.eachOfKey(segment, key, from, to, (time, identity, value) => rows.push({ time, identity, row: form.readEntry(value) }))
    }
    return rows
  }

  private *engineRange(options: RowRange): Generator<RowEntry<V>> {
    const { engine, form } = this.parts
    for (const { key, value } of engine.range(options)) yield [key, form.readEntry(value)]
  }
}

/** What lies in a segment that is past its retention is gone, though the engine drops it only at the next commit. */
function isSeen(retention: Retention, time: number, { showsExpired = false }: RowRange): boolean {
  return showsExpired ? retention.keeps(time) : retention.shows(time)
}

// The record cache of one store: it merges the updates of a key, and hands the last one on when it is flushed or must make room. All caches of a
// stream thread share one budget of bytes. Kafka Streams: ThreadCache, NamedCache, CachingKeyValueStore, CachingWindowStore; eviction
// (least recently used of the store that grows, with everything else of it that is dirty) and the order of flushing (by last write) are theirs.
//
// The hot path of every aggregation is get and put of the same key: both find the row in one look, and nothing is serialized before it leaves.

import type { Headers } from '../ports/record.ts'
import type { BinaryKey } from '../ports/store.ts'
import type { RecordOrigin } from './contract.ts'
import type { KeptRow, RowForm } from './kept-row.ts'
import type { KeyLayout } from './key-layout.ts'
import { RowTable } from './row-table.ts'
import { overlaid, type RowEntry, type RowRange, type Rows } from './rows.ts'

/** What the record caches of a stream thread may hold together, and do. */
export class CacheBudget {
  readonly bytesMax: number
  bytes = 0

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax
  }
}

// What an entry costs beyond its key and value: the node, the row, the Map entry, about.
const entryOverheadBytes = 160

class CacheEntry<V> {
  readonly identity: BinaryKey
  readonly time: number
  row: KeptRow<V>
  bytes = 0
  dirty = false
  /** By use, the most recent first. */
  newer: CacheEntry<V> | undefined
  older: CacheEntry<V> | undefined
  /** The dirty ones by their last write, the first first. */
  writtenBefore: CacheEntry<V> | undefined
  writtenAfter: CacheEntry<V> | undefined

  constructor(identity: BinaryKey, time: number, row: KeptRow<V>) {
    this.identity = identity
    this.time = time
    this.row = row
  }
}

export type ChangeListener<V> = (
  identity: BinaryKey,
  time: number,
  newValue: V | null,
  oldValue: V | null,
  timestamp: number,
  headers: Headers,
  origin?: RecordOrigin,
) => void

export interface CachedRowsParts<V> {
  readonly form: RowForm<V>
  readonly layout: KeyLayout
  readonly below: Rows<V>
  readonly budget: CacheBudget
  /** Whether what is read from below stays in the cache: in key-value stores, as in Kafka Streams. */
  readonly keepsReads: boolean
}

export class CachedRows<V> implements Rows<V> {
  private readonly form: RowForm<V>
  private readonly below: Rows<V>
  private readonly budget: CacheBudget
  private readonly keepsReads: boolean
  private readonly table: RowTable<CacheEntry<V>>
  private newest: CacheEntry<V> | undefined
  private eldest: CacheEntry<V> | undefined
  private firstWritten: CacheEntry<V> | undefined
  private lastWritten: CacheEntry<V> | undefined
  /** The entry found last: a put comes after the get of the same key. */
  private found: CacheEntry<V> | undefined
  private listener: ChangeListener<V> | undefined
  private sendsOldValues = false

  constructor(parts: CachedRowsParts<V>) {
    this.form = parts.form
    this.below = parts.below
    this.budget = parts.budget
    this.keepsReads = parts.keepsReads
    this.table = new RowTable(parts.layout)
  }

  onChange(listener: ChangeListener<V>, sendsOldValues: boolean): void {
    this.listener = listener
    this.sendsOldValues = sendsOldValues
  }

  get(identity: BinaryKey, time: number): KeptRow<V> | undefined {
    const entry = this.find(identity, time)
    if (entry !== undefined) {
      this.use(entry)
      return entry.row.deleted ? undefined : entry.row
    }
    const row = this.below.get(identity, time)
    if (row !== undefined && this.keepsReads) {
      this.add(identity, time, row)
      this.makeRoom()
    }
    return row
  }

  put(identity: BinaryKey, time: number, row: KeptRow<V>): void {
    let entry = this.find(identity, time)
    if (entry === undefined) entry = this.add(identity, time, row)
    else {
      entry.row = row
      this.use(entry)
      this.measure(entry)
    }
    this.markWritten(entry)
    if (this.budget.bytes > this.budget.bytesMax) this.makeRoom()
  }

  get isDirty(): boolean {
    return this.firstWritten !== undefined
  }

  /** Hands on every dirty row, in the order of their last writes. */
  flush(): void {
    this.flushWith(undefined)
  }

  *range(options: RowRange): Generator<RowEntry<V>> {
    for (const entry of overlaid(this.ownRange(options), this.below.range(options), options.reverse ?? false)) {
      if (!entry[1].deleted) yield entry
    }
  }

  /** Gives its bytes back to the budget. What is dirty is lost: it belongs to no commit. */
  close(): void {
    for (let entry = this.newest; entry !== undefined; entry = entry.older) this.budget.bytes -= entry.bytes
    this.newest = this.eldest = this.firstWritten = this.lastWritten = this.found = undefined
    this.table.clear()
  }

  private find(identity: BinaryKey, time: number): CacheEntry<V> | undefined {
    const found = this.found
    if (found !== undefined && found.identity === identity && found.time === time) return found
    const entry = this.table.get(identity, time)
    if (entry !== undefined) this.found = entry
    return entry
  }

  private add(identity: BinaryKey, time: number, row: KeptRow<V>): CacheEntry<V> {
    const entry = new CacheEntry(identity, time, row)
    this.table.set(identity, time, entry)
    this.linkNewest(entry)
    this.measure(entry)
    this.found = entry
    return entry
  }

  private remove(entry: CacheEntry<V>): void {
    this.table.delete(entry.identity, entry.time)
    this.unlink(entry)
    this.budget.bytes -= entry.bytes
    if (this.found === entry) this.found = undefined
  }

  private measure(entry: CacheEntry<V>): void {
    const bytes = entryOverheadBytes + entry.identity.length + this.form.valueBytes(entry.row)
    this.budget.bytes += bytes - entry.bytes
    entry.bytes = bytes
  }

  /** Stops when this cache is empty: what a flush put into other stores is theirs to evict. */
  private makeRoom(): void {
    while (this.budget.bytes > this.budget.bytesMax) {
      const eldest = this.eldest
      if (eldest === undefined) return
      this.remove(eldest)
      if (eldest.dirty) this.flushWith(eldest)
    }
  }

  private flushWith(evicted: CacheEntry<V> | undefined): void {
    const entries: CacheEntry<V>[] = []
    const rows: KeptRow<V>[] = []
    if (evicted !== undefined) {
      this.unmarkWritten(evicted)
      entries.push(evicted)
      rows.push(evicted.row)
    }
    let entry = this.firstWritten
    // Clean before the first row goes on: what it sets off downstream may write to this store again.
    this.firstWritten = this.lastWritten = undefined
    while (entry !== undefined) {
      const next: CacheEntry<V> | undefined = entry.writtenAfter
      entry.dirty = false
      entry.writtenBefore = entry.writtenAfter = undefined
      entries.push(entry)
      rows.push(entry.row)
      entry = next
    }
    for (let at = 0; at < entries.length; at++) this.handOn(entries[at] as CacheEntry<V>, rows[at] as KeptRow<V>)
    for (let at = 0; at < entries.length; at++) {
      const flushed = entries[at] as CacheEntry<V>
      // A deletion need not stay once it is below; unless the key was written again meanwhile, or was evicted.
      if (flushed !== evicted && flushed.row === rows[at] && flushed.row.deleted && this.holds(flushed)) this.remove(flushed)
    }
  }

  private handOn({ identity, time }: CacheEntry<V>, row: KeptRow<V>): void {
    const { below, form, listener, sendsOldValues } = this
    if (listener === undefined) {
      below.put(identity, time, row)
      return
    }
    const old = row.deleted || sendsOldValues ? below.get(identity, time) : undefined
    // A row that came and went between two flushes was never seen by anybody.
    if (row.deleted && old === undefined) return
    below.put(identity, time, row)
    const oldValue = sendsOldValues && old !== undefined ? form.valueOf(old) : null
    listener(identity, time, form.valueOf(row), oldValue, row.timestamp, row.headers, row.origin)
  }

  private holds(entry: CacheEntry<V>): boolean {
    return this.table.get(entry.identity, entry.time) === entry
  }

  private use(entry: CacheEntry<V>): void {
    if (entry === this.newest) return
    this.unlink(entry)
    this.linkNewest(entry)
  }

  private linkNewest(entry: CacheEntry<V>): void {
    const second = this.newest
    entry.older = second
    if (second === undefined) this.eldest = entry
    else second.newer = entry
    this.newest = entry
  }

  private unlink(entry: CacheEntry<V>): void {
    const { newer, older } = entry
    if (newer === undefined) this.newest = older
    else newer.older = older
    if (older === undefined) this.eldest = newer
    else older.newer = newer
    entry.newer = entry.older = undefined
  }

  private markWritten(entry: CacheEntry<V>): void {
    if (entry === this.lastWritten) return
    if (entry.dirty) this.unmarkWritten(entry)
    entry.dirty = true
    const before = this.lastWritten
    entry.writtenBefore = before
    if (before === undefined) this.firstWritten = entry
    else before.writtenAfter = entry
    this.lastWritten = entry
  }

  private unmarkWritten(entry: CacheEntry<V>): void {
    const { writtenBefore, writtenAfter } = entry
    if (writtenBefore === undefined) this.firstWritten = writtenAfter
    else writtenBefore.writtenAfter = writtenAfter
    if (writtenAfter === undefined) this.lastWritten = writtenBefore
    else writtenAfter.writtenBefore = writtenBefore
    entry.writtenBefore = entry.writtenAfter = undefined
    entry.dirty = false
  }

  private *ownRange(options: RowRange): Generator<RowEntry<V>> {
    for (const [engineKey, entry] of this.table.range(options)) yield [engineKey, entry.row]
  }
}

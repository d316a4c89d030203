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
import type { KeyedTable } from './keyed-table.ts'
import { keyedTable, type RowTable, rowTable } from './row-table.ts'
import { type KeyRow, type KeyTimes, overlaid, overlaidRows, type RowEntry, type RowRange, type Rows, rowsOf } from './rows.ts'
import { SlotList } from './slot-list.ts'

/** What the record caches of a stream thread may hold together, and do. */
export class CacheBudget {
  readonly bytesMax: number
  bytes = 0

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax
  }
}

// What an entry costs beyond its key and value: its place in columns and lists, the row, the Map entry, about.
const entryOverheadBytes = 160

const noSlot = -1

/** Rows on their way down, as they were when the flush began. */
class Flushed<V> {
  readonly identities: BinaryKey[] = []
  readonly times: number[] = []
  readonly rows: KeptRow<V>[] = []
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

/** An entry is a slot in columns of identities, times and rows: for the garbage collector it is no object, and there are many of them. */
export class CachedRows<V> implements Rows<V> {
  private readonly form: RowForm<V>
  private readonly below: Rows<V>
  private readonly budget: CacheBudget
  private readonly keepsReads: boolean
  private readonly table: RowTable<number>
  /** The same one, if it is of that kind. */
  private readonly keyed: KeyedTable<number> | undefined
  private identities: BinaryKey[] = []
  private times: number[] = []
  private rows: KeptRow<V>[] = []
  private bytes: number[] = []
  private freeSlots: number[] = []
  /** By use, the eldest first. */
  private readonly used = new SlotList()
  /** The dirty ones by their last write. */
  private readonly written = new SlotList()
  /** The slot found last: a put comes after the get of the same key. */
  private found = noSlot
  private listener: ChangeListener<V> | undefined
  private sendsOldValues = false

  constructor(parts: CachedRowsParts<V>) {
    this.form = parts.form
    this.below = parts.below
    this.budget = parts.budget
    this.keepsReads = parts.keepsReads
    this.keyed = keyedTable(parts.layout)
    this.table = this.keyed ?? rowTable(parts.layout)
  }

  onChange(listener: ChangeListener<V>, sendsOldValues: boolean): void {
    this.listener = listener
    this.sendsOldValues = sendsOldValues
  }

  get(identity: BinaryKey, time: number): KeptRow<V> | undefined {
    const slot = this.find(identity, time)
    if (slot !== noSlot) {
      this.used.add(slot)
      const row = this.rows[slot] as KeptRow<V>
      return row.deleted ? undefined : row
    }
    const row = this.below.get(identity, time)
    if (row !== undefined && this.keepsReads) {
      this.add(identity, time, row)
      this.makeRoom()
    }
    return row
  }

  peek(identity: BinaryKey, time: number): KeptRow<V> | undefined {
    const slot = this.find(identity, time)
    if (slot === noSlot) return this.below.peek(identity, time)
    const row = this.rows[slot] as KeptRow<V>
    return row.deleted ? undefined : row
  }

  put(identity: BinaryKey, time: number, row: KeptRow<V>): void {
    let slot = this.find(identity, time)
    if (slot === noSlot) slot = this.add(identity, time, row)
    else {
      this.rows[slot] = row
      this.used.add(slot)
      this.measure(slot)
    }
    this.written.add(slot)
    if (this.budget.bytes > this.budget.bytesMax) this.makeRoom()
  }

  get isDirty(): boolean {
    return this.written.first !== noSlot
  }

  /** Hands on every dirty row, in the order of their last writes. */
  flush(): void {
    this.handOnDirty(new Flushed())
  }

  *range(options: RowRange): Generator<RowEntry<V>> {
    for (const entry of overlaid(this.ownRange(options), this.below.range(options), options.reverse ?? false)) {
      if (!entry[1].deleted) yield entry
    }
  }

  ofKey(range: KeyTimes): readonly KeyRow<V>[] {
    const below = this.below.ofKey(range)
    const own = this.keyed === undefined ? [] : rowsOf(this.keyed, range, this.rowAt)
    return own.length === 0 ? below : overlaidRows(own, below).filter(({ row }) => !row.deleted)
  }

  /** Gives its bytes back to the budget. What is dirty is lost: it belongs to no commit. */
  close(): void {
    for (let slot = this.used.first; slot !== noSlot; slot = this.used.next(slot)) this.budget.bytes -= this.bytes[slot] as number
    this.used.clear()
    this.written.clear()
    this.found = noSlot
    this.identities = []
    this.times = []
    this.rows = []
    this.bytes = []
    this.freeSlots = []
    this.table.clear()
  }

  private find(identity: BinaryKey, time: number): number {
    const { found } = this
    if (found !== noSlot && this.identities[found] === identity && this.times[found] === time) return found
    const slot = this.table.get(identity, time)
    if (slot === undefined) return noSlot
    this.found = slot
    return slot
  }

  private add(identity: BinaryKey, time: number, row: KeptRow<V>): number {
    const slot = this.freeSlots.pop() ?? this.rows.length
    this.identities[slot] = identity
    this.times[slot] = time
    this.rows[slot] = row
    this.bytes[slot] = 0
    this.table.set(identity, time, slot)
    this.used.add(slot)
    this.measure(slot)
    this.found = slot
    return slot
  }

  /** The slot keeps its old row until it is used again, which is soon: an entry makes room for another. */
  private remove(slot: number): void {
    this.table.delete(this.identities[slot] as BinaryKey, this.times[slot] as number)
    this.used.remove(slot)
    if (this.written.has(slot)) this.written.remove(slot)
    this.budget.bytes -= this.bytes[slot] as number
    if (this.found === slot) this.found = noSlot
    this.freeSlots.push(slot)
  }

  private measure(slot: number): void {
    const bytes = entryOverheadBytes + (this.identities[slot] as BinaryKey).length + this.form.valueBytes(this.rows[slot] as KeptRow<V>)
    this.budget.bytes += bytes - (this.bytes[slot] as number)
    this.bytes[slot] = bytes
  }

  /** Stops when this cache is empty: what a flush put into other stores is theirs to evict. */
  private makeRoom(): void {
    while (this.budget.bytes > this.budget.bytesMax) {
      const eldest = this.used.first
      if (eldest === noSlot) return
      if (!this.written.has(eldest)) this.remove(eldest)
      else {
        const flushed = new Flushed<V>()
        this.collect(eldest, flushed)
        this.remove(eldest)
        this.handOnDirty(flushed)
      }
    }
  }

  private collect(slot: number, flushed: Flushed<V>): void {
    flushed.identities.push(this.identities[slot] as BinaryKey)
    flushed.times.push(this.times[slot] as number)
    flushed.rows.push(this.rows[slot] as KeptRow<V>)
  }

  /** What is collected already goes first. */
  private handOnDirty(flushed: Flushed<V>): void {
    const { written } = this
    // Clean before the first row goes on: what it sets off downstream may write to this store again, and use slots anew.
    for (let slot = written.first; slot !== noSlot; slot = written.first) {
      this.collect(slot, flushed)
      written.remove(slot)
    }
    const { identities, times, rows } = flushed
    for (let at = 0; at < rows.length; at++) this.handOn(identities[at] as BinaryKey, times[at] as number, rows[at] as KeptRow<V>)
    for (let at = 0; at < rows.length; at++) {
      const row = rows[at] as KeptRow<V>
      if (!row.deleted) continue
      // A deletion need not stay once it is below; unless the key was written again meanwhile, or was evicted.
      const slot = this.table.get(identities[at] as BinaryKey, times[at] as number)
      if (slot !== undefined && this.rows[slot] === row) this.remove(slot)
    }
  }

  private handOn(identity: BinaryKey, time: number, row: KeptRow<V>): void {
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

  private readonly rowAt = (slot: number): KeptRow<V> => this.rows[slot] as KeptRow<V>

  private *ownRange(options: RowRange): Generator<RowEntry<V>> {
    for (const [engineKey, slot] of this.table.range(options)) yield [engineKey, this.rows[slot] as KeptRow<V>]
  }
}

// What a task changed since its last commit, store by store: what reads see before the engine. It goes to the engine in one batch at the
// commit, so that a crash leaves the state of a commit, never half of one. Rows being written stay readable until the engine has them.

import type { BinaryKey, Mutation, RangeOptions } from '../ports/store.ts'
import { ByteBuffer } from '../serdes/byte-buffer.ts'
import type { KeptRow, RowForm } from './kept-row.ts'
import type { KeyLayout } from './key-layout.ts'
import { KeyedTable } from './keyed-table.ts'
import { type RowTable, rowTable } from './row-table.ts'
import { type KeyRow, type KeyTimes, noRows, overlaid, overlaidRows, type RowEntry, rowsOf } from './rows.ts'

/** How much all stores of a task hold uncommitted; over `bytesMax` the task should commit. */
export class UncommittedBytes {
  readonly bytesMax: number
  bytes = 0

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax
  }

  get full(): boolean {
    return this.bytes > this.bytesMax
  }
}

// What a row costs beyond its key and value: two Map entries and two objects, about.
const rowOverheadBytes = 120

export class UncommittedBuffer<V> {
  private readonly form: RowForm<V>
  private readonly layout: KeyLayout
  private readonly size: UncommittedBytes
  private changed: RowTable<KeptRow<V>>
  private changedBytes = 0
  private committing: RowTable<KeptRow<V>> | undefined

  constructor(form: RowForm<V>, layout: KeyLayout, size: UncommittedBytes) {
    this.form = form
    this.layout = layout
    this.size = size
    this.changed = rowTable(layout)
  }

  /** Undefined: the engine knows. */
  get(identity: BinaryKey, time: number): KeptRow<V> | undefined {
    return this.changed.get(identity, time) ?? this.committing?.get(identity, time)
  }

  put(identity: BinaryKey, time: number, row: KeptRow<V>): void {
    const before = this.changed.get(identity, time)
    const grownBytes =
      this.form.valueBytes(row) - (before === undefined ? -rowOverheadBytes - identity.length : this.form.valueBytes(before))
    this.changedBytes += grownBytes
    this.size.bytes += grownBytes
    this.changed.set(identity, time, row)
  }

  /** Deleted rows are among them. */
  range(options: RangeOptions): Iterable<RowEntry<V>> {
    if (this.committing === undefined) return this.changed.range(options)
    return overlaid(this.changed.range(options), this.committing.range(options), options.reverse ?? false)
  }

  /** Deleted rows are among them. */
  ofKey(range: KeyTimes): readonly KeyRow<V>[] {
    const { changed, committing } = this
    const rows = changed instanceof KeyedTable ? rowsOf(changed, range, itself<V>) : noRows
    return committing instanceof KeyedTable ? overlaidRows(rows, rowsOf(committing, range, itself<V>)) : rows
  }

  /** Begins a commit: what has changed so far, as mutations of the engine. Read once, one at a time. */
  *take(store: string): Generator<Mutation> {
    const taken = this.changed
    this.committing = taken
    this.changed = rowTable(this.layout)
    this.size.bytes -= this.changedBytes
    this.changedBytes = 0
    const target = new ByteBuffer()
    let value = target.bytes
    for (const { identity, time, entry: row } of taken.entries()) {
      target.end = 0
      if (!row.deleted) this.form.writeEntry(row, target)
      // Most values of a store have the size of the last one: a view costs more than to write them.
      if (value.length !== target.end || value.buffer !== target.bytes.buffer) value = target.bytes.subarray(0, target.end)
      yield { store, key: this.layout.engineKey(identity, time), value: row.deleted ? null : value }
    }
  }

  /** The engine has what was taken. */
  taken(): void {
    this.committing = undefined
  }
}

function itself<V>(row: KeptRow<V>): KeptRow<V> {
  return row
}

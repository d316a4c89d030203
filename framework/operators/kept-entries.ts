// The rows of one state of a keyed processor, without those whose time to live is over: such a row is gone for who reads, though its tombstone is written a
// little later.

import type { TimeDomain, TimeToLive } from '../graph/keyed-state.ts'
import type { BinaryKey, Row } from '../state/contract.ts'
import type { EntryStore } from '../state/keyed-contract.ts'
import type { KeyScope } from './key-scope.ts'

export class KeptEntries {
  readonly scope: KeyScope
  private readonly store: EntryStore<unknown>
  private readonly ttl: TimeToLive | null

  constructor(store: EntryStore<unknown>, ttl: TimeToLive | null, scope: KeyScope) {
    this.store = store
    this.ttl = ttl
    this.scope = scope
  }

  get livesForTime(): boolean {
    return this.ttl !== null
  }

  get(key: BinaryKey): unknown {
    const row = this.store.get(key)
    return row === undefined || this.isOver(row) ? undefined : row.value
  }

  has(key: BinaryKey): boolean {
    return this.get(key) !== undefined
  }

  put(key: BinaryKey, value: unknown): void {
    if (value === null || value === undefined) throw new Error(`${this.store.name} cannot keep ${value}: to have none is to clear it`)
    this.store.put(key, value, this.scope.stamp(this.ttl))
  }

  delete(key: BinaryKey): void {
    this.store.put(key, null, this.scope.stamp(this.ttl))
  }

  /** Puts it behind all that begins with this. */
  append(prefix: BinaryKey, value: unknown, suffix: (number: number) => BinaryKey): void {
    this.put(prefix + suffix(this.store.nextNumber()), value)
  }

  *entries(prefix: BinaryKey): Generator<readonly [key: BinaryKey, value: unknown]> {
    for (const [key, row] of this.store.entries(prefix)) if (!this.isOver(row)) yield [key, row.value]
  }

  /** Those that are over too: a tombstone for each. */
  clear(prefix: BinaryKey): void {
    for (const [key] of [...this.store.entries(prefix)]) this.delete(key)
  }

  firstMs(domain: TimeDomain): number {
    return this.ttl?.by === domain ? (this.store.due?.firstMs(domain) ?? Infinity) : Infinity
  }

  /** Writes tombstones for rows whose time to live is over by now. */
  expire(): void {
    const { ttl, store, scope } = this
    if (ttl === null || store.due === undefined) return
    const now = scope.now(ttl.by)
    if (store.due.firstMs(ttl.by) > now) return
    for (const { key } of store.due.take(ttl.by, now)) {
      const row = store.get(key)
      if (row === undefined) continue
      if (this.isOver(row)) store.put(key, null, now)
      // Put again since, which has another entry of the index; or by a topology that let it live longer, or shorter.
      else store.due.note(key, row.value, row.timestamp)
    }
  }

  private isOver(row: Row<unknown>): boolean {
    return this.ttl !== null && row.timestamp + this.ttl.afterMs <= this.scope.now(this.ttl.by)
  }
}

// What keyed processors see of a store of their state: rows by binary key, the entries that begin alike, and which rows are due by time. As in contract.ts:
// synchronous, of one task.

import type { TimeDomain } from '../graph/keyed-state.ts'
import type { BinaryKey, Row } from './contract.ts'

/** A key-value store without a record cache. */
export interface EntryStore<V> {
  readonly name: string
  get(key: BinaryKey): Row<V> | undefined
  /** null deletes. What is put is due by its timestamp or its value, as the spec of the store says. */
  put(key: BinaryKey, value: V | null, timestamp: number): void
  /** The entries whose keys begin with this, in the order of their keys. What is put meanwhile may be seen or not. */
  entries(prefix: BinaryKey): Iterable<readonly [key: BinaryKey, row: Row<V>]>
  /** A number greater than all that it gave before, also before a restart, of those whose entries are there. */
  nextNumber(): number
  readonly due: DueRows | undefined
}

/** Which rows are due when. A row that was put again is due at each of its times, so who takes it looks whether it is. */
export interface DueRows {
  /** The first time at which something is due; Infinity if there is none. */
  firstMs(domain: TimeDomain): number
  /** Takes out what is due up to a time, included: by time, then key, what becomes due meanwhile too. Each is gone when it is given. */
  take(domain: TimeDomain, upToMs: number): Iterable<{ readonly key: BinaryKey; readonly dueMs: number }>
  /** Says when a row is due, as putting it did. */
  note(key: BinaryKey, value: unknown, timestamp: number): void
  /** The last time at which something is due; -1 if there is none. */
  lastMs(domain: TimeDomain): number
}

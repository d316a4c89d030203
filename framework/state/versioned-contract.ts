// What operators see of a versioned store: the rows of a table as they were at a time.

import type { Headers } from '../ports/record.ts'
import type { BinaryKey } from '../ports/store.ts'
import type { Row } from './contract.ts'

export interface VersionedRow<V> extends Row<V> {
  /** The timestamp of the next version; undefined: it is the present one. */
  readonly validTo: number | undefined
}

/** When the version that was put ends: at the next one's timestamp, or it is the latest; or it was too old and was refused. */
export type VersionedPut = number | 'latest' | 'refused'

export interface VersionedRowStore<V> {
  readonly name: string
  /** The present value; undefined if the key was deleted, or never put. */
  get(key: BinaryKey): VersionedRow<V> | undefined
  /** The value as it was then; undefined before the history, unless the present value is as old. */
  getAsOf(key: BinaryKey, time: number): VersionedRow<V> | undefined
  /** The versions that were valid at some time between two, both included, the latest first. Deletions are gaps. */
  history(key: BinaryKey, from: number, to: number): Iterable<VersionedRow<V>>
  /** null: deleted from then on. */
  put(key: BinaryKey, value: V | null, timestamp: number, headers: Headers): VersionedPut
  /** Puts null; gives the value as it was then. */
  delete(key: BinaryKey, timestamp: number, headers: Headers): VersionedRow<V> | undefined
  /** For tests: every version, by key, then timestamp. What has left the history may still be there. */
  all(): Iterable<VersionedRow<V> & { readonly key: BinaryKey }>
}

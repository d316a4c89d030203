// The layers of a store, one above the other: the record cache (cached-rows.ts), and below it change log, uncommitted buffer
// and state engine (stored-rows.ts). Both are Rows: a row is found by its identity and its time (key-layout.ts).

import type { BinaryKey } from '../ports/store.ts'
import type { GroupRange } from './grouped-entries.ts'
import type { KeptRow } from './kept-row.ts'

export interface RowRange extends GroupRange {
  /** Whether rows past their retention are seen, as long as they are there. */
  readonly showsExpired?: boolean
}

export interface Rows<V> {
  get(identity: BinaryKey, time: number): KeptRow<V> | undefined
  put(identity: BinaryKey, time: number, row: KeptRow<V>): void
  /** In the order of engine keys. No deleted rows. */
  range(options: RowRange): Iterable<RowEntry<V>>
}

export type RowEntry<V> = readonly [engineKey: BinaryKey, row: KeptRow<V>]

/** Two walks in the same order as one: where both have a key the upper one's row hides the other's. */
export function* overlaid<V>(upper: Iterable<RowEntry<V>>, lower: Iterable<RowEntry<V>>, reverse: boolean): Generator<RowEntry<V>> {
  const above = upper[Symbol.iterator]()
  const below = lower[Symbol.iterator]()
  try {
    let high = above.next()
    let low = below.next()
    while (!high.done || !low.done) {
      if (high.done || (!low.done && isBefore(low.value[0], high.value[0], reverse))) {
        yield low.value
        low = below.next()
      } else {
        if (!low.done && low.value[0] === high.value[0]) low = below.next()
        yield high.value
        high = above.next()
      }
    }
  } finally {
    above.return?.()
    below.return?.()
  }
}

function isBefore(left: BinaryKey, right: BinaryKey, reverse: boolean): boolean {
  return reverse ? left > right : left < right
}

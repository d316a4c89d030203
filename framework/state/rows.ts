// The layers of a store, one above the other: the record cache (cached-rows.ts), and below it change log, uncommitted buffer
// and state engine (stored-rows.ts). Both are Rows: a row is found by its identity and its time (key-layout.ts).

import type { BinaryKey, RangeOptions } from '../ports/store.ts'
import type { KeptRow } from './kept-row.ts'
import type { KeyedTable } from './keyed-table.ts'

export interface RowRange extends RangeOptions {
  /** Whether rows past their retention are seen, as long as they are there. */
  readonly showsExpired?: boolean
}

export interface Rows<V> {
  get(identity: BinaryKey, time: number): KeptRow<V> | undefined
  /** The same, and nothing is kept of it: for who is not the task itself. */
  peek(identity: BinaryKey, time: number): KeptRow<V> | undefined
  put(identity: BinaryKey, time: number, row: KeptRow<V>): void
  /** In the order of engine keys. No deleted rows. */
  range(options: RowRange): Iterable<RowEntry<V>>
  /** Of stores whose layout ranges by key: what is there now, by time and then identity. No deleted rows. */
  ofKey(range: KeyTimes): readonly KeyRow<V>[]
}

/** A key and a range of times, both ends included. */
export interface KeyTimes {
  readonly key: BinaryKey
  readonly from: number
  readonly to: number
}

export interface KeyRow<V> {
  readonly time: number
  readonly identity: BinaryKey
  readonly row: KeptRow<V>
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

export const noRows: readonly never[] = []

/** The same for the rows of a key. */
export function overlaidRows<V>(upper: readonly KeyRow<V>[], lower: readonly KeyRow<V>[]): readonly KeyRow<V>[] {
  if (upper.length === 0) return lower
  if (lower.length === 0) return upper
  const rows: KeyRow<V>[] = []
  let at = 0
  for (const high of upper) {
    let low = lower[at]
    for (; low !== undefined && comesBefore(low, high); low = lower[++at]) rows.push(low)
    if (low !== undefined && low.time === high.time && low.identity === high.identity) at++
    rows.push(high)
  }
  for (; at < lower.length; at++) rows.push(lower[at] as KeyRow<V>)
  return rows
}

function comesBefore<V>(left: KeyRow<V>, right: KeyRow<V>): boolean {
  return left.time < right.time || (left.time === right.time && left.identity < right.identity)
}

/** What a keyed table has of a range, deleted rows too. */
export function rowsOf<E, V>(table: KeyedTable<E>, { key, from, to }: KeyTimes, rowOf: (entry: E) => KeptRow<V>): readonly KeyRow<V>[] {
  const found = table.ofKey(key)
  if (found === undefined) return noRows
  const { times, identities, entries } = found
  let rows: KeyRow<V>[] | undefined
  for (let at = found.firstFrom(from); at < times.length && (times[at] as number) <= to; at++) {
    rows ??= []
    rows.push({ time: times[at] as number, identity: identities[at] as BinaryKey, row: rowOf(entries[at] as E) })
  }
  return rows ?? noRows
}

// Entries of stores whose operators look for the rows of one key in a range of times: sessions, sliding windows, joins of streams. The rows of a key lie
// together in the order of their times, so that such a range is one look into a Map and a walk over neighbours. What comes is mostly later than what is there.

import type { BinaryKey, RangeOptions } from '../ports/store.ts'
import { EngineKeyOrder } from './engine-key-order.ts'
import type { TimedKeys } from './key-layout.ts'
import type { RowTable, TableEntry } from './row-table.ts'

/** The rows of one key, in columns, by time and then identity. */
export class KeyedEntries<E> {
  readonly times: number[] = []
  readonly identities: BinaryKey[] = []
  readonly entries: E[] = []

  /** The place of the first entry of this time or a later one. */
  firstFrom(time: number): number {
    return this.firstNotBefore(time, '')
  }

  find(identity: BinaryKey, time: number): number {
    const at = this.firstNotBefore(time, identity)
    return this.times[at] === time && this.identities[at] === identity ? at : -1
  }

  set(identity: BinaryKey, time: number, entry: E): void {
    const { times, identities, entries } = this
    const at = this.firstNotBefore(time, identity)
    if (at === times.length) {
      times.push(time)
      identities.push(identity)
      entries.push(entry)
    } else if (times[at] === time && identities[at] === identity) entries[at] = entry
    else {
      times.splice(at, 0, time)
      identities.splice(at, 0, identity)
      entries.splice(at, 0, entry)
    }
  }

  deleteAt(at: number): void {
    this.times.splice(at, 1)
    this.identities.splice(at, 1)
    this.entries.splice(at, 1)
  }

  private firstNotBefore(time: number, identity: BinaryKey): number {
    const { times, identities } = this
    let high = times.length
    if (high === 0 || (times[high - 1] as number) < time) return high
    let low = 0
    while (low < high) {
      const middle = (low + high) >> 1
      const found = times[middle] as number
      if (found < time || (found === time && (identities[middle] as BinaryKey) < identity)) low = middle + 1
      else high = middle
    }
    return low
  }
}

export class KeyedTable<E> implements RowTable<E> {
  private readonly keys: TimedKeys
  private readonly order: EngineKeyOrder
  private readonly byKey = new Map<BinaryKey, KeyedEntries<E>>()
  /** What was looked for last: a put comes after a look at the key's rows. */
  private lastKey: BinaryKey | undefined
  private last: KeyedEntries<E> | undefined

  constructor(keys: TimedKeys) {
    this.keys = keys
    this.order = new EngineKeyOrder(keys)
  }

  ofKey(key: BinaryKey): KeyedEntries<E> | undefined {
    if (key !== this.lastKey) {
      this.lastKey = key
      this.last = this.byKey.get(key)
    }
    return this.last
  }

  get(identity: BinaryKey, time: number): E | undefined {
    const found = this.ofKey(this.keys.keyOfIdentity(identity))
    const at = found?.find(identity, time) ?? -1
    return at < 0 ? undefined : found?.entries[at]
  }

  set(identity: BinaryKey, time: number, entry: E): void {
    const key = this.keys.keyOfIdentity(identity)
    let found = this.ofKey(key)
    if (found === undefined) {
      found = new KeyedEntries()
      this.byKey.set(key, found)
      this.last = found
    }
    found.set(identity, time, entry)
    this.order.add(identity, time)
  }

  delete(identity: BinaryKey, time: number): void {
    const key = this.keys.keyOfIdentity(identity)
    const found = this.ofKey(key)
    const at = found?.find(identity, time) ?? -1
    if (found === undefined || at < 0) return
    if (found.entries.length > 1) found.deleteAt(at)
    else {
      this.byKey.delete(key)
      this.last = undefined
    }
    this.order.delete(identity, time)
  }

  clear(): void {
    this.byKey.clear()
    this.lastKey = undefined
    this.last = undefined
    this.order.clear()
  }

  /** All rows of a key together. */
  *entries(): Generator<TableEntry<E>> {
    for (const { times, identities, entries } of this.byKey.values()) {
      for (let at = 0; at < times.length; at++) {
        yield { identity: identities[at] as BinaryKey, time: times[at] as number, entry: entries[at] as E }
      }
    }
  }

  range(options: RangeOptions): Iterable<readonly [engineKey: BinaryKey, entry: E]> {
    return this.order.range(this, options)
  }
}

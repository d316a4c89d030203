// Entries by identity and time, as the record cache and the uncommitted buffer hold them.

import type { BinaryKey, RangeOptions } from '../ports/store.ts'
import { EngineKeyOrder } from './engine-key-order.ts'
import { type KeyLayout, TimedKeys } from './key-layout.ts'
import { KeyedTable } from './keyed-table.ts'

export interface TableEntry<E> {
  readonly identity: BinaryKey
  readonly time: number
  readonly entry: E
}

export interface RowTable<E> {
  get(identity: BinaryKey, time: number): E | undefined
  set(identity: BinaryKey, time: number, entry: E): void
  delete(identity: BinaryKey, time: number): void
  clear(): void
  /** In the order of engine keys. */
  range(options: RangeOptions): Iterable<readonly [engineKey: BinaryKey, entry: E]>
  /** All, in no order. */
  entries(): Iterable<TableEntry<E>>
}

export function rowTable<E>(layout: KeyLayout): RowTable<E> {
  return keyedTable(layout) ?? new PlainTable(layout)
}

/** Of stores whose operators look for the rows of a key. */
export function keyedTable<E>(layout: KeyLayout): KeyedTable<E> | undefined {
  return layout instanceof TimedKeys && layout.rangesByKey ? new KeyedTable(layout) : undefined
}

/** Finding an entry is a look into a Map by identity, one for each time if times repeat, the last one remembered. */
class PlainTable<E> implements RowTable<E> {
  private readonly layout: KeyLayout
  private readonly timesRepeat: boolean
  private readonly order: EngineKeyOrder
  private readonly byTime = new Map<number, Map<BinaryKey, E>>()
  private lastTime = Number.NaN
  private last = new Map<BinaryKey, E>()

  constructor(layout: KeyLayout) {
    this.layout = layout
    this.timesRepeat = layout.timesRepeat
    this.order = new EngineKeyOrder(layout)
  }

  get(identity: BinaryKey, timeOfRow: number): E | undefined {
    const time = this.timesRepeat ? timeOfRow : 0
    return time === this.lastTime || this.find(time) ? this.last.get(identity) : undefined
  }

  set(identity: BinaryKey, timeOfRow: number, entry: E): void {
    const time = this.timesRepeat ? timeOfRow : 0
    if (time !== this.lastTime && !this.find(time)) {
      this.last = new Map()
      this.lastTime = time
      this.byTime.set(time, this.last)
    }
    this.last.set(identity, entry)
    this.order.add(identity, timeOfRow)
  }

  delete(identity: BinaryKey, timeOfRow: number): void {
    const time = this.timesRepeat ? timeOfRow : 0
    // What is deleted is old, and what comes next is new: the last one stays.
    const entries = time === this.lastTime ? this.last : this.byTime.get(time)
    if (entries === undefined || !entries.delete(identity)) return
    if (entries.size === 0) {
      this.byTime.delete(time)
      if (time === this.lastTime) this.lastTime = Number.NaN
    }
    this.order.delete(identity, timeOfRow)
  }

  clear(): void {
    this.byTime.clear()
    this.lastTime = Number.NaN
    this.order.clear()
  }

  range(options: RangeOptions): Iterable<readonly [engineKey: BinaryKey, entry: E]> {
    return this.order.range(this, options)
  }

  *entries(): Generator<TableEntry<E>> {
    for (const [time, entries] of this.byTime) {
      for (const [identity, entry] of entries)
        yield { identity, time: this.timesRepeat ? time : this.layout.changelogTimeOf(identity), entry }
    }
  }

  private find(time: number): boolean {
    const entries = this.byTime.get(time)
    if (entries === undefined) return false
    this.last = entries
    this.lastTime = time
    return true
  }
}

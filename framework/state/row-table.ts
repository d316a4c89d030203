// Entries by key and window start, as the record cache and the uncommitted buffer hold them. Finding one is a look into a Map by key, with the last window
// remembered; the order of the engine's keys is made when somebody first walks a range, and kept from then on.

import type { BinaryKey, RangeOptions } from '../ports/store.ts'
import type { KeyLayout } from './key-layout.ts'
import { OrderedKeys } from './ordered-keys.ts'

export class RowTable<E> {
  private readonly layout: KeyLayout
  private readonly windows = new Map<number, Map<BinaryKey, E>>()
  private lastStart = Number.NaN
  private last = new Map<BinaryKey, E>()
  private order: OrderedKeys | undefined

  constructor(layout: KeyLayout) {
    this.layout = layout
  }

  get(key: BinaryKey, start: number): E | undefined {
    return start === this.lastStart || this.find(start) ? this.last.get(key) : undefined
  }

  set(key: BinaryKey, start: number, entry: E): void {
    if (start !== this.lastStart && !this.find(start)) {
      this.last = new Map()
      this.lastStart = start
      this.windows.set(start, this.last)
    }
    this.last.set(key, entry)
    this.order?.add(this.layout.engineKey(key, start))
  }

  delete(key: BinaryKey, start: number): void {
    if (start !== this.lastStart && !this.find(start)) return
    if (!this.last.delete(key)) return
    if (this.last.size === 0) {
      this.windows.delete(start)
      this.lastStart = Number.NaN
    }
    this.order?.delete(this.layout.engineKey(key, start))
  }

  /** In no order. */
  *entries(): Generator<readonly [engineKey: BinaryKey, entry: E]> {
    for (const [start, entries] of this.windows) for (const [key, entry] of entries) yield [this.layout.engineKey(key, start), entry]
  }

  clear(): void {
    this.windows.clear()
    this.lastStart = Number.NaN
    this.order = undefined
  }

  /** In the order of engine keys. */
  *range(options: RangeOptions): Generator<readonly [engineKey: BinaryKey, entry: E]> {
    this.order ??= OrderedKeys.of(this.engineKeys())
    for (const engineKey of this.order.range(options)) {
      const entry = this.get(this.layout.keyOf(engineKey), this.layout.startOf(engineKey))
      if (entry !== undefined) yield [engineKey, entry]
    }
  }

  private *engineKeys(): Generator<BinaryKey> {
    for (const [start, entries] of this.windows) for (const key of entries.keys()) yield this.layout.engineKey(key, start)
  }

  private find(start: number): boolean {
    const entries = this.windows.get(start)
    if (entries === undefined) return false
    this.last = entries
    this.lastStart = start
    return true
  }
}

// Entries by identity and time, as the record cache and the uncommitted buffer hold them. Finding one is a look into a Map by identity, one for each
// time if times repeat, the last one remembered. The order of the engine's keys is made when somebody first walks a range, and kept from then on.

import type { BinaryKey, RangeOptions } from '../ports/store.ts'
import type { KeyLayout } from './key-layout.ts'
import { OrderedKeys } from './ordered-keys.ts'

export class RowTable<E> {
  private readonly layout: KeyLayout
  private readonly timesRepeat: boolean
  /** In no order. */
  readonly byTime = new Map<number, Map<BinaryKey, E>>()
  private lastTime = Number.NaN
  private last = new Map<BinaryKey, E>()
  private order: OrderedKeys | undefined

  constructor(layout: KeyLayout) {
    this.layout = layout
    this.timesRepeat = layout.timesRepeat
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
    this.order?.add(this.layout.engineKey(identity, timeOfRow))
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
    this.order?.delete(this.layout.engineKey(identity, timeOfRow))
  }

  clear(): void {
    this.byTime.clear()
    this.lastTime = Number.NaN
    this.order = undefined
  }

  /** In the order of engine keys. */
  *range(options: RangeOptions): Generator<readonly [engineKey: BinaryKey, entry: E]> {
    this.order ??= OrderedKeys.of(this.engineKeys())
    for (const engineKey of this.order.range(options)) {
      const entry = this.get(this.layout.identityOf(engineKey), this.layout.timeOf(engineKey))
      if (entry !== undefined) yield [engineKey, entry]
    }
  }

  private *engineKeys(): Generator<BinaryKey> {
    for (const [time, entries] of this.byTime) {
      for (const identity of entries.keys()) yield this.engineKey(identity, time)
    }
  }

  /** Of an entry of `byTime`. */
  engineKey(identity: BinaryKey, time: number): BinaryKey {
    return this.layout.engineKey(identity, this.timesRepeat ? time : this.layout.changelogTimeOf(identity))
  }

  private find(time: number): boolean {
    const entries = this.byTime.get(time)
    if (entries === undefined) return false
    this.last = entries
    this.lastTime = time
    return true
  }
}

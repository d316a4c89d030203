// The changes that a suppress holds back, in memory, by time and key, and in a changelog in Kafka Streams' bytes, written when the caches are flushed
// (InMemoryTimeOrderedKeyValueChangeBuffer, BufferValue, ProcessorRecordContext). A key that changes again keeps its place.

import type { Serde } from '../ports/serde.ts'
import type { BinaryKey } from '../ports/store.ts'
import { toBytes } from '../serdes/byte-buffer.ts'
import { type BufferedBytes, readBufferedBytes, sizeEstimate, writeBufferedBytes } from './buffered-change.ts'
import { JavaHashSet } from './java-hash-set.ts'
import type { RowForm } from './kept-row.ts'
import { binaryLong, readBinaryLong } from './key-layout.ts'
import type { MemoryBudget } from './memory-budget.ts'
import { OrderedKeys } from './ordered-keys.ts'
import type { Rows } from './rows.ts'
import type { BufferedChange, SuppressBufferStore } from './windowed-contract.ts'

export interface SuppressBufferParts<V> {
  readonly name: string
  readonly form: RowForm<Uint8Array>
  /** What restoring brought back, and where changes go when the buffer is flushed. */
  readonly rows: Rows<Uint8Array>
  readonly value: Serde<V>
  readonly budget: MemoryBudget
}

/** Kafka Streams writes these records without a timestamp. */
const noTimestamp = -1
const timeBytes = 8
// What a row costs beyond its bytes: two objects, a Map entry, its place in the order, Buffers, about.
const rowOverheadBytes = 500

export class SuppressBuffer<V> implements SuppressBufferStore<V> {
  readonly name: string
  private readonly parts: SuppressBufferParts<V>
  private readonly order = new OrderedKeys()
  /** By key: its place (time and key), and what is held back. */
  private readonly held = new Map<BinaryKey, { readonly place: BinaryKey; readonly change: BufferedBytes }>()
  private readonly changed = new JavaHashSet()
  private heldBytes = 0
  private loaded = false

  constructor(parts: SuppressBufferParts<V>) {
    this.name = parts.name
    this.parts = parts
  }

  get records(): number {
    this.load()
    return this.held.size
  }

  get bytes(): number {
    this.load()
    return this.heldBytes
  }

  get firstTime(): number {
    const place = this.firstPlace()
    return place === undefined ? Number.POSITIVE_INFINITY : readBinaryLong(place, 0)
  }

  put(time: number, key: BinaryKey, change: BufferedChange<V>): void {
    this.load()
    const { newValue, oldValue, ...context } = change
    const oldBytes = this.bytesOf(oldValue)
    const before = this.held.get(key)?.change
    const prior = before === undefined ? oldBytes : before.prior
    const same = prior !== null && oldBytes !== null && prior.equals(oldBytes)
    this.hold(time, key, { prior: same ? oldBytes : prior, old: oldBytes, new: this.bytesOf(newValue), context })
    this.changed.add(key)
  }

  first(): (BufferedChange<V> & { readonly key: BinaryKey }) | undefined {
    const place = this.firstPlace()
    const key = place?.slice(timeBytes)
    const held = key === undefined ? undefined : this.held.get(key)
    if (held === undefined || key === undefined) return undefined
    const { change } = held
    return { ...change.context, key, newValue: this.valueOf(change.new), oldValue: this.valueOf(change.old) }
  }

  removeFirst(): void {
    const place = this.firstPlace()
    if (place === undefined) return
    const key = place.slice(timeBytes)
    this.remove(key)
    this.changed.add(key)
  }

  priorValue(key: BinaryKey): { readonly value: V | null } | undefined {
    this.load()
    const held = this.held.get(key)
    return held === undefined ? undefined : { value: this.valueOf(held.change.prior) }
  }

  checkMemory(task: string): void {
    this.parts.budget.check(task)
  }

  /** Gives its bytes back. */
  close(): void {
    this.parts.budget.bytes -= this.heldBytes + this.held.size * rowOverheadBytes
    this.held.clear()
    this.heldBytes = 0
  }

  get isDirty(): boolean {
    return this.changed.size > 0
  }

  /** Writes what has changed to the changelog and the uncommitted buffer. */
  flush(): void {
    const { form, rows } = this.parts
    for (const key of this.changed.take()) {
      const held = this.held.get(key)
      const value = held === undefined ? null : writeBufferedBytes(held.change, readBinaryLong(held.place, 0))
      rows.put(key, 0, form.keep(value, noTimestamp, value === null ? [] : formatHeaders))
    }
  }

  private firstPlace(): BinaryKey | undefined {
    this.load()
    for (const place of this.order.range({})) return place
    return undefined
  }

  private hold(time: number, key: BinaryKey, change: BufferedBytes): void {
    const before = this.held.get(key)
    const place = before?.place ?? binaryLong(time) + key
    if (before === undefined) {
      this.order.add(place)
      this.parts.budget.bytes += rowOverheadBytes
    } else this.grow(-sizeEstimate(key, before.change))
    this.held.set(key, { place, change })
    this.grow(sizeEstimate(key, change))
  }

  private remove(key: BinaryKey): void {
    const held = this.held.get(key)
    if (held === undefined) return
    this.grow(-sizeEstimate(key, held.change))
    this.parts.budget.bytes -= rowOverheadBytes
    this.order.delete(held.place)
    this.held.delete(key)
  }

  /** Its limit is in bytes of Kafka Streams' measure; the budget counts what the memory does. */
  private grow(bytes: number): void {
    this.heldBytes += bytes
    this.parts.budget.bytes += bytes
  }

  /** Once restoring is done, at the first use. */
  private load(): void {
    if (this.loaded) return
    this.loaded = true
    for (const [key, row] of this.parts.rows.range({})) {
      const value = this.parts.form.valueOf(row)
      if (value === null) continue
      const { time, change } = readBufferedBytes(Buffer.from(value))
      this.hold(time, key, change)
    }
  }

  private bytesOf(value: V | null): Buffer | null {
    return value === null ? null : toBytes(this.parts.value, value)
  }

  private valueOf(bytes: Buffer | null): V | null {
    return bytes === null ? null : this.parts.value.read(bytes, 0, bytes.length)
  }
}

/** Says in which format the value is (InMemoryTimeOrderedKeyValueChangeBuffer: version 3). Tombstones have none. */
const formatHeaders = [{ key: 'v', value: Buffer.from([3]) }]

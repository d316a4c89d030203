// A key-value store by typed keys: read-only for queries and tests, and as processors have it.

import type { Serde } from '../ports/serde.ts'
import type { BinaryKey, KeyValueStore, RangeOptions, ReadOnlyKeyValueStore, ValueAndTimestamp } from '../ports/store.ts'
import { toBytes } from '../serdes/byte-buffer.ts'
import type { RecordContext, Row } from './contract.ts'
import type { KeptRow, RowForm } from './kept-row.ts'
import type { Rows } from './rows.ts'

export interface KeyValueParts<V> {
  readonly name: string
  readonly keySerde: Serde<unknown>
  readonly form: RowForm<V>
  readonly rows: Rows<V>
}

/** W is what the reader sees of a row. */
export class KeyValueView<K, V, W> implements ReadOnlyKeyValueStore<K, W> {
  readonly name: string
  protected readonly parts: KeyValueParts<V>
  private readonly show: (row: Row<V>) => W

  constructor(parts: KeyValueParts<V>, show: (row: Row<V>) => W) {
    this.name = parts.name
    this.parts = parts
    this.show = show
  }

  get(key: K): W | undefined {
    return this.find(binaryKey(this.parts.keySerde, key))
  }

  range(from?: K, to?: K): Iterable<[K, W]> {
    return this.walk(this.bounds(from, to))
  }

  reverseRange(from?: K, to?: K): Iterable<[K, W]> {
    return this.walk({ ...this.bounds(from, to), reverse: true })
  }

  all(): Iterable<[K, W]> {
    return this.walk({})
  }

  reverseAll(): Iterable<[K, W]> {
    return this.walk({ reverse: true })
  }

  prefixScan<P = K>(prefix: P, serde: Serde<P> = this.parts.keySerde as Serde<P>): Iterable<[K, W]> {
    const from = binaryKey(serde, prefix)
    return this.walk({ from, to: afterPrefix(from) })
  }

  approximateNumEntries(): number {
    let count = 0
    for (const _ of this.parts.rows.range({})) count++
    return count
  }

  protected find(key: BinaryKey): W | undefined {
    const row = this.parts.rows.get(key, 0)
    return row === undefined ? undefined : this.showKept(row)
  }

  private bounds(from: K | undefined, to: K | undefined): RangeOptions {
    const { keySerde } = this.parts
    return {
      from: from === undefined ? undefined : binaryKey(keySerde, from),
      // The bound is included: nothing lies between a key and the same key with a 0 byte behind it.
      to: to === undefined ? undefined : `${binaryKey(keySerde, to)}\0`,
    }
  }

  private *walk(options: RangeOptions): Generator<[K, W]> {
    for (const [key, row] of this.parts.rows.range(options)) {
      yield [readKey(this.parts.keySerde, key) as K, this.showKept(row) as W]
    }
  }

  private showKept(kept: KeptRow<V>): W | undefined {
    const row = this.parts.form.give(kept)
    return row === undefined ? undefined : this.show(row)
  }
}

/** How a processor's values are rows: what they show, and what is written of them. */
export interface ProcessorValues<V, W> {
  show(row: Row<V>): W
  keep(form: RowForm<V>, value: W, context: RecordContext): KeptRow<V>
}

/** A plain store: changes have the timestamp and headers of the record that the processor works on. */
export function plainValues<V>(): ProcessorValues<V, V> {
  return {
    show: (row) => row.value,
    keep: (form, value, { timestamp, headers }) => form.keep(value, timestamp, headers),
  }
}

/** A timestamped store: the processor writes the timestamps itself. */
export function timestampedValues<V>(): ProcessorValues<V, ValueAndTimestamp<V>> {
  return {
    show: ({ value, timestamp }) => ({ value, timestamp }),
    keep: (form, { value, timestamp }, { headers }) => form.keep(value, timestamp, headers),
  }
}

export class ProcessorKeyValueStore<K, V, W> extends KeyValueView<K, V, W> implements KeyValueStore<K, W> {
  private readonly values: ProcessorValues<V, W>
  private readonly context: RecordContext

  constructor(parts: KeyValueParts<V>, values: ProcessorValues<V, W>, context: RecordContext) {
    super(parts, values.show)
    this.values = values
    this.context = context
  }

  put(key: K, value: W | null): void {
    this.write(binaryKey(this.parts.keySerde, key), value)
  }

  putAll(entries: Iterable<readonly [key: K, value: W | null]>): void {
    for (const [key, value] of entries) this.put(key, value)
  }

  putIfAbsent(key: K, value: W): W | undefined {
    const binary = binaryKey(this.parts.keySerde, key)
    const before = this.find(binary)
    if (before === undefined) this.write(binary, value)
    return before
  }

  delete(key: K): W | undefined {
    const binary = binaryKey(this.parts.keySerde, key)
    const before = this.find(binary)
    this.write(binary, null)
    return before
  }

  private write(key: BinaryKey, value: W | null): void {
    const { form, rows } = this.parts
    const { timestamp, headers } = this.context
    rows.put(key, 0, value === null ? form.keep(null, timestamp, headers) : this.values.keep(form, value, this.context))
  }
}

/** The first key behind all that begin with a prefix; undefined if there is none (Kafka: Bytes.increment). */
export function afterPrefix(prefix: BinaryKey): BinaryKey | undefined {
  for (let end = prefix.length; end > 0; end--) {
    const last = prefix.charCodeAt(end - 1)
    if (last < 0xff) return prefix.slice(0, end - 1) + String.fromCharCode(last + 1)
  }
  return undefined
}

export function binaryKey<K>(serde: Serde<K>, key: K): BinaryKey {
  const bytes = toBytes(serde, key)
  return bytes.latin1Slice(0, bytes.length)
}

export function readKey<K>(serde: Serde<K>, key: BinaryKey): K {
  return serde.read(Buffer.from(key, 'latin1'), 0, key.length)
}

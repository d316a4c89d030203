// A window store by typed keys: read-only for queries and tests, and as processors have it.

import type { Serde } from '../ports/serde.ts'
import type { ReadOnlyWindowStore, WindowedKey, WindowStore } from '../ports/store.ts'
import type { RecordContext, Row } from './contract.ts'
import type { KeptRow } from './kept-row.ts'
import { binaryKey, type ProcessorValues, readKey } from './key-value-view.ts'
import type { TimedRows, Times } from './timed-rows.ts'

export interface WindowViewParts<V> {
  readonly name: string
  readonly keySerde: Serde<unknown>
  readonly timed: TimedRows<V>
  readonly windowSizeMs: number
}

const everything = Number.MAX_SAFE_INTEGER

/** W is what the reader sees of a row. */
export class WindowView<K, V, W> implements ReadOnlyWindowStore<K, W> {
  readonly name: string
  protected readonly parts: WindowViewParts<V>
  private readonly show: (row: Row<V>) => W

  constructor(parts: WindowViewParts<V>, show: (row: Row<V>) => W) {
    this.name = parts.name
    this.parts = parts
    this.show = show
  }

  fetch(key: K, start: number): W | undefined {
    const row = this.parts.timed.get(binaryKey(this.parts.keySerde, key), start)
    return row === undefined ? undefined : this.showKept(row)
  }

  fetchRange(key: K, from: number, to: number): Iterable<[start: number, value: W]> {
    return this.ofKey(key, { from, to })
  }

  backwardFetchRange(key: K, from: number, to: number): Iterable<[start: number, value: W]> {
    return this.ofKey(key, { from, to, reverse: true })
  }

  fetchKeys(keyFrom: K | undefined, keyTo: K | undefined, from: number, to: number): Iterable<[WindowedKey<K>, W]> {
    return this.between({ from, to }, keyFrom, keyTo)
  }

  backwardFetchKeys(keyFrom: K | undefined, keyTo: K | undefined, from: number, to: number): Iterable<[WindowedKey<K>, W]> {
    return this.between({ from, to, reverse: true }, keyFrom, keyTo)
  }

  fetchAll(from: number, to: number): Iterable<[WindowedKey<K>, W]> {
    return this.between({ from, to })
  }

  backwardFetchAll(from: number, to: number): Iterable<[WindowedKey<K>, W]> {
    return this.between({ from, to, reverse: true })
  }

  all(): Iterable<[WindowedKey<K>, W]> {
    return this.between({ from: 0, to: everything })
  }

  backwardAll(): Iterable<[WindowedKey<K>, W]> {
    return this.between({ from: 0, to: everything, reverse: true })
  }

  private *ofKey(key: K, times: Times): Generator<[start: number, value: W]> {
    for (const { time, row } of this.parts.timed.ofKey(binaryKey(this.parts.keySerde, key), times)) yield [time, this.showKept(row)]
  }

  private *between(times: Times, keyFrom?: K, keyTo?: K): Generator<[WindowedKey<K>, W]> {
    const { keySerde, timed, windowSizeMs } = this.parts
    const from = keyFrom === undefined ? undefined : binaryKey(keySerde, keyFrom)
    const to = keyTo === undefined ? undefined : binaryKey(keySerde, keyTo)
    for (const { key, time, row } of timed.between(times, from, to)) {
      yield [{ key: readKey(keySerde, key) as K, start: time, end: time + windowSizeMs }, this.showKept(row)]
    }
  }

  private showKept(row: KeptRow<V>): W {
    return this.show(this.parts.timed.form.give(row) as Row<V>)
  }
}

export class ProcessorWindowStore<K, V, W> extends WindowView<K, V, W> implements WindowStore<K, W> {
  private readonly values: ProcessorValues<V, W>
  private readonly context: RecordContext

  constructor(parts: WindowViewParts<V>, values: ProcessorValues<V, W>, context: RecordContext) {
    super(parts, values.show)
    this.values = values
    this.context = context
  }

  put(key: K, value: W | null, start: number): void {
    const { keySerde, timed } = this.parts
    const row =
      value === null
        ? timed.form.keep(null, this.context.timestamp, this.context.headers)
        : this.values.keep(timed.form, value, this.context)
    timed.putKept(binaryKey(keySerde, key), start, row)
  }
}

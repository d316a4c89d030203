// A window store by typed keys: read-only for queries and tests, and as processors have it.

import type { Serde } from '../ports/serde.ts'
import type { BinaryKey, ReadOnlyWindowStore, WindowedKey, WindowStore } from '../ports/store.ts'
import type { RecordContext, Row } from './contract.ts'
import type { KeptRow } from './kept-row.ts'
import { binaryInteger, binaryLong } from './key-layout.ts'
import { binaryKey, type ProcessorValues, readKey } from './key-value-view.ts'
import type { SequenceNumber } from './sequence-number.ts'
import type { ReadTimedRows, TimedRows, Times } from './timed-rows.ts'

export interface WindowViewParts<V> {
  readonly name: string
  readonly keySerde: Serde<unknown>
  readonly timed: ReadTimedRows<V>
  readonly windowSizeMs: number
}

export interface WrittenWindowParts<V> extends WindowViewParts<V> {
  readonly timed: TimedRows<V>
}

const everything = Number.MAX_SAFE_INTEGER

/** W is what the reader sees of a row. */
export class WindowView<K, V, W> implements ReadOnlyWindowStore<K, W> {
  readonly name: string
  protected readonly parts: WindowViewParts<V>
  private readonly show: (row: Row<V>) => W
  private readonly found: Pick<WindowIdentities, 'find'>

  constructor(parts: WindowViewParts<V>, show: (row: Row<V>) => W, identities: Pick<WindowIdentities, 'find'> = oneForEachWindow) {
    this.name = parts.name
    this.parts = parts
    this.show = show
    this.found = identities
  }

  fetch(key: K, start: number): W | undefined {
    const row = this.parts.timed.get(this.found.find(binaryKey(this.parts.keySerde, key), start), start)
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

/** How the rows of a window store are told apart. */
export interface WindowIdentities {
  /** Of the row that is read by key and start. */
  find(key: BinaryKey, start: number): BinaryKey
  /** Of the row that is put. */
  next(key: BinaryKey, start: number): BinaryKey
}

export const oneForEachWindow: WindowIdentities = { find: (key) => key, next: (key) => key }

/** Each value is a row of its own; found by key and start is only the one put last of all, as in Kafka Streams. */
export function duplicates(sequence: SequenceNumber): WindowIdentities {
  return {
    find: (key, start) => key + binaryLong(start) + binaryInteger(sequence.value),
    next: (key, start) => key + binaryLong(start) + binaryInteger(sequence.next()),
  }
}

export class ProcessorWindowStore<K, V, W> extends WindowView<K, V, W> implements WindowStore<K, W> {
  private readonly timed: TimedRows<V>
  private readonly values: ProcessorValues<V, W>
  private readonly identities: WindowIdentities
  private readonly context: RecordContext

  constructor(parts: WrittenWindowParts<V>, values: ProcessorValues<V, W>, identities: WindowIdentities, context: RecordContext) {
    super(parts, values.show, identities)
    this.timed = parts.timed
    this.values = values
    this.identities = identities
    this.context = context
  }

  put(key: K, value: W | null, start: number): void {
    const { timed } = this
    const { keySerde } = this.parts
    const { timestamp, headers } = this.context
    const row = value === null ? timed.form.keep(null, timestamp, headers) : this.values.keep(timed.form, value, this.context)
    timed.putKept(this.identities.next(binaryKey(keySerde, key), start), start, row)
  }
}

// A session store by typed keys: read-only for queries and tests, and as processors have it.

import type { Serde } from '../ports/serde.ts'
import type { BinaryKey, ReadOnlySessionStore, SessionStore, WindowedKey } from '../ports/store.ts'
import type { RecordContext, Row } from './contract.ts'
import { binaryLong, readBinaryLong } from './key-layout.ts'
import { binaryKey, readKey } from './key-value-view.ts'
import type { ReadTimedRows, TimedRow, TimedRows, Times } from './timed-rows.ts'

export interface SessionViewParts<V> {
  readonly name: string
  readonly keySerde: Serde<unknown>
  readonly timed: ReadTimedRows<V>
}

export interface WrittenSessionParts<V> extends SessionViewParts<V> {
  readonly timed: TimedRows<V>
}

const everything = Number.MAX_SAFE_INTEGER

/** W is what the reader sees of a row. */
export class SessionView<K, V, W> implements ReadOnlySessionStore<K, W> {
  readonly name: string
  protected readonly parts: SessionViewParts<V>
  private readonly show: (row: Row<V>) => W

  constructor(parts: SessionViewParts<V>, show: (row: Row<V>) => W) {
    this.name = parts.name
    this.parts = parts
    this.show = show
  }

  fetchSession(key: K, start: number, end: number): W | undefined {
    const { timed } = this.parts
    const row = timed.get(this.identity(key, start, end), end)
    return row === undefined ? undefined : this.show(timed.form.give(row) as Row<V>)
  }

  fetch(key: K): Iterable<[WindowedKey<K>, W]> {
    return this.ofKey(key, 0, everything, false)
  }

  backwardFetch(key: K): Iterable<[WindowedKey<K>, W]> {
    return this.ofKey(key, 0, everything, true)
  }

  findSessions(key: K, earliestEnd: number, latestStart: number): Iterable<[WindowedKey<K>, W]> {
    return this.ofKey(key, earliestEnd, latestStart, false)
  }

  backwardFindSessions(key: K, earliestEnd: number, latestStart: number): Iterable<[WindowedKey<K>, W]> {
    return this.ofKey(key, earliestEnd, latestStart, true)
  }

  findSessionsOfKeys(
    keyFrom: K | undefined,
    keyTo: K | undefined,
    earliestEnd: number,
    latestStart: number,
  ): Iterable<[WindowedKey<K>, W]> {
    return this.between({ from: earliestEnd, to: everything }, keyFrom, keyTo, latestStart)
  }

  backwardFindSessionsOfKeys(
    keyFrom: K | undefined,
    keyTo: K | undefined,
    earliestEnd: number,
    latestStart: number,
  ): Iterable<[WindowedKey<K>, W]> {
    return this.between({ from: earliestEnd, to: everything, reverse: true }, keyFrom, keyTo, latestStart)
  }

  fetchKeys(keyFrom: K | undefined, keyTo: K | undefined): Iterable<[WindowedKey<K>, W]> {
    return this.between({ from: 0, to: everything }, keyFrom, keyTo)
  }

  backwardFetchKeys(keyFrom: K | undefined, keyTo: K | undefined): Iterable<[WindowedKey<K>, W]> {
    return this.between({ from: 0, to: everything, reverse: true }, keyFrom, keyTo)
  }

  findSessionsEnding(earliestEnd: number, latestEnd: number): Iterable<[WindowedKey<K>, W]> {
    return this.between({ from: earliestEnd, to: latestEnd })
  }

  all(): Iterable<[WindowedKey<K>, W]> {
    return this.between({ from: 0, to: everything })
  }

  backwardAll(): Iterable<[WindowedKey<K>, W]> {
    return this.between({ from: 0, to: everything, reverse: true })
  }

  private between(times: Times, keyFrom?: K, keyTo?: K, latestStart = everything): Iterable<[WindowedKey<K>, W]> {
    const { keySerde, timed } = this.parts
    const from = keyFrom === undefined ? undefined : binaryKey(keySerde, keyFrom)
    const to = keyTo === undefined ? undefined : binaryKey(keySerde, keyTo)
    return this.shown(timed.between(times, from, to), latestStart)
  }

  protected identity(key: K, start: number, end: number): BinaryKey {
    return binaryKey(this.parts.keySerde, key) + binaryLong(end) + binaryLong(start)
  }

  private ofKey(key: K, earliestEnd: number, latestStart: number, reverse: boolean): Iterable<[WindowedKey<K>, W]> {
    const { keySerde, timed } = this.parts
    return this.shown(timed.ofKey(binaryKey(keySerde, key), { from: earliestEnd, to: everything, reverse }), latestStart)
  }

  private *shown(rows: Iterable<TimedRow<V>>, latestStart: number): Generator<[WindowedKey<K>, W]> {
    const { keySerde, timed } = this.parts
    for (const { key, time, tail, row } of rows) {
      const start = readBinaryLong(tail, 0)
      if (start > latestStart) continue
      yield [{ key: readKey(keySerde, key) as K, start, end: time }, this.show(timed.form.give(row) as Row<V>)]
    }
  }
}

export class ProcessorSessionStore<K, V> extends SessionView<K, V, V> implements SessionStore<K, V> {
  private readonly timed: TimedRows<V>
  private readonly context: RecordContext

  constructor(parts: WrittenSessionParts<V>, context: RecordContext) {
    super(parts, (row) => row.value)
    this.timed = parts.timed
    this.context = context
  }

  put(key: K, start: number, end: number, value: V): void {
    this.write(key, start, end, value)
  }

  remove(key: K, start: number, end: number): void {
    this.write(key, start, end, null)
  }

  private write(key: K, start: number, end: number, value: V | null): void {
    const { timestamp, headers } = this.context
    this.timed.put(this.identity(key, start, end), end, value, timestamp, headers)
  }
}

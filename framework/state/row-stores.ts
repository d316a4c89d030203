// The faces of a store towards operators: rows by key, by key and window start, by key and session, and the records that a join keeps.

import type { Headers } from '../ports/record.ts'
import type { BinaryKey, ReadOnlyKeyValueStore, ReadOnlySessionStore, ReadOnlyWindowStore } from '../ports/store.ts'
import type { CachedRows } from './cached-rows.ts'
import type { RecordOrigin, Row, RowListener, RowStore, WindowRowListener } from './contract.ts'
import type { RowForm } from './kept-row.ts'
import { binaryInteger, binaryLong, readBinaryLong } from './key-layout.ts'
import { type KeyValueParts, KeyValueView } from './key-value-view.ts'
import type { Rows } from './rows.ts'
import type { SequenceNumber } from './sequence-number.ts'
import { SessionView } from './session-view.ts'
import type { TimedRow, TimedRows } from './timed-rows.ts'
import { WindowView, type WrittenWindowParts } from './window-view.ts'
import type { JoinWindowStore, RangedWindowRowStore, SessionRow, SessionRowListener, SessionRowStore } from './windowed-contract.ts'

export interface RowStoreParts<V> extends KeyValueParts<V> {
  /** What `rows` is if the store has a record cache. */
  readonly cache: CachedRows<V> | undefined
}

export class LayeredRowStore<V> implements RowStore<V> {
  readonly name: string
  readonly cached: boolean
  private readonly parts: RowStoreParts<V>
  private readonly rows: Rows<V>
  private readonly form: RowForm<V>

  constructor(parts: RowStoreParts<V>) {
    this.name = parts.name
    this.cached = parts.cache !== undefined
    this.parts = parts
    this.rows = parts.rows
    this.form = parts.form
  }

  get(key: BinaryKey): Row<V> | undefined {
    const row = this.rows.get(key, 0)
    return row === undefined ? undefined : this.form.give(row)
  }

  put(key: BinaryKey, value: V | null, timestamp: number, headers: Headers, origin?: RecordOrigin): void {
    this.rows.put(key, 0, this.form.keep(value, timestamp, headers, origin))
  }

  onChange(listener: RowListener<V>, sendsOldValues: boolean): void {
    this.parts.cache?.onChange(
      (key, _time, newValue, oldValue, timestamp, headers, origin) => listener(key, newValue, oldValue, timestamp, headers, origin),
      sendsOldValues,
    )
  }

  readOnly<K>(): ReadOnlyKeyValueStore<K, Row<V>> {
    return new KeyValueView(this.parts, ({ value, timestamp }) => ({ value, timestamp }))
  }
}

export interface TimedStoreParts<V> extends WrittenWindowParts<V> {
  readonly rows: Rows<V>
  readonly cache: CachedRows<V> | undefined
  /** Whether what is sent when it closes may be past its retention: Kafka Streams' time-ordered session stores do not look at it. */
  readonly closesPastRetention: boolean
}

export class LayeredWindowRowStore<V> implements RangedWindowRowStore<V> {
  readonly name: string
  readonly cached: boolean
  private readonly parts: TimedStoreParts<V>
  private readonly rows: Rows<V>
  private readonly timed: TimedRows<V>
  private readonly form: RowForm<V>

  constructor(parts: TimedStoreParts<V>) {
    this.name = parts.name
    this.cached = parts.cache !== undefined
    this.parts = parts
    this.rows = parts.rows
    this.timed = parts.timed
    this.form = parts.timed.form
  }

  get(key: BinaryKey, start: number): Row<V> | undefined {
    const row = this.rows.get(key, start)
    return row === undefined ? undefined : this.form.give(row)
  }

  put(key: BinaryKey, start: number, value: V | null, timestamp: number, headers: Headers, origin?: RecordOrigin): void {
    this.timed.put(key, start, value, timestamp, headers, origin)
  }

  *range(
    key: BinaryKey,
    startFrom: number,
    startTo: number,
    options: { readonly reverse?: boolean } = {},
  ): Generator<readonly [start: number, Row<V>]> {
    const times = { from: startFrom, to: startTo, reverse: options.reverse ?? false }
    for (const { time, row } of this.timed.ofKey(key, times)) yield [time, this.form.give(row) as Row<V>]
  }

  *rangeAll(startFrom: number, startTo: number): Generator<readonly [key: BinaryKey, start: number, Row<V>]> {
    const rows = this.timed.between({ from: startFrom, to: startTo, order: 'time' })
    for (const { key, time, row } of rows) yield [key, time, this.form.give(row) as Row<V>]
  }

  onChange(listener: WindowRowListener<V>, sendsOldValues: boolean): void {
    this.parts.cache?.onChange(listener, sendsOldValues)
  }

  readOnly<K>(): ReadOnlyWindowStore<K, Row<V>> {
    return new WindowView(this.parts, ({ value, timestamp }) => ({ value, timestamp }))
  }
}

export class LayeredSessionRowStore<V> implements SessionRowStore<V> {
  readonly name: string
  readonly cached: boolean
  private readonly parts: TimedStoreParts<V>
  private readonly timed: TimedRows<V>
  private readonly form: RowForm<V>

  constructor(parts: TimedStoreParts<V>) {
    this.name = parts.name
    this.cached = parts.cache !== undefined
    this.parts = parts
    this.timed = parts.timed
    this.form = parts.timed.form
  }

  get(key: BinaryKey, start: number, end: number): V | undefined {
    const row = this.timed.get(sessionIdentity(key, start, end), end)
    return row === undefined ? undefined : (this.form.valueOf(row) as V)
  }

  put(key: BinaryKey, start: number, end: number, value: V | null, timestamp: number, headers: Headers, origin?: RecordOrigin): void {
    this.timed.put(sessionIdentity(key, start, end), end, value, timestamp, headers, origin)
  }

  *find(key: BinaryKey, earliestEnd: number, latestStart: number): Generator<SessionRow<V>> {
    for (const row of this.timed.ofKey(key, { from: earliestEnd, to: Number.MAX_SAFE_INTEGER })) {
      const session = this.sessionRow(row)
      if (session.start <= latestStart) yield session
    }
  }

  *findEnded(endFrom: number, endTo: number): Generator<SessionRow<V> & { readonly key: BinaryKey }> {
    const { closesPastRetention } = this.parts
    const ended = { from: endFrom, to: endTo, order: closesPastRetention ? 'tail' : 'time', showsExpired: closesPastRetention } as const
    for (const row of this.timed.between(ended)) yield { ...this.sessionRow(row), key: row.key }
  }

  onChange(listener: SessionRowListener<V>, sendsOldValues: boolean): void {
    this.parts.cache?.onChange((identity, end, newValue, oldValue, _timestamp, headers, origin) => {
      const keySize = identity.length - 16
      listener(identity.slice(0, keySize), readBinaryLong(identity, keySize + 8), end, newValue, oldValue, headers, origin)
    }, sendsOldValues)
  }

  readOnly<K>(): ReadOnlySessionStore<K, V> {
    return new SessionView(this.parts, ({ value }) => value)
  }

  private sessionRow({ time, tail, row }: TimedRow<V>): SessionRow<V> {
    return { start: readBinaryLong(tail, 0), end: time, value: this.form.valueOf(row) as V }
  }
}

/** SessionKeySchema: key, end, start. */
export function sessionIdentity(key: BinaryKey, start: number, end: number): BinaryKey {
  return key + binaryLong(end) + binaryLong(start)
}

export class LayeredJoinWindowStore<V> implements JoinWindowStore<V> {
  readonly name: string
  private readonly timed: TimedRows<V>
  private readonly sequence: SequenceNumber

  constructor(name: string, timed: TimedRows<V>, sequence: SequenceNumber) {
    this.name = name
    this.timed = timed
    this.sequence = sequence
  }

  put(key: BinaryKey, timestamp: number, value: V | null, headers: Headers): void {
    this.timed.put(key + binaryLong(timestamp) + binaryInteger(this.sequence.next()), timestamp, value, timestamp, headers)
  }

  *range(key: BinaryKey, from: number, to: number): Generator<readonly [timestamp: number, value: V]> {
    const { form } = this.timed
    for (const { time, row } of this.timed.ofKey(key, { from, to })) yield [time, form.valueOf(row) as V]
  }

  *all(): Generator<{ readonly key: BinaryKey; readonly timestamp: number }> {
    for (const { key, time } of this.timed.between({ from: 0, to: Number.MAX_SAFE_INTEGER })) yield { key, timestamp: time }
  }
}

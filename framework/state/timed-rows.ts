// Rows with a time (windows by their start, sessions by their end), found by key and time, by key and a range of times, or by a range of times alone.

import type { Headers } from '../ports/record.ts'
import type { BinaryKey } from '../ports/store.ts'
import type { RecordOrigin } from './contract.ts'
import type { KeptRow, RowForm } from './kept-row.ts'
import type { TimedKeys } from './key-layout.ts'
import type { Retention } from './retention.ts'
import type { RowEntry, Rows } from './rows.ts'

export interface TimedRowsParts<V> {
  readonly form: RowForm<V>
  readonly keys: TimedKeys
  readonly rows: Rows<V>
  readonly retention: Retention
  /** Kafka Streams walks persistent stores by segment, then key, then time; those in memory, and those that emit on close, by time, then key. */
  readonly order: 'segment' | 'time'
}

export interface TimedRow<V> {
  readonly key: BinaryKey
  readonly time: number
  /** What tells rows of a key and time apart: nothing, a sequence number, the start of a session. */
  readonly tail: BinaryKey
  readonly row: KeptRow<V>
}

/** Both included. */
export interface Times {
  readonly from: number
  readonly to: number
  readonly reverse?: boolean
  /** If not the store's own. `tail`: by time, then tail, then key, as Kafka Streams' time-ordered session stores are. */
  readonly order?: 'segment' | 'time' | 'tail'
  readonly showsExpired?: boolean
}

/** What reading a store needs of its rows. */
export interface ReadTimedRows<V> {
  readonly form: RowForm<V>
  get(identity: BinaryKey, time: number): KeptRow<V> | undefined
  ofKey(key: BinaryKey, times: Times): Iterable<TimedRow<V>>
  between(times: Times, keyFrom?: BinaryKey, keyTo?: BinaryKey): Iterable<TimedRow<V>>
}

export class TimedRows<V> implements ReadTimedRows<V> {
  readonly form: RowForm<V>
  private readonly keys: TimedKeys
  private readonly rows: Rows<V>
  private readonly retention: Retention
  private readonly order: 'segment' | 'time'
  /** What waits in the record cache may be later than the stream time of the store below. */
  private latest: number

  constructor(parts: TimedRowsParts<V>) {
    this.form = parts.form
    this.keys = parts.keys
    this.rows = parts.rows
    this.retention = parts.retention
    this.order = parts.order
    this.latest = parts.retention.streamTime
  }

  get(identity: BinaryKey, time: number): KeptRow<V> | undefined {
    return this.rows.get(identity, time)
  }

  /** The same rows, for queries. */
  peeking(): ReadTimedRows<V> {
    return {
      form: this.form,
      get: (identity, time) => this.rows.peek(identity, time),
      ofKey: (key, times) => this.ofKey(key, times),
      between: (times, keyFrom, keyTo) => this.between(times, keyFrom, keyTo),
    }
  }

  put(identity: BinaryKey, time: number, value: V | null, timestamp: number, headers: Headers, origin?: RecordOrigin): void {
    this.putKept(identity, time, this.form.keep(value, timestamp, headers, origin))
  }

  putKept(identity: BinaryKey, time: number, row: KeptRow<V>): void {
    if (time > this.latest) this.latest = time
    this.rows.put(identity, time, row)
  }

  /** Rows of a key, by time; of stores whose layout ranges by key those that are there now. */
  ofKey(key: BinaryKey, times: Times): Iterable<TimedRow<V>> {
    return this.keys.rangesByKey ? this.together(key, times) : this.scattered(key, times)
  }

  private together(key: BinaryKey, { from, to, reverse = false }: Times): readonly TimedRow<V>[] {
    const { keys, rows, retention } = this
    const found = rows.ofKey({ key, from: Math.max(from, keys.segmentStartMs(retention.firstSegment)), to })
    if (found.length === 0) return []
    const timed = found.map(({ time, identity, row }) => ({
      key,
      time,
      tail: keys.timesRepeat ? keys.windowTail : keys.tailOf(identity),
      row,
    }))
    return reverse ? timed.reverse() : timed
  }

  private *scattered(key: BinaryKey, { from, to, reverse = false }: Times): Generator<TimedRow<V>> {
    const { keys } = this
    const first = Math.max(keys.segmentOf(Math.max(0, from)), this.retention.firstSegment)
    const last = keys.segmentOf(Math.min(to, Math.max(this.latest, this.retention.streamTime)))
    for (let at = first; at <= last; at++) {
      const group = keys.groupKey(reverse ? first + last - at : at, key)
      const bounds = {
        from: keys.inGroup(group, Math.max(0, from)),
        to: keys.inGroup(group, Math.min(to, Number.MAX_SAFE_INTEGER - 1) + 1),
      }
      for (const entry of this.rows.range({ ...bounds, reverse })) {
        // Longer keys that begin with this one may lie between its rows. What begins with the group and is as long as its rows is of this key: so
        // the key need not be cut out of each.
        const [engineKey, row] = entry
        if (engineKey.length !== group.length + keys.suffixBytes) continue
        yield { key, time: keys.timeOf(engineKey), tail: keys.tailOf(engineKey), row }
      }
    }
  }

  /** Rows of all keys, or of those from one to another, both included, in the store's order. */
  between(times: Times, keyFrom?: BinaryKey, keyTo?: BinaryKey): Iterable<TimedRow<V>> {
    const order = times.order ?? this.order
    return order === 'segment' ? this.bySegment(times, keyFrom, keyTo) : this.byTime(times, keyFrom, keyTo)
  }

  private *byTime(times: Times, keyFrom: BinaryKey | undefined, keyTo: BinaryKey | undefined): Generator<TimedRow<V>> {
    let segment = Number.NaN
    let collected: TimedRow<V>[] = []
    for (const found of this.bySegment(times, keyFrom, keyTo)) {
      if (this.keys.segmentOf(found.time) !== segment) {
        yield* sorted(collected, times)
        collected = []
        segment = this.keys.segmentOf(found.time)
      }
      collected.push(found)
    }
    yield* sorted(collected, times)
  }

  private *bySegment(
    { from, to, reverse = false, showsExpired = false }: Times,
    keyFrom?: BinaryKey,
    keyTo?: BinaryKey,
  ): Generator<TimedRow<V>> {
    const { keys } = this
    const bounds = {
      from: keys.segmentStart(keys.segmentOf(Math.max(0, from))),
      to: to < Number.MAX_SAFE_INTEGER ? keys.segmentStart(keys.segmentOf(to) + 1) : undefined,
    }
    for (const entry of this.rows.range({ ...bounds, reverse, showsExpired })) {
      const found = this.timedRow(entry)
      if (found.time < from || found.time > to) continue
      if ((keyFrom !== undefined && found.key < keyFrom) || (keyTo !== undefined && found.key > keyTo)) continue
      yield found
    }
  }

  private timedRow([engineKey, row]: RowEntry<V>): TimedRow<V> {
    const { keys } = this
    return { key: keys.keyOf(engineKey), time: keys.timeOf(engineKey), tail: keys.tailOf(engineKey), row }
  }
}

function sorted<V>(rows: TimedRow<V>[], { order, reverse = false }: Times): TimedRow<V>[] {
  rows.sort((left, right) => {
    if (left.time !== right.time) return left.time - right.time
    const [byKey, byTail] = [compare(left.key, right.key), compare(left.tail, right.tail)]
    return order === 'tail' ? byTail || byKey : byKey || byTail
  })
  return reverse ? rows.reverse() : rows
}

function compare(left: BinaryKey, right: BinaryKey): number {
  return left < right ? -1 : left > right ? 1 : 0
}

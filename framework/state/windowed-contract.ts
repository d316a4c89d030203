// What operators see of the stores behind sessions, sliding windows, results on close, joins of streams, and suppress. As in contract.ts: everything is
// synchronous, belongs to one task, and finds rows by binary key.

import type { Headers } from '../ports/record.ts'
import type { BinaryKey } from '../ports/store.ts'
import type { RecordContext, RecordOrigin, Row, TaskStores, WindowRowStore } from './contract.ts'
import type { VersionedRowStore } from './versioned-contract.ts'

/** The stores of a task, with those of windows. */
export interface WindowedTaskStores extends TaskStores {
  windowRows<V>(name: string): RangedWindowRowStore<V>
  sessionRows<V>(name: string): SessionRowStore<V>
  joinWindow<V>(name: string): JoinWindowStore<V>
  versionedRows<V>(name: string): VersionedRowStore<V>
  unmatched<L, R>(name: string): UnmatchedStore<L, R>
  suppressBuffer<V>(name: string): SuppressBufferStore<V>
  graceBuffer<V>(name: string): GraceBufferStore<V>
}

export interface RangedWindowRowStore<V> extends WindowRowStore<V> {
  /** Windows of a key that start between two times, both included, by start. The store may be written while it is walked. */
  range(
    key: BinaryKey,
    startFrom: number,
    startTo: number,
    options?: { readonly reverse?: boolean },
  ): Iterable<readonly [start: number, Row<V>]>
  /**
   * The same for all keys: by start, then key, whatever order `all()` has. For windows that are sent when they close. In a time-ordered store Kafka Streams
   * shows here, and in `all()`, also the windows that start exactly the retention before the store's stream time; `get` and `range` do not.
   */
  rangeAll(startFrom: number, startTo: number): Iterable<readonly [key: BinaryKey, start: number, Row<V>]>
}

/** A session store: an aggregate for each session of a key. It keeps no timestamps: a result has that of its session's end. */
export interface SessionRowStore<V> {
  readonly name: string
  readonly cached: boolean
  get(key: BinaryKey, start: number, end: number): V | undefined
  /** Sessions of a key with end >= earliestEnd and start <= latestStart: by end, then start. The store may be written while it is walked. */
  find(key: BinaryKey, earliestEnd: number, latestStart: number): Iterable<SessionRow<V>>
  /**
   * Sessions of all keys that end between two times, both included: by end, then key, as Kafka Streams' time-ordered store gives them: on disk also those
   * past the retention, as long as their segment is kept; in memory not. */
  findEnded(endFrom: number, endTo: number): Iterable<SessionRow<V> & { readonly key: BinaryKey }>
  /** null deletes. `timestamp` and `headers`: of the record that is processed. */
  put(key: BinaryKey, start: number, end: number, value: V | null, timestamp: number, headers: Headers, origin?: RecordOrigin): void
  onChange(listener: SessionRowListener<V>, sendsOldValues: boolean): void
  /** For queries and tests: in the order of Kafka Streams' fetch(null, null). */
  readOnly<K>(): { all(): Iterable<[{ readonly key: K; readonly start: number; readonly end: number }, V]> }
}

export interface SessionRow<V> {
  readonly start: number
  readonly end: number
  readonly value: V
}

export type SessionRowListener<V> = (
  key: BinaryKey,
  start: number,
  end: number,
  newValue: V | null,
  oldValue: V | null,
  headers: Headers,
  origin?: RecordOrigin,
) => void

/** The records of one side of a stream-stream join, each by itself (a window store that keeps duplicates), without timestamps of their own. */
export interface JoinWindowStore<V> {
  readonly name: string
  /** A null value is not kept; but the changelog has a tombstone for it, under the next sequence number. On disk it does not move the store's stream time. */
  put(key: BinaryKey, timestamp: number, value: V | null, headers: Headers): void
  /** Records of a key with timestamps between two times, both included: by timestamp, then in the order of arrival. */
  range(key: BinaryKey, from: number, to: number): Iterable<readonly [timestamp: number, value: V]>
  /** For tests: all records, in the order of Kafka Streams' all(). */
  all(): Iterable<{ readonly key: BinaryKey; readonly timestamp: number }>
}

/**
 * Records of a left or outer stream-stream join that have met nobody yet (Kafka Streams: OuterStreamJoinStoreFactory, a list-value store keyed by
 * TimestampedKeyAndJoinSide). Several records may have one key: they come and go together.
 */
export interface UnmatchedStore<L, R> {
  readonly name: string
  add(row: UnmatchedRow<L, R>, context: RecordContext): void
  /** Deletes the records of this key, if there are any. */
  delete(timestamp: number, side: 'left' | 'right', key: BinaryKey, context: RecordContext): void
  /** By timestamp, right before left, then key. Records may be deleted while it is walked. */
  all(): Iterable<UnmatchedRow<L, R>>
}

export interface UnmatchedRow<L, R> {
  readonly timestamp: number
  readonly side: 'left' | 'right'
  readonly key: BinaryKey
  /** Of that side. */
  readonly value: L | R
}

/**
 * Changes that a suppress holds back, in memory, with a changelog that is written when the caches are flushed (Kafka Streams:
 * InMemoryTimeOrderedKeyValueChangeBuffer). A key that changes again keeps its place.
 */
export interface SuppressBufferStore<V> {
  readonly name: string
  readonly records: number
  /** As Kafka Streams estimates them, because limits in bytes are visible in the results. */
  readonly bytes: number
  /** Of the first change; Infinity if there is none. */
  readonly firstTime: number
  put(time: number, key: BinaryKey, change: BufferedChange<V>): void
  /** By time, then key. */
  first(): (BufferedChange<V> & { readonly key: BinaryKey }) | undefined
  removeFirst(): void
  /** The value before the first change of a key that is held back; undefined if none is. */
  priorValue(key: BinaryKey): { readonly value: V | null } | undefined
  /** Throws `state-memory-full` if all suppress buffers of the app hold more than they may. */
  checkMemory(task: string): void
}

/** A change, and the record that made it. */
export interface BufferedChange<V> {
  readonly newValue: V | null
  readonly oldValue: V | null
  readonly timestamp: number
  readonly headers: Headers
  readonly topic: string | undefined
  readonly partition: number
  readonly offset: number
}

/** Records that wait for their grace to pass, each by itself (Kafka Streams: RocksDBTimeOrderedKeyValueBuffer). */
export interface GraceBufferStore<V> {
  readonly name: string
  add(record: WaitingRecord<V>): void
  /** Of the first record; Infinity if none waits. */
  readonly firstTime: number
  /** Takes out those up to this time, included: by time, then key, then in the order of arrival. Each is gone when the next one is asked for. */
  takeUpTo(time: number): Iterable<WaitingRecord<V>>
}

export interface WaitingRecord<V> {
  readonly key: BinaryKey
  readonly value: V
  readonly timestamp: number
  readonly headers: Headers
  readonly origin: RecordOrigin
}

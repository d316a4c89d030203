// What operators see of state: typed rows by binary key, over record cache, change log, uncommitted buffer and state engine. Everything
// here is synchronous and belongs to one task.

import type { Headers, Offset, RecordReader, TopicPartition } from '../ports/record.ts'
import type {
  BinaryKey,
  KeyValueStore,
  ReadOnlyKeyValueStore,
  ReadOnlyWindowStore,
  SessionStore,
  VersionedKeyValueStore,
  WindowStore,
} from '../ports/store.ts'
import type { EntryStore } from './keyed-contract.ts'
import type { StoreViews } from './store-views.ts'
import type { VersionedRowStore } from './versioned-contract.ts'
import type { WindowedTaskStores } from './windowed-contract.ts'

export type { BinaryKey }

/** Where the input record came from that caused a change; undefined topic: it was a punctuation. Never changed once made. */
export interface RecordOrigin {
  readonly topic: string | undefined
  readonly partition: number
  readonly offset: number
}

/** A row as read: belongs to the reader (a copy if its value could be changed). */
export interface Row<V> {
  readonly value: V
  readonly timestamp: number
}

/** A timestamped key-value store: the rows of a table, the aggregates of a group. */
export interface RowStore<V> {
  readonly name: string
  /** Whether updates wait in the record cache: then changes reach `onChange`, and not the operator's own forward. */
  readonly cached: boolean
  get(key: BinaryKey): Row<V> | undefined
  /** null deletes. `headers` and `origin` travel with the change if it waits in the cache. */
  put(key: BinaryKey, value: V | null, timestamp: number, headers: Headers, origin?: RecordOrigin): void
  /** Called for each change that leaves the record cache (flush or eviction), with the row that was there at the last one. */
  onChange(listener: RowListener<V>, sendsOldValues: boolean): void
  /** For queries and tests. */
  readOnly<K>(): ReadOnlyKeyValueStore<K, Row<V>>
}

export type RowListener<V> = (
  key: BinaryKey,
  newValue: V | null,
  oldValue: V | null,
  timestamp: number,
  headers: Headers,
  origin?: RecordOrigin,
) => void

/** A timestamped window store: one row for each key and window start. What is past the retention by the store's own stream time is not seen. */
export interface WindowRowStore<V> {
  readonly name: string
  readonly cached: boolean
  get(key: BinaryKey, start: number): Row<V> | undefined
  put(key: BinaryKey, start: number, value: V | null, timestamp: number, headers: Headers, origin?: RecordOrigin): void
  onChange(listener: WindowRowListener<V>, sendsOldValues: boolean): void
  readOnly<K>(): ReadOnlyWindowStore<K, Row<V>>
}

export type WindowRowListener<V> = (
  key: BinaryKey,
  start: number,
  newValue: V | null,
  oldValue: V | null,
  timestamp: number,
  headers: Headers,
  origin?: RecordOrigin,
) => void

/**
 * What is kept of a key that is counted in windows of n records (store kind `countWindow`, read and written as rows): how many records of the key came
 * in all, where the first open window starts, or the next one if none is open, and the aggregates of the open windows, the oldest first. Each starts a
 * step behind the one before.
 */
export interface CountWindowState<A> {
  readonly records: number
  /** Less than 0 of windows that begin before the first record. */
  readonly firstStart: number
  /** When the first open window ends, full or not; -1: when it is full. */
  readonly dueMs: number
  readonly aggregates: readonly (A | null)[]
}

/** What is kept of the global window of a key (store kind `globalWindow`, read and written as rows). */
export interface GlobalWindowState<A> {
  /** How many records of the key came in all. */
  readonly records: number
  /** The number of the first one that the aggregate holds. */
  readonly firstStart: number
  /** When the trigger's timer is due; -1: it has none. */
  readonly timerMs: number
  readonly trigger: unknown
  /** null: it has begun anew. */
  readonly aggregate: A | null
}

/** The stores of one task, by name. */
export interface TaskStores {
  rows<V>(name: string): RowStore<V>
  windowRows<V>(name: string): WindowRowStore<V>
  versionedRows<V>(name: string): VersionedRowStore<V>
  /** Stores of keyed state. */
  entries<V>(name: string): EntryStore<V>
  /** Stores of the Processor API; the values of timestamped ones are ValueAndTimestamp. */
  keyValue<K, V>(name: string): KeyValueStore<K, V>
  window<K, V>(name: string): WindowStore<K, V>
  session<K, V>(name: string): SessionStore<K, V>
  versioned<K, V>(name: string): VersionedKeyValueStore<K, V>
}

/**
 * Where stores of the Processor API take the timestamp and headers of their changes from: the record (or punctuation) that the
 * task is working on. The task sets the fields.
 */
export interface RecordContext {
  timestamp: number
  headers: Headers
}

/**
 * The state of one task as the runtime drives it; what operators see of it is TaskStores.
 *
 * A commit: `flushCaches()`, then the runtime waits until the producer has all acknowledged and the offsets are committed, then `commit()`. No record is
 * processed between the first and the last. Whatever dies on the way, the folder holds the state of a commit, and the changelog the rest.
 */
export interface TaskState extends WindowedTaskStores {
  /** A store as queries see it; undefined if it is not here. */
  views(name: string): StoreViews | undefined
  /** Sends what waits in the record caches to changelog and downstream: store by store in the topology's order, until none has anything left. */
  flushCaches(): void
  /** Whether a limit (the uncommitted buffer) asks for a commit after the current record. */
  readonly commitWanted: boolean
  /** What it takes on disk. */
  readonly diskBytes: number
  /** Size of what `commit` would write, about. */
  readonly uncommittedBytes: number
  /** Takes what is uncommitted, for one batch; what changes from now on belongs to the next one. Not before the last one is written. */
  take(): TakenState
  /** Takes and writes in one, where nothing is waited for in between. */
  commit(sourcePositions?: ReadonlyMap<string, Offset>): Promise<void>
  /** What has to be read before the first record is processed. */
  readonly changelogs: readonly Changelog[]
  readonly restore: StateRestore
  /** What of its internal changelogs is in stores that outlive the process, by topic; what was never written is missing. */
  writtenPositions(): ReadonlyMap<string, Offset>
  /** Removes rows past their retention, as a commit does: for who follows changelogs and never commits. */
  dropExpired(): Promise<void>
  close(): Promise<void>
}

/** What a commit has taken of a state: readable as before, and not written yet. */
export interface TakenState {
  /**
   * It is committed. Writes it, with the changelog positions that are acknowledged now. `sourcePositions`: the offsets just committed of the
   * source topics that serve as changelogs.
   */
  write(sourcePositions?: ReadonlyMap<string, Offset>): Promise<void>
  /** It was not committed, and is never to be: the state is of no use any more, and is to be closed. */
  drop(reason: unknown): void
}

/** The partition of a topic that holds the changes of a store. */
export interface Changelog extends TopicPartition {
  readonly store: string
  /** Whether it is a source topic: it is restored up to the task's committed offset, for what comes after is input yet. */
  readonly sourceTopic: boolean
}

/** Brings stores up to their changelogs. For each changelog: `begin`, then `apply` and `write` by turns until the position reaches the end. */
export interface StateRestore {
  /**
   * Where to read on. `logStart` and `logEnd` are the offsets that the broker has: a position outside of them says that the changelog was truncated or
   * made anew, and the store is restored from nothing.
   */
  begin(topic: string, logStart: Offset, logEnd: Offset): Promise<Offset>
  /** One past the last record applied. */
  position(topic: string): Offset
  /** Takes in at most so many records, and none after that with which it is full, synchronously; true if the reader may have more. */
  apply(topic: string, reader: RecordReader, recordsMax: number): boolean
  /** Records applied so far, in all changelogs. */
  readonly records: number
  /** Whether enough lies in memory that it should be written before more is applied. */
  readonly full: boolean
  /**
   * Begins to write what was applied, as soon as what was begun before is on disk: so the next records are merged while these are written. Rejects if the writing before
   * failed; what fails now, the next call of it or of `write` rejects with.
   */
  writeBehind(): Promise<void>
  /** Writes what was applied, with the positions, in one batch. */
  write(): Promise<void>
}

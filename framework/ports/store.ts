// Where state lies on a machine, as bytes. A state engine (plugins/store-leveldb, plugins/store-memory) opens one folder for each task; all
// stores of the task are in it, and a batch over all of them is written at once, together with the changelog positions that it reaches.
// The layers above (typed stores, record cache, change log, uncommitted buffer) are in framework/state.

import type { Offset } from './record.ts'
import type { Serde } from './serde.ts'

export interface StateEngine {
  readonly name: string
  readonly supports: StateEngineSupport
  /**
   * Opens the state of one task, and makes it if there is none. Rejects with `state-locked` (another process has it),
   * `state-not-writable` or `state-corrupt`.
   */
  open(folder: string): Promise<StateFolder>
  /** Sets a corrupt folder aside, so that `open` makes a new one; gives the place where it lies now. */
  setAside(folder: string): Promise<string>
}

export interface StateEngineSupport {
  /** Whether what was written is there after a crash of the process. */
  readonly durable: boolean
}

/**
 * The bytes of a serialized key as a string with one character (0 to 255) a byte: compact in V8, a key of a Map, and ordered by `<`
 * as the bytes are. `Buffer.from(key, 'latin1')` and `buffer.latin1Slice()` go there and back.
 */
export type BinaryKey = string

export interface StateFolder {
  store(name: string): ByteStore
  /** By changelog topic: one past the last record whose effect is in the folder. */
  positions(): ReadonlyMap<string, Offset>
  /** All or nothing, also if the process dies. Later mutations of a key win. */
  write(batch: StateBatch): Promise<void>
  /** Forgets a store's entries with from <= key < to; an absent bound is open. Not atomic: what is left after a crash is as before. */
  clear(store: string, range?: KeyRange): Promise<void>
  close(): Promise<void>
}

export interface StateBatch {
  /** Read once, before `write` gives its promise, so that large batches need not lie in memory twice. */
  readonly mutations: Iterable<Mutation>
  /** Positions to set; those of other topics stay. */
  readonly positions: ReadonlyMap<string, Offset>
}

export interface Mutation {
  readonly store: string
  readonly key: BinaryKey
  /** null deletes. The engine copies it before the iterable of the batch goes on: the bytes may be reused then. */
  readonly value: Buffer | null
}

/** Synchronous, because operators are. Keys are ordered as unsigned bytes. */
export interface ByteStore {
  /** The caller may keep the value and must not change it. */
  get(key: BinaryKey): Buffer | undefined
  /** Entries in the order of keys; what is written meanwhile may be seen or not. Bounded memory: read in pages. */
  range(options: RangeOptions): Iterable<ByteEntry>
}

/** Keys with from <= key < to; an absent bound is open. */
export interface KeyRange {
  readonly from?: BinaryKey | undefined
  readonly to?: BinaryKey | undefined
}

export interface RangeOptions extends KeyRange {
  readonly reverse?: boolean
}

export interface ByteEntry {
  readonly key: BinaryKey
  readonly value: Buffer
}

// ------------------------------------------------------------------------------------------ stores as processors see them

/** A read-only view, as queries have it. What is written while entries are walked may be seen or not. */
export interface ReadOnlyKeyValueStore<K, V> {
  readonly name: string
  /** undefined if there is no such key. */
  get(key: K): V | undefined
  /** Both bounds included, in the order of the serialized keys; an absent bound is open. */
  range(from?: K, to?: K): Iterable<[K, V]>
  reverseRange(from?: K, to?: K): Iterable<[K, V]>
  all(): Iterable<[K, V]>
  reverseAll(): Iterable<[K, V]>
  /**
   * The entries whose serialized keys begin with the serialized prefix, in the order of their keys. Without a serde the prefix is one of the store's own
   * keys; of JSON keys, which end with a quote or a brace, no other begins with one.
   */
  prefixScan(prefix: K): Iterable<[K, V]>
  prefixScan<P>(prefix: P, serde: Serde<P>): Iterable<[K, V]>
}

/** A key-value store of the Processor API (Kafka Streams: KeyValueStore). */
export interface KeyValueStore<K, V> extends ReadOnlyKeyValueStore<K, V> {
  /** null deletes. */
  put(key: K, value: V | null): void
  /** Each in turn, as `put` does. */
  putAll(entries: Iterable<readonly [key: K, value: V | null]>): void
  /** Gives the value that was there, and leaves it. */
  putIfAbsent(key: K, value: V): V | undefined
  /** Gives the value that was there. */
  delete(key: K): V | undefined
}

/** The value of a timestamped store (Kafka Streams: ValueAndTimestamp). */
export interface ValueAndTimestamp<V> {
  readonly value: V
  readonly timestamp: number
}

/** The key of a windowed entry. */
export interface WindowedKey<K> {
  readonly key: K
  readonly start: number
  /** start + size for windows of time, where it is exclusive; inclusive for sessions. */
  readonly end: number
}

/** Times are starts of windows, both bounds included; so are bounds of keys, in the order of their bytes, and an absent one is open. */
export interface ReadOnlyWindowStore<K, V> {
  readonly name: string
  /** The value of a key in the window that starts then. */
  fetch(key: K, start: number): V | undefined
  /** Windows of a key, by start. */
  fetchRange(key: K, from: number, to: number): Iterable<[start: number, value: V]>
  backwardFetchRange(key: K, from: number, to: number): Iterable<[start: number, value: V]>
  /** Windows of the keys between two. */
  fetchKeys(keyFrom: K | undefined, keyTo: K | undefined, from: number, to: number): Iterable<[WindowedKey<K>, V]>
  backwardFetchKeys(keyFrom: K | undefined, keyTo: K | undefined, from: number, to: number): Iterable<[WindowedKey<K>, V]>
  fetchAll(from: number, to: number): Iterable<[WindowedKey<K>, V]>
  backwardFetchAll(from: number, to: number): Iterable<[WindowedKey<K>, V]>
  /** Stores on disk by segments of time, then key, then time; stores in memory by time, then key. */
  all(): Iterable<[WindowedKey<K>, V]>
  backwardAll(): Iterable<[WindowedKey<K>, V]>
}

/** A window store of the Processor API (Kafka Streams: WindowStore). */
export interface WindowStore<K, V> extends ReadOnlyWindowStore<K, V> {
  /** null deletes. */
  put(key: K, value: V | null, start: number): void
}

export interface ReadOnlySessionStore<K, V> {
  readonly name: string
  fetchSession(key: K, start: number, end: number): V | undefined
  /** Sessions of a key, by end, then start. */
  fetch(key: K): Iterable<[WindowedKey<K>, V]>
  backwardFetch(key: K): Iterable<[WindowedKey<K>, V]>
  /** Sessions of a key that end at or after one time and start at or before another. */
  findSessions(key: K, earliestEnd: number, latestStart: number): Iterable<[WindowedKey<K>, V]>
  backwardFindSessions(key: K, earliestEnd: number, latestStart: number): Iterable<[WindowedKey<K>, V]>
  /** The same for the keys between two, both included; an absent bound is open. */
  findSessionsOfKeys(keyFrom: K | undefined, keyTo: K | undefined, earliestEnd: number, latestStart: number): Iterable<[WindowedKey<K>, V]>
  backwardFindSessionsOfKeys(
    keyFrom: K | undefined,
    keyTo: K | undefined,
    earliestEnd: number,
    latestStart: number,
  ): Iterable<[WindowedKey<K>, V]>
  /** All sessions of the keys between two. */
  fetchKeys(keyFrom: K | undefined, keyTo: K | undefined): Iterable<[WindowedKey<K>, V]>
  backwardFetchKeys(keyFrom: K | undefined, keyTo: K | undefined): Iterable<[WindowedKey<K>, V]>
  /** Sessions of all keys that end between two times, both included. */
  findSessionsEnding(earliestEnd: number, latestEnd: number): Iterable<[WindowedKey<K>, V]>
  all(): Iterable<[WindowedKey<K>, V]>
  backwardAll(): Iterable<[WindowedKey<K>, V]>
}

/** A session store of the Processor API (Kafka Streams: SessionStore). */
export interface SessionStore<K, V> extends ReadOnlySessionStore<K, V> {
  put(key: K, start: number, end: number, value: V): void
  remove(key: K, start: number, end: number): void
}

/** A value of a versioned store. */
export interface VersionedRecord<V> {
  readonly value: V
  /** Since when it is valid. */
  readonly timestamp: number
  /** Until when, exclusive; undefined: it is the present value. */
  readonly validTo: number | undefined
}

/** A read-only view, as queries have it (Kafka Streams: VersionedKeyQuery, MultiVersionedKeyQuery). */
export interface ReadOnlyVersionedStore<K, V> {
  readonly name: string
  get(key: K): VersionedRecord<V> | undefined
  /** The value as it was at this time. */
  getAsOf(key: K, time: number): VersionedRecord<V> | undefined
  /** The values of a key that were valid at some time between two, both included, the latest first (KIP-968); an absent bound is open. */
  history(key: K, from?: number, to?: number): Iterable<VersionedRecord<V>>
}

/** A store that knows the values of a key at times past, as far back as its history reaches (Kafka Streams: VersionedKeyValueStore, KIP-889). */
export interface VersionedKeyValueStore<K, V> extends ReadOnlyVersionedStore<K, V> {
  /** null: deleted from then on. Gives until when the value is valid, or that it is the latest, or that it was too old and was refused. */
  put(key: K, value: V | null, timestamp: number): number | 'latest' | 'refused'
  /** Gives the value as it was then. */
  delete(key: K, timestamp: number): VersionedRecord<V> | undefined
}

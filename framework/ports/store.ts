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
  /** What it takes on disk; asked every few seconds, for metrics. Missing: it does not know. */
  sizeBytes?(): number
  close(): Promise<void>
  /** What its entries take of the memory of the process, about. Said by engines that hold them there. */
  readonly memoryBytes?: number
}

export interface StateBatch {
  /** Read once, before `write` gives its promise, so that large batches need not lie in memory twice. */
  readonly mutations: Iterable<Mutation>
  /** Positions to set; those of other topics stay. Nothing is written before they have come, and nothing if they never do: then `write` rejects with the reason. */
  readonly positions: ReadonlyMap<string, Offset> | Promise<ReadonlyMap<string, Offset>>
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

/**
 * A read-only view of keys and values, as queries have it. What is written while entries are walked may be seen or not.
 *
 * Kafka Streams: `ReadOnlyKeyValueStore`.
 *
 * @example
 * ```ts
 * import { topology, type ReadOnlyKeyValueStore } from 'millrace'
 *
 * export default topology('answers', (builder) => {
 *   builder.addStore<string, number>('sums')
 *   const requests = builder.stream<string, string>('requests')
 *   requests.process<string, number>(
 *     () => {
 *       let answer: (key: string) => void
 *       return {
 *         init(context) {
 *           const store = context.store<ReadOnlyKeyValueStore<string, number>>('sums')
 *           answer = (key) => {
 *             for (const [, sum] of store.prefixScan(key)) context.forward({ key, value: sum })
 *           }
 *         },
 *         process: ({ key }) => answer(key),
 *       }
 *     },
 *     { stores: ['sums'] },
 *   )
 * })
 * ```
 */
export interface ReadOnlyKeyValueStore<K, V> {
  readonly name: string
  /** undefined if there is no such key. */
  get(key: K): V | undefined
  /** Both bounds included, in the order of the serialized keys; an absent bound is open. */
  range(from?: K, to?: K): Iterable<[K, V]>
  /**
   * As `range`, in reverse order.
   */
  reverseRange(from?: K, to?: K): Iterable<[K, V]>
  /**
   * All entries, in the order of the serialized keys; an LRU map gives them as they were used last.
   */
  all(): Iterable<[K, V]>
  /**
   * As `all`, in reverse order.
   */
  reverseAll(): Iterable<[K, V]>
  /**
   * The entries whose serialized keys begin with the serialized prefix, in the order of their keys. Without a serde the prefix is one of the store's own
   * keys; of JSON keys, which end with a quote or a brace, no other begins with one.
   */
  prefixScan(prefix: K): Iterable<[K, V]>
  prefixScan<P>(prefix: P, serde: Serde<P>): Iterable<[K, V]>
  /**
   * How many rows there are. Counted by walking them, 660,000 a second on LevelDB: for a look now and then, not for each record. Exact, where Kafka Streams
   * estimates.
   */
  approximateNumEntries(): number
}

/**
 * A key-value store of the Processor API.
 *
 * Kafka Streams: `KeyValueStore`.
 *
 * @example
 * ```ts
 * import { topology, type KeyValueStore } from 'millrace'
 *
 * export default topology('answers', (builder) => {
 *   builder.addStore<string, number>('sums')
 *   const requests = builder.stream<string, string>('requests')
 *   requests.process<string, number>(
 *     () => {
 *       let answer: (key: string) => void
 *       return {
 *         init(context) {
 *           const store = context.store<KeyValueStore<string, number>>('sums')
 *           answer = (key) => {
 *             store.put(key, (store.get(key) ?? 0) + 1)
 *           }
 *         },
 *         process: ({ key }) => answer(key),
 *       }
 *     },
 *     { stores: ['sums'] },
 *   )
 * })
 * ```
 */
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

/**
 * A read-only view of windows. Times are starts of windows, both bounds included; so are bounds of keys, in the order of their bytes, and an absent one
 * is open. What is past the retention is not seen.
 *
 * Kafka Streams: `ReadOnlyWindowStore`.
 *
 * @example
 * ```ts
 * import { topology, type ReadOnlyWindowStore } from 'millrace'
 *
 * export default topology('answers', (builder) => {
 *   builder.addStore<string, number>('hourly', { type: 'window', retention: '1d', windowSize: '1h' })
 *   const requests = builder.stream<string, string>('requests')
 *   requests.process<string, number>(
 *     () => {
 *       let answer: (key: string) => void
 *       return {
 *         init(context) {
 *           const store = context.store<ReadOnlyWindowStore<string, number>>('hourly')
 *           answer = (key) => {
 *             for (const [, sum] of store.fetchRange(key, 0, context.streamTime)) context.forward({ key, value: sum })
 *           }
 *         },
 *         process: ({ key }) => answer(key),
 *       }
 *     },
 *     { stores: ['hourly'] },
 *   )
 * })
 * ```
 */
export interface ReadOnlyWindowStore<K, V> {
  readonly name: string
  /** The value of a key in the window that starts then. */
  fetch(key: K, start: number): V | undefined
  /** Windows of a key, by start. */
  fetchRange(key: K, from: number, to: number): Iterable<[start: number, value: V]>
  /**
   * As `fetchRange`, the latest first.
   */
  backwardFetchRange(key: K, from: number, to: number): Iterable<[start: number, value: V]>
  /** Windows of the keys between two. */
  fetchKeys(keyFrom: K | undefined, keyTo: K | undefined, from: number, to: number): Iterable<[WindowedKey<K>, V]>
  /**
   * As `fetchKeys`, in reverse order.
   */
  backwardFetchKeys(keyFrom: K | undefined, keyTo: K | undefined, from: number, to: number): Iterable<[WindowedKey<K>, V]>
  /**
   * Windows of all keys that start between two times.
   */
  fetchAll(from: number, to: number): Iterable<[WindowedKey<K>, V]>
  /**
   * As `fetchAll`, in reverse order.
   */
  backwardFetchAll(from: number, to: number): Iterable<[WindowedKey<K>, V]>
  /** Stores on disk by segments of time, then key, then time; stores in memory by time, then key. */
  all(): Iterable<[WindowedKey<K>, V]>
  /**
   * As `all`, in reverse order.
   */
  backwardAll(): Iterable<[WindowedKey<K>, V]>
}

/**
 * A window store of the Processor API.
 *
 * Kafka Streams: `WindowStore`.
 *
 * @example
 * ```ts
 * import { topology, type WindowStore } from 'millrace'
 *
 * export default topology('answers', (builder) => {
 *   builder.addStore<string, number>('hourly', { type: 'window', retention: '1d', windowSize: '1h' })
 *   const requests = builder.stream<string, string>('requests')
 *   requests.process<string, number>(
 *     () => {
 *       let answer: (key: string) => void
 *       return {
 *         init(context) {
 *           const store = context.store<WindowStore<string, number>>('hourly')
 *           answer = (key) => {
 *             const start = context.streamTime - (context.streamTime % 3_600_000)
 *             store.put(key, (store.fetch(key, start) ?? 0) + 1, start)
 *           }
 *         },
 *         process: ({ key }) => answer(key),
 *       }
 *     },
 *     { stores: ['hourly'] },
 *   )
 * })
 * ```
 */
export interface WindowStore<K, V> extends ReadOnlyWindowStore<K, V> {
  /** null deletes. */
  put(key: K, value: V | null, start: number): void
}

/**
 * A read-only view of sessions. Bounds are included; what is past the retention is not seen.
 *
 * Kafka Streams: `ReadOnlySessionStore`.
 *
 * @example
 * ```ts
 * import { topology, type ReadOnlySessionStore } from 'millrace'
 *
 * export default topology('answers', (builder) => {
 *   builder.addStore<string, number>('visits', { type: 'session', retention: '1d' })
 *   const requests = builder.stream<string, string>('requests')
 *   requests.process<string, number>(
 *     () => {
 *       let answer: (key: string) => void
 *       return {
 *         init(context) {
 *           const store = context.store<ReadOnlySessionStore<string, number>>('visits')
 *           answer = (key) => {
 *             for (const [, pages] of store.backwardFetch(key)) context.forward({ key, value: pages })
 *           }
 *         },
 *         process: ({ key }) => answer(key),
 *       }
 *     },
 *     { stores: ['visits'] },
 *   )
 * })
 * ```
 */
export interface ReadOnlySessionStore<K, V> {
  readonly name: string
  /**
   * The value of one session of a key; undefined if there is none.
   */
  fetchSession(key: K, start: number, end: number): V | undefined
  /** Sessions of a key, by end, then start. */
  fetch(key: K): Iterable<[WindowedKey<K>, V]>
  /**
   * As `fetch`, the latest first.
   */
  backwardFetch(key: K): Iterable<[WindowedKey<K>, V]>
  /** Sessions of a key that end at or after one time and start at or before another. */
  findSessions(key: K, earliestEnd: number, latestStart: number): Iterable<[WindowedKey<K>, V]>
  /**
   * As `findSessions`, the latest first.
   */
  backwardFindSessions(key: K, earliestEnd: number, latestStart: number): Iterable<[WindowedKey<K>, V]>
  /** The same for the keys between two, both included; an absent bound is open. */
  findSessionsOfKeys(keyFrom: K | undefined, keyTo: K | undefined, earliestEnd: number, latestStart: number): Iterable<[WindowedKey<K>, V]>
  /**
   * As `findSessionsOfKeys`, in reverse order.
   */
  backwardFindSessionsOfKeys(
    keyFrom: K | undefined,
    keyTo: K | undefined,
    earliestEnd: number,
    latestStart: number,
  ): Iterable<[WindowedKey<K>, V]>
  /** All sessions of the keys between two. */
  fetchKeys(keyFrom: K | undefined, keyTo: K | undefined): Iterable<[WindowedKey<K>, V]>
  /**
   * As `fetchKeys`, in reverse order.
   */
  backwardFetchKeys(keyFrom: K | undefined, keyTo: K | undefined): Iterable<[WindowedKey<K>, V]>
  /** Sessions of all keys that end between two times, both included. */
  findSessionsEnding(earliestEnd: number, latestEnd: number): Iterable<[WindowedKey<K>, V]>
  /**
   * All sessions: of stores on disk by segments of time, then key; of stores in memory by end, then key.
   */
  all(): Iterable<[WindowedKey<K>, V]>
  /**
   * As `all`, in reverse order.
   */
  backwardAll(): Iterable<[WindowedKey<K>, V]>
}

/**
 * A session store of the Processor API.
 *
 * Kafka Streams: `SessionStore`.
 *
 * @example
 * ```ts
 * import { topology, type SessionStore } from 'millrace'
 *
 * export default topology('answers', (builder) => {
 *   builder.addStore<string, number>('visits', { type: 'session', retention: '1d' })
 *   const requests = builder.stream<string, string>('requests')
 *   requests.process<string, number>(
 *     () => {
 *       let answer: (key: string) => void
 *       return {
 *         init(context) {
 *           const store = context.store<SessionStore<string, number>>('visits')
 *           answer = (key) => {
 *             store.put(key, context.streamTime, context.streamTime, 1)
 *           }
 *         },
 *         process: ({ key }) => answer(key),
 *       }
 *     },
 *     { stores: ['visits'] },
 *   )
 * })
 * ```
 */
export interface SessionStore<K, V> extends ReadOnlySessionStore<K, V> {
  /**
   * Puts the value of one session of a key.
   */
  put(key: K, start: number, end: number, value: V): void
  /**
   * Removes one session of a key, if it is there.
   */
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

/**
 * A read-only view of a store that knows the values of a key at times past.
 *
 * Kafka Streams: `VersionedKeyQuery`, `MultiVersionedKeyQuery` (KIP-968).
 *
 * @example
 * ```ts
 * import { topology, type ReadOnlyVersionedStore } from 'millrace'
 *
 * export default topology('answers', (builder) => {
 *   builder.addStore<string, number>('prices', { type: 'versioned', historyRetention: '1d' })
 *   const requests = builder.stream<string, string>('requests')
 *   requests.process<string, number>(
 *     () => {
 *       let answer: (key: string) => void
 *       return {
 *         init(context) {
 *           const store = context.store<ReadOnlyVersionedStore<string, number>>('prices')
 *           answer = (key) => {
 *             for (const { value } of store.history(key)) context.forward({ key, value })
 *           }
 *         },
 *         process: ({ key }) => answer(key),
 *       }
 *     },
 *     { stores: ['prices'] },
 *   )
 * })
 * ```
 */
export interface ReadOnlyVersionedStore<K, V> {
  readonly name: string
  /**
   * The present value; undefined if there is none, or if it was deleted.
   */
  get(key: K): VersionedRecord<V> | undefined
  /** The value as it was at this time. */
  getAsOf(key: K, time: number): VersionedRecord<V> | undefined
  /** The values of a key that were valid at some time between two, both included, the latest first (KIP-968); an absent bound is open. */
  history(key: K, from?: number, to?: number): Iterable<VersionedRecord<V>>
}

/**
 * A store that knows the values of a key at times past, as far back as its history reaches.
 *
 * Kafka Streams: `VersionedKeyValueStore` (KIP-889).
 *
 * @example
 * ```ts
 * import { topology, type VersionedKeyValueStore } from 'millrace'
 *
 * export default topology('answers', (builder) => {
 *   builder.addStore<string, number>('prices', { type: 'versioned', historyRetention: '1d' })
 *   const requests = builder.stream<string, string>('requests')
 *   requests.process<string, number>(
 *     () => {
 *       let answer: (key: string) => void
 *       return {
 *         init(context) {
 *           const store = context.store<VersionedKeyValueStore<string, number>>('prices')
 *           answer = (key) => {
 *             store.put(key, (store.getAsOf(key, context.streamTime)?.value ?? 0) + 1, context.streamTime)
 *           }
 *         },
 *         process: ({ key }) => answer(key),
 *       }
 *     },
 *     { stores: ['prices'] },
 *   )
 * })
 * ```
 */
export interface VersionedKeyValueStore<K, V> extends ReadOnlyVersionedStore<K, V> {
  /** null: deleted from then on. Gives until when the value is valid, or that it is the latest, or that it was too old and was refused. */
  put(key: K, value: V | null, timestamp: number): number | 'latest' | 'refused'
  /** Gives the value as it was then. */
  delete(key: K, timestamp: number): VersionedRecord<V> | undefined
}

/** The stores that can be queried, by their kinds. A store with timestamps can be read without them, too (Kafka Streams: QueryableStoreTypes). */
export interface ByKind<K, V> {
  readonly keyValue: ReadOnlyKeyValueStore<K, V>
  readonly timestampedKeyValue: ReadOnlyKeyValueStore<K, ValueAndTimestamp<V>>
  readonly window: ReadOnlyWindowStore<K, V>
  readonly timestampedWindow: ReadOnlyWindowStore<K, ValueAndTimestamp<V>>
  readonly session: ReadOnlySessionStore<K, V>
  readonly versioned: ReadOnlyVersionedStore<K, V>
}

export type QueryableStoreKind = keyof ByKind<unknown, unknown>

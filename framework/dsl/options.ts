// The options objects of the dsl: at most one for each call, always the last parameter, always named `options`. What is of type Serde<X> the compiler
// derives from X where the author left it out, and `name` from the variable; so nothing in a compiled topology could not have been written by hand.
// A serde of a windowed key is not derived: the graph knows it from the key's serde and the window's size.

import type { TimeDomain } from '../graph/keyed-state.ts'
import type { EmitStrategy } from '../graph/operator-spec.ts'
import type { InvalidTimestamp } from '../graph/topology.ts'
import type { Serde } from '../ports/serde.ts'
import type { Partitions, TimestampOf } from './callbacks.ts'
import type { Duration } from './duration.ts'
import type { EmitEvery } from './emit-every.ts'

export interface NameOptions {
  /** The operator's own name (Kafka Streams: Named). */
  readonly name?: string
}

/** Of a source. */
export interface SourceOptions<K, V> extends NameOptions {
  readonly key?: Serde<K>
  readonly value?: Serde<V>
  /** Gives the records' timestamps; `wallClock`: the time when a record is taken. Default: those in the topic (Kafka Streams: TimestampExtractor). */
  readonly timestamp?: TimestampOf<K, V> | 'wallClock'
  /**
   * What a record does whose timestamp is negative: `fail` stops the app, `skip` leaves it out and counts it, `partitionTime` gives it the highest timestamp so far
   * of its partition, and fails if there is none. Default: `fail`; for those that a `timestamp` callback gives, `skip` (Kafka Streams:
   * FailOnInvalidTimestamp, LogAndSkipOnInvalidTimestamp, UsePartitionTimeOnInvalidTimestamp).
   */
  readonly onInvalidTimestamp?: InvalidTimestamp
  /**
   * Where a group begins that has committed nothing for a partition yet, or whose position is gone: at the first record, behind the last one, at the first record
   * that is younger than a duration, or nowhere: then the app stops with `no-committed-offset`. Default: the setting `autoOffsetReset`, which is
   * `earliest` (Kafka Streams: AutoOffsetReset, KIP-1106).
   */
  readonly reset?: 'earliest' | 'latest' | 'none' | { readonly byDuration: Duration }
}

/** Of whatever writes keys and values: a topic of the author's or a repartition topic. Null needs no serde: it has no bytes. */
export interface WriteOptions<K, V> extends NameOptions {
  readonly key?: Serde<NonNullable<K>>
  readonly value?: Serde<NonNullable<V>>
}

/** A store's name, or more about it (Kafka Streams: Materialized). */
export type StoreOption = string | StoreOptions

export interface StoreOptions {
  /** With a name, a store can be queried and is kept even where nothing downstream reads it. */
  readonly name?: string
  /** On disk, or in memory only (and restored from the changelog at each start). Default: true. */
  readonly persistent?: boolean
  /** Whether updates of a key are merged in the record cache before they go to the changelog and downstream. Default: true. */
  readonly caching?: boolean
  /** Whether there is a changelog to restore from; an object holds settings of the changelog topic. Default: true. */
  readonly logging?: boolean | Readonly<Record<string, string>>
  /** Makes the store versioned: it knows the values of a key as far back as this, by stream time (KIP-889). Such a store has no record cache. */
  readonly historyRetention?: Duration
  /** Makes the store an LRU map in memory: it keeps the rows of so many keys, those used last (Kafka Streams: Stores.lruMap). */
  readonly entriesMax?: number
  /**
   * Makes a value of the new type of one that an older version of the topology has written, and that cannot be read as the new type: it is given that value as plain
   * JSON. Applied where a value is read, so all of the past is there; what `millrace diff` calls narrowed is then safe. A type that all old values fit
   * needs none. Default: such a value stops the app, or is left out, as the settings say.
   */
  migrate?(old: unknown): unknown
}

export interface WindowStoreOptions extends Omit<StoreOptions, 'historyRetention' | 'entriesMax'> {
  /** How long windows are kept, by stream time. Default, and least: the window's size and its grace. */
  readonly retention?: Duration
}

export type WindowStoreOption = string | WindowStoreOptions

export interface TableOptions<K, V> extends SourceOptions<K, V> {
  readonly store?: StoreOption
}

/** A global table is always read from its first record. */
export type GlobalTableOptions<K, V> = Omit<TableOptions<K, V>, 'reset'>

export interface ToTableOptions<K, V> extends WriteOptions<K, V> {
  readonly store?: StoreOption
}

export interface ToOptions<K, V> extends WriteOptions<K, V> {
  /** Chooses the partition. Default: by the key, as Java's producer chooses it; of a windowed key by the key in it. */
  partitioner?(value: V, key: K, partitions: number, topic: string): Partitions
}

export interface RepartitionOptions<K, V> extends WriteOptions<K, V> {
  /** How many partitions the repartition topic has. Default: as many as the largest topic upstream. */
  readonly partitions?: number
  /** Chooses the partition. Default: by the key. A join takes such a stream at your word: what it meets must be partitioned in the same way. */
  partitioner?(value: V, key: K, partitions: number, topic: string): Partitions
}

/** Of an operator with a store whose serdes are known already. */
export interface StatefulOptions extends NameOptions {
  readonly store?: StoreOption
}

export interface WindowedOptions extends NameOptions {
  readonly store?: WindowStoreOption
}

/** Of named aggregators: the store holds their states. */
export interface AggregatorsOptions<R> extends StatefulOptions {
  /** Says the type of what is seen of the store by those who read it from outside; nothing is written with it. */
  readonly result?: Serde<R>
}

/** Of named aggregators in windows. */
export interface WindowedAggregatorsOptions<R> extends WindowedOptions {
  /** As in `AggregatorsOptions`. */
  readonly result?: Serde<R>
}

/** Of an operator with a store for values of a new type. */
export interface ValueOptions<V> extends StatefulOptions {
  readonly value?: Serde<NonNullable<V>>
}

/** Of transformValues with a transformer. */
export interface TransformerOptions<V> extends ValueOptions<V> {
  /** Names of the stores that the transformer opens, added by builder.addStore(). */
  readonly stores: readonly string[]
}

export interface WindowedValueOptions<V> extends WindowedOptions {
  readonly value?: Serde<NonNullable<V>>
}

/** Of a join of a stream with a table. */
export interface StreamTableJoinOptions<K, V> extends WriteOptions<K, V> {
  /**
   * How long, by the stream's time, each record waits, so that rows of the table that come late are seen: it meets the row that was there at its own time.
   * Needs a table in a versioned store whose `historyRetention` is at least as long. Records leave in the order of their times. Those that are older than
   * the grace already do not wait. A left join then cannot take records without a key. Default: no waiting (Kafka Streams: Joined.withGracePeriod, KIP-923).
   */
  readonly grace?: Duration
}

/** Of a join of two streams. Both repartition topics and both stores need serdes. */
export interface StreamJoinOptions<K, V, T> extends WriteOptions<K, V> {
  /** For the values of the other stream. */
  readonly otherValue?: Serde<NonNullable<T>>
  /** The stores in which both sides keep their records; its name is what theirs begin with. They are never cached. */
  readonly store?: string | Omit<StoreOptions, 'caching' | 'historyRetention' | 'entriesMax'>
}

/** Of windowedBy. */
export interface EmitOptions {
  /**
   * `updates`: each change of a window's result is sent on, as often as the record cache lets it through. `final`: only its last one, once the window is closed
   * (KIP-825). `every(duration)`: of the changes within that time the last one. Default: `updates`.
   */
  readonly emit?: EmitStrategy | EmitEvery
}

/** Of windowedBy with windows of records. */
export interface CountEmitOptions {
  /** `final`: a window's result is sent once, when it ends. `updates`: after each of its records. Default: `final`. */
  readonly emit?: EmitStrategy
}

/** Of a join of tables by a foreign key: what travels between the two tables needs serdes, and so does the result's store. */
export interface ForeignKeyJoinOptions<K, V, KO, VO, R> extends ValueOptions<R> {
  readonly key?: Serde<NonNullable<K>>
  readonly thisValue?: Serde<NonNullable<V>>
  readonly otherKey?: Serde<NonNullable<KO>>
  readonly otherValue?: Serde<NonNullable<VO>>
  /** How this table is partitioned, if not by its keys as Java's producer does it (Kafka Streams: TableJoined.withPartitioner). */
  partitioner?(key: K, partitions: number, topic: string): number | undefined
  /** The same of the other table (TableJoined.withOtherPartitioner). */
  otherPartitioner?(key: KO, partitions: number, topic: string): number | undefined
}

/** Of suppress. */
export interface SuppressOptions extends NameOptions {
  /** `windowCloses`: only the last result of each window. A duration: of the changes of a row within that time, only the last one. */
  readonly until: 'windowCloses' | Duration
  /** By what a duration is measured: the stream time of the changes, or the clock on the wall, which goes on when nothing comes. Default: `streamTime`. */
  readonly by?: 'streamTime' | 'wallClock'
  /** How many rows are held back at most. Default: no limit. */
  readonly recordsMax?: number
  /** How many bytes are held back at most. Default: no limit. */
  readonly bytesMax?: number
  /** What happens at a limit: the oldest row is sent, or the app stops. Default: for windows `shutDown`, else `emitEarly`. */
  readonly whenFull?: 'emitEarly' | 'shutDown'
  readonly logging?: StoreOptions['logging']
}

/** Of `apply` on windows: how much a window may hold. All elements of a window lie in one row of its store. */
export interface ElementsLimits {
  /** Default: 10,000. */
  readonly elementsMax?: number
  /** How many bytes the elements have, as they lie in the store, with 12 more for each. A row has to fit a record of the changelog, 1 MB unless its topic has another limit. Default: 500,000. */
  readonly bytesMax?: number
  /**
   * What becomes of a record that finds its window full: it is treated as one whose callback has thrown (`fail`, by the setting `processingExceptionHandler`), it does not come into the
   * window, or the oldest go out of it; both are counted as dropped. Default: `fail`.
   */
  readonly whenFull?: 'fail' | 'dropNewest' | 'dropOldest'
}

/** Of `apply` on windows of time and sessions. */
export interface WindowedElementsOptions extends WindowedOptions, ElementsLimits {}

/** Of `apply` on windows of records and global ones. */
export interface ElementsOptions extends StatefulOptions, ElementsLimits {}

/** Of addStore. */
export type AddStoreOptions<K, V> = StoreSerdes<K, V> &
  Omit<StoreOptions, 'name' | 'historyRetention' | 'entriesMax'> &
  (KeyValueStoreShape | VersionedStoreShape | WindowStoreShape | SessionStoreShape)

interface StoreSerdes<K, V> {
  readonly key?: Serde<NonNullable<K>>
  readonly value?: Serde<NonNullable<V>>
}

interface KeyValueStoreShape {
  /** `timestampedKeyValue` keeps a timestamp beside each value. Default: `keyValue`. */
  readonly type?: 'keyValue' | 'timestampedKeyValue'
  /** Makes the store an LRU map in memory, as `StoreOptions.entriesMax` does. */
  readonly entriesMax?: number
}

interface VersionedStoreShape {
  readonly type: 'versioned'
  /** How far back one can ask, by stream time. */
  readonly historyRetention: Duration
}

interface WindowStoreShape {
  /** `timestampedWindow` keeps a timestamp beside each value. */
  readonly type: 'window' | 'timestampedWindow'
  /** How long windows are kept, by stream time. */
  readonly retention: Duration
  readonly windowSize: Duration
  /** Whether a key can have several values at one time, each without a timestamp of its own. Default: false. */
  readonly retainDuplicates?: boolean
}

interface SessionStoreShape {
  readonly type: 'session'
  /** How long sessions are kept, by stream time. */
  readonly retention: Duration
}

export interface ProcessOptions extends NameOptions {
  /** Names of the stores that the processor opens, added by builder.addStore(). */
  readonly stores?: readonly string[]
}

export interface PrintOptions<K, V> extends NameOptions {
  /** Put before each line, with a colon. */
  readonly label?: string
  /** Makes the text behind the label (Kafka Streams: Printed.withKeyValueMapper). Default: `(key,value)`, the value as JSON. */
  format?(value: V, key: K): string
  /** In place of `format`: lines of JSON with key, value and timestamp, or a table whose columns are the members of the values. */
  readonly as?: 'json' | 'table'
}

/** Of distinctBy. */
export interface DistinctOptions<K, V, Id> extends WriteOptions<K, V> {
  /** How long an id is remembered, since the record that was let through: by stream time, or by the clock that is named. */
  readonly within: Duration | { readonly after: Duration; readonly by: TimeDomain }
  readonly id?: Serde<NonNullable<Id>>
}

/** Of throttle. */
export interface ThrottleOptions<K, V> extends WriteOptions<K, V> {
  /** The time for which so many records are let through, by the records' timestamps, since the first of them. */
  readonly per: Duration
}

/** Of sample. */
export interface SampleOptions<K, V> extends WriteOptions<K, V> {
  /** Of a share: whether all records of some keys are taken (`key`), or of each key some (`record`, by key and value). Default: `key`. */
  readonly by?: 'key' | 'record'
}

/** Of topN. */
export interface TopOptions<K, V, Id> extends WriteOptions<K, V> {
  /** What counts: more is better. */
  by(value: V): number
  /** What competes: of several values of one id the best counts. */
  id(value: V): Id
  readonly idSerde?: Serde<NonNullable<Id>>
  /** How long a value counts. Default: for ever. */
  readonly ttl?: Duration | { readonly after: Duration; readonly by: TimeDomain }
}

/** Of asOfJoin. */
export interface AsOfJoinOptions<K, V, T> extends WriteOptions<K, V> {
  /** How far back, by stream time, the other stream's values are known: a record that is later than that meets nobody. */
  readonly history: Duration
  /** How long a record waits, by stream time, so that values of the other stream that come late are seen. Default: no waiting. */
  readonly grace?: Duration
  readonly otherValue?: Serde<NonNullable<T>>
}

/** Of operators that ask outside. */
export interface AsyncCallOptions {
  /** How many calls run at once, for each task. Twice as many records are held at most; then no further one is taken. Default: 16. */
  readonly concurrency?: number
  /** Whose results wait for those of earlier records: of the same key, of all, or of none. Default: `key`. */
  readonly order?: 'key' | 'input' | 'none'
  /** How long one attempt may take. Its signal is aborted then. Default: 30 s. */
  readonly timeout?: Duration
  /** How often a call is made that fails, with a delay between. Default: once; delay 1 s. */
  readonly retry?: { readonly attempts: number; readonly delay?: Duration }
}

/** Of mapAsync. The serdes are those of the keys and values that come: what is on its way at a commit is written down. */
export interface MapAsyncOptions<K, V, R> extends WriteOptions<K, V>, AsyncCallOptions {
  /**
   * What becomes of a record whose call has failed for good: it is treated as one whose callback has thrown (`fail`, by the setting `processingExceptionHandler`), it is left
   * out and counted (`skip`), or it has what the function gives. Default: `fail`.
   */
  readonly onFailure?: 'fail' | 'skip' | Answer<K, V, R>['answer']
}

/** Of lookupJoin and leftLookupJoin. The serdes are those of the keys and values that come: what is on its way at a commit is written down. */
export interface LookupJoinOptions<K, V, T> extends WriteOptions<K, V>, AsyncCallOptions {
  /** What of the answers is kept, of the keys asked for last. Default: nothing; each record asks. */
  readonly cache?: LookupCacheOptions
  /**
   * What becomes of a record whose call has failed for good: it is treated as one whose callback has thrown (`fail`, by the setting `processingExceptionHandler`), it is left
   * out and counted (`skip`), or it is joined with what the function gives; null is what stands for nothing. Default: `fail`.
   */
  readonly onFailure?: 'fail' | 'skip' | Answer<K, V, T | null | undefined>['answer']
}

/** The cache of a lookup, one for each task, in memory: after a restart it is empty. Time is that of the clock on the wall. */
export interface LookupCacheOptions {
  /** How old an answer may be. */
  readonly ttl: Duration
  /** The same of the answer that there is nothing; 0: it is not kept. Default: `ttl`. */
  readonly missingTtl?: Duration
  /** The same of a call that has failed for good: until then records of its key fail without one. Default: 0, which keeps none. */
  readonly failureTtl?: Duration
  /** How many answers are kept, those of the keys asked for last. Default: 10,000. */
  readonly entriesMax?: number
  /** How many bytes keys and answers have together, as a structured clone has them; measuring it costs a microsecond or so for each answer. Default: no limit. */
  readonly bytesMax?: number
}

/** As a method, so that a stream of a narrower type is one of a wider type, as with all other callbacks. */
interface Answer<K, V, R> {
  answer(error: unknown, value: V, key: K): R
}

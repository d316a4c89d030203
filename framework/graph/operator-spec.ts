// What a processor node of the topology does, as data and callbacks: one variant for each kind of operator. The dsl makes
// them, operators/ turns each into a running operator (in one switch), describe and the manifest read them.
// Callbacks take the value first, then the key, then the record.

import type { Sink } from '../ports/connector.ts'
import type { StreamRecord } from '../ports/record.ts'
import type { Serde } from '../ports/serde.ts'
import type { DueSpec, KeyedProcessSpec } from './keyed-state.ts'
import type { FixedKeyProcessorSupplier, ProcessorSupplier, ValueTransformerSupplier } from './processor.ts'
import type { AggregationWindow, CountWindow, GlobalWindow, JoinWindow, SessionWindow, SlidingWindow } from './window-spec.ts'

/** A callback, or a transformer with stores, of which each user has one of its own. */
export type RowMapper =
  | Callback<unknown>
  | { readonly supplier: ValueTransformerSupplier; readonly stores: readonly string[]; readonly node: string }
export type PrintFormat = (value: unknown, key: unknown) => string
export type Callback<R> = (value: unknown, key: unknown, record: StreamRecord<unknown, unknown>) => R

/** A call that waits for something outside. */
export interface AsyncCall {
  /** Which attempt it is, from 1 on. */
  readonly attempt: number
  /** Aborted when the time of the attempt is over, or when the task goes elsewhere. */
  readonly signal: AbortSignal
}

/** How calls to the outside are made. */
export interface AsyncCallSpec {
  readonly concurrency: number
  readonly timeoutMs: number
  readonly attemptsMax: number
  readonly retryDelayMs: number
}

/** How records wait for calls. */
export interface HeldRecordsSpec {
  /** Keeps the records whose calls are on their way at a commit. */
  readonly store: string
  readonly key: Serde<unknown>
  readonly concurrency: number
  readonly order: 'key' | 'input' | 'none'
}

/** The function gives what stands in the place of what the call would have given. */
export type CallFailure = 'fail' | 'skip' | ((error: unknown, value: unknown, key: unknown) => unknown)

export interface MapAsyncSpec extends AsyncCallSpec, HeldRecordsSpec {
  readonly kind: 'mapAsync'
  readonly mapper: (value: unknown, key: unknown, record: StreamRecord<unknown, unknown>, call: AsyncCall) => Promise<unknown>
  readonly onFailure: CallFailure
}

/** What of a lookup is kept, and for how long; 0: not at all. */
export interface LookupCacheSpec {
  readonly ttlMs: number
  /** Of keys of which there was nothing. */
  readonly missingTtlMs: number
  readonly failureTtlMs: number
  readonly entriesMax: number
  /** null: no limit. */
  readonly bytesMax: number | null
}

export interface LookupJoinSpec extends AsyncCallSpec, HeldRecordsSpec {
  readonly kind: 'lookupJoin'
  readonly left: boolean
  readonly keySelector: Callback<unknown>
  readonly lookup: (key: unknown, call: AsyncCall) => Promise<unknown>
  readonly joiner: Joiner
  /** null: each record asks. */
  readonly cache: LookupCacheSpec | null
  readonly onFailure: CallFailure
}

export type OperatorSpec =
  | MapAsyncSpec
  | LookupJoinSpec
  | ForeignKeySpec
  | KeyedProcessSpec
  // Streams, without state.
  | { readonly kind: 'pass' } // merge, and wherever the graph needs a node that changes nothing
  | { readonly kind: 'filter'; readonly predicate: Callback<boolean>; readonly negate: boolean }
  | { readonly kind: 'map'; readonly mapper: Callback<readonly [unknown, unknown]> }
  | { readonly kind: 'mapValues'; readonly mapper: Callback<unknown> }
  | { readonly kind: 'selectKey'; readonly selector: Callback<unknown> }
  | { readonly kind: 'flatMap'; readonly mapper: Callback<Iterable<readonly [unknown, unknown]>> }
  | { readonly kind: 'flatMapValues'; readonly mapper: Callback<Iterable<unknown>> }
  | { readonly kind: 'peek'; readonly action: Callback<void> }
  | { readonly kind: 'print'; readonly label: string | undefined; readonly format: PrintFormat | undefined; readonly as?: 'json' | 'table' }
  | { readonly kind: 'sinkTo'; readonly sink: Sink<unknown, unknown> }
  /** Sends a record to the first child whose predicate holds (`children` in the order of the branches; null: the default). */
  | { readonly kind: 'branch'; readonly branches: readonly { readonly child: string; readonly predicate: Callback<boolean> | null }[] }
  | { readonly kind: 'process'; readonly supplier: ProcessorSupplier; readonly stores: readonly string[] }
  | { readonly kind: 'processValues'; readonly supplier: FixedKeyProcessorSupplier; readonly stores: readonly string[] }
  // Aggregations of streams. The store's serdes are those of the store spec.
  | { readonly kind: 'aggregate'; readonly store: string; readonly aggregation: Aggregation; readonly sendsOldValues: boolean }
  | {
      readonly kind: 'windowAggregate'
      readonly store: string
      readonly window: AggregationWindow
      readonly aggregation: Aggregation
      readonly sendsOldValues: boolean
      readonly emit: EmitStrategy
      readonly aside?: WindowAside
    }
  | {
      readonly kind: 'slidingAggregate'
      readonly store: string
      readonly window: SlidingWindow
      readonly aggregation: Aggregation
      readonly sendsOldValues: boolean
      readonly emit: EmitStrategy
      readonly aside?: WindowAside
    }
  | {
      readonly kind: 'sessionAggregate'
      readonly store: string
      readonly window: SessionWindow
      readonly aggregation: Aggregation
      /** Makes one aggregate of those of two sessions that a record has joined. */
      readonly merger: (left: unknown, right: unknown, key: unknown) => unknown
      readonly sendsOldValues: boolean
      readonly emit: EmitStrategy
      /** Whether a closed session that the store still shows takes no records: otherwise it does, as in Kafka Streams. */
      readonly closedGrowNoMore?: boolean
      readonly aside?: WindowAside
    }
  | {
      readonly kind: 'countWindowAggregate'
      readonly store: string
      /** Of windows of which many overlap: the store of the pieces that they are put together from. */
      readonly panes?: string
      readonly window: CountWindow
      readonly aggregation: Aggregation
      readonly emit: EmitStrategy
    }
  | { readonly kind: 'globalWindowAggregate'; readonly store: string; readonly window: GlobalWindow; readonly aggregation: Aggregation }
  // Tables. A value in flight between them is a Change.
  | { readonly kind: 'tableSource'; readonly store: string | null; readonly sendsOldValues: boolean }
  | {
      readonly kind: 'tableFilter'
      /** Here and below: whether the table upstream is versioned, so that changes can come that are not the latest (KIP-914). */
      readonly versioned?: boolean
      readonly predicate: Callback<boolean>
      readonly negate: boolean
      readonly store: string | null
      readonly sendsOldValues: boolean
    }
  | { readonly kind: 'tableMapValues'; readonly mapper: Callback<unknown>; readonly store: string | null; readonly sendsOldValues: boolean }
  | { readonly kind: 'toStream' }
  /** As tableMapValues, but the mapper sees null values too (Kafka Streams: transformValues). */
  | {
      readonly kind: 'tableTransformValues'
      readonly mapper: RowMapper
      readonly store: string | null
      readonly sendsOldValues: boolean
    }
  /** Maps each row to its group and a value; what flows on is a Change for the group, written to the repartition topic with the serde `changed(value)`. */
  | { readonly kind: 'tableGroupBy'; readonly versioned?: boolean; readonly selector: Callback<readonly [unknown, unknown]> }
  | { readonly kind: 'tableAggregate'; readonly store: string; readonly aggregation: TableAggregation; readonly sendsOldValues: boolean }
  /** One side of a join of two tables: a change on this side meets the other side's row. The joiner always has left before right. */
  | {
      readonly kind: 'tableTableJoin'
      readonly versioned?: boolean
      readonly side: JoinSide
      readonly type: JoinType
      readonly joiner: Joiner
      readonly other: TableView
      readonly sendsOldValues: boolean
    }
  /** Where both sides of a join of tables come together. */
  | { readonly kind: 'tableJoinMerge'; readonly store: string | null; readonly sendsOldValues: boolean }
  | { readonly kind: 'suppress'; readonly store: string; readonly until: SuppressUntil; readonly buffer: SuppressBuffer }
  // Joins.
  | {
      readonly kind: 'streamTableJoin'
      readonly left: boolean
      readonly joiner: Joiner
      readonly table: TableView
      /** Records wait in a store for so long, by stream time, so that the table's rows of their time can come. Only with versioned tables. */
      readonly grace: JoinGrace | null
    }
  | {
      readonly kind: 'streamGlobalTableJoin'
      readonly left: boolean
      readonly keySelector: Callback<unknown>
      readonly joiner: Joiner
      readonly table: TableView
    }
  /** Sends a record on, then keeps it for the other side of a stream-stream join. */
  | { readonly kind: 'joinWindow'; readonly store: string }
  /** One side of a stream-stream join: a record meets those that the other side has kept. */
  | {
      readonly kind: 'streamStreamJoin'
      readonly side: JoinSide
      readonly type: JoinType
      readonly window: JoinWindow
      readonly joiner: Joiner
      readonly otherStore: string
      /** Of left and outer joins: records that have met nobody yet.  */
      readonly unmatchedStore: string | null
      /** What both sides share is kept under this name: that of the node where they come together. */
      readonly join: string
    }
  /** Both sides are the same stream (optimisation single.store.self.join). */
  | { readonly kind: 'streamSelfJoin'; readonly window: JoinWindow; readonly joiner: Joiner; readonly store: string }

export type ForeignKeySpec =
  /** The five steps of a join by foreign key (operators/foreign-key-join.ts); then the result is a tableSource. */
  | {
      readonly kind: 'foreignKeySubscribe'
      readonly versioned?: boolean
      readonly left: boolean
      /** Of a left row. */
      readonly foreignKey: Callback<unknown>
      readonly foreignKeySerde: Serde<unknown>
      /** Of the left table's values, which are hashed as it writes them. */
      readonly valueSerde: Serde<unknown>
    }
  /** The store has keys of bytes() and values of subscription(primaryKeySerde), without a cache. */
  | {
      readonly kind: 'foreignKeyReceive'
      readonly store: string
      readonly foreignKeySerde: Serde<unknown>
      readonly primaryKeySerde: Serde<unknown>
    }
  | { readonly kind: 'foreignKeyLookup'; readonly foreign: TableView }
  | {
      readonly kind: 'foreignKeyNotify'
      readonly versioned?: boolean
      readonly store: string
      readonly foreignKeySerde: Serde<unknown>
      readonly primaryKeySerde: Serde<unknown>
    }
  | {
      readonly kind: 'foreignKeyResolve'
      readonly left: boolean
      readonly primary: TableView
      readonly joiner: Joiner
      readonly valueSerde: Serde<unknown>
    }

export type Joiner = (left: unknown, right: unknown, key: unknown) => unknown
export type JoinSide = 'left' | 'right'
export type JoinType = 'inner' | 'left' | 'outer'

export interface JoinGrace {
  readonly graceMs: number
  /** Of kind `graceBuffer`. */
  readonly store: string
}

/** `updates`: each change of a window's aggregate is sent on; `final`: its last one, once it is closed. */
export type EmitStrategy = 'updates' | 'final'

/** What a windowed aggregation has besides its results. */
export interface WindowAside {
  /** The child that late records are sent to, and nothing else; undefined: they are left out. */
  readonly late?: string
  /** The store in which decisions are kept that do not follow from the input, of windows that the clock closes. */
  readonly decisions?: string
  /**
   * Of windows that are sent when they close: for how long after that, by stream time, the store still shows them. Before a record moves time further than that, what
   * has closed is sent. undefined: as in Kafka Streams, where a jump of time hides results from the operator before it has sent them.
   */
  readonly shownMs?: number
}

export type SuppressUntil =
  /** Only for windowed keys: until the window's end and grace; deletions need not be sent, nothing of the window was. */
  | { readonly kind: 'windowCloses'; readonly graceMs: number }
  | { readonly kind: 'timeLimit'; readonly waitMs: number; readonly by?: 'wallClock' }

/** undefined: no limit. */
export interface SuppressBuffer {
  readonly recordsMax: number | undefined
  readonly bytesMax: number | undefined
  readonly whenFull: 'emitEarly' | 'shutDown'
}

/**
 * How a value is folded in. `adder` gets a null aggregate only where `initializer` gave one. `skipsNullValues`: unwindowed aggregations do, windowed ones
 * take them (as Kafka Streams has it). `result` takes the visible result out of the stored aggregate (named aggregators);
 * without it the aggregate is the result.
 */
export interface Aggregation {
  readonly kind: 'count' | 'reduce' | 'aggregate' | 'elements'
  /** A reduce has none: the first value of a key is its aggregate. */
  readonly initializer: (() => unknown) | null
  readonly adder: (aggregate: unknown, value: unknown, key: unknown) => unknown
  readonly result: ((aggregate: unknown) => unknown) | null
  /** Makes of two aggregates that of all their values, those of the left one first; undefined: nobody knows how. */
  readonly merger?: (left: unknown, right: unknown) => unknown
  /** Of named aggregators, whose states lie in a list in this order. */
  readonly aggregators?: readonly NamedAggregator[]
  /** Of elements, which are kept as they come: `adder` is not asked. */
  readonly elements?: ElementsSpec
}

/** One of several that fold in one pass, and what its states are. */
export interface NamedAggregator {
  readonly name: string
  readonly kind: string
}

export interface ElementsSpec {
  readonly value: Serde<unknown>
  readonly elementsMax: number
  readonly bytesMax: number
  readonly whenFull: 'fail' | 'dropNewest' | 'dropOldest'
}

/** Of a grouped table: the old value of a row is taken out before the new one is folded in. */
export interface TableAggregation extends Aggregation {
  readonly subtractor: (aggregate: unknown, value: unknown, key: unknown) => unknown
}

/** How a row of a table is read by key: from a store, or computed from the table it comes from (Kafka Streams: KTableValueGetter). */
export type TableView =
  /** A key-value store by key, a window or session store by windowed key. */
  | { readonly kind: 'store'; readonly store: string }
  | { readonly kind: 'filter'; readonly of: TableView; readonly predicate: Callback<boolean>; readonly negate: boolean }
  | { readonly kind: 'mapValues'; readonly of: TableView; readonly mapper: Callback<unknown> }
  | { readonly kind: 'transformValues'; readonly of: TableView; readonly mapper: RowMapper }
  | { readonly kind: 'join'; readonly type: JoinType; readonly left: TableView; readonly right: TableView; readonly joiner: Joiner }
  /** What a suppress has let through: for a row that it holds back, the value before. */
  | { readonly kind: 'suppress'; readonly of: TableView; readonly store: string }

/** A store of the topology. */
export interface StoreSpec {
  readonly name: string
  readonly kind: StoreKind
  /** Of the keys themselves: of windowed results, that of the key inside. */
  readonly key: Serde<unknown>
  readonly value: Serde<unknown>
  /** Of `unmatched`: the values of the right side; `value` is for those of the left. */
  readonly otherValue?: Serde<unknown>
  readonly persistent: boolean
  readonly caching: boolean
  /** The name of its changelog before the application id: `<store>-changelog`; a source topic that serves as one; null: not logged. */
  readonly changelog: ChangelogSpec | null
  /** Of window and session stores: how long an entry is kept. */
  readonly retentionMs?: number
  /** Of window stores: the size of their windows. */
  readonly windowSizeMs?: number
  /** What readers from outside see of a stored value, where that is something else: the result of named aggregators. */
  readonly seen?: SeenValue
  /** Values of an older type are made into new ones where they are read. */
  readonly migrates?: true
  /** Of windowed aggregates: whether the operator reads ranges of a key's windows (sliding windows do), so that they should lie together. */
  readonly rangesByKey?: boolean
  /** Of windowed aggregates and sessions: whether they are walked by time first (those that emit on close are). */
  readonly timeOrdered?: boolean
  /** Of versioned stores: how far back one can ask. */
  readonly historyRetentionMs?: number
  /** Of LRU maps: of how many keys the rows are kept, of those used last. */
  readonly entriesMax?: number
  /** Of keyed state: when its rows are due, by time to live or as timers. */
  readonly due?: DueSpec
  /** Of lists: whether keys end with a number, which is counted on over restarts. */
  readonly numbered?: boolean
  /** Of window stores of the Processor API: whether a key can have several values at one time. */
  readonly retainsDuplicates?: boolean
}

export interface SeenValue {
  of(stored: unknown): unknown
  /** Of what is seen: says its type; nothing is written with it. undefined: the type cannot travel. */
  readonly serde: Serde<unknown> | undefined
}

export type StoreKind =
  | 'keyValue'
  | 'timestampedKeyValue'
  | 'versioned'
  /** Windowed aggregates, with timestamps. */
  | 'window'
  /** A window store of the Processor API, without timestamps. */
  | 'plainWindow'
  | 'session'
  | 'countWindow'
  | 'globalWindow'
  /** What one side of a stream-stream join keeps for the other. */
  | 'joinWindow'
  /** What in a left or outer join of streams has met nobody yet. */
  | 'unmatched'
  /** What suppress holds back. */
  | 'suppressBuffer'
  /** Records of a stream-table join that wait for their grace to pass. */
  | 'graceBuffer'
  /** Which rows of the left table of a foreign-key join want a row of the right one. */
  | 'subscriptions'

export type ChangelogSpec =
  | { readonly kind: 'internal'; readonly name: string; readonly settings: Readonly<Record<string, string>> }
  | { readonly kind: 'sourceTopic'; readonly topic: string }

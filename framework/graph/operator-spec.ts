// What a processor node of the topology does, as data and callbacks: one variant for each kind of operator. The dsl makes
// them, operators/ turns each into a running operator (in one switch), describe and the manifest read them.
// Callbacks take the value first, then the key, then the record.

import type { StreamRecord } from '../ports/record.ts'
import type { Serde } from '../ports/serde.ts'
import type { FixedKeyProcessorSupplier, ProcessorSupplier } from './processor.ts'
import type { AggregationWindow, CountWindow } from './window-spec.ts'

export type Callback<R> = (value: unknown, key: unknown, record: StreamRecord<unknown, unknown>) => R

export type OperatorSpec =
  // Streams, without state.
  | { readonly kind: 'pass' } // merge, and wherever the graph needs a node that changes nothing
  | { readonly kind: 'filter'; readonly predicate: Callback<boolean>; readonly negate: boolean }
  | { readonly kind: 'map'; readonly mapper: Callback<readonly [unknown, unknown]> }
  | { readonly kind: 'mapValues'; readonly mapper: Callback<unknown> }
  | { readonly kind: 'selectKey'; readonly selector: Callback<unknown> }
  | { readonly kind: 'flatMap'; readonly mapper: Callback<Iterable<readonly [unknown, unknown]>> }
  | { readonly kind: 'flatMapValues'; readonly mapper: Callback<Iterable<unknown>> }
  | { readonly kind: 'peek'; readonly action: Callback<void> }
  | { readonly kind: 'print'; readonly label: string | undefined }
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
    }
  | { readonly kind: 'countWindowAggregate'; readonly store: string; readonly window: CountWindow; readonly aggregation: Aggregation }
  // Tables. A value in flight between them is a Change.
  | { readonly kind: 'tableSource'; readonly store: string | null; readonly sendsOldValues: boolean }
  | {
      readonly kind: 'tableFilter'
      readonly predicate: Callback<boolean>
      readonly negate: boolean
      readonly store: string | null
      readonly sendsOldValues: boolean
    }
  | { readonly kind: 'tableMapValues'; readonly mapper: Callback<unknown>; readonly store: string | null; readonly sendsOldValues: boolean }
  | { readonly kind: 'toStream' }
  // Joins.
  | {
      readonly kind: 'streamTableJoin'
      readonly left: boolean
      readonly joiner: (left: unknown, right: unknown, key: unknown) => unknown
      readonly table: TableView
    }

/**
 * How a value is folded in. `adder` gets a null aggregate only where `initializer` gave one. `skipsNullValues`: unwindowed aggregations do, windowed ones
 * take them (as Kafka Streams has it). `result` takes the visible result out of the stored aggregate (named aggregators);
 * without it the aggregate is the result.
 */
export interface Aggregation {
  readonly kind: 'count' | 'reduce' | 'aggregate'
  /** A reduce has none: the first value of a key is its aggregate. */
  readonly initializer: (() => unknown) | null
  readonly adder: (aggregate: unknown, value: unknown, key: unknown) => unknown
  readonly result: ((aggregate: unknown) => unknown) | null
}

/** How a row of a table is read by key: from a store, or computed from the table it comes from (Kafka Streams: KTableValueGetter). */
export type TableView =
  | { readonly kind: 'store'; readonly store: string }
  | { readonly kind: 'filter'; readonly of: TableView; readonly predicate: Callback<boolean>; readonly negate: boolean }
  | { readonly kind: 'mapValues'; readonly of: TableView; readonly mapper: Callback<unknown> }

/** A store of the topology. */
export interface StoreSpec {
  readonly name: string
  readonly kind: 'keyValue' | 'timestampedKeyValue' | 'window' | 'countWindow'
  readonly key: Serde<unknown>
  readonly value: Serde<unknown>
  readonly persistent: boolean
  readonly caching: boolean
  /** The name of its changelog before the application id: `<store>-changelog`; a source topic that serves as one; null: not logged. */
  readonly changelog: ChangelogSpec | null
  /** Of window stores: how long an entry is kept, and the size of its windows. */
  readonly retentionMs?: number
  readonly windowSizeMs?: number
}

export type ChangelogSpec =
  | { readonly kind: 'internal'; readonly name: string; readonly settings: Readonly<Record<string, string>> }
  | { readonly kind: 'sourceTopic'; readonly topic: string }

// Where a topology begins: its sources and its stores.

import { type LogicalGraph, LogicalNode } from '../graph/logical-graph.ts'
import type { Callback } from '../graph/operator-spec.ts'
import type { Processor, ProcessorSupplier } from '../graph/processor.ts'
import type { SourceTable } from '../graph/table-state.ts'
import type { Source } from '../ports/connector.ts'
import type { Serde } from '../ports/serde.ts'
import { json } from '../serdes/serdes.ts'
import { addStore } from './add-store.ts'
import { requireFunction, requireName, requireNames, requireOptions, requireProcessor } from './arguments.ts'
import type { Mapper } from './callbacks.ts'
import { type Makers, requireSerde } from './flow.ts'
import { GlobalKTable } from './global-ktable.ts'
import { addGlobal, addGlobalTable } from './global-tables.ts'
import { KStream } from './kstream.ts'
import { KTable } from './ktable.ts'
import { isVersioned, nameStore, rowStore } from './materialize.ts'
import type { AddStoreOptions, GlobalTableOptions, ProcessOptions, SourceOptions, TableOptions, ToOptions } from './options.ts'
import { addNamedProcessor, addNamedSink, addNamedSource, addReadOnly, connectStores } from './processor-api.ts'
import { resetOf, timingOf } from './source-options.ts'

export interface GlobalStoreOptions<K, V> extends Pick<SourceOptions<K, V>, 'timestamp' | 'onInvalidTimestamp'> {
  readonly key?: Serde<K>
  readonly value?: Serde<V>
  /** The name of the processor that fills the store. */
  readonly processorName?: string
  readonly persistent?: boolean
}

export interface ReadOnlyStoreOptions<K, V> extends Pick<SourceOptions<K, V>, 'timestamp' | 'onInvalidTimestamp'> {
  readonly key?: Serde<K>
  readonly value?: Serde<V>
  /** The name of the source. Default: the store's, with `-source`. */
  readonly sourceName?: string
  /** The name of the processor that fills the store. Default: the store's, with `-processor`. */
  readonly processorName?: string
  readonly persistent?: boolean
}

/** Kafka Streams: `StreamsBuilder`. */
export class StreamsBuilder {
  private readonly graph: LogicalGraph

  /** @internal */
  constructor(graph: LogicalGraph) {
    this.graph = graph
  }

  /**
   * The records of one topic, of several, or of all whose whole name matches a pattern, topics that come later included (they are looked for every
   * `metadataMaxAgeMs`). Within a partition they come in order, over partitions and topics by timestamp as far as is known. Null keys and null values
   * are records like others: where values can be null, say so in the type, as in `stream<string, Flight | null>`.
   *
   * Kafka Streams: `StreamsBuilder.stream`, `Consumed`.
   *
   * @example
   * ```ts
   * import { topology } from 'millrace'
   *
   * export default topology('copy', (builder) => {
   *   builder.stream<string, string>(['monday', 'tuesday']).to('all-days')
   *   builder.stream<string, number>(/sensor-.+/, { reset: 'latest' }).to('all-readings')
   * })
   * ```
   */
  stream<K, V>(topics: string | readonly string[] | RegExp, options: SourceOptions<K, V> = {}): KStream<K, V> {
    const { graph } = this
    requireTopics(graph, 'StreamsBuilder.stream', topics)
    requireOptions(graph, 'StreamsBuilder.stream', options)
    const name = graph.names.orGenerated(options.name, 'KSTREAM-SOURCE-')
    const serdes = { key: requireSerde({ graph }, name, 'key', options.key), value: requireSerde({ graph }, name, 'value', options.value) }
    const node = new LogicalNode(name, {
      kind: 'source',
      topics: topicsOf(graph, name, topics),
      ...serdes,
      timing: timingOf(options),
      reset: resetOf(graph, name, options),
    })
    graph.add(graph.root, node)
    return new KStream({ make, graph, name, node, ...serdes, sources: new Set([name]), changedKey: false, joinRepartition: null })
  }

  /**
   * A topic as a table: each record is the new value of its key, a null value deletes the row. Records with a null key are dropped, and counted. The
   * record that arrives last wins, whatever its timestamp; in a versioned store the one with the latest timestamp does. It is kept in a store if it is
   * named one, or if something downstream reads it by key; with the optimisation `reuse.ktable.source.topics` the topic itself is the store's changelog.
   *
   * Kafka Streams: `StreamsBuilder.table`.
   *
   * @example
   * ```ts
   * import { topology } from 'millrace'
   *
   * export default topology('prices', (builder) => {
   *   const prices = builder.table<string, number>('prices', { store: { name: 'prices', historyRetention: '1d' } })
   *   const orders = builder.stream<string, number>('orders')
   *   orders.join(prices, (pieces, price) => pieces * price).to('totals')
   * })
   * ```
   */
  table<K, V>(topic: string, options: TableOptions<K, V> = {}): KTable<K, V> {
    const { graph } = this
    requireName(graph, 'StreamsBuilder.table', 'topic', topic)
    requireOptions(graph, 'StreamsBuilder.table', options)
    const named = nameStore(graph, options.store, options.name, `${topic}-`)
    const sourceName = graph.names.suffixedOrGenerated(options.name, '-source', 'KSTREAM-SOURCE-')
    const name = graph.names.orGenerated(options.name, 'KTABLE-SOURCE-')
    const serdes = { key: requireSerde({ graph }, name, 'key', options.key), value: requireSerde({ graph }, name, 'value', options.value) }
    const state: SourceTable = {
      kind: 'source',
      store: named.name,
      queryable: named.queryable,
      materialized: named.queryable,
      sendsOldValues: false,
    }
    const store = rowStore(named, serdes.key, serdes.value)
    const node = new LogicalNode(
      name,
      {
        kind: 'tableSource',
        sourceName,
        topic,
        ...serdes,
        timing: timingOf(options),
        reset: resetOf(graph, name, options),
        table: state,
        store,
      },
      { versioned: isVersioned(options.store) },
    )
    graph.add(graph.root, node)
    return new KTable({ make, graph, name, node, ...serdes, sources: new Set([sourceName]), state })
  }

  /**
   * A topic as a table that every instance has whole: for joins that need not be partitioned alike, by any key.
   *
   * Kafka Streams: `StreamsBuilder.globalTable`.
   *
   * @example
   * ```ts
   * import { topology } from 'millrace'
   *
   * export default topology('named', (builder) => {
   *   const countries = builder.globalTable<string, string>('countries')
   *   const orders = builder.stream<string, { country: string }>('orders')
   *   orders.join(countries, (order) => order.country, (order, name) => ({ ...order, name })).to('named-orders')
   * })
   * ```
   */
  globalTable<K, V>(topic: string, options: GlobalTableOptions<K, V> = {}): GlobalKTable<K, V> {
    requireName(this.graph, 'StreamsBuilder.globalTable', 'topic', topic)
    requireOptions(this.graph, 'StreamsBuilder.globalTable', options)
    return new GlobalKTable(addGlobalTable(this.graph, topic, options as GlobalTableOptions<unknown, unknown>))
  }

  /**
   * Adds a key-value store that every instance fills from a whole topic, by a processor of one's own; every processor can read it. The processor must
   * store what it is given as it is: when the store is restored, it is not asked.
   *
   * Kafka Streams: `StreamsBuilder.addGlobalStore`.
   *
   * @example
   * ```ts
   * import { type KeyValueStore, topology } from 'millrace'
   *
   * export default topology('rates', (builder) => {
   *   const fill = () => {
   *     let rates: KeyValueStore<string, number>
   *     return {
   *       init(context: { store<S>(name: string): S }) {
   *         rates = context.store('rates')
   *       },
   *       process({ key, value }: { key: string; value: number | null }) {
   *         rates.put(key, value)
   *       },
   *     }
   *   }
   *   builder.addGlobalStore<string, number>('rates', 'rates', fill)
   * })
   * ```
   */
  addGlobalStore<K, V>(
    name: string,
    topic: string,
    supplier: () => Processor<K, V, never, never>,
    options: GlobalStoreOptions<K, V> = {},
  ): void {
    const { graph } = this
    requireName(graph, 'StreamsBuilder.addGlobalStore', 'name', name)
    requireName(graph, 'StreamsBuilder.addGlobalStore', 'topic', topic)
    requireFunction(graph, 'StreamsBuilder.addGlobalStore', 'supplier', supplier)
    requireOptions(graph, 'StreamsBuilder.addGlobalStore', options)
    const { persistent = true, processorName } = options
    const source = { ...options, ...(processorName === undefined ? {} : { name: processorName }) } as SourceOptions<unknown, unknown>
    addGlobal(graph, topic, source, (serdes) => ({
      store: { name, kind: 'keyValue', ...serdes, persistent, caching: false, changelog: null },
      operator: { kind: 'process', supplier: supplier as ProcessorSupplier, stores: [name] },
    }))
  }

  /**
   * A bounded stream from the program itself, emitted once however many instances run. Elements are `[key, value]` or `[key, value, timestamp]`; without
   * a timestamp they have the time of their emission. At their end windows are closed, and an app of such sources only ends.
   *
   * @example
   * ```ts
   * import { topology } from 'millrace'
   *
   * export default topology('hello', (builder) => {
   *   builder.fromElements([['greeting', 'hello'], ['greeting', 'good morning']]).print()
   * })
   * ```
   */
  fromElements<K, V>(
    elements: readonly (readonly [key: K, value: V, timestamp?: number])[],
    options: SourceOptions<K, V> = {},
  ): KStream<K, V> {
    const { graph } = this
    const name = graph.names.orGenerated(options.name, 'KSTREAM-SOURCE-')
    const { key = null, value = null } = options
    const node = new LogicalNode(name, { kind: 'elements', elements, key: key ?? json(), value: value ?? json() })
    graph.add(graph.root, node)
    return new KStream({ make, graph, name, node, key, value, sources: new Set([name]), changedKey: false, joinRepartition: null })
  }

  /**
   * A stream from elsewhere than Kafka: a file, a database, a service. One task reads it, however many instances run, and its position is committed with
   * the offsets: after a restart it goes on behind the last record that was committed, so what lies between is processed again, as with a topic. Records without
   * a timestamp have the time at which they are read. A bounded one closes windows at its end.
   *
   * @example
   * ```ts
   * import { topology } from 'millrace'
   * import { fromFile } from 'millrace/plugins/files'
   *
   * export default topology('load', (builder) => {
   *   const orders = builder.fromSource(fromFile<string, { cents: number }>('orders.jsonl'))
   *   orders.to('orders')
   * })
   * ```
   */
  fromSource<K, V>(source: Source<K, V>, options: SourceOptions<K, V> = {}): KStream<K, V> {
    const { graph } = this
    const name = graph.names.orGenerated(options.name, 'KSTREAM-SOURCE-')
    const { key = null, value = null } = options
    const work = {
      kind: 'connectedSource',
      source: source as Source<unknown, unknown>,
      key: key ?? json(),
      value: value ?? json(),
    } as const
    const node = new LogicalNode(name, work)
    graph.add(graph.root, node)
    return new KStream({ make, graph, name, node, key, value, sources: new Set([name]), changedKey: false, joinRepartition: null })
  }

  /**
   * Adds a store for `process()`, `processValues()` and `transformValues()`: of keys and values, of versions, of windows or of sessions, on disk or in
   * memory. It is logged to a changelog and not cached unless the options say otherwise.
   *
   * Kafka Streams: `StreamsBuilder.addStateStore`, `Stores`.
   *
   * @example
   * ```ts
   * import { topology } from 'millrace'
   *
   * export default topology('stores', (builder) => {
   *   builder.addStore<string, number>('last')
   *   builder.addStore<string, number>('hourly', { type: 'timestampedWindow', retention: '1d', windowSize: '1h', persistent: false })
   *   builder.addStore<string, string>('visits', { type: 'session', retention: '1d', logging: { 'retention.ms': '172800000' } })
   * })
   * ```
   */
  addStore<K, V>(name: string, options: AddStoreOptions<K, V> = {}): void {
    requireName(this.graph, 'StreamsBuilder.addStore', 'name', name)
    requireOptions(this.graph, 'StreamsBuilder.addStore', options)
    addStore(this.graph, name, options as AddStoreOptions<unknown, unknown>)
  }

  /**
   * A source by its name, for `addProcessor` and `addSink`; of one topic, of several, or of all whose whole name matches a pattern.
   *
   * Kafka Streams: `Topology.addSource`.
   *
   * @example
   * ```ts
   * import { topology } from 'millrace'
   *
   * export default topology('raw', (builder) => {
   *   builder.addSource<string, string>('lines', /lines-.+/)
   *   builder.addSink<string, string>('copy', 'all-lines', ['lines'])
   * })
   * ```
   */
  addSource<K, V>(name: string, topics: string | readonly string[] | RegExp, options: Omit<SourceOptions<K, V>, 'name'> = {}): void {
    requireName(this.graph, 'StreamsBuilder.addSource', 'name', name)
    requireTopics(this.graph, 'StreamsBuilder.addSource', topics)
    requireOptions(this.graph, 'StreamsBuilder.addSource', options)
    const twice = Array.isArray(topics) ? topics.find((topic, i) => topics.indexOf(topic) !== i) : undefined
    if (twice !== undefined) this.graph.problems.report(name, `reads the topic ${twice} twice.`, 'Name it once.')
    addNamedSource(this.graph, name, topicsOf(this.graph, name, topics), options as SourceOptions<unknown, unknown>)
  }

  /**
   * A processor by its name, behind nodes that were added before it. It can forward to all its children, or to one by name.
   *
   * Kafka Streams: `Topology.addProcessor`.
   *
   * @example
   * ```ts
   * import { type KeyValueStore, topology } from 'millrace'
   *
   * export default topology('raw', (builder) => {
   *   builder.addSource<string, string>('lines', /lines-.+/)
   *   builder.addStore<string, number>('lengths')
   *   builder.addProcessor<string, string, string, number>('measure', () => {
   *     let measure: (line: string, key: string) => void
   *     return {
   *       init(context) {
   *         const lengths = context.store<KeyValueStore<string, number>>('lengths')
   *         measure = (line, key) => {
   *           lengths.put(key, line.length)
   *           context.forward({ key, value: line.length }, 'out')
   *         }
   *       },
   *       process: ({ key, value }) => measure(value, key),
   *     }
   *   }, ['lines'])
   *   builder.connectStores('measure', ['lengths'])
   *   builder.addSink<string, number>('out', 'line-lengths', ['measure'])
   * })
   * ```
   */
  addProcessor<K, V, NewKey, NewValue>(
    name: string,
    supplier: () => Processor<K, V, NewKey, NewValue>,
    parents: readonly string[],
    options: Omit<ProcessOptions, 'name'> = {},
  ): void {
    requireName(this.graph, 'StreamsBuilder.addProcessor', 'name', name)
    requireProcessor(this.graph, 'StreamsBuilder.addProcessor', supplier, options)
    requireNames(this.graph, 'StreamsBuilder.addProcessor', 'parents', parents)
    addNamedProcessor(this.graph, name, supplier as ProcessorSupplier, parents, options.stores ?? [])
  }

  /**
   * A sink by its name, to a topic or to the one that a function names for each record. Null values are written as tombstones.
   *
   * Kafka Streams: `Topology.addSink`.
   *
   * @example
   * ```ts
   * import { topology } from 'millrace'
   *
   * export default topology('raw', (builder) => {
   *   builder.addSource<string, string>('lines', /lines-.+/)
   *   builder.addSink<string, string>('copy', 'all-lines', ['lines'])
   * })
   * ```
   */
  addSink<K, V>(
    name: string,
    topic: string | Mapper<K, V, string>,
    parents: readonly string[],
    options: Omit<ToOptions<K, V>, 'name'> = {},
  ): void {
    requireName(this.graph, 'StreamsBuilder.addSink', 'name', name)
    if (typeof topic !== 'function') requireName(this.graph, 'StreamsBuilder.addSink', 'topic', topic)
    requireNames(this.graph, 'StreamsBuilder.addSink', 'parents', parents)
    addNamedSink(this.graph, name, topic as string | Callback<string>, parents, options as ToOptions<unknown, unknown>)
  }

  /**
   * Connects further stores to a processor that was added before.
   *
   * Kafka Streams: `Topology.connectProcessorAndStateStores`.
   *
   * @example
   * ```ts
   * import { topology } from 'millrace'
   *
   * export default topology('raw', (builder) => {
   *   builder.addSource<string, string>('lines', 'lines')
   *   builder.addProcessor<string, string, never, never>('log', () => ({ process: ({ value }) => console.info(value) }), ['lines'])
   *   builder.addStore<string, number>('lengths')
   *   builder.connectStores('log', ['lengths'])
   * })
   * ```
   */
  connectStores(processor: string, stores: readonly string[]): void {
    requireName(this.graph, 'StreamsBuilder.connectStores', 'processor', processor)
    requireNames(this.graph, 'StreamsBuilder.connectStores', 'stores', stores)
    connectStores(this.graph, processor, stores)
  }

  /**
   * Adds a store that a processor of one's own fills from a topic; others that are connected to it read it. The topic serves as its changelog, so it is
   * read from its start: when the store is restored the processor is not asked, so it must store what it is given as it is.
   *
   * Kafka Streams: `Topology.addReadOnlyStateStore` (KIP-813).
   *
   * @example
   * ```ts
   * import { type KeyValueStore, topology } from 'millrace'
   *
   * export default topology('names', (builder) => {
   *   builder.addReadOnlyStore<string, string>('names', 'names', () => {
   *     let names: KeyValueStore<string, string>
   *     return {
   *       init(context) {
   *         names = context.store('names')
   *       },
   *       process: ({ key, value }) => names.put(key, value),
   *     }
   *   })
   * })
   * ```
   */
  addReadOnlyStore<K, V>(
    name: string,
    topic: string,
    supplier: () => Processor<K, V, never, never>,
    options: ReadOnlyStoreOptions<K, V> = {},
  ): void {
    requireName(this.graph, 'StreamsBuilder.addReadOnlyStore', 'name', name)
    requireName(this.graph, 'StreamsBuilder.addReadOnlyStore', 'topic', topic)
    requireFunction(this.graph, 'StreamsBuilder.addReadOnlyStore', 'supplier', supplier)
    requireOptions(this.graph, 'StreamsBuilder.addReadOnlyStore', options)
    const { sourceName = `${name}-source`, processorName = `${name}-processor`, ...rest } = options
    const names = { store: name, source: sourceName, processor: processorName }
    addReadOnly(this.graph, names, topic, supplier as ProcessorSupplier, rest as SourceOptions<unknown, unknown>)
  }
}

function requireTopics(graph: LogicalGraph, call: string, topics: unknown): void {
  if (topics instanceof RegExp) return
  if (typeof topics === 'string') requireName(graph, call, 'topic', topics)
  else requireNames(graph, call, 'topics', topics)
}

function topicsOf(graph: LogicalGraph, name: string, topics: string | readonly string[] | RegExp): readonly string[] | RegExp {
  if (topics instanceof RegExp) return topics
  const list = typeof topics === 'string' ? [topics] : topics
  if (list.length === 0) graph.problems.report(name, 'it reads no topic.', 'Name at least one.')
  return [...new Set(list)]
}

const make: Makers = {
  stream: (flow) => new KStream(flow),
  table: (flow) => new KTable(flow),
}

// From a case of the vectors to a topology of ours, through the public dsl: what TopologyInterpreter.java does for the JVM. Serdes are given to every
// operator, and a store option wherever the JVM gets a Materialized, because that decides generated names.

import {
  CogroupedKStream,
  type CountWindowedKStream,
  type GlobalKTable,
  hopping,
  type JoinWindow,
  type KGroupedStream,
  KGroupedTable,
  KStream,
  KTable,
  type Optimization,
  SessionWindowedCogroupedKStream,
  SessionWindowedKStream,
  type StoreOptions,
  type StreamsBuilder,
  session,
  sliding,
  type TimestampOf,
  TimeWindowedCogroupedKStream,
  TimeWindowedKStream,
  type Topology,
  type TopologyDefinition,
  type TopologyOptions,
  topology,
  tumbling,
  type WindowStoreOptions,
  within,
} from '../../framework/index.ts'
import { type KeyAndValue, OperationMissing, type VectorCase, type VectorType } from './vector.ts'
import type { VectorNode, VectorStore, VectorWindow } from './vector-node.ts'
import { serdeOf } from './vector-serdes.ts'
import {
  aggregator,
  flatMapper,
  flatValueMapper,
  foreignKey,
  initializer,
  joiner,
  keySelector,
  merger,
  predicate,
  reducer,
  topicExtractor,
  valueMapper,
} from './vocabulary.ts'
import { processorType, vocabularyFixedKeyProcessor, vocabularyProcessor } from './vocabulary-processors.ts'

type Stream = KStream<unknown, unknown>
type Table = KTable<unknown, unknown, null>
type Grouped = KGroupedStream<unknown, unknown>
type TimeWindowed = TimeWindowedKStream<unknown, unknown>

type AnyCogroup =
  | CogroupedKStream<unknown, unknown>
  | TimeWindowedCogroupedKStream<unknown, unknown>
  | SessionWindowedCogroupedKStream<unknown, unknown>

/** Something of the dsl, with the types of its keys and values. */
interface Made {
  /** A name, of the Processor API. */
  readonly object:
    | string
    | AnyCogroup
    | GlobalKTable<unknown, unknown>
    | SessionWindowedKStream<unknown, unknown>
    | Stream
    | Table
    | Grouped
    | KGroupedTable<unknown, unknown>
    | TimeWindowed
    | CountWindowedKStream<unknown, unknown>
  readonly key: VectorType
  readonly value: VectorType
}

/** The application id of all cases. */
export const applicationId = 'app'

/** The topology of a case; building it throws OperationMissing for what does not exist yet, and `topology-invalid` where the JVM refuses too. */
export function topologyOf(vector: VectorCase): TopologyDefinition {
  return topology(applicationId, (builder) => new Interpreter(vector, builder).run(), {
    naming: 'kafka-streams',
    optimization: optimizationOf(vector),
  })
}

function optimizationOf({ config }: VectorCase): NonNullable<TopologyOptions['optimization']> {
  const setting = config['topology.optimization'] ?? 'none'
  return setting === 'all' || setting === 'none' ? setting : (setting.split(',') as Optimization[])
}

export function buildTopology(vector: VectorCase): Topology {
  return topologyOf(vector).build()
}

class Interpreter {
  private readonly vector: VectorCase
  private readonly builder: StreamsBuilder
  private readonly made = new Map<string, Made>()
  private readonly topics: Map<string, KeyAndValue>

  constructor(vector: VectorCase, builder: StreamsBuilder) {
    this.vector = vector
    this.builder = builder
    this.topics = new Map(Object.entries({ ...vector.outputTopics, ...vector.topics }))
  }

  run(): void {
    const { config, nodes } = this.vector
    for (const setting of ['ensure.explicit.internal.resource.naming']) {
      if (config[setting] !== undefined) throw new OperationMissing(setting)
    }
    // A store is there before who names it.
    const stores = nodes.filter(({ op }) => op === 'addStateStore')
    for (const node of [...stores, ...nodes.filter((other) => !stores.includes(other))]) {
      const made = this.make(node)
      if (made !== undefined) this.made.set(node.id, made)
    }
  }

  private make(node: VectorNode): Made | undefined {
    switch (node.op) {
      case 'stream':
        return this.stream(node)
      case 'table':
        return this.table(node)
      case 'addSource':
        return this.addSource(node)
      case 'addProcessor':
        return this.addProcessor(node)
      case 'addSink':
        return this.addSink(node)
      case 'addStateStore':
      case 'addStore':
        return this.addStore(node)
      case 'filter':
      case 'filterNot':
        return this.filter(node, node.op)
      case 'mapValues':
        return this.mapValues(node)
      case 'map':
        return this.map(node)
      case 'selectKey':
        return this.selectKey(node)
      case 'flatMap':
        return this.flatMap(node)
      case 'flatMapValues':
        return this.flatMapValues(node)
      case 'peek':
        return { ...this.from(node), object: this.streamOf(node).peek(() => undefined, named(node)) }
      case 'split':
        return this.split(node)
      case 'merge':
        return { ...this.from(node), object: this.streamOf(node).merge(this.other(node).object as Stream, named(node)) }
      case 'repartition':
        return this.repartition(node)
      case 'to':
        return this.to(node)
      case 'toStream':
        return this.toStream(node)
      case 'toTable':
        return this.toTable(node)
      case 'transformValues':
        return this.transformValues(node)
      case 'foreignKeyJoin':
        return this.foreignKeyJoin(node)
      case 'tableTableJoin':
        return this.tableTableJoin(node)
      case 'groupByKey':
        return this.groupByKey(node)
      case 'groupBy':
        return this.groupBy(node)
      case 'cogroup':
        return this.cogroup(node)
      case 'windowedBy':
        return this.windowedBy(node)
      case 'count':
      case 'reduce':
      case 'aggregate':
        return this.aggregation(node, node.op)
      case 'suppress':
        return this.suppress(node)
      case 'globalTable':
        return this.globalTable(node)
      case 'addGlobalStore':
        return this.addGlobalStore(node)
      case 'streamGlobalTableJoin':
        return this.streamGlobalTableJoin(node)
      case 'streamStreamJoin':
        return this.streamStreamJoin(node)
      case 'streamTableJoin':
        return this.streamTableJoin(node)
      case 'process':
      case 'processValues':
        return this.process(node, node.op)
      default:
        throw new OperationMissing(node.op)
    }
  }

  // Sources and stores.

  private stream(node: VectorNode): Made {
    const topics = node.topics ?? []
    const types = this.typesOf(topics[0])
    return { ...types, object: this.builder.stream<unknown, unknown>(topics, { ...named(node), ...serdes(types), ...timestamps(node) }) }
  }

  private table(node: VectorNode): Made {
    const topic = String(node.topic)
    const types = this.typesOf(topic)
    return { ...types, object: this.builder.table<unknown, unknown>(topic, { ...named(node), ...serdes(types), ...materialized(node) }) }
  }

  private globalTable(node: VectorNode): Made {
    const topic = String(node.topic)
    const types = this.typesOf(topic)
    return {
      ...types,
      object: this.builder.globalTable<unknown, unknown>(topic, { ...named(node), ...serdes(types), ...materialized(node) }),
    }
  }

  private addGlobalStore(node: VectorNode): undefined {
    const { name = '', kind } = given(node, 'store')
    const topic = String(node.topic)
    const processor = given(node, 'processor')
    const options = {
      ...serdes(this.typesOf(topic)),
      persistent: kind !== 'memory',
      ...(node.name === undefined ? {} : { processorName: node.name }),
    }
    this.builder.addGlobalStore<unknown, unknown>(name, topic, () => vocabularyProcessor(processor, name), options)
  }

  private addStore({ store = {} }: VectorNode): undefined {
    const { name, key, value, kind, logging, caching } = store
    const options = {
      ...serdes({ key: key ?? 'string', value: value ?? 'string' }),
      persistent: kind !== 'memory',
      ...(logging === undefined ? {} : { logging }),
      ...(caching === undefined ? {} : { caching }),
    }
    this.builder.addStore(String(name), { ...options, ...storeShape(store) })
  }

  // Sources, processors and sinks by name.

  private addSource({ name = '', topics = [] }: VectorNode): Made {
    const types = this.typesOf(topics[0])
    this.builder.addSource(name, topics, serdes(types))
    return { ...types, object: name }
  }

  private addProcessor({ name = '', parents = [], ...node }: VectorNode): Made {
    const processor = given({ ...node, name, parents }, 'processor')
    // The JVM connects stores afterwards; here the processor names them.
    const added = this.vector.nodes.filter(({ op, processors }) => op === 'addStateStore' && processors?.includes(name))
    const stores = [...(node.connectStores ?? []), ...added.map(({ store }) => String(store?.name))]
    this.builder.addProcessor(name, () => vocabularyProcessor(processor, stores[0]), parents, { stores })
    const { key, value } = this.parentOf(parents)
    return { key, value: processorType(processor, value), object: name }
  }

  private addSink({ name = '', topic = '', parents = [] }: VectorNode): undefined {
    this.builder.addSink(name, topic, parents, serdes(this.parentOf(parents)))
  }

  private parentOf([first]: readonly string[]): KeyAndValue {
    return [...this.made.values()].find(({ object }) => object === first) ?? { key: 'string', value: 'string' }
  }

  // Stateless operators.

  private filter(node: VectorNode, op: 'filter' | 'filterNot'): Made {
    const { object, key, value } = this.from(node)
    const test = predicate(given(node, 'predicate'))
    const keeps = (v: unknown, k: unknown) => test(k, v)
    if (object instanceof KTable) return { key, value, object: object[op](keeps, { ...named(node), ...materialized(node) }) }
    return { key, value, object: (object as Stream)[op](keeps, named(node)) }
  }

  private mapValues(node: VectorNode): Made {
    const { object, key, value } = this.from(node)
    const mapper = valueMapper(given(node, 'mapper'), value)
    const map = (v: unknown, k: unknown) => mapper.call(k, v)
    if (object instanceof KTable) {
      const options = { ...named(node), ...materialized(node), value: serdeOf(mapper.type) as never }
      return { key, value: mapper.type, object: object.mapValues(map, options) as Table }
    }
    return { key, value: mapper.type, object: (object as Stream).mapValues(map, named(node)) }
  }

  private map(node: VectorNode): Made {
    const { key, value } = this.from(node)
    const keys = keySelector(given(node, 'key'), key)
    const values = valueMapper(given(node, 'value'), value)
    const object = this.streamOf(node).map((v, k) => [keys.call(k, v), values.call(k, v)], named(node))
    return { key: keys.type, value: values.type, object }
  }

  private selectKey(node: VectorNode): Made {
    const { key, value } = this.from(node)
    const selector = keySelector(given(node, 'keySelector'), key)
    return { key: selector.type, value, object: this.streamOf(node).selectKey((v, k) => selector.call(k, v), named(node)) }
  }

  private flatMap(node: VectorNode): Made {
    const { key, value } = this.from(node)
    const mapper = flatMapper(given(node, 'mapper'), key)
    return { key: mapper.type, value, object: this.streamOf(node).flatMap((v, k) => mapper.call(k, v), named(node)) }
  }

  private flatMapValues(node: VectorNode): Made {
    const { key, value } = this.from(node)
    const mapper = flatValueMapper(given(node, 'mapper'), value)
    return { key, value: mapper.type, object: this.streamOf(node).flatMapValues((v) => mapper.call(v), named(node)) }
  }

  private split(node: VectorNode): undefined {
    const { key, value } = this.from(node)
    const branches = node.branches ?? []
    const branched = this.streamOf(node).split(named(node))
    for (const branch of branches) {
      const test = predicate(branch.predicate ?? { fn: 'never' })
      branched.branch((v, k) => test(k, v), named(branch))
    }
    const streams: readonly Stream[] = node.default === undefined ? branched.noDefaultBranch() : branched.defaultBranch(named(node.default))
    const ids = [...branches, ...(node.default === undefined ? [] : [node.default])].map(({ id }) => id)
    for (const [i, object] of streams.entries()) this.made.set(ids[i]!, { key, value, object })
  }

  private repartition(node: VectorNode): Made {
    const { key, value } = this.from(node)
    const { partitions } = node
    const options = { ...named(node), ...serdes({ key, value }), ...(partitions === undefined ? {} : { partitions }) }
    return { key, value, object: this.streamOf(node).repartition(options) }
  }

  private to(node: VectorNode): undefined {
    const { key, value } = this.from(node)
    if (node.topicExtractor !== undefined) {
      const { fn } = node.topicExtractor
      const extract = topicExtractor(node.topicExtractor)
      // describe() shows the function's name.
      const chooser = { [fn]: (v: unknown, k: unknown) => extract(k, v) }[fn]!
      this.streamOf(node).to(chooser, { ...named(node), ...serdes({ key, value }) })
      return
    }
    const topic = String(node.topic)
    if (!this.topics.has(topic)) this.topics.set(topic, { key, value })
    this.streamOf(node).to(topic, { ...named(node), ...serdes({ key, value }) })
  }

  private toStream(node: VectorNode): Made {
    const { object, key, value } = this.from(node)
    const table = object as Table
    if (node.keySelector === undefined) return { key, value, object: table.toStream(named(node)) }
    const selector = keySelector(node.keySelector, key)
    return { key: selector.type, value, object: table.toStream((v, k) => selector.call(k, v), named(node)) }
  }

  private toTable(node: VectorNode): Made {
    const { key, value } = this.from(node)
    const options = { ...named(node), ...materialized(node), ...serdes({ key, value }) }
    return { key, value, object: this.streamOf(node).toTable(options) as Table }
  }

  private transformValues(node: VectorNode): Made {
    const { object, key, value } = this.from(node)
    const mapper = valueMapper(given(node, 'mapper'), value)
    const options = { ...named(node), ...materialized(node), value: serdeOf(mapper.type) as never }
    return { key, value: mapper.type, object: (object as Table).transformValues((v, k) => mapper.call(k, v), options) }
  }

  private foreignKeyJoin(node: VectorNode): Made {
    const { object, key, value } = this.from(node)
    const other = this.other(node)
    const f = joiner(given(node, 'joiner'), value, other.value)
    const extract = foreignKey(given(node, 'foreignKey'))
    const options = {
      ...named(node),
      store: {},
      ...materialized(node),
      key: serdeOf(key) as never,
      thisValue: serdeOf(value) as never,
      otherKey: serdeOf(other.key) as never,
      otherValue: serdeOf(other.value) as never,
      value: serdeOf(f.type) as never,
    }
    const table = object as Table
    const keyOf = (v: unknown, k: unknown) => extract(k, v)
    const join = (left: unknown, right: unknown) => f.call(null, left, right)
    const call = [other.object as Table, keyOf, join, options] as const
    return { key, value: f.type, object: node.type === 'left' ? table.leftJoin(...call) : table.join(...call) }
  }

  private tableTableJoin(node: VectorNode): Made {
    const { object, key, value } = this.from(node)
    const other = this.other(node)
    const f = joiner(given(node, 'joiner'), value, other.value)
    const options = { ...named(node), ...materialized(node), value: serdeOf(f.type) as never }
    const join = (left: unknown, right: unknown, k: unknown) => f.call(k, left, right)
    const table = object as Table
    const call = [other.object as Table, join, options] as const
    const joined = node.type === 'left' ? table.leftJoin(...call) : node.type === 'outer' ? table.outerJoin(...call) : table.join(...call)
    return { key, value: f.type, object: joined }
  }

  // Groups, windows, aggregations.

  private groupByKey(node: VectorNode): Made {
    const { key, value } = this.from(node)
    return { key, value, object: this.streamOf(node).groupByKey({ ...named(node), ...serdes({ key, value }) }) }
  }

  private groupBy(node: VectorNode): Made {
    const { object, key, value } = this.from(node)
    if (object instanceof KTable) {
      const keys = keySelector(given(node, 'key'), key)
      const values = valueMapper(given(node, 'value'), value)
      const types = { key: keys.type, value: values.type }
      const selector = (v: unknown, k: unknown) => [keys.call(k, v), values.call(k, v)] as const
      return { ...types, object: object.groupBy(selector, { ...named(node), ...serdes(types) }) }
    }
    const selector = keySelector(given(node, 'keySelector'), key)
    const options = { ...named(node), ...serdes({ key: selector.type, value }) }
    return { key: selector.type, value, object: (object as Stream).groupBy((v, k) => selector.call(k, v), options) }
  }

  private cogroup(node: VectorNode): Made {
    const [first, ...others] = given(node, 'groups').map(({ from, adder }) => {
      const add = aggregator(adder)
      return { ...this.get(from), adder: (aggregate: unknown, v: unknown, k: unknown) => add(k, v, aggregate) }
    })
    if (first === undefined) throw new Error(`the cogroup ${node.id} has no groups`)
    const begun = (first.object as Grouped).cogroup(first.adder)
    const object = others.reduce((cogrouped, other) => cogrouped.cogroup(other.object as Grouped, other.adder), begun)
    return { key: first.key, value: first.value, object }
  }

  private cogroupAggregation(node: VectorNode, object: AnyCogroup): Made {
    const { key } = this.from(node)
    const initial = initializer(given(node, 'initializer'))
    const options = { ...named(node), store: {}, ...materialized(node), value: serdeOf(initial.type) as never }
    const start = () => initial.call
    if (!(object instanceof SessionWindowedCogroupedKStream))
      return { key, value: initial.type, object: object.aggregate(start, options) as Table }
    const merge = merger(given(node, 'merger'))
    const table = object.aggregate(start, (left: unknown, right: unknown, k: unknown) => merge(k, left, right), options)
    return { key, value: initial.type, object: table as Table }
  }

  private windowedBy(node: VectorNode): Made {
    const { object, key, value } = this.from(node)
    // Both kinds of groups are cut in the same way; only one of them knows of emit strategies.
    const group = object as Grouped
    const window = given(node, 'window')
    const { sizeMs = 0, advanceMs = 0, differenceMs = 0, gapMs = 0, graceMs: grace = 0 } = window
    const options = { emit: node.emit === 'onWindowClose' ? 'close' : 'updates' } as const
    const timeKey = { timeWindowed: key, sizeMs: sizeMs === 0 ? differenceMs : sizeMs }
    switch (window.type) {
      case 'tumbling':
        return { key: timeKey, value, object: group.windowedBy(tumbling(sizeMs, { grace }), options) }
      case 'hopping':
        return { key: timeKey, value, object: group.windowedBy(hopping(sizeMs, { advance: advanceMs, grace }), options) }
      case 'sliding':
        return { key: timeKey, value, object: group.windowedBy(sliding(differenceMs, { grace }), options) }
      case 'session':
        return { key: { sessionWindowed: key }, value, object: group.windowedBy(session(gapMs, { grace }), options) }
      default:
        throw new OperationMissing(`${window.type} windows`)
    }
  }

  private aggregation(node: VectorNode, op: 'count' | 'reduce' | 'aggregate'): Made {
    const { object, key, value } = this.from(node)
    // The store option is always there: the JVM always gets a Materialized with the serdes.
    const options = { ...named(node), store: {}, ...materialized(node) }
    if (isCogroup(object)) return this.cogroupAggregation(node, object)
    if (object instanceof KGroupedTable) return this.tableAggregation(node, op, object)
    const group = object as Grouped | TimeWindowed | SessionWindowedKStream<unknown, unknown>
    if (op === 'count') return { key, value: 'long', object: group.count(options) as Table }
    if (op === 'reduce') return { key, value, object: group.reduce(reducer(given(node, 'reducer')), options) as Table }
    const initial = initializer(given(node, 'initializer'))
    const add = aggregator(given(node, 'adder'))
    const adder = (aggregate: unknown, v: unknown, k: unknown) => add(k, v, aggregate)
    if (group instanceof SessionWindowedKStream) {
      const merge = merger(given(node, 'merger'))
      const mergeSessions = (left: unknown, right: unknown, k: unknown) => merge(k, left, right)
      const object = group.aggregate(() => initial.call, adder, mergeSessions, { ...options, value: serdeOf(initial.type) as never })
      return { key, value: initial.type, object: object as Table }
    }
    const folding = [() => initial.call, adder, { ...options, value: serdeOf(initial.type) as never }] as const
    const table = group instanceof TimeWindowedKStream ? group.aggregate(...folding) : group.aggregate(...folding)
    return { key, value: initial.type, object: table as Table }
  }

  private tableAggregation(node: VectorNode, op: 'count' | 'reduce' | 'aggregate', group: KGroupedTable<unknown, unknown>): Made {
    const { key, value } = this.from(node)
    const options = { ...named(node), store: {}, ...materialized(node) }
    if (op === 'count') return { key, value: 'long', object: group.count(options) as Table }
    if (op === 'reduce') {
      const object = group.reduce(reducer(given(node, 'reducer')), reducer(given(node, 'subtractor')), options)
      return { key, value, object: object as Table }
    }
    const initial = initializer(given(node, 'initializer'))
    const [add, subtract] = [aggregator(given(node, 'adder')), aggregator(given(node, 'subtractor'))]
    const object = group.aggregate(
      () => initial.call,
      (aggregate: unknown, v, k) => add(k, v, aggregate),
      (aggregate: unknown, v, k) => subtract(k, v, aggregate),
      { ...options, value: serdeOf(initial.type) as never },
    )
    return { key, value: initial.type, object: object as Table }
  }

  // Joins and processors.

  private suppress(node: VectorNode): Made {
    const { object, key, value } = this.from(node)
    const { maxRecords, maxBytes, onFull, logging } = node.buffer ?? {}
    const until = node.until === 'windowCloses' ? 'windowCloses' : (node.waitMs ?? 0)
    const bounded = maxRecords !== undefined || maxBytes !== undefined
    const suppressed = (object as Table).suppress({
      ...named(node),
      until,
      ...(maxRecords === undefined ? {} : { recordsMax: maxRecords }),
      ...(maxBytes === undefined ? {} : { bytesMax: maxBytes }),
      // The JVM's final results are always of a buffer that shuts down when it is full.
      ...(bounded && until !== 'windowCloses' ? { whenFull: onFull === 'shutDown' ? 'shutDown' : 'emitEarly' } : {}),
      ...(bounded && logging !== undefined ? { logging } : {}),
    })
    return { key, value, object: suppressed }
  }

  private streamGlobalTableJoin(node: VectorNode): Made {
    const { key, value } = this.from(node)
    const other = this.other(node)
    const selector = keySelector(given(node, 'keySelector'), key)
    const f = joiner(given(node, 'joiner'), value, other.value)
    const select = (v: unknown, k: unknown) => selector.call(k, v)
    const join = (left: unknown, right: unknown, k: unknown) => f.call(k, left, right)
    const call = [other.object as GlobalKTable<unknown, unknown>, select, join, named(node)] as const
    const stream = this.streamOf(node)
    return { key, value: f.type, object: node.type === 'left' ? stream.leftJoin(...call) : stream.join(...call) }
  }

  private streamStreamJoin(node: VectorNode): Made {
    const { key, value } = this.from(node)
    const other = this.other(node)
    const f = joiner(given(node, 'joiner'), value, other.value)
    const stream = this.streamOf(node)
    const options = { ...named(node), ...serdes({ key, value }), otherValue: serdeOf(other.value) as never, ...materialized(node) }
    const join = (left: unknown, right: unknown, k: unknown) => f.call(k, left, right)
    const window = joinWindowOf(given(node, 'window'))
    const call = [other.object as Stream, join, window, options] as const
    const object =
      node.type === 'outer' ? stream.outerJoin(...call) : node.type === 'left' ? stream.leftJoin(...call) : stream.join(...call)
    return { key, value: f.type, object }
  }

  private streamTableJoin(node: VectorNode): Made {
    if (node.graceMs !== undefined) throw new OperationMissing('a stream-table join with grace')
    const { key, value } = this.from(node)
    const table = this.other(node)
    const f = joiner(given(node, 'joiner'), value, table.value)
    const stream = this.streamOf(node)
    const join = (left: unknown, right: unknown, k: unknown) => f.call(k, left, right)
    const call = [table.object as Table, join, { ...named(node), ...serdes({ key, value }) }] as const
    const object = node.type === 'left' ? stream.leftJoin(...call) : stream.join(...call)
    return { key, value: f.type, object }
  }

  private process(node: VectorNode, op: 'process' | 'processValues'): Made {
    const { key, value } = this.from(node)
    const processor = given(node, 'processor')
    const options = { ...named(node), ...(node.stores === undefined ? {} : { stores: node.stores }) }
    const store = node.stores?.[0]
    const stream = this.streamOf(node)
    const object =
      op === 'process'
        ? stream.process(() => vocabularyProcessor(processor, store), options)
        : stream.processValues(() => vocabularyFixedKeyProcessor(processor, store), options)
    return { key, value: processorType(processor, value), object }
  }

  private typesOf(topic: string | undefined): KeyAndValue {
    const types = this.topics.get(String(topic))
    if (types === undefined) throw new Error(`the case has no types of the topic ${topic}`)
    return types
  }

  private from(node: VectorNode): Made {
    return this.get(node.from)
  }

  private other(node: VectorNode): Made {
    return this.get(node.with)
  }

  private get(id: string | undefined): Made {
    const made = this.made.get(String(id))
    if (made === undefined) throw new Error(`the case has no node ${id}`)
    return made
  }

  private streamOf(node: VectorNode): Stream {
    const { object } = this.from(node)
    if (object instanceof KStream) return object
    throw new Error(`${node.op} ${node.id} is not called on a stream`)
  }
}

function given<F extends keyof VectorNode>(node: VectorNode, field: F): NonNullable<VectorNode[F]> {
  const value = node[field]
  if (value === undefined || value === null) throw new Error(`${node.op} ${node.id} has no ${field}`)
  return value
}

function isCogroup(object: unknown): object is AnyCogroup {
  const kinds = [CogroupedKStream, TimeWindowedCogroupedKStream, SessionWindowedCogroupedKStream]
  return kinds.some((kind) => object instanceof kind)
}

function timestamps({ timestampExtractor }: VectorNode): { timestamp?: TimestampOf<unknown, unknown> } {
  if (timestampExtractor === undefined) return {}
  if (timestampExtractor.fn !== 'valueAsTimestamp') throw new Error(`the vocabulary has no timestamp extractor ${timestampExtractor.fn}`)
  return { timestamp: ({ value }, partitionTimeMs) => (value === null || value === undefined ? partitionTimeMs : Number(value)) }
}

function storeShape({ type, retentionMs = 0, windowSizeMs = 0, retainDuplicates = false }: VectorStore) {
  switch (type) {
    case 'keyValue':
    case 'timestampedKeyValue':
      return { type } as const
    case 'window':
      return { type, retention: retentionMs, windowSize: windowSizeMs, retainDuplicates } as const
    case 'session':
      return { type, retention: retentionMs } as const
    default:
      throw new OperationMissing(`a store of type ${type}`)
  }
}

function named({ name }: { readonly name?: string }): { name?: string } {
  return name === undefined ? {} : { name }
}

// The types of a case are known at run time only.
function serdes({ key, value }: KeyAndValue): { key: never; value: never } {
  return { key: serdeOf(key) as never, value: serdeOf(value) as never }
}

function materialized({ store }: VectorNode): { store?: WindowStoreOptions } {
  return store === undefined ? {} : { store: storeOptions(store) }
}

function storeOptions(store: VectorStore): WindowStoreOptions {
  if (store.historyRetentionMs !== undefined) throw new OperationMissing('a versioned store')
  if (store.lruMaxEntries !== undefined) throw new OperationMissing('an LRU store')
  const { name, kind, logging, caching, retentionMs } = store
  const options: StoreOptions = {
    ...named({ ...(name === undefined ? {} : { name }) }),
    ...(kind === undefined ? {} : { persistent: kind === 'persistent' }),
    ...(logging === undefined ? {} : { logging }),
    ...(caching === undefined ? {} : { caching }),
  }
  return retentionMs === undefined ? options : { ...options, retention: retentionMs }
}

function joinWindowOf({ differenceMs, beforeMs, afterMs, graceMs = 0 }: VectorWindow): JoinWindow {
  const difference = differenceMs ?? Math.max(Math.abs(beforeMs ?? 0), Math.abs(afterMs ?? 0))
  return within(difference, {
    grace: graceMs,
    ...(beforeMs === undefined ? {} : { before: beforeMs }),
    ...(afterMs === undefined ? {} : { after: afterMs }),
  })
}

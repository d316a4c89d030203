// A stream of records. Every method adds one node to the graph and does nothing else.

import type { AsyncCall, Callback, Joiner as JoinerSpec, JoinType, LookupJoinSpec, MapAsyncSpec } from '../graph/operator-spec.ts'
import type { FixedKeyProcessor, FixedKeyProcessorSupplier, Processor, ProcessorSupplier } from '../graph/processor.ts'
import type { JoinWindow } from '../graph/window-spec.ts'
import type { Sink } from '../ports/connector.ts'
import type { StreamRecord } from '../ports/record.ts'
import { type ApplyOptions, type OperatorContext, operatorContext } from './apply.ts'
import { requireFlow, requireFunction, requireName, requireOptions, requireProcessor, requireStreamJoin } from './arguments.ts'
import { asOfJoin } from './as-of-join.ts'
import { BranchedKStream } from './branched-kstream.ts'
import type { Joiner, Mapper, Predicate, TypePredicate } from './callbacks.ts'
import { checkSupplier } from './check-supplier.ts'
import { addStep, type Step, type StreamFlow } from './flow.ts'
import { GlobalKTable } from './global-ktable.ts'
import { joinGlobalTable } from './global-tables.ts'
import { addKeyedProcess, isDefinition, type KeyedProcess, type KeyedProcessOptions, type KeyedValueProcess } from './keyed-process.ts'
import { KGroupedStream } from './kgrouped-stream.ts'
import type { KTable } from './ktable.ts'
import { lookupJoin } from './lookup-join.ts'
import { mapAsync } from './map-async.ts'
import type {
  AsOfJoinOptions,
  DistinctOptions,
  LookupJoinOptions,
  MapAsyncOptions,
  NameOptions,
  PrintOptions,
  ProcessOptions,
  RepartitionOptions,
  SampleOptions,
  StreamJoinOptions,
  StreamTableJoinOptions,
  ThrottleOptions,
  ToOptions,
  TopOptions,
  ToTableOptions,
  WriteOptions,
} from './options.ts'
import { repartition } from './repartition.ts'
import { addSink } from './sink.ts'
import type { StateTypes } from './state-types.ts'
import { joinStreams } from './stream-stream-join.ts'
import { joinTable } from './stream-table-join.ts'
import { toTable } from './stream-to-table.ts'
import { distinctBy, sampleEvery, sampleShare, throttle, topN } from './thinning.ts'

/**
 * Records in order, each with a key, a value, a timestamp and headers, which every operator passes on unless it says otherwise. Null keys and null
 * values are records like others. Operators that change the key make the next one that needs it repartition the stream first.
 */
export class KStream<out K, out V> {
  /** @internal */
  readonly flow: StreamFlow

  /** @internal */
  constructor(flow: StreamFlow) {
    this.flow = flow
  }

  /**
   * The records for which the predicate holds. A predicate that narrows the type narrows the stream's.
   *
   * Kafka Streams: `KStream.filter`.
   *
   * @example
   * ```ts
   * import { topology } from 'millrace'
   *
   * export default topology('late-flights', (builder) => {
   *   const flights = builder.stream<string, { delay: number } | null>('flights')
   *   flights.filter((flight) => flight !== null).filter((flight) => flight.delay > 15).to('late-flights')
   * })
   * ```
   */
  filter<S extends V>(predicate: TypePredicate<K, V, S>, options?: NameOptions): KStream<K, S>
  filter(predicate: Predicate<K, V>, options?: NameOptions): KStream<K, V>
  filter(predicate: Predicate<K, V>, options: NameOptions = {}): KStream<K, V> {
    requireFunction(this.flow.graph, 'KStream.filter', 'predicate', predicate)
    return this.step('KSTREAM-FILTER-', options, { kind: 'filter', predicate: predicate as Callback<boolean>, negate: false })
  }

  /**
   * The records for which the predicate does not hold. Null keys and null values are asked about too; the order stays.
   *
   * Kafka Streams: `KStream.filterNot`.
   *
   * @example
   * ```ts
   * import { topology } from 'millrace'
   *
   * export default topology('on-time', (builder) => {
   *   builder.stream<string, { delay: number }>('flights').filterNot((flight) => flight.delay > 15).to('on-time')
   * })
   * ```
   */
  filterNot(predicate: Predicate<K, V>, options: NameOptions = {}): KStream<K, V> {
    requireFunction(this.flow.graph, 'KStream.filterNot', 'predicate', predicate)
    return this.step('KSTREAM-FILTER-', options, { kind: 'filter', predicate: predicate as Callback<boolean>, negate: true })
  }

  /**
   * A new key and value, as a pair, for each record. Where the key stays, `mapValues` saves a repartitioning.
   *
   * Kafka Streams: `KStream.map`.
   *
   * @example
   * ```ts
   * import { topology } from 'millrace'
   *
   * export default topology('swapped', (builder) => {
   *   builder.stream<string, string>('pairs').map((value, key) => [value, key]).to('swapped')
   * })
   * ```
   */
  map<NewKey, NewValue>(mapper: Mapper<K, V, readonly [NewKey, NewValue]>, options: NameOptions = {}): KStream<NewKey, NewValue> {
    requireFunction(this.flow.graph, 'KStream.map', 'mapper', mapper)
    const operator = { kind: 'map', mapper: mapper as Callback<readonly [unknown, unknown]> } as const
    return this.step('KSTREAM-MAP-', options, operator, { becomes: newKeyAndValue, traits: changesKey })
  }

  /**
   * A new value for each record, null values included.
   *
   * Kafka Streams: `KStream.mapValues`.
   *
   * @example
   * ```ts
   * import { topology } from 'millrace'
   *
   * export default topology('upper', (builder) => {
   *   builder.stream<string, string>('words').mapValues((word) => word.toUpperCase()).to('upper')
   * })
   * ```
   */
  mapValues<NewValue>(mapper: Mapper<K, V, NewValue>, options: NameOptions = {}): KStream<K, NewValue> {
    requireFunction(this.flow.graph, 'KStream.mapValues', 'mapper', mapper)
    return this.step(
      'KSTREAM-MAPVALUES-',
      options,
      { kind: 'mapValues', mapper: mapper as Callback<unknown> },
      { becomes: newValue, traits: changesValue },
    )
  }

  /**
   * Any number of new keys and values for each record, in the order given, all with its timestamp and headers; none drops the record. Null keys and null
   * values come to the mapper too. What needs the key behind it repartitions.
   *
   * Kafka Streams: `KStream.flatMap`.
   *
   * @example
   * ```ts
   * import { topology } from 'millrace'
   *
   * export default topology('sightings', (builder) => {
   *   const photos = builder.stream<string, { animals: string[] }>('photos')
   *   photos.flatMap((photo, camera) => photo.animals.map((animal) => [animal, camera] as const)).to('sightings')
   * })
   * ```
   */
  flatMap<NewKey, NewValue>(
    mapper: Mapper<K, V, Iterable<readonly [NewKey, NewValue]>>,
    options: NameOptions = {},
  ): KStream<NewKey, NewValue> {
    requireFunction(this.flow.graph, 'KStream.flatMap', 'mapper', mapper)
    const operator = { kind: 'flatMap', mapper: mapper as Callback<Iterable<readonly [unknown, unknown]>> } as const
    return this.step('KSTREAM-FLATMAP-', options, operator, { becomes: newKeyAndValue, traits: changesKey })
  }

  /**
   * Any number of new values for each record, in the order given, under the same key.
   *
   * Kafka Streams: `KStream.flatMapValues`.
   *
   * @example
   * ```ts
   * import { topology } from 'millrace'
   *
   * export default topology('words', (builder) => {
   *   builder.stream<string, string>('lines').flatMapValues((line) => line.split(' ')).to('words')
   * })
   * ```
   */
  flatMapValues<NewValue>(mapper: Mapper<K, V, Iterable<NewValue>>, options: NameOptions = {}): KStream<K, NewValue> {
    requireFunction(this.flow.graph, 'KStream.flatMapValues', 'mapper', mapper)
    const operator = { kind: 'flatMapValues', mapper: mapper as Callback<Iterable<unknown>> } as const
    return this.step('KSTREAM-FLATMAPVALUES-', options, operator, { becomes: newValue, traits: changesValue })
  }

  /**
   * The same values under a new key, which may be null. Null keys and null values come to the selector too. What needs the key behind it repartitions.
   *
   * Kafka Streams: `KStream.selectKey`.
   *
   * @example
   * ```ts
   * import { topology } from 'millrace'
   *
   * export default topology('by-origin', (builder) => {
   *   builder.stream<string, { origin: string }>('flights').selectKey((flight) => flight.origin).to('flights-by-origin')
   * })
   * ```
   */
  selectKey<NewKey>(selector: Mapper<K, V, NewKey>, options: NameOptions = {}): KStream<NewKey, V> {
    requireFunction(this.flow.graph, 'KStream.selectKey', 'selector', selector)
    const operator = { kind: 'selectKey', selector: selector as Callback<unknown> } as const
    return this.step('KSTREAM-KEY-SELECT-', options, operator, { becomes: newKey, traits: changesKey })
  }

  /**
   * Does something with each record, null keys and null values too, and passes it on. What it does may happen again after a failure.
   *
   * Kafka Streams: `KStream.peek`.
   *
   * @example
   * ```ts
   * import { topology } from 'millrace'
   *
   * export default topology('watched', (builder) => {
   *   builder.stream<string, string>('orders').peek((order, customer) => console.info(customer, order)).to('watched-orders')
   * })
   * ```
   */
  peek(action: Mapper<K, V, void>, options: NameOptions = {}): KStream<K, V> {
    requireFunction(this.flow.graph, 'KStream.peek', 'action', action)
    return this.step('KSTREAM-PEEK-', options, { kind: 'peek', action: action as Callback<void> })
  }

  /**
   * Does something with each record, and nothing comes behind it. What it does may happen again after a failure.
   *
   * Kafka Streams: `KStream.foreach`.
   *
   * @example
   * ```ts
   * import { topology } from 'millrace'
   *
   * export default topology('alarms', (builder) => {
   *   builder.stream<string, string>('alarms').forEach((alarm, device) => console.warn(device, alarm))
   * })
   * ```
   */
  forEach(action: Mapper<K, V, void>, options: NameOptions = {}): void {
    requireFunction(this.flow.graph, 'KStream.forEach', 'action', action)
    this.step('KSTREAM-FOREACH-', options, { kind: 'peek', action: action as Callback<void> })
  }

  /**
   * The records of both streams, null keys and null values too. Each keeps its order; between the two there is no order but that of their timestamps, as
   * far as is known when they are read from topics.
   *
   * Kafka Streams: `KStream.merge`.
   *
   * @example
   * ```ts
   * import { topology } from 'millrace'
   *
   * export default topology('all-orders', (builder) => {
   *   const web = builder.stream<string, string>('web-orders')
   *   const phone = builder.stream<string, string>('phone-orders')
   *   web.merge(phone).to('all-orders')
   * })
   * ```
   */
  merge(other: KStream<K, V>, options: NameOptions = {}): KStream<K, V> {
    const { graph } = this.flow
    requireFlow(graph, 'KStream.merge', 'other stream', other, 'a stream')
    requireOptions(graph, 'KStream.merge', options)
    const name = graph.names.orGenerated(options.name, 'KSTREAM-MERGE-')
    const merged = addStep(this.flow, { name, operator: { kind: 'pass' }, traits: { merges: true }, becomes: { key: null, value: null } })
    graph.add(other.flow.node, merged.node)
    const sources = new Set([...this.flow.sources, ...other.flow.sources])
    return new KStream({ ...merged, sources, changedKey: this.flow.changedKey || other.flow.changedKey })
  }

  /**
   * Splits the stream: each record goes to the first branch whose predicate holds.
   *
   * Kafka Streams: `KStream.split`.
   *
   * @example
   * ```ts
   * import { topology } from 'millrace'
   *
   * export default topology('by-size', (builder) => {
   *   const orders = builder.stream<string, number>('orders')
   *   const [large, others] = orders.split().branch((amount) => amount > 1000).defaultBranch()
   *   large.to('large-orders')
   *   others.to('other-orders')
   * })
   * ```
   */
  split(options: NameOptions = {}): BranchedKStream<K, V> {
    requireOptions(this.flow.graph, 'KStream.split', options)
    return new BranchedKStream(this.flow, options)
  }

  /**
   * Sends the records through a topic of the app's own, partitioned by their keys. Records with a null key are dropped there, unless a left or outer
   * join behind it takes them; null values are not. The order of a key stays. Seldom needed: operators repartition by themselves where the key has
   * changed.
   *
   * Kafka Streams: `KStream.repartition` (KIP-221).
   *
   * @example
   * ```ts
   * import { topology } from 'millrace'
   *
   * export default topology('spread', (builder) => {
   *   const readings = builder.stream<string, number>('readings')
   *   readings.repartition({ name: 'spread', partitions: 12 }).mapValues((value) => value * 1.8 + 32).to('fahrenheit')
   * })
   * ```
   */
  repartition(options: RepartitionOptions<K, V> = {}): KStream<K, V> {
    requireOptions(this.flow.graph, 'KStream.repartition', options)
    return new KStream(repartition(this.flow, options as RepartitionOptions<unknown, unknown>))
  }

  /**
   * Reads the stream as a table: each record is the new value of its key, a null value deletes the row; records with a null key are dropped, and
   * counted. The record that arrives last wins, whatever its timestamp; in a versioned store the one with the latest timestamp does. Where the key has
   * changed, the stream is repartitioned first.
   *
   * Kafka Streams: `KStream.toTable` (KIP-523).
   *
   * @example
   * ```ts
   * import { topology } from 'millrace'
   *
   * export default topology('latest', (builder) => {
   *   const places = builder.stream<string, { place: string }>('positions').mapValues(({ place }) => place)
   *   places.toTable({ store: 'places' }).toStream().to('places')
   * })
   * ```
   */
  toTable(options: ToTableOptions<K, V> = {}): KTable<K, NonNullable<V>> {
    requireOptions(this.flow.graph, 'KStream.toTable', options)
    return this.flow.make.table(toTable(this.flow, options as ToTableOptions<unknown, unknown>))
  }

  /**
   * Groups the records by their keys. Aggregations of the group drop records with a null key, and count them. Where the key has changed, the stream is
   * repartitioned first.
   *
   * Kafka Streams: `KStream.groupByKey`.
   *
   * @example
   * ```ts
   * import { topology } from 'millrace'
   *
   * export default topology('visits', (builder) => {
   *   builder.stream<string, string>('visits').groupByKey().count().toStream().to('visits-by-page')
   * })
   * ```
   */
  groupByKey(options: WriteOptions<K, V> = {}): KGroupedStream<K, V> {
    const { make, graph, name, node, sources, changedKey } = this.flow
    requireOptions(graph, 'KStream.groupByKey', options)
    const key = options.key ?? this.flow.key
    const value = options.value ?? this.flow.value
    return new KGroupedStream({ make, graph, name, node, sources, changedKey, key, value, groupName: options.name, repartition: null })
  }

  /**
   * Groups the records by a new key. Records whose new key is null are dropped, and counted as dropped.
   *
   * Kafka Streams: `KStream.groupBy`.
   *
   * @example
   * ```ts
   * import { topology } from 'millrace'
   *
   * export default topology('by-origin', (builder) => {
   *   const flights = builder.stream<string, { origin: string }>('flights')
   *   flights.groupBy((flight) => flight.origin).count().toStream().to('by-origin')
   * })
   * ```
   */
  groupBy<NewKey>(selector: Mapper<K, V, NewKey>, options: WriteOptions<NewKey, V> = {}): KGroupedStream<NewKey, V> {
    return this.selectKey(selector, options).groupByKey(options)
  }

  /**
   * Joins each record with the row that a table has for its key at that moment; where there is none, the record is dropped. Changes of the table send
   * nothing. Records with a null key are dropped. Both sides must be partitioned alike; where the key has changed, the stream is repartitioned.
   *
   * Given another stream and a window, joins each record with each one of the other stream that has the same key and lies within the window; the
   * result has the later timestamp. Records with a null key or value are dropped.
   *
   * Given a global table and what key to look up in it, joins each record with the row of that key; null keys of the record itself do not matter.
   *
   * Kafka Streams: `KStream.join`.
   *
   * @example
   * ```ts
   * import { topology, within } from 'millrace'
   *
   * export default topology('enriched', (builder) => {
   *   const airports = builder.table<string, { state: string }>('airports')
   *   const flights = builder.stream<string, { delay: number }>('flights-by-airport')
   *   const storms = builder.stream<string, { wind: number }>('storms-by-airport')
   *   flights.join(airports, (flight, airport) => ({ ...flight, state: airport.state })).to('enriched')
   *   flights.join(storms, (flight, storm) => ({ ...flight, wind: storm.wind }), within('1h')).to('in-storms')
   * })
   * ```
   */
  join<T, R>(table: KTable<K, T>, joiner: Joiner<K, V, T, R>, options?: StreamTableJoinOptions<K, V>): KStream<K, R>
  join<T, R>(other: KStream<K, T>, joiner: Joiner<K, V, T, R>, window: JoinWindow, options?: StreamJoinOptions<K, V, T>): KStream<K, R>
  join<GK, T, R>(
    table: GlobalKTable<GK, T>,
    keySelector: Mapper<K, V, GK>,
    joiner: Joiner<K, V, T, R>,
    options?: NameOptions,
  ): KStream<K, R>
  join(other: object, ...rest: JoinArguments): KStream<K, never> {
    return new KStream(joinAny(this.flow, 'KStream.join', other, 'inner', rest))
  }

  /**
   * As `join`, but a record that meets nobody is joined with null: with a table at once, with a stream when the window and its grace are over by stream
   * time; one that comes later than that is joined with null at once, and may still meet others after. Null keys pass too, joined with null; null values
   * are dropped by joins of streams, and come to the joiner in joins with tables.
   *
   * Kafka Streams: `KStream.leftJoin`.
   *
   * @example
   * ```ts
   * import { topology, within } from 'millrace'
   *
   * export default topology('clicked', (builder) => {
   *   const shown = builder.stream<string, string>('shown')
   *   const clicks = builder.stream<string, string>('clicks')
   *   const users = builder.table<string, { country: string }>('users')
   *   shown.leftJoin(clicks, (ad, click) => ({ ad, clicked: click !== null }), within('10m', { grace: '1m' })).to('clicked')
   *   clicks.leftJoin(users, (ad, user) => ({ ad, country: user?.country ?? '?' })).to('clicks-by-country')
   * })
   * ```
   */
  leftJoin<T, R>(table: KTable<K, T>, joiner: Joiner<K, V, T | null, R>, options?: StreamTableJoinOptions<K, V>): KStream<K, R>
  leftJoin<T, R>(
    other: KStream<K, T>,
    joiner: Joiner<K, V, T | null, R>,
    window: JoinWindow,
    options?: StreamJoinOptions<K, V, T>,
  ): KStream<K, R>
  leftJoin<GK, T, R>(
    table: GlobalKTable<GK, T>,
    keySelector: Mapper<K, V, GK>,
    joiner: Joiner<K, V, T | null, R>,
    options?: NameOptions,
  ): KStream<K, R>
  leftJoin(other: object, ...rest: JoinArguments): KStream<K, never> {
    return new KStream(joinAny(this.flow, 'KStream.leftJoin', other, 'left', rest))
  }

  /**
   * As `leftJoin` of streams, but records of either side that meet nobody are joined with null. Unmatched ones leave when the window and its grace are
   * over by stream time: by their times, the right side's before the left side's.
   *
   * Kafka Streams: `KStream.outerJoin`.
   *
   * @example
   * ```ts
   * import { topology, within } from 'millrace'
   *
   * export default topology('reconciled', (builder) => {
   *   const booked = builder.stream<string, number>('booked')
   *   const paid = builder.stream<string, number>('paid')
   *   booked.outerJoin(paid, (due, sum) => ({ due: due ?? 0, paid: sum ?? 0 }), within('1d', { grace: '1h' })).to('reconciled')
   * })
   * ```
   */
  outerJoin<T, R>(
    other: KStream<K, T>,
    joiner: Joiner<K, V | null, T | null, R>,
    window: JoinWindow,
    options: StreamJoinOptions<K, V, T> = {},
  ): KStream<K, R> {
    requireFlow(this.flow.graph, 'KStream.outerJoin', 'other stream', other, 'a stream')
    requireStreamJoin(this.flow.graph, 'KStream.outerJoin', joiner, window, options)
    return new KStream(joinStreams(this.flow, other.flow, 'outer', joiner as JoinerSpec, window, options as AnyJoinOptions))
  }

  /**
   * Hands the records to a processor of one's own, made once for each task, with stores and punctuations.
   *
   * Kafka Streams: `KStream.process` (KIP-820). What it forwards may have other keys, so that the next operator that needs the key repartitions.
   *
   * Given a definition instead (`KeyedProcess`), it has state and timers of its own for each key; where the key has changed, the stream is repartitioned
   * first, and records with a null key are dropped.
   *
   * @example
   * ```ts
   * import { type KeyValueStore, topology } from 'millrace'
   *
   * export default topology('dedupe', (builder) => {
   *   builder.addStore<string, string>('last')
   *   const words = builder.stream<string, string>('words')
   *   const changed = words.processValues<string>(
   *     () => {
   *       let last: KeyValueStore<string, string>
   *       let forward: (value: string) => void
   *       return {
   *         init(context) {
   *           last = context.store('last')
   *           forward = (value) => context.forward({ value })
   *         },
   *         process({ key, value }) {
   *           if (last.get(key) === value) return
   *           last.put(key, value)
   *           forward(value)
   *         },
   *       }
   *     },
   *     { stores: ['last'] },
   *   )
   *   changed.to('changed')
   * })
   * ```
   */
  process<NewKey, NewValue>(supplier: () => Processor<K, V, NewKey, NewValue>, options?: ProcessOptions): KStream<NewKey, NewValue>
  process<NewKey, NewValue, S extends StateTypes = NoState, T extends string = never>(
    definition: KeyedProcess<K, V, NewKey, NewValue, S, T>,
    options?: KeyedProcessOptions<K, V>,
  ): KStream<NewKey, NewValue>
  process<NewKey, NewValue>(supplier: object, options: ProcessOptions = {}): KStream<NewKey, NewValue> {
    const { stores = [] } = options
    const name = options.name ?? this.flow.graph.names.processor('KSTREAM-PROCESSOR-')
    if (isDefinition(supplier))
      return new KStream(addKeyedProcess(this.flow, supplier, { name, method: 'process', keepsKeys: false }, options))
    requireProcessor(this.flow.graph, 'KStream.process', supplier, options)
    checkSupplier(this.flow.graph, name, supplier as ProcessorSupplier)
    const operator = { kind: 'process', supplier: supplier as ProcessorSupplier, stores } as const
    return new KStream(addStep(this.flow, { name, operator, connects: stores, becomes: newKeyAndValue }))
  }

  /**
   * As `process`, for a processor that keeps the key of each record, so that nothing behind it is repartitioned. Null keys and null values come to it
   * too; to a definition with state by key (`KeyedValueProcess`) only null values.
   *
   * Kafka Streams: `KStream.processValues` (KIP-820).
   *
   * @example
   * ```ts
   * import { topology } from 'millrace'
   *
   * export default topology('aged', (builder) => {
   *   const readings = builder.stream<string, number>('readings')
   *   const aged = readings.processValues<{ value: number; ageMs: number }>(() => {
   *     let emit: (value: number, timestamp: number) => void
   *     return {
   *       init(context) {
   *         emit = (value, timestamp) => context.forward({ value: { value, ageMs: context.wallClock - timestamp } })
   *       },
   *       process: ({ value, timestamp }) => emit(value, timestamp),
   *     }
   *   })
   *   aged.to('aged')
   * })
   * ```
   */
  processValues<NewValue>(supplier: () => FixedKeyProcessor<K, V, NewValue>, options?: ProcessOptions): KStream<K, NewValue>
  processValues<NewValue, S extends StateTypes = NoState, T extends string = never>(
    definition: KeyedValueProcess<K, V, NewValue, S, T>,
    options?: KeyedProcessOptions<K, V>,
  ): KStream<K, NewValue>
  processValues<NewValue>(supplier: object, options: ProcessOptions = {}): KStream<K, NewValue> {
    const { stores = [] } = options
    const name = options.name ?? this.flow.graph.names.processor('KSTREAM-PROCESSVALUES-')
    if (isDefinition(supplier))
      return new KStream(addKeyedProcess(this.flow, supplier, { name, method: 'processValues', keepsKeys: true }, options))
    requireProcessor(this.flow.graph, 'KStream.processValues', supplier, options)
    checkSupplier(this.flow.graph, name, supplier as FixedKeyProcessorSupplier)
    const operator = { kind: 'processValues', supplier: supplier as FixedKeyProcessorSupplier, stores } as const
    return new KStream(addStep(this.flow, { name, operator, connects: stores, becomes: newValue }))
  }

  /**
   * Applies an operator, such as one of a plugin: a function that is given this stream and adds what it likes to it. Gives what the function gives. The compiler
   * hands it a name, from the variable that holds the result, and the serdes of the stream's keys and values.
   *
   * Kafka Streams has nothing of the kind; in Java one would write a static method.
   *
   * @example
   * ```ts
   * import { type KStream, type OperatorContext, topology } from 'millrace'
   *
   * const countEach = () => <K, V>(stream: KStream<K, V>, { name, key, value }: OperatorContext<K, V>) =>
   *   stream.groupByKey({ key, value }).count({ name })
   *
   * export default topology('clicks-by-page', (builder) => {
   *   const counts = builder.stream<string, { user: string }>('clicks').apply(countEach())
   *   counts.toStream().to('clicks-by-page')
   * })
   * ```
   */
  apply<R>(operator: (stream: KStream<K, V>, context: OperatorContext<K, V>) => R, options: ApplyOptions<K, V> = {}): R {
    return operator(this, operatorContext(this.flow, options, 'KSTREAM-APPLY-'))
  }

  /**
   * Writes the records to a topic, or to the one that a function names for each record; those topics must be there. Null keys and null values
   * (tombstones) are written as such, with timestamp and headers. The partition is chosen by the key as Java's producer does, of a windowed key by the
   * key in it, unless the options have a partitioner. The order of a partition is that of the stream.
   *
   * Kafka Streams: `KStream.to`.
   *
   * @example
   * ```ts
   * import { topology } from 'millrace'
   *
   * export default topology('routed', (builder) => {
   *   const orders = builder.stream<string, { country: string }>('orders')
   *   orders.to((order) => `orders-${order.country}`, { partitioner: (_order, customer, partitions) => customer.length % partitions })
   * })
   * ```
   */
  to(topic: string | Mapper<K, V, string>, options: ToOptions<K, V> = {}): void {
    if (typeof topic !== 'function') requireName(this.flow.graph, 'KStream.to', 'topic', topic)
    requireOptions(this.flow.graph, 'KStream.to', options)
    addSink(this.flow, topic as string | Callback<string>, options as ToOptions<unknown, unknown>)
  }

  /**
   * Hands the records to a sink that is no topic: a file, a database, a service. Null keys and values are records like others. At least once: a commit waits until
   * the sink has written what came before it, and what was not committed comes again after a crash.
   *
   * @example
   * ```ts
   * import { topology } from 'millrace'
   * import { toFile } from 'millrace/plugins/files'
   *
   * export default topology('archive', (builder) => {
   *   const orders = builder.stream<string, { cents: number }>('orders')
   *   orders.sinkTo(toFile('orders.jsonl'))
   * })
   * ```
   */
  sinkTo(sink: Sink<K, V>, options: NameOptions = {}): void {
    this.step('KSTREAM-FOREACH-', options, { kind: 'sinkTo', sink: sink as Sink<unknown, unknown> })
  }

  /**
   * Prints each record to stdout, as `(key,value)`: the value as JSON, of a windowed key only the key; with a label before it, or as the options'
   * `format` makes it, as a line of JSON or a row of a table. Nothing comes behind it.
   *
   * Kafka Streams: `KStream.print`, `Printed`.
   *
   * @example
   * ```ts
   * import { topology } from 'millrace'
   *
   * export default topology('shown', (builder) => {
   *   const words = builder.stream<string, string>('words')
   *   words.print({ label: 'words', format: (word, key) => `${key}: ${word}` })
   * })
   * ```
   */
  print(options: PrintOptions<K, V> = {}): void {
    requireOptions(this.flow.graph, 'KStream.print', options)
    const { label, format, as } = options as PrintOptions<unknown, unknown>
    if (as !== undefined && !['json', 'table'].includes(as))
      this.flow.graph.problems.report('KStream.print', `prints as ${String(as)}.`, "Say 'json' or 'table', or leave it out.")
    this.step('KSTREAM-PRINTER-', options, { kind: 'print', label, format, ...(as === undefined ? {} : { as }) })
  }

  /**
   * A new value for each record, from a promise: of a service, a database, a model. The task goes on meanwhile, and the result of a record goes on when those of earlier
   * ones of its key have (or of all, or of none: `order`), with its timestamp and headers. Null keys and null values come to the function too.
   *
   * Records whose calls are on their way when the app commits are written to a store and called again after a restart: at least one call for each record, and none
   * is lost. What the calls do elsewhere should bear repetition.
   *
   * @example
   * ```ts
   * import { topology } from 'millrace'
   *
   * export default topology('placed', (builder) => {
   *   const addresses = builder.stream<string, { street: string }>('addresses')
   *   const placed = addresses.mapAsync(
   *     async (address, _key, _record, { signal }): Promise<{ lat: number; lon: number }> => {
   *       const response = await fetch(`https://geo.example/?q=${encodeURIComponent(address.street)}`, { signal })
   *       return (await response.json()) as { lat: number; lon: number }
   *     },
   *     { concurrency: 8, timeout: '5s', retry: { attempts: 3 } },
   *   )
   *   placed.to('places')
   * })
   * ```
   */
  mapAsync<R>(
    mapper: (value: V, key: K, record: StreamRecord<K, V>, call: AsyncCall) => Promise<R>,
    options: MapAsyncOptions<K, V, R> = {},
  ): KStream<K, R> {
    const given = options as unknown as MapAsyncOptions<unknown, unknown, unknown>
    return new KStream(mapAsync(this.flow, mapper as MapAsyncSpec['mapper'], given))
  }

  /**
   * Joins each record with what a service or a database outside knows of a key that the record names. With a cache, an answer is asked for once in its time, also
   * where many records wait for it; what the cache has is joined at once. A record of which nothing is known (the promise has null or undefined) is dropped, and so, counted, is
   * one that names null. Null keys of the records themselves do not matter, and null values come to the selector and the joiner.
   *
   * The task goes on while calls are on their way, and guarantees are those of `mapAsync`: records that wait when the app commits are written to a store and asked for again after
   * a restart; none is lost. What comes from outside is no function of the input: run again, the join may give something else.
   *
   * Kafka Streams has none; Flink calls it a lookup join. What a topic has, `join` with a global table looks up without a call.
   *
   * @example
   * ```ts
   * import { topology } from 'millrace'
   *
   * interface Customer {
   *   name: string
   * }
   *
   * async function customerOf(id: string, { signal }: { signal: AbortSignal }): Promise<Customer | null> {
   *   const response = await fetch(`https://customers.example/${encodeURIComponent(id)}`, { signal })
   *   return response.status === 404 ? null : ((await response.json()) as Customer)
   * }
   *
   * export default topology('named-orders', (builder) => {
   *   const orders = builder.stream<string, { customer: string; cents: number }>('orders')
   *   const named = orders.lookupJoin(
   *     (order) => order.customer,
   *     customerOf,
   *     ({ cents }, { name }) => ({ cents, name }),
   *     { cache: { ttl: '10m', missingTtl: '30s' }, timeout: '2s', retry: { attempts: 3 } },
   *   )
   *   named.to('named-orders')
   * })
   * ```
   */
  lookupJoin<LookupKey, T, R>(
    keySelector: Mapper<K, V, LookupKey>,
    lookup: (key: NonNullable<LookupKey>, call: AsyncCall) => Promise<T>,
    joiner: Joiner<K, V, NonNullable<T>, R>,
    options: LookupJoinOptions<K, V, T> = {},
  ): KStream<K, R> {
    return this.lookup<R>(false, keySelector, lookup, joiner, options)
  }

  /**
   * As `lookupJoin`, but a record of which nothing is known is joined with null, and so is one that names null, without a call.
   *
   * @example
   * ```ts
   * import { topology } from 'millrace'
   *
   * export default topology('rated', (builder) => {
   *   const trades = builder.stream<string, { currency: string; amount: number }>('trades')
   *   const rated = trades.leftLookupJoin(
   *     ({ currency }) => currency,
   *     async (currency, { signal }) => {
   *       const response = await fetch(`https://rates.example/${currency}`, { signal })
   *       return response.ok ? ((await response.json()) as { euros: number }) : null
   *     },
   *     ({ amount }, rate) => ({ euros: rate === null ? null : amount * rate.euros }),
   *     { cache: { ttl: '1m', entriesMax: 200 }, onFailure: () => null },
   *   )
   *   rated.to('trades-in-euros')
   * })
   * ```
   */
  leftLookupJoin<LookupKey, T, R>(
    keySelector: Mapper<K, V, LookupKey>,
    lookup: (key: NonNullable<LookupKey>, call: AsyncCall) => Promise<T>,
    joiner: Joiner<K, V, NonNullable<T> | null, R>,
    options: LookupJoinOptions<K, V, T> = {},
  ): KStream<K, R> {
    return this.lookup<R>(true, keySelector, lookup, joiner, options)
  }

  /**
   * The records whose id was not let through within a time before, under the same key. So of records that come twice the first goes on. Ids are looked up among
   * those of the record's key: where equal ids may have different keys, `selectKey` first. Records with a null key are dropped, and counted; a null
   * id lets the record through. Null values come to the selector.
   *
   * Kafka Streams has none (KIP-655).
   *
   * @example
   * ```ts
   * import { topology } from 'millrace'
   *
   * export default topology('once', (builder) => {
   *   const payments = builder.stream<string, { id: string; cents: number }>('payments')
   *   const once = payments.distinctBy((payment) => payment.id, { within: '1d' })
   *   once.to('payments-once')
   * })
   * ```
   */
  distinctBy<Id>(selector: Mapper<K, V, Id>, options: DistinctOptions<K, V, Id>): KStream<K, V> {
    return new KStream(distinctBy(this.flow, selector as Callback<unknown>, options as DistinctOptions<unknown, unknown, unknown>))
  }

  /**
   * At most so many records of each key in a time that begins with the first of them; others are left out. Time is that of the records. Records with a null
   * key are dropped, and counted; null values are records like others.
   *
   * @example
   * ```ts
   * import { topology } from 'millrace'
   *
   * export default topology('calm', (builder) => {
   *   const alarms = builder.stream<string, string>('alarms')
   *   const calm = alarms.throttle(3, { per: '10m' })
   *   calm.to('few-alarms')
   * })
   * ```
   */
  throttle(recordsMax: number, options: ThrottleOptions<K, V>): KStream<K, V> {
    return new KStream(throttle(this.flow, recordsMax, options as ThrottleOptions<unknown, unknown>))
  }

  /**
   * A part of the records, the same ones each time that they are read: a share of them (0.1 for a tenth), by a hash of the key or of key and value, or every so many
   * records of a key. A share takes null keys and null values as others; counting drops records with a null key, and counts them.
   *
   * @example
   * ```ts
   * import { topology } from 'millrace'
   *
   * export default topology('sampled', (builder) => {
   *   const requests = builder.stream<string, { path: string }>('requests')
   *   const someUsers = requests.sample(0.01)
   *   someUsers.to('all-requests-of-some-users')
   *   const everyTenth = requests.sample({ every: 10 })
   *   everyTenth.to('some-requests-of-all-users')
   * })
   * ```
   */
  sample(part: number | { readonly every: number }, options: SampleOptions<K, V> = {}): KStream<K, V> {
    const given = options as SampleOptions<unknown, unknown>
    return new KStream(typeof part === 'number' ? sampleShare(this.flow, part, given) : sampleEvery(this.flow, part.every, given))
  }

  /**
   * The best values of each key, best first, whenever they change: at most so many, of each id the best one. Of equal ones the first to come stays. Records
   * with a null key are dropped, and counted; null values are left out.
   *
   * @example
   * ```ts
   * import { topology } from 'millrace'
   *
   * export default topology('high-scores', (builder) => {
   *   const games = builder.stream<string, { player: string; points: number }>('games')
   *   const highScores = games.topN(3, { by: (game) => game.points, id: (game) => game.player })
   *   highScores.to('high-scores')
   * })
   * ```
   */
  topN<Id extends string | number>(size: number, options: TopOptions<K, V, Id>): KStream<K, readonly V[]> {
    return new KStream(topN(this.flow, size, options as unknown as TopOptions<unknown, unknown, unknown>))
  }

  /**
   * Joins each record with the last value of the other stream under its key that is not younger than it: the rate of that moment, not the one of now. What the other
   * stream sends later changes nothing, unless the record waits for it (`grace`). A record that meets nothing is dropped, and so is one with a null key or
   * value; a null value of the other stream ends the one before it.
   *
   * Kafka Streams: a join with a versioned table (KIP-914), which this is; with the table itself there are left joins too.
   *
   * @example
   * ```ts
   * import { topology } from 'millrace'
   *
   * export default topology('priced', (builder) => {
   *   const rates = builder.stream<string, number>('rates')
   *   const payments = builder.stream<string, { amount: number }>('payments-by-currency')
   *   const priced = payments.asOfJoin(rates, ({ amount }, rate) => amount * rate, { history: '1d', grace: '1m' })
   *   priced.to('payments-in-euros')
   * })
   * ```
   */
  asOfJoin<T, R>(other: KStream<K, T>, joiner: Joiner<K, V, NonNullable<T>, R>, options: AsOfJoinOptions<K, V, T>): KStream<K, R> {
    const { graph } = this.flow
    requireFlow(graph, 'KStream.asOfJoin', 'other', other, 'a stream')
    requireFunction(graph, 'KStream.asOfJoin', 'joiner', joiner)
    return new KStream(asOfJoin(this.flow, other.flow, joiner as JoinerSpec, options as AsOfJoinOptions<unknown, unknown, unknown>))
  }

  private lookup<R>(left: boolean, keySelector: unknown, lookup: unknown, joiner: unknown, options: object): KStream<K, R> {
    const functions = { keySelector, lookup, joiner } as Pick<LookupJoinSpec, 'keySelector' | 'lookup' | 'joiner'>
    return new KStream(lookupJoin(this.flow, left, functions, options as LookupJoinOptions<unknown, unknown, unknown>))
  }

  private step<NewKey, NewValue>(
    prefix: string,
    options: NameOptions,
    operator: Step['operator'],
    more: Pick<Step, 'traits' | 'becomes'> = {},
  ): KStream<NewKey, NewValue> {
    requireOptions(this.flow.graph, 'KStream', options)
    const name = this.flow.graph.names.orGenerated(options.name, prefix)
    return new KStream(addStep(this.flow, { name, operator, ...more }))
  }
}

const changesKey = { changesKey: true }
const changesValue = { changesValue: true }
const newKey = { key: null, changedKey: true }
const newValue = { value: null }
const newKeyAndValue = { key: null, value: null, changedKey: true }

type NoState = Record<never, never>

type AnyJoinOptions = StreamJoinOptions<unknown, unknown, unknown>

/** What comes behind the other side: a joiner and options; a joiner, a window and options; a key selector, a joiner and options. */
type JoinArguments = readonly unknown[]

function joinAny(
  flow: StreamFlow,
  call: string,
  other: object,
  type: Exclude<JoinType, 'outer'>,
  [second, third, fourth = {}]: JoinArguments,
): StreamFlow {
  const { graph } = flow
  if (other instanceof GlobalKTable) {
    requireFunction(graph, call, 'key selector', second)
    requireFunction(graph, call, 'joiner', third)
    requireOptions(graph, call, fourth)
    const options = fourth as NameOptions
    return joinGlobalTable(flow, other.view, second as Callback<unknown>, third as JoinerSpec, type === 'left', options)
  }
  const joiner = second as JoinerSpec
  requireFlow(graph, call, 'other side', other, 'a stream, a table or a global table')
  if (other instanceof KStream) {
    requireStreamJoin(graph, call, joiner, third, fourth)
    return joinStreams(flow, other.flow, type, joiner, third as JoinWindow, fourth as AnyJoinOptions)
  }
  requireFunction(graph, call, 'joiner', joiner)
  requireOptions(graph, call, third ?? {})
  const table = (other as KTable<unknown, unknown>).flow
  return joinTable(flow, table, joiner, type === 'left', (third ?? {}) as StreamTableJoinOptions<unknown, unknown>)
}

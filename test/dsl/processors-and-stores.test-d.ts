import { expectTypeOf, test } from 'vitest'
import type {
  Aggregator,
  Counter,
  FixedKeyProcessor,
  FixedKeyProcessorContext,
  Headers,
  KeyValueStore,
  KStream,
  KTable,
  Offset,
  OperatorContext,
  Processor,
  ProcessorContext,
  ProcessorMetricsContext,
  ProcessorRecord,
  ReadOnlyKeyValueStore,
  ReadOnlySessionStore,
  ReadOnlyVersionedStore,
  ReadOnlyWindowStore,
  SessionStore,
  Source,
  StreamsBuilder,
  Timestamp,
  Topology,
  TopologyDefinition,
  ValueTransformer,
  VersionedKeyValueStore,
  VersionedRecord,
  Windowed,
  WindowedKey,
  WindowStore,
} from '../../framework/index.ts'
import {
  count,
  durationMs,
  hopping,
  long,
  mean,
  session,
  slidingCount,
  string,
  sum,
  topology,
  tumbling,
  unlimited,
} from '../../framework/index.ts'

interface Flight {
  readonly origin: string
  readonly delay: number
}

declare const builder: StreamsBuilder
const flights = builder.stream<string, Flight>('flights')
const airports = builder.table<string, string>('airports', { store: 'airports' })

test('sources take patterns, policies and timestamps', () => {
  expectTypeOf(builder.stream<string, Flight>(/flights-.*/)).toEqualTypeOf<KStream<string, Flight>>()
  builder.stream<string, Flight>('flights', { reset: { byDuration: '1h' }, onInvalidTimestamp: 'partitionTime', timestamp: 'wallClock' })
  builder.stream<string, Flight>('flights', {
    timestamp(record, partitionTimeMs) {
      expectTypeOf(record.value).toEqualTypeOf<Flight>()
      expectTypeOf(partitionTimeMs).toEqualTypeOf<number>()
      return record.value.delay
    },
  })
  // @ts-expect-error there is no such policy
  builder.stream<string, Flight>('flights', { reset: 'newest' })
  // @ts-expect-error a global table is always read from its first record
  builder.globalTable<string, string>('airports', { reset: 'latest' })
})

test('what ends a stream takes callbacks of its types', () => {
  expectTypeOf(flights.filterNot((flight) => flight.delay > 15)).toEqualTypeOf<KStream<string, Flight>>()
  expectTypeOf(
    flights.forEach((flight, key) => {
      expectTypeOf(flight).toEqualTypeOf<Flight>()
      expectTypeOf(key).toEqualTypeOf<string>()
    }),
  ).toEqualTypeOf<void>()
  flights.print({ label: 'flights', format: (flight, key) => `${key}${flight.delay}` })
  flights.to('out', { partitioner: (flight, key, partitions, topic) => (flight.delay + key.length + topic.length) % partitions })
  flights.to('out', { partitioner: () => [0, 1] })
  // @ts-expect-error a partition is a number
  flights.to('out', { partitioner: (flight) => flight.origin })
  flights.repartition({ partitions: 4, partitioner: () => undefined })
})

test('an operator of one’s own is applied with the types of the stream or the table', () => {
  const counted = (stream: KStream<string, Flight>, context: OperatorContext<string, Flight>) => {
    context.addStore('seen', { key: string(), value: long() })
    return stream.groupByKey().count({ name: context.name })
  }
  expectTypeOf(flights.apply(counted)).toEqualTypeOf<KTable<string, number, never>>()
  expectTypeOf(airports.apply((table) => table.toStream())).toEqualTypeOf<KStream<string, string | null>>()
  // @ts-expect-error it is made for other values
  builder.stream<string, number>('numbers').apply(counted)
})

test('sources and sinks that are no topics have types', () => {
  const source = {} as Source<string, Flight>
  expectTypeOf(builder.fromSource(source)).toEqualTypeOf<KStream<string, Flight>>()
  expectTypeOf(flights.sinkTo).parameter(0).toHaveProperty('name')
})

test('tables are filtered, transformed and queried', () => {
  expectTypeOf(airports.queryableStoreName).toEqualTypeOf<string | undefined>()
  expectTypeOf(airports.filterNot((state) => state === 'TX')).toEqualTypeOf<KTable<string, string>>()
  const lengths = airports.transformValues((state) => {
    expectTypeOf(state).toEqualTypeOf<string | null>()
    return state?.length ?? 0
  })
  expectTypeOf(lengths).toEqualTypeOf<KTable<string, number>>()
  const transformer = (): ValueTransformer<string, string, number> => ({
    init(context) {
      expectTypeOf(context).not.toHaveProperty('forward')
    },
    transform: (value, key) => (value ?? key).length,
    close() {},
  })
  const made = {} as ValueTransformer<string, string, number>
  expectTypeOf(made.init).toBeNullable()
  expectTypeOf(made.transform).toEqualTypeOf<(value: string | null, key: string) => number>()
  expectTypeOf(made.close).toBeNullable()
  expectTypeOf(airports.transformValues(transformer, { stores: ['seen'] })).toEqualTypeOf<KTable<string, number>>()
  // @ts-expect-error only with stores is it something that makes a transformer
  airports.transformValues<number>(transformer)
})

test('windows are values, and their aggregations have windowed keys', () => {
  const group = flights.groupByKey()
  expectTypeOf(group.windowedBy(hopping('1h', { advance: '5m' })).reduce((a) => a)).toEqualTypeOf<KTable<Windowed<string>, Flight, never>>()
  expectTypeOf(group.windowedBy(unlimited()).count()).toEqualTypeOf<KTable<Windowed<string>, number, never>>()
  expectTypeOf(group.windowedBy(session('5m')).reduce((a) => a)).toEqualTypeOf<KTable<Windowed<string>, Flight>>()
  expectTypeOf(group.windowedBy(slidingCount(3, { step: 1 })).aggregate({ mean: mean((flight) => flight.delay) })).toEqualTypeOf<
    KStream<Windowed<string>, { mean: number }>
  >()
  const both = group.cogroup((delay: number, flight) => delay + flight.delay)
  expectTypeOf(
    both.windowedBy(session('5m')).aggregate(
      () => 0,
      (left, right) => left + right,
    ),
  ).toEqualTypeOf<KTable<Windowed<string>, number>>()
  expectTypeOf(both.windowedBy(tumbling('5m')).aggregate(() => 0)).toEqualTypeOf<KTable<Windowed<string>, number, never>>()
  expectTypeOf(durationMs).returns.toEqualTypeOf<number>()
  // @ts-expect-error a day is written d
  durationMs('1 day')
})

test('an aggregator of one’s own stands beside the others', () => {
  const last = {} as Aggregator<Flight, string, number>
  expectTypeOf(last.add).toEqualTypeOf<(state: string, value: Flight) => string>()
  expectTypeOf(last.merge).toEqualTypeOf<((left: string, right: string) => string) | undefined>()
  expectTypeOf(last.remove).toEqualTypeOf<((state: string, value: Flight) => string) | undefined>()
  expectTypeOf(last.result).toEqualTypeOf<(state: string) => number>()
  expectTypeOf(flights.groupByKey().aggregate({ last, total: sum((flight) => flight.delay), flights: count() })).toEqualTypeOf<
    KTable<string, { last: number; total: number; flights: number }, never>
  >()
})

test('a topology is a value that builds', () => {
  const definition = topology('copy', () => {})
  expectTypeOf(definition).toExtend<TopologyDefinition>()
  expectTypeOf(definition.build()).toEqualTypeOf<Topology>()
})

test('processors forward what they say they do', () => {
  const processor: Processor<string, Flight, number, string> = {
    init(context) {
      expectTypeOf(context).toEqualTypeOf<ProcessorContext<number, string>>()
      context.forward({ key: 1, value: 'x', headers: [] }, 'child')
      // @ts-expect-error the key is a number
      context.forward({ key: 'x', value: 'x' })
      expectTypeOf(context.store<KeyValueStore<string, number>>('s')).toEqualTypeOf<KeyValueStore<string, number>>()
      const schedule = context.schedule({ everyMs: 1_000, by: 'wallClock', startMs: 0 }, (time) =>
        expectTypeOf(time).toEqualTypeOf<Timestamp>(),
      )
      expectTypeOf(schedule.cancel).returns.toEqualTypeOf<void>()
      expectTypeOf(context.metadata).toEqualTypeOf<
        { readonly topic: string; readonly partition: number; readonly offset: Offset } | undefined
      >()
      expectTypeOf(context.streamTime).toEqualTypeOf<Timestamp>()
      context.commit()
    },
    process(record) {
      expectTypeOf(record).toEqualTypeOf<ProcessorRecord<string, Flight>>()
      expectTypeOf(record.headers).toEqualTypeOf<Headers>()
    },
    close() {},
  }
  expectTypeOf(processor.process).parameter(0).toEqualTypeOf<ProcessorRecord<string, Flight>>()
  expectTypeOf(processor.init).toBeNullable()
  expectTypeOf(processor.close).toBeNullable()
  expectTypeOf(flights.process(() => processor)).toEqualTypeOf<KStream<number, string>>()
  const fixed: FixedKeyProcessor<string, Flight, number> = {
    init(context) {
      expectTypeOf(context).toEqualTypeOf<FixedKeyProcessorContext<string, number>>()
      context.forward({ value: 1 })
      // @ts-expect-error the key stays
      context.forward({ key: 'x', value: 1 })
    },
    process: ({ value }) => expectTypeOf(value).toEqualTypeOf<Flight>(),
    close() {},
  }
  expectTypeOf(fixed.init).toBeNullable()
  expectTypeOf(fixed.process).returns.toEqualTypeOf<void>()
  expectTypeOf(fixed.close).toBeNullable()
  expectTypeOf(flights.processValues(() => fixed)).toEqualTypeOf<KStream<string, number>>()
})

test('a processor has metrics of its own', () => {
  const metrics = {} as ProcessorMetricsContext
  expectTypeOf(metrics.counter('large-total', 'large ones')).toEqualTypeOf<Counter>()
  metrics.counter('large-total').add()
  metrics.gauge('size', () => 1)
  // @ts-expect-error a gauge is a number
  metrics.gauge('size', () => 'large')
})

test('a raw topology is made of named nodes and stores', () => {
  builder.addSource<string, Flight>('source', /flights-.*/, { reset: 'latest' })
  builder.addStore<string, number>('window', { type: 'window', retention: '1d', windowSize: '1h' })
  // @ts-expect-error a window has a size
  builder.addStore<string, number>('window', { type: 'window', retention: '1d' })
  builder.addProcessor<string, Flight, string, number>('processor', () => ({ process() {} }), ['source'], { stores: ['window'] })
  builder.connectStores('processor', ['other'])
  builder.addSink<string, number>('sink', (delay, key) => `${key}${delay.toFixed()}`, ['processor'], { partitioner: (delay) => delay })
  builder.addGlobalStore<string, number>('global', 'topic', () => ({ process: ({ value }) => expectTypeOf(value).toEqualTypeOf<number>() }))
  builder.addReadOnlyStore<string, number>('readOnly', 'topic', () => ({ process: ({ key }) => expectTypeOf(key).toEqualTypeOf<string>() }))
})

test('key-value stores give and take their types, forwards and backwards', () => {
  const view = {} as ReadOnlyKeyValueStore<string, number>
  type Entries = Iterable<[string, number]>
  expectTypeOf(view.get('k')).toEqualTypeOf<number | undefined>()
  expectTypeOf(view.approximateNumEntries()).toEqualTypeOf<number>()
  for (const entries of [view.range('a', 'b'), view.reverseRange(), view.all(), view.reverseAll(), view.prefixScan('a')])
    expectTypeOf(entries).toEqualTypeOf<Entries>()
  expectTypeOf(view.prefixScan(1, long())).toEqualTypeOf<Entries>()
  // @ts-expect-error a prefix of another type needs a serde
  view.prefixScan(1)
  const store = {} as KeyValueStore<string, number>
  store.put('k', null)
  store.putAll([['k', 1]])
  expectTypeOf(store.putIfAbsent('k', 1)).toEqualTypeOf<number | undefined>()
  expectTypeOf(store.delete('k')).toEqualTypeOf<number | undefined>()
})

test('window stores give windows by key and by time, forwards and backwards', () => {
  const view = {} as ReadOnlyWindowStore<string, number>
  expectTypeOf(view.fetch('k', 0)).toEqualTypeOf<number | undefined>()
  for (const entries of [view.fetchRange('k', 0, 1), view.backwardFetchRange('k', 0, 1)])
    expectTypeOf(entries).toEqualTypeOf<Iterable<[start: number, value: number]>>()
  const all = [
    view.fetchKeys('a', undefined, 0, 1),
    view.backwardFetchKeys('a', 'b', 0, 1),
    view.fetchAll(0, 1),
    view.backwardFetchAll(0, 1),
  ]
  for (const entries of [...all, view.all(), view.backwardAll()])
    expectTypeOf(entries).toEqualTypeOf<Iterable<[WindowedKey<string>, number]>>()
  const store = {} as WindowStore<string, number>
  store.put('k', null, 0)
})

test('session stores give sessions by key and by end, forwards and backwards', () => {
  const view = {} as ReadOnlySessionStore<string, number>
  expectTypeOf(view.fetchSession('k', 0, 1)).toEqualTypeOf<number | undefined>()
  const ofKey = [view.fetch('k'), view.backwardFetch('k'), view.findSessions('k', 0, 1), view.backwardFindSessions('k', 0, 1)]
  const ofKeys = [view.findSessionsOfKeys('a', 'b', 0, 1), view.backwardFindSessionsOfKeys('a', 'b', 0, 1)]
  const all = [view.fetchKeys('a', 'b'), view.backwardFetchKeys('a', 'b'), view.findSessionsEnding(0, 1), view.all(), view.backwardAll()]
  for (const entries of [...ofKey, ...ofKeys, ...all]) expectTypeOf(entries).toEqualTypeOf<Iterable<[WindowedKey<string>, number]>>()
  const store = {} as SessionStore<string, number>
  store.put('k', 0, 1, 2)
  store.remove('k', 0, 1)
})

test('versioned stores give values with the time in which they are valid', () => {
  const view = {} as ReadOnlyVersionedStore<string, number>
  for (const found of [view.get('k'), view.getAsOf('k', 0)]) expectTypeOf(found).toEqualTypeOf<VersionedRecord<number> | undefined>()
  expectTypeOf(view.history('k', 0, 1)).toEqualTypeOf<Iterable<VersionedRecord<number>>>()
  const store = {} as VersionedKeyValueStore<string, number>
  expectTypeOf(store.put('k', null, 0)).toEqualTypeOf<number | 'latest' | 'refused'>()
  expectTypeOf(store.delete('k', 0)).toEqualTypeOf<VersionedRecord<number> | undefined>()
})

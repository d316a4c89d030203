import { expectTypeOf, test } from 'vitest'
import type {
  AlignedWindowOptions,
  Calendar,
  CalendarWindowOptions,
  ClockWindowOptions,
  Closes,
  Closing,
  ClosingOptions,
  CountWindow,
  CountWindowOptions,
  EmitEvery,
  EveryOptions,
  GlobalWindow,
  HoppingWindowOptions,
  KGroupedStream,
  KStream,
  KTable,
  Late,
  SessionByOptions,
  SlidingCountOptions,
  StreamRecord,
  StreamsBuilder,
  TimeWindow,
  Trigger,
  TriggerDecision,
  TriggerEvent,
  TriggerTimeOptions,
  TumblingCountOptions,
  Windowed,
} from '../../framework/index.ts'
import {
  type Aggregator,
  type ApproxCountDistinctOptions,
  approxCountDistinct,
  type Chosen,
  type CollectOptions,
  calendar,
  collect,
  count,
  countDistinct,
  every,
  first,
  globalWindow,
  hopping,
  idle,
  last,
  long,
  max,
  maxBy,
  mean,
  min,
  minBy,
  onCount,
  onEvery,
  onIdle,
  purging,
  type QuantileOptions,
  type QuantileState,
  quantile,
  quantiles,
  type Ranked,
  type ReduceOptions,
  reduce,
  session,
  sessionBy,
  slidingCount,
  string,
  sum,
  topN,
  topology,
  tumbling,
  tumblingCount,
} from '../../framework/index.ts'

interface Flight {
  readonly origin: string
  readonly delay: number
}

interface Airport {
  readonly state: string
}

declare const builder: StreamsBuilder
const flights = builder.stream<string, Flight>('flights')
const airports = builder.table<string, Airport>('airports')

test('a source has the types it is given, or those of its serdes', () => {
  expectTypeOf(flights).toEqualTypeOf<KStream<string, Flight>>()
  expectTypeOf(builder.stream('counts', { key: string(), value: long() })).toEqualTypeOf<KStream<string, number>>()
  expectTypeOf(airports).toEqualTypeOf<KTable<string, Airport>>()
  expectTypeOf(
    builder.fromElements([
      ['a', 1],
      ['b', 2],
    ]),
  ).toEqualTypeOf<KStream<string, number>>()
  expectTypeOf(builder.fromElements([['a', 1, 1000]])).toEqualTypeOf<KStream<string, number>>()
})

test('callbacks see value, key and record', () => {
  flights.filter((value, key, record) => {
    expectTypeOf(value).toEqualTypeOf<Flight>()
    expectTypeOf(key).toEqualTypeOf<string>()
    expectTypeOf(record).toEqualTypeOf<StreamRecord<string, Flight>>()
    return true
  })
})

test('stateless operators carry the types on', () => {
  expectTypeOf(flights.mapValues((flight) => flight.delay)).toEqualTypeOf<KStream<string, number>>()
  expectTypeOf(flights.map((flight, key) => [flight.delay, key])).toEqualTypeOf<KStream<number, string>>()
  expectTypeOf(flights.selectKey((flight) => flight.delay)).toEqualTypeOf<KStream<number, Flight>>()
  expectTypeOf(flights.flatMapValues((flight) => [flight.delay])).toEqualTypeOf<KStream<string, number>>()
  expectTypeOf(flights.flatMap((flight) => [[flight.delay, flight.origin] as const])).toEqualTypeOf<KStream<number, string>>()
  expectTypeOf(flights.peek(() => {})).toEqualTypeOf<KStream<string, Flight>>()
  expectTypeOf(flights.merge(flights).repartition()).toEqualTypeOf<KStream<string, Flight>>()
})

test('a predicate that narrows the type narrows the stream', () => {
  const maybe = builder.stream<string, Flight | null>('maybe')
  expectTypeOf(maybe.filter((flight) => flight !== null)).toEqualTypeOf<KStream<string, Flight>>()
  const [found, others] = maybe
    .split()
    .branch((flight): flight is Flight => flight !== null)
    .defaultBranch()
  expectTypeOf(found).toEqualTypeOf<KStream<string, Flight>>()
  expectTypeOf(others).toEqualTypeOf<KStream<string, Flight | null>>()
})

test('branches are a tuple', () => {
  const all = flights
    .split()
    .branch((flight) => flight.delay > 15)
    .branch((flight) => flight.delay > 0)
  expectTypeOf(all.defaultBranch().length).toEqualTypeOf<3>()
  expectTypeOf(all.noDefaultBranch().length).toEqualTypeOf<2>()
})

test('groups and aggregations have the types of their keys and results', () => {
  const group = flights.groupBy((flight) => flight.delay)
  expectTypeOf(group).toEqualTypeOf<KGroupedStream<number, Flight>>()
  expectTypeOf(flights.groupByKey()).toEqualTypeOf<KGroupedStream<string, Flight>>()
  expectTypeOf(group.count()).toEqualTypeOf<KTable<number, number, never>>()
  expectTypeOf(group.reduce((a) => a)).toEqualTypeOf<KTable<number, Flight, never>>()
  expectTypeOf(
    group.aggregate(
      () => '',
      (aggregate, flight, key) => aggregate + flight.origin + key.toFixed(),
    ),
  ).toEqualTypeOf<KTable<number, string, never>>()
})

test('named aggregators infer the type of the result, and the values in their selectors', () => {
  const delays = flights.groupByKey().aggregate({
    flights: count(),
    total: sum((flight) => flight.delay),
    meanDelay: mean((flight) => flight.delay),
    least: min((flight) => flight.delay),
    last: max((flight) => flight.origin),
  })
  expectTypeOf(delays).toEqualTypeOf<
    KTable<string, { flights: number; total: number; meanDelay: number; least: number; last: string }, never>
  >()
})

test('aggregators that choose, collect and estimate infer what they give', () => {
  const options: CollectOptions & ApproxCountDistinctOptions & QuantileOptions & ReduceOptions<number> = { max: 5, registers: 64 }
  const delays = flights.groupByKey().aggregate({
    first: first((flight) => flight.origin),
    last: last((flight) => flight.delay),
    least: minBy((flight) => flight.delay),
    most: maxBy(
      (flight) => flight.delay,
      (flight) => flight.origin,
    ),
    worst: topN(3, (flight) => flight.delay),
    origins: countDistinct((flight) => flight.origin),
    about: approxCountDistinct((flight) => flight.origin, options),
    median: quantile(0.5, (flight) => flight.delay, options),
    tails: quantiles([0.9, 0.99], (flight) => flight.delay),
    all: collect((flight) => flight.delay, options),
    total: reduce(
      (flight) => flight.delay,
      (total, delay) => total + delay,
      options,
    ),
  })
  expectTypeOf(delays).toEqualTypeOf<
    KTable<
      string,
      {
        first: string
        last: number
        least: Flight
        most: string
        worst: readonly Flight[]
        origins: number
        about: number
        median: number
        tails: readonly number[]
        all: readonly number[]
        total: number
      },
      never
    >
  >()
  expectTypeOf(first<Flight, number>).returns.toEqualTypeOf<Aggregator<Flight, Chosen<number>, number>>()
  expectTypeOf(minBy<Flight, number>).returns.toEqualTypeOf<Aggregator<Flight, readonly Ranked<number>[], number>>()
  expectTypeOf(quantile<Flight>).returns.toEqualTypeOf<Aggregator<Flight, QuantileState, number>>()
})

test('windowed results have windowed keys', () => {
  const hourly = flights.groupByKey().windowedBy(tumbling('1h', { grace: '10m' }))
  expectTypeOf(hourly.count()).toEqualTypeOf<KTable<Windowed<string>, number, never>>()
  expectTypeOf(hourly.aggregate({ meanDelay: mean((flight) => flight.delay) }).toStream()).toEqualTypeOf<
    KStream<Windowed<string>, { meanDelay: number }>
  >()
  expectTypeOf(flights.groupByKey().windowedBy(tumblingCount(3)).count()).toEqualTypeOf<KStream<Windowed<string>, number>>()
  const delays = hourly.apply((all, { start, end }, key) => `${key} ${end - start} ${all.map(({ delay }) => delay)}`, { elementsMax: 5 })
  expectTypeOf(delays).toEqualTypeOf<KTable<Windowed<string>, string, never>>()
  const pairs = flights
    .groupByKey()
    .windowedBy(tumblingCount(2))
    .apply((all) => all.map(({ delay }) => delay))
  expectTypeOf(pairs).toEqualTypeOf<KStream<Windowed<string>, number[]>>()
  expectTypeOf(
    flights
      .groupByKey()
      .windowedBy(slidingCount(3, { step: 1 }))
      .reduce((a) => a),
  ).toEqualTypeOf<KStream<Windowed<string>, Flight>>()
})

test('windows say how they close, when their results are sent, and where late records go', () => {
  const options: HoppingWindowOptions & AlignedWindowOptions & ClockWindowOptions & ClosingOptions = {
    advance: '5m',
    offset: '1m',
    closes: idle('30s'),
    time: 'event',
  }
  expectTypeOf(idle('30s')).toEqualTypeOf<Closing>()
  expectTypeOf<Closes>().toEqualTypeOf<Closing | 'eventTime' | 'wallClock' | 'endOfInput'>()
  const everyTenSeconds: EveryOptions = { by: 'wallClock' }
  expectTypeOf(every('10s', everyTenSeconds)).toEqualTypeOf<EmitEvery>()
  const hourly = flights.groupByKey().windowedBy(hopping('1h', options), { emit: every('10s') })
  const timed = hourly.late((late) => expectTypeOf(late).toEqualTypeOf<KStream<string, Late<Flight>>>())
  expectTypeOf(timed.count()).toEqualTypeOf<KTable<Windowed<string>, number, never>>()
  const visits = flights.groupByKey().windowedBy(session('1h', { time: 'processing' }), { emit: 'final' })
  const some = visits.late((late) => expectTypeOf(late).toEqualTypeOf<KStream<string, Late<Flight>>>(), { name: 'late' })
  expectTypeOf(some.count()).toEqualTypeOf<KTable<Windowed<string>, number>>()
  const tens: TumblingCountOptions & CountWindowOptions = { orAfter: '30s', by: 'wallClock', atEnd: 'send' }
  expectTypeOf(flights.groupByKey().windowedBy(tumblingCount(10, tens), { emit: 'updates' }).count()).toEqualTypeOf<
    KStream<Windowed<string>, number>
  >()
  const moving: SlidingCountOptions = { step: 2, partial: true }
  expectTypeOf(slidingCount(4, moving)).toEqualTypeOf<CountWindow>()
  // @ts-expect-error a count window is sent when it ends or at each record
  flights.groupByKey().windowedBy(tumblingCount(10), { emit: every('10s') })
})

test('the calendar, a gap of a record’s own and triggers cut windows', () => {
  const place: CalendarWindowOptions = { timeZone: 'Europe/Berlin' }
  expectTypeOf(calendar('day', place)).toEqualTypeOf<TimeWindow>()
  expectTypeOf<NonNullable<TimeWindow['calendar']>>().toEqualTypeOf<Calendar>()
  const options: SessionByOptions = { gapMax: '1h' }
  const visits = flights.groupByKey().windowedBy(sessionBy((flight: Flight) => flight.delay, options))
  expectTypeOf(visits.count()).toEqualTypeOf<KTable<Windowed<string>, number>>()
  expectTypeOf(visits.apply((all) => all.length)).toEqualTypeOf<KTable<Windowed<string>, number>>()
  const time: TriggerTimeOptions = { by: 'wallClock' }
  expectTypeOf(purging(onEvery('1m', time))).toEqualTypeOf<Trigger<null>>()
  expectTypeOf(onIdle('1m')).toEqualTypeOf<Trigger<null>>()
  expectTypeOf(onCount(3)).toEqualTypeOf<Trigger<number>>()
  expectTypeOf<Trigger<number>['onRecord']>().toEqualTypeOf<(state: number, event: TriggerEvent) => TriggerDecision<number>>()
  expectTypeOf(globalWindow(onCount(3))).toEqualTypeOf<GlobalWindow>()
  expectTypeOf(
    flights
      .groupByKey()
      .windowedBy(globalWindow(onCount(3)))
      .count(),
  ).toEqualTypeOf<KStream<Windowed<string>, number>>()
})

test('named aggregators of a grouped table delete a group with its last row', () => {
  const states = airports.groupBy((airport, code) => [airport.state, code]).aggregate({ airports: count() })
  expectTypeOf(states).toEqualTypeOf<KTable<string, { airports: number }>>()
})

test('a table that can lose rows gives a stream with nulls, a count does not', () => {
  expectTypeOf(airports.toStream()).toEqualTypeOf<KStream<string, Airport | null>>()
  expectTypeOf(airports.mapValues((airport) => airport.state).toStream()).toEqualTypeOf<KStream<string, string | null>>()
  expectTypeOf(flights.groupByKey().count().toStream()).toEqualTypeOf<KStream<string, number>>()
  expectTypeOf(
    flights
      .groupByKey()
      .count()
      .filter((n) => n > 1)
      .toStream(),
  ).toEqualTypeOf<KStream<string, number | null>>()
  expectTypeOf(
    flights
      .groupByKey()
      .count()
      .toStream((n) => n),
  ).toEqualTypeOf<KStream<number, number>>()
})

test('joins see both sides; a left join may miss the right one', () => {
  const joined = flights.join(airports, (flight, airport, key) => ({ key, state: airport.state, delay: flight.delay }))
  expectTypeOf(joined).toEqualTypeOf<KStream<string, { key: string; state: string; delay: number }>>()
  flights.leftJoin(airports, (flight, airport) => {
    expectTypeOf(airport).toEqualTypeOf<Airport | null>()
    return flight
  })
  const counts = flights.groupByKey().count()
  expectTypeOf(flights.join(counts, (_flight, n) => n)).toEqualTypeOf<KStream<string, number>>()
})

test('what does not fit is refused', () => {
  const byNumber = builder.table<number, Airport>('by-number')
  // @ts-expect-error the keys differ
  flights.join(byNumber, () => null)
  // @ts-expect-error the serde is of another type
  flights.to('out', { value: string() })
  // @ts-expect-error the values differ
  flights.merge(builder.stream<string, number>('numbers'))
  // @ts-expect-error there is no such field
  flights.mapValues((flight) => flight.destination)
  // @ts-expect-error a window has a duration
  tumbling('1 week')
})

test('a serde never sees null', () => {
  builder.stream<string, string | null>('texts').to('out', { value: string() })
})

test('the example of the design', () => {
  topology('flight-delays', (builder) => {
    const flights = builder.stream<string, Flight>('flights')
    const airports = builder.table<string, Airport>('airports')
    const delays = flights
      .filter((flight) => flight.delay > 15)
      .selectKey((flight) => flight.origin)
      .join(airports, (flight, airport) => ({ state: airport.state, delay: flight.delay }))
      .groupBy((value) => value.state)
      .windowedBy(tumbling('1h', { grace: '10m' }))
      .aggregate({ flights: count(), meanDelay: mean((value) => value.delay) })
    expectTypeOf(delays).toEqualTypeOf<KTable<Windowed<string>, { flights: number; meanDelay: number }, never>>()
    delays.toStream().to('delay-by-state')
  })
})

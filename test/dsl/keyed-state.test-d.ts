// State and timers by key in TypeScript: what is declared is what the functions see, and what they give is what comes of the stream.

import { expectTypeOf, test } from 'vitest'
import type {
  AsyncCall,
  BroadcastState,
  FoldedState,
  KeyedProcess,
  KeyedValueProcess,
  KeyTimer,
  KStream,
  ListState,
  MapState,
  SetState,
  StreamsBuilder,
  ValueState,
} from '../../framework/index.ts'
import { aggregating, broadcast, count, list, map, mean, reducing, set, value } from '../../framework/index.ts'

interface Reading {
  readonly celsius: number
}

declare const builder: StreamsBuilder
const readings = builder.stream<string, Reading>('readings')
const limits = builder.globalTable<string, { readonly max: number }>('limits')

test('each kind of state has its face, and what a generator yields is what comes of it', () => {
  const out = readings.process({
    state: {
      last: value<Reading>(),
      all: list<number>({ ttl: '1h' }),
      byHour: map<number, Reading>({ ttl: { after: '1d', by: 'processingTime' } }),
      seen: set<string>(),
      best: reducing<number>((left, right) => Math.max(left, right)),
      stats: aggregating({ n: count(), mean: mean((reading: Reading) => reading.celsius) }),
      text: aggregating(
        () => '',
        (all: string, more: number) => all + more,
      ),
      limits: broadcast(limits),
    },
    timers: { silence: 'eventTime', poll: 'processingTime' },
    *process(reading, key, record, { state, timers, streamTime }) {
      expectTypeOf(reading).toEqualTypeOf<Reading>()
      expectTypeOf(key).toEqualTypeOf<string>()
      expectTypeOf(record.timestamp).toMatchTypeOf<number>()
      expectTypeOf(state.last).toEqualTypeOf<ValueState<Reading>>()
      expectTypeOf(state.last.update((before) => before ?? reading)).toEqualTypeOf<Reading>()
      state.last.set(reading)
      state.last.clear()
      expectTypeOf(state.all).toEqualTypeOf<ListState<number>>()
      state.all.append(1, 2)
      expectTypeOf(state.all.shift()).toEqualTypeOf<number | undefined>()
      state.all.clear()
      expectTypeOf(state.byHour).toEqualTypeOf<MapState<number, Reading>>()
      state.byHour.set(3, reading)
      expectTypeOf([state.byHour.get(3), ...state.byHour.values()]).toEqualTypeOf<(Reading | undefined)[]>()
      expectTypeOf([state.byHour.has(3), state.byHour.delete(3)]).toEqualTypeOf<boolean[]>()
      expectTypeOf([...state.byHour.keys()]).toEqualTypeOf<number[]>()
      expectTypeOf([...state.byHour.entries()]).toEqualTypeOf<[number, Reading][]>()
      state.byHour.clear()
      expectTypeOf(state.seen).toEqualTypeOf<SetState<string>>()
      expectTypeOf([state.seen.add('x'), state.seen.has('x'), state.seen.delete('x')]).toEqualTypeOf<boolean[]>()
      state.seen.clear()
      expectTypeOf(state.best).toEqualTypeOf<FoldedState<number, number>>()
      state.best.add(1)
      state.best.clear()
      state.stats.add(reading)
      expectTypeOf(state.stats.get()).toEqualTypeOf<{ n: number; mean: number } | undefined>()
      state.text.add(7)
      expectTypeOf(state.text.get()).toEqualTypeOf<string | undefined>()
      expectTypeOf(state.limits).toEqualTypeOf<BroadcastState<string, { readonly max: number }>>()
      expectTypeOf(state.limits.get('x')?.max).toEqualTypeOf<number | undefined>()
      expectTypeOf(timers.silence).toEqualTypeOf<KeyTimer>()
      timers.silence.set(streamTime + 1)
      timers.poll.add(7)
      timers.poll.clear()
      // @ts-expect-error: there is no such timer.
      timers.alarm.set(7)
      // @ts-expect-error: a list of numbers.
      state.all.append('x')
      // @ts-expect-error: there is no such state.
      state.nothing.get()
      yield [reading.celsius, { at: key }]
    },
    onTimer({ name, time }, key) {
      expectTypeOf(name).toEqualTypeOf<'silence' | 'poll'>()
      return [[time, { at: key }]]
    },
  })
  expectTypeOf(out).toEqualTypeOf<KStream<number, { at: string }>>()
})

test('values keep the key, and a function need not give any', () => {
  const kept = readings.processValues({
    state: { last: value<number>() },
    process({ celsius }, _key, _record, { state }) {
      const last = state.last.get()
      state.last.set(celsius)
      if (last === undefined) return
      return [celsius - last]
    },
  })
  expectTypeOf(kept).toEqualTypeOf<KStream<string, number>>()
  // @ts-expect-error: by which clock?
  readings.processValues({ timers: { alarm: 'sundial' }, process: () => [1], onTimer: () => [2] })
})

test('a definition can be written apart from its stream', () => {
  const last = { last: value<number>() }
  const definition: KeyedValueProcess<string, Reading, number, typeof last, 'alarm'> = {
    state: last,
    timers: { alarm: 'eventTime' },
    process: ({ celsius }, _key, _record, { state }) => [state.last.update((before = 0) => before + celsius)],
    onTimer: () => undefined,
  }
  expectTypeOf(readings.processValues(definition)).toEqualTypeOf<KStream<string, number>>()
  const pairs: KeyedProcess<string, Reading, number, string, typeof last, never> = { process: ({ celsius }, key) => [[celsius, key]] }
  expectTypeOf(readings.process(pairs)).toEqualTypeOf<KStream<number, string>>()
  for (const used of [pairs.process, definition.process, pairs.onTimer, definition.onTimer]) expectTypeOf(used).not.toBeAny()
})

test('operators that thin a stream out keep its type; the best values come as a list', () => {
  expectTypeOf(readings.distinctBy((reading) => reading.celsius, { within: '1h' })).toEqualTypeOf<KStream<string, Reading>>()
  expectTypeOf(readings.throttle(3, { per: '1m' })).toEqualTypeOf<KStream<string, Reading>>()
  expectTypeOf(readings.sample(0.1, { by: 'record' }).sample({ every: 3 })).toEqualTypeOf<KStream<string, Reading>>()
  const best = readings.topN(3, { by: (reading) => reading.celsius, id: () => 'all' })
  expectTypeOf(best).toEqualTypeOf<KStream<string, readonly Reading[]>>()
  const rates = builder.stream<string, number>('rates')
  const joined = readings.asOfJoin(rates, ({ celsius }, rate, key) => `${celsius * rate} ${key}`, { history: '1d' })
  expectTypeOf(joined).toEqualTypeOf<KStream<string, string>>()
})

test('mapAsync has the value of the promise, and may answer a failure with one', () => {
  const looked = readings.mapAsync(
    async ({ celsius }, key, record, { attempt, signal }) => `${key} ${celsius} ${record.offset} ${attempt} ${signal.aborted}`,
    {
      concurrency: 4,
      order: 'input',
      retry: { attempts: 3, delay: '1s' },
      onFailure: (_error, { celsius }) => `${celsius}`,
    },
  )
  expectTypeOf(looked).toEqualTypeOf<KStream<string, string>>()
  // @ts-expect-error: no promise.
  readings.mapAsync(({ celsius }) => celsius)
})

test('lookups get the key that the record names, and joiners what was found; nothing only where it is a left join', () => {
  const stationOf = async (id: string, { signal }: AsyncCall): Promise<{ place: string } | null> => (signal.aborted ? null : { place: id })
  const options = { cache: { ttl: '1m', missingTtl: 0, entriesMax: 10 }, order: 'none' } as const
  const placed = readings.lookupJoin(
    (_reading, sensor) => (sensor === '' ? null : sensor),
    stationOf,
    ({ celsius }, { place }, key) => `${place} ${celsius} ${key}`,
    options,
  )
  expectTypeOf(placed).toEqualTypeOf<KStream<string, string>>()
  const left = readings.leftLookupJoin(
    (reading) => `${reading.celsius}`,
    stationOf,
    (_reading, station) => {
      expectTypeOf(station).toEqualTypeOf<{ place: string } | null>()
      return station?.place ?? 0
    },
    { onFailure: (_error, { celsius }) => (celsius > 0 ? { place: 'here' } : null) },
  )
  expectTypeOf(left).toEqualTypeOf<KStream<string, string | 0>>()
  readings.lookupJoin(
    (reading) => reading.celsius,
    // @ts-expect-error: the key is a number, and a string is asked for.
    stationOf,
    () => 1,
  )
})

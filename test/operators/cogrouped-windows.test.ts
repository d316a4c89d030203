// Windows of several groups with one aggregate, of every kind that one group has: what comes of them is what comes of one stream with the records of all, in the same order.

import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  type CountWindow,
  calendar,
  type EmitOptions,
  every,
  type GlobalWindow,
  globalWindow,
  hopping,
  idle,
  type KStream,
  type Late,
  onCount,
  onEvery,
  onIdle,
  purging,
  type SessionWindow,
  type SlidingWindow,
  type StreamsBuilder,
  session,
  sessionBy,
  sliding,
  slidingCount,
  string,
  type TimeWindow,
  type Trigger,
  topology,
  tumbling,
  tumblingCount,
  type Windowed,
} from '../../framework/index.ts'
import { json } from '../../framework/serdes/serdes.ts'
import { problemsOf } from '../graph/topology-of.ts'
import { TopologyTestDriver } from '../kit/index.ts'

const text = { key: string(), value: string() }
const numRuns = Number(process.env.MILLRACE_RUNS ?? 8)

type Texts = KStream<string, string>
type Cut = TimeWindow | SlidingWindow | SessionWindow | CountWindow | GlobalWindow
type Aggregate = { readonly initial: () => string; readonly merge: (left: string, right: string) => string }

const concat: Aggregate = { initial: () => '', merge: (left, right) => left + right }
const addLeft = (all: string, letter: string | null) => `${all}${letter ?? '_'}`
const addRight = (all: string, digits: string | null) => `${all}(${digits ?? '_'})`

function send(results: KStream<Windowed<string>, string | null>): void {
  results.map((value, { key, start, end }) => [key, `${start}-${end} ${value ?? 'gone'}`]).to('out', text)
}

function sendLate(late: KStream<string, Late<string>>): void {
  late.mapValues(({ value, lateMs }) => `${value} late by ${lateMs}`).to('late', text)
}

/** The letters of one topic and the digits of another. */
const cogrouped = (window: Cut, options: EmitOptions, asideToo: boolean) => (builder: StreamsBuilder) => {
  const [letters, digits] = inputs(builder)
  const both = letters.groupByKey(text).cogroup<string>(addLeft).cogroup(digits.groupByKey(text), addRight)
  const store = { store: 'windows', value: string() }
  switch (window.kind) {
    case 'time':
    case 'sliding': {
      const cut = both.windowedBy(window, options)
      send((asideToo ? cut.late<string>(sendLate) : cut).aggregate(concat.initial, store).toStream())
      break
    }
    case 'session': {
      const cut = both.windowedBy(window, options)
      send((asideToo ? cut.late<string>(sendLate) : cut).aggregate(concat.initial, concat.merge, store).toStream())
      break
    }
    case 'count':
      send(both.windowedBy(window, options as { emit?: 'final' | 'updates' }).aggregate(concat.initial, store))
      break
    case 'global':
      send(both.windowedBy(window).aggregate(concat.initial, store))
  }
}

/** The same of one stream: a digit is not taken for a letter. */
const merged = (window: Cut, options: EmitOptions, asideToo: boolean) => (builder: StreamsBuilder) => {
  const [letters, digits] = inputs(builder)
  const group = letters.merge(digits).groupByKey(text)
  const add = (all: string, value: string | null) => (/^\d/.test(value ?? '') ? addRight(all, value) : addLeft(all, value))
  const store = { store: 'windows', value: string() }
  switch (window.kind) {
    case 'time':
    case 'sliding': {
      const cut = group.windowedBy(window, options)
      send((asideToo ? cut.late(sendLate) : cut).aggregate(concat.initial, add, store).toStream())
      break
    }
    case 'session': {
      const cut = group.windowedBy(window, options)
      send((asideToo ? cut.late(sendLate) : cut).aggregate(concat.initial, add, concat.merge, store).toStream())
      break
    }
    case 'count':
      send(group.windowedBy(window, options as { emit?: 'final' | 'updates' }).aggregate(concat.initial, add, store))
      break
    case 'global':
      send(group.windowedBy(window).aggregate(concat.initial, add, store))
  }
}

function inputs(builder: StreamsBuilder): readonly [Texts, Texts] {
  return [
    builder.stream<string, string>('letters', { name: 'letters', ...text }),
    builder.stream<string, string>('digits', { name: 'digits', ...text }),
  ]
}

const final: EmitOptions = { emit: 'final' }

/** Fires with each value that is a 7: it sees the values, not what they come in. */
const atSevens: Trigger<null> = {
  name: 'sevens',
  by: 'eventTime',
  initial: null,
  onRecord: (state, { value }) => ({ state, fire: value === '7' }),
}

const windows: Readonly<Record<string, readonly [window: Cut, options: EmitOptions, late?: true]>> = {
  'tumbling, when closed': [tumbling(10, { grace: 2 }), final],
  'tumbling, with late records': [tumbling(10), {}, true],
  'tumbling, every 5': [tumbling(10, { offset: 3 }), { emit: every(5) }],
  'tumbling, every 20 of the clock': [tumbling(10), { emit: every(20, { by: 'wallClock' }) }],
  'tumbling, closed for idleness': [tumbling(10, { closes: idle(20) }), final, true],
  'hopping, closed by the clock': [hopping(10, { advance: 5, closes: 'wallClock' }), final, true],
  'tumbling of processing time': [tumbling(10, { time: 'processing' }), final],
  'days of a place': [calendar('day', { timeZone: 'Europe/Berlin' }), final],
  'sliding, when closed': [sliding(7, { grace: 5 }), final, true],
  'sliding, closed for idleness': [sliding(7, { closes: idle(20) }), final],
  'sessions, when closed': [session(5), final, true],
  'sessions, closed for idleness': [session(5, { closes: idle(20) }), final],
  'sessions of processing time': [session(5, { time: 'processing' }), final],
  'sessions with gaps of their own': [sessionBy((value: string) => (value === '7' ? 9 : 3), { gapMax: 9, grace: 3 }), {}],
  'sessions with gaps of their own, when closed': [sessionBy((value: string) => (value === '7' ? 9 : 3), { gapMax: 9 }), final, true],
  'so many records': [tumblingCount(3), {}],
  'so many records, each change': [slidingCount(4, { step: 2, partial: true }), { emit: 'updates' }],
  'many that overlap': [slidingCount(7, { step: 1 }), {}],
  'so many or so long': [tumblingCount(4, { orAfter: 9 }), {}],
  'so many or so long by the clock': [tumblingCount(4, { orAfter: 15, by: 'wallClock' }), {}],
  'a trigger by count': [globalWindow(purging(onCount(3))), {}],
  'a trigger by time': [globalWindow(onEvery(20)), {}],
  'a trigger of idleness by the clock': [globalWindow(purging(onIdle(15, { by: 'wallClock' }))), {}],
  'a trigger of one’s own': [globalWindow(purging(atSevens as Trigger<unknown>)), {}],
}

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom('letters' as const, 'digits' as const),
      key: fc.constantFrom('x', 'y'),
      value: fc.nat(9),
      at: fc.nat(60),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 30 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

async function outputOf(build: (builder: StreamsBuilder) => void, steps: readonly Step[]): Promise<unknown> {
  const driver = await TopologyTestDriver.open(topology('windows', build), { startMs: 1_000 })
  for (const one of steps) {
    if (one.do === 'wait') driver.advanceWallClock(one.ms)
    else if (one.do === 'restart') await driver.restart()
    else driver.pipe(one.do, one.key, one.do === 'digits' ? String(one.value) : 'abcdefghij'.charAt(one.value), { timestamp: one.at })
  }
  const seen = ['out', 'late'].map((topic) =>
    driver.output<string, string>(topic, text).map(({ key, value, timestamp }) => `${key}=${value}@${timestamp}`),
  )
  const dropped = driver.dropped.count('late')
  await driver.close()
  return { seen, dropped }
}

test.each(Object.entries(windows))('%s: of several groups as of one stream, over restarts too', async (_name, [window, options, late]) => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30, size: 'max' }), async (steps) => {
      const ofGroups = await outputOf(cogrouped(window, options, late === true), steps)
      expect(ofGroups).toEqual(await outputOf(merged(window, options, late === true), steps))
    }),
    { numRuns },
  )
})

test('windows of several groups, by hand: one stream time and one count for all', async () => {
  const driver = await TopologyTestDriver.open(topology('windows', cogrouped(tumbling(10), final, true)))
  driver.pipe('letters', 'k', 'a', { timestamp: 1 })
  driver.pipe('digits', 'k', '1', { timestamp: 2 })
  driver.pipe('digits', 'k', '2', { timestamp: 12 })
  // Late by the digits, though no letter has been there yet.
  driver.pipe('letters', 'k', 'b', { timestamp: 9 })
  driver.pipe('letters', 'k', 'c', { timestamp: 25 })
  expect(driver.output<string, string>('out', text).map(({ value }) => value)).toEqual(['0-10 a(1)', '10-20 (2)'])
  expect(driver.output<string, string>('late', text).map(({ value }) => value)).toEqual(['b late by 2'])
  await driver.close()

  const counting = await TopologyTestDriver.open(topology('windows', cogrouped(tumblingCount(3), {}, false)))
  for (const [topic, value] of [
    ['letters', 'a'],
    ['digits', '1'],
    ['letters', null],
  ] as const)
    counting.pipe(topic, 'k', value, { timestamp: 1 })
  expect(counting.output<string, string>('out', text).map(({ value }) => value)).toEqual(['0-3 a(1)_'])
  await counting.close()
})

test('groups whose keys have changed are repartitioned to one topic each, and their windows are one operator', async () => {
  const definition = topology('windows', (builder) => {
    const [letters, digits] = inputs(builder)
    const byValue = (stream: Texts, name: string) => stream.groupBy((value) => value, { name, ...text })
    const both = byValue(letters, 'by-letter').cogroup<string>(addLeft).cogroup(byValue(digits, 'by-digit'), addRight)
    send(both.windowedBy(tumblingCount(2)).aggregate(() => '', { store: 'pairs', value: string() }))
  })
  const built = definition.build()
  expect([...built.repartitionTopics.keys()]).toEqual(['by-letter-repartition', 'by-digit-repartition'])
  expect(
    [...built.nodes.values()].filter((node) => node.kind === 'processor' && node.operator.kind === 'countWindowAggregate'),
  ).toHaveLength(1)
  const driver = await TopologyTestDriver.open(definition)
  driver.pipe('letters', 'k', '7')
  driver.pipe('digits', 'm', '7')
  expect(driver.output<string, string>('out', text)).toMatchObject([{ key: '7', value: '0-2 7(7)' }])
  await driver.close()
})

test('what is wrong with a window is said once, late records or not', () => {
  expect(
    problemsOf((builder) => {
      const group = inputs(builder)[0].groupByKey(text)
      group
        .windowedBy(tumbling(0))
        .late((late) => late.to('late', { value: json() }))
        .count()
      group
        .cogroup<string>(addLeft)
        .windowedBy(tumblingCount(0))
        .aggregate(() => '', { value: string() })
      group
        .cogroup<string>(addLeft)
        .windowedBy(session(5, { closes: idle(0) }))
        .aggregate(
          () => '',
          (left) => left,
          { value: string() },
        )
    }),
  ).toEqual([
    'letters: a window of 0 ms has no room.',
    'letters: there are no windows of 0 records that begin every 0.',
    'letters: a partition cannot be idle for 0 ms.',
  ])
})

// A function of all elements of a window, for every kind of window: elements in the order in which they came, with start, end and key; how much a window may hold, what lies
// in the store, and that all of it is there again after a restart.

import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  type CountWindow,
  calendar,
  type ElementsLimits,
  type EmitOptions,
  type EmitStrategy,
  every,
  type GlobalWindow,
  globalWindow,
  hopping,
  type KStream,
  type Late,
  onCount,
  onIdle,
  purging,
  type Serde,
  type SessionWindow,
  type SlidingWindow,
  session,
  sessionBy,
  sliding,
  slidingCount,
  string,
  type TimeWindow,
  topology,
  tumbling,
  tumblingCount,
  type UnlimitedWindow,
  unlimited,
  type Windowed,
  type WindowFunction,
} from '../../framework/index.ts'
import { json } from '../../framework/serdes/serdes.ts'
import { problemsOf } from '../graph/topology-of.ts'
import { TopologyTestDriver } from '../kit/index.ts'
import { AppBench } from '../runtime/app-bench.ts'

const text = { key: string(), value: string() }
const windowedKey = json() as Serde<Windowed<string>>

type OfTime = TimeWindow | SlidingWindow | UnlimitedWindow | SessionWindow
type OfRecords = CountWindow | GlobalWindow

/** What the function was given: key, start, end, and the elements. */
const shown: WindowFunction<string, string, string> = (elements, { start, end }, key) => `${key} ${start}-${end} ${elements.join('')}`

function applied(window: OfTime | OfRecords, options: EmitOptions & ElementsLimits = {}) {
  return topology('elements', (builder) => {
    const group = builder.stream<string, string>('in', { name: 'in', ...text }).groupByKey(text)
    const given = { store: 'windows', name: 'windows', ...options }
    const send = (out: KStream<Windowed<string>, string | null>) => out.to('out', { key: windowedKey, value: string() })
    const late = (stream: KStream<string, Late<string>>) => stream.mapValues(({ value, lateMs }) => `${value} ${lateMs}`).to('late', text)
    switch (window.kind) {
      case 'session':
        send(group.windowedBy(window, options).late(late).apply(shown, given).toStream())
        break
      case 'count':
        send(group.windowedBy(window, { emit: (options.emit ?? 'final') as EmitStrategy }).apply(shown, given))
        break
      case 'global':
        send(group.windowedBy(window).apply(shown, given))
        break
      case 'unlimited':
        send(group.windowedBy(window).apply(shown, given).toStream())
        break
      default:
        send(group.windowedBy(window, options).late(late).apply(shown, given).toStream())
    }
  })
}

function sent(driver: TopologyTestDriver): (string | null)[] {
  return driver.output<Windowed<string>, string | null>('out').map(({ value }) => value)
}

/** Letters at times, with a restart before each. */
async function results(window: OfTime | OfRecords, records: Readonly<Record<string, number>>, options?: EmitOptions & ElementsLimits) {
  const driver = await TopologyTestDriver.open(applied(window, options))
  for (const [value, timestamp] of Object.entries(records)) {
    await driver.restart()
    driver.pipe('in', value === 'z' ? 'end' : 'k', value, { timestamp })
  }
  const all = sent(driver)
  await driver.close()
  return all
}

const final = { emit: 'final' } as const

test('every kind of window gives its elements as they came, though their times are others', async () => {
  // Out of order: b comes before a is over, and c belongs before both.
  const records = { a: 14, b: 16, c: 12, d: 25, z: 100 }
  expect(await results(tumbling(10, { grace: 10 }), records, final)).toEqual(['k 10-20 abc', 'k 20-30 d'])
  expect(await results(hopping(10, { advance: 5, grace: 10 }), records, final)).toEqual([
    'k 5-15 ac',
    'k 10-20 abc',
    'k 15-25 b',
    'k 20-30 d',
    'k 25-35 d',
  ])
  expect(await results(sliding(4, { grace: 50 }), records, final)).toEqual([
    'k 8-12 c',
    'k 10-14 ac',
    'k 12-16 abc',
    'k 13-17 ab',
    'k 15-19 b',
    'k 21-25 d',
  ])
  expect(await results(session(5, { grace: 10 }), records, final)).toEqual(['k 12-16 abc', 'k 25-25 d'])
  expect(
    await results(
      sessionBy(() => 5, { gapMax: 9, grace: 10 }),
      records,
      final,
    ),
  ).toEqual(['k 12-21 abc', 'k 25-30 d'])
  expect(await results(unlimited({ start: 13 }), records)).toEqual([
    'k 13-Infinity a',
    'k 13-Infinity ab',
    'k 13-Infinity abd',
    'end 13-Infinity z',
  ])
  expect(await results(tumblingCount(3), records)).toEqual(['k 0-3 abc'])
  expect(await results(slidingCount(3, { step: 1 }), records)).toEqual(['k 0-3 abc', 'k 1-4 bcd'])
  expect(await results(tumblingCount(3, { orAfter: 5, atEnd: 'send' }), records)).toEqual(['k 0-3 abc', 'k 3-4 d'])
  expect(await results(globalWindow(purging(onCount(2))), records)).toEqual(['k 0-2 ab', 'k 2-4 cd'])
  expect(await results(globalWindow(onIdle(5)), records)).toEqual(['k 0-3 abc', 'k 0-4 abcd'])
  const day = 86_400_000
  const days = { a: day + 1, b: 2 * day - 1, c: day, d: 2 * day, z: 9 * day }
  expect(await results(calendar('day', { timeZone: 'UTC' }), days, final)).toEqual([`k ${day}-${2 * day} abc`, `k ${2 * day}-${3 * day} d`])
})

test('sessions that grow together have their elements in the order of their coming, over restarts too', async () => {
  // Two sessions take turns before c joins them.
  expect(await results(session(5, { grace: 50 }), { a: 20, b: 30, c: 21, d: 29, e: 25, z: 200 }, final)).toEqual(['k 20-30 abcde'])
})

test('updates send the window as it grows, sessions take back what they were, every() sends the last within its time', async () => {
  expect(await results(tumbling(10), { a: 1, b: 2, c: 11 })).toEqual(['k 0-10 a', 'k 0-10 ab', 'k 10-20 c'])
  expect(await results(session(5), { a: 1, b: 2 })).toEqual(['k 1-1 a', null, 'k 1-2 ab'])
  expect(await results(tumbling(100), { a: 1, b: 2, c: 3, d: 20, e: 40 }, { emit: every(15) })).toEqual(
    ['k 0-100 abcd', 'k 0-100 abcde'].slice(0, 1),
  )
  expect(await results(tumblingCount(2), { a: 1, b: 2, c: 3 }, { emit: 'updates' })).toEqual(['k 0-2 a', 'k 0-2 ab', 'k 2-4 c'])
})

test('late records are set aside, and come into no window', async () => {
  const driver = await TopologyTestDriver.open(applied(tumbling(10), final))
  for (const [value, timestamp] of [
    ['a', 1],
    ['b', 12],
    ['c', 3],
  ] as const)
    driver.pipe('in', 'k', value, { timestamp })
  expect(sent(driver)).toEqual(['k 0-10 a'])
  expect(driver.output<string, string>('late').map(({ value }) => value)).toEqual(['c 2'])
})

test('a null value is an element too', async () => {
  const given: unknown[] = []
  const definition = topology('nulls', (builder) => {
    const group = builder.stream<string, string | null>('in', text).groupByKey(text)
    group.windowedBy(tumblingCount(3)).apply((elements) => given.push(elements), { name: 'windows' })
  })
  const driver = await TopologyTestDriver.open(definition)
  for (const value of ['a', null, 'b']) driver.pipe('in', 'k', value)
  expect(given).toEqual([['a', null, 'b']])
})

test('a full window fails with what to do, or lets the newest or the oldest go, and counts them', async () => {
  const records = { a: 1, b: 2, c: 3, d: 4, z: 100 }
  await expect(results(tumbling(10), records, { elementsMax: 2, ...final })).rejects.toThrow(
    /windows.*in-0@2.*a window would have 3 elements of 39 bytes, and may have 2 of 500000: raise elementsMax/s,
  )
  expect(await results(tumbling(10), records, { elementsMax: 2, whenFull: 'dropNewest', ...final })).toEqual(['k 0-10 ab'])
  expect(await results(tumbling(10), records, { elementsMax: 2, whenFull: 'dropOldest', ...final })).toEqual(['k 0-10 cd'])
  // Each has 12 bytes and its own.
  expect(await results(tumbling(10), records, { bytesMax: 3 * 13, whenFull: 'dropOldest', ...final })).toEqual(['k 0-10 bcd'])
  expect(await results(session(5), { ...records, b: 5, c: 3 }, { elementsMax: 2, whenFull: 'dropNewest', ...final })).toEqual(['k 1-5 ab'])
  const driver = await TopologyTestDriver.open(applied(tumbling(10), { elementsMax: 1, whenFull: 'dropNewest' }))
  for (const value of ['a', 'b', 'c']) driver.pipe('in', 'k', value, { timestamp: 1 })
  expect(driver.dropped.count('window-full')).toBe(2)
})

test('what cannot be is said when the topology is made', () => {
  const problems = (options: ElementsLimits) =>
    problemsOf((builder) =>
      builder
        .stream<string, string>('in', { name: 'in', ...text })
        .groupByKey(text)
        .windowedBy(tumblingCount(3))
        .apply(shown, options),
    )
  expect(problems({ elementsMax: 0 })).toEqual(['in: its elementsMax is 0.'])
  expect(problems({ bytesMax: 1.5 })).toEqual(['in: its bytesMax is 1.5.'])
  expect(problems({ whenFull: 'wait' as 'fail' })).toEqual(['in: wait is nothing that a full window does.'])
})

test('the row of a window: how many, the last number, and each element with its number and its size', async () => {
  const driver = await TopologyTestDriver.open(applied(tumbling(10)))
  for (const value of ['a', 'bc']) driver.pipe('in', 'k', value, { timestamp: 1 })
  const rows = driver.outputBytes('elements-windows-changelog').map(({ value }) => value!.toString('hex'))
  expect(rows.at(-1)).toBe(
    ['00000002', '0000000000000001', ...['0000000000000000', '00000001', '61'], ...['0000000000000001', '00000002', '6263']].join(''),
  )
})

test('after an app was killed and its folder is gone, a window has what it had', async () => {
  const bench = new AppBench()
  await bench.createTopics({ in: 1, out: 1, late: 1 })
  const definition = () => applied(session(5_000, { grace: 60_000 }), final)
  const app = bench.start(definition(), { config: { commitIntervalMs: 100 } })
  await bench.produce('in', [
    ['k', 'a', 20_000],
    ['k', 'b', 30_000],
    ['k', 'c', 21_000],
  ])
  const committed = () => bench.cluster.groups.get('elements')?.committed({ topic: 'in', partition: 0 })?.offset
  await bench.clock.advanceUntil(() => committed() === 3)
  app.crash()
  await app.stop().catch(() => {})
  // Stores are in memory: nothing is left but the changelog.
  const next = bench.start(definition(), { config: { commitIntervalMs: 100 } })
  await bench.produce('in', [
    ['k', 'd', 25_000],
    ['k', 'e', 200_000],
  ])
  // As in Kafka Streams, a record looks for windows that have closed, and not more often than once a second.
  await bench.clock.advanceUntil(() => committed() === 5)
  bench.clock.advance(2_000)
  await bench.produce('in', [['k', 'f', 200_001]])
  await bench.clock.advanceUntil(() => bench.values('out').length === 1)
  expect(bench.values('out')).toEqual(['k 20000-30000 abcd'])
  await next.stop()
})

// ------------------------------------------------------------------------------------------------------------- against a naive reading

const anyRecord = fc.record({ key: fc.constantFrom('x', 'y'), timestamp: fc.nat(60), restart: fc.nat(6).map((one) => one === 0) })

test('windows of time and sessions hold what a naive reading of the list holds, in the order of its coming', async () => {
  const kind = fc.constantFrom('tumbling' as const, 'hopping' as const, 'session' as const)
  const run = fc.asyncProperty(
    kind,
    fc.integer({ min: 1, max: 12 }),
    fc.array(anyRecord, { maxLength: 25, size: 'max' }),
    async (cut, size, records) => {
      const grace = 1_000
      const windows = {
        tumbling: tumbling(size, { grace }),
        hopping: hopping(size, { advance: Math.ceil(size / 2), grace }),
        session: session(size, { grace }),
      }
      const driver = await TopologyTestDriver.open(applied(windows[cut], final))
      for (const [index, { key, timestamp, restart }] of records.entries()) {
        if (restart) await driver.restart()
        driver.pipe('in', key, `${index},`, { timestamp })
      }
      driver.pipe('in', 'end', '', { timestamp: 100_000 })
      const got = sent(driver)
      await driver.close()
      const all = records.map((one, index) => ({ ...one, index }))
      const expected = ['x', 'y'].flatMap((key) => {
        const own = all.filter((one) => one.key === key)
        const within = (start: number, end: number) => {
          const inside = own.filter(({ timestamp }) => timestamp >= start && timestamp < end)
          return inside.length === 0 ? [] : [`${key} ${start}-${end} ${inside.map(({ index }) => `${index},`).join('')}`]
        }
        if (cut !== 'session') {
          const advance = cut === 'tumbling' ? size : Math.ceil(size / 2)
          return Array.from({ length: 61 }, (_, step) => within(step * advance, step * advance + size)).flat()
        }
        const times = [...new Set(own.map(({ timestamp }) => timestamp))].sort((a, b) => a - b)
        const starts = times.filter((time, index) => index === 0 || time - times[index - 1]! > size)
        return starts.flatMap((start, index) => {
          const end = times.filter((time) => time < (starts[index + 1] ?? Infinity)).at(-1)!
          return within(start, end + 1).map((line) => line.replace(`-${end + 1} `, `-${end} `))
        })
      })
      expect([...got].sort()).toEqual(expected.sort())
    },
  )
  await fc.assert(run, { numRuns: Number(process.env.MILLRACE_RUNS ?? 40) })
})

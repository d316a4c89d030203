// What waits for time to pass: when it is sent, how it is logged, and that a crash loses none of it.

import { expect, test } from 'vitest'
import { type TopologyDefinition, topology } from '../../framework/dsl/topology-definition.ts'
import { session, tumbling, within } from '../../framework/dsl/windows.ts'
import { isMillraceError } from '../../framework/errors.ts'
import { integer, long, string } from '../../framework/serdes/serdes.ts'
import { AppBench } from './app-bench.ts'

const text = { key: string(), value: string() }

const finalCounts = topology('final-counts', (builder) => {
  builder
    .stream('in', text)
    .groupByKey()
    .windowedBy(tumbling(10))
    .count({ store: 'counts' })
    .suppress({ name: 'final', until: 'windowCloses' })
    .toStream((_count, { key }) => key)
    .mapValues((count) => String(count))
    .to('out', text)
})

const visits = topology('visits', (builder) => {
  builder
    .stream('in', text)
    .groupByKey()
    .windowedBy(session(10))
    .count({ store: 'visits' })
    .toStream((_count, { key }) => key)
    .mapValues((count) => String(count))
    .to('out', text)
})

const pairs = topology('pairs', (builder) => {
  const right = builder.stream('right', text)
  builder
    .stream('in', text)
    .leftJoin(right, (left, other) => `${left}+${other}`, within(10), { ...text, otherValue: string(), name: 'pairs' })
    .to('out', text)
})

const late = topology('late', (builder) => {
  const table = builder.table('right', { ...text, store: { name: 'right', historyRetention: 1_000 } })
  builder
    .stream('in', text)
    .join(table, (left, other) => `${left}+${other}`, { ...text, name: 'late', grace: 10 })
    .to('out', text)
})

/** Commits what `before` holds back, crashes, and says what comes out when `after` has come. */
async function outputAfterCrash(definition: TopologyDefinition, before: readonly Input[], after: readonly Input[]) {
  const bench = new AppBench()
  await bench.createTopics({ in: 1, right: 1, out: 1 })
  for (const { topic, records } of before) await bench.produce(topic, records)
  const config = { commitIntervalMs: 100, unmatchedIntervalMs: 0 }
  const crashed = bench.start(definition, { config })
  await crashed.reaches('running')
  const committed = async () => (await bench.admin.committed(definition.name, [{ topic: 'in', partition: 0 }]))[0]?.offset ?? 0
  const expected = before.filter(({ topic }) => topic === 'in').reduce((sum, { records }) => sum + records.length, 0)
  let reached = 0
  await bench.clock.advanceUntil(() => {
    void committed().then((offset) => {
      reached = offset
    })
    return reached === expected
  })
  crashed.crash()
  const beforeCrash = bench.values('out').length
  for (const { topic, records } of after) await bench.produce(topic, records)
  const totals = await bench.runToEnd(definition, { config })
  expect(totals.restoredRecords).toBeGreaterThan(0)
  return bench
    .records('out')
    .slice(beforeCrash)
    .map(({ key, value }) => `${key}=${value}`)
}

interface Input {
  readonly topic: string
  readonly records: readonly (readonly [string, string, number])[]
}

test('what a suppress holds back comes back from its changelog after a crash', async () => {
  const before = [
    {
      topic: 'in',
      records: [
        ['a', 'x', 1],
        ['a', 'y', 2],
      ] as const,
    },
  ]
  expect(await outputAfterCrash(finalCounts, before, [{ topic: 'in', records: [['b', 'z', 25]] }])).toEqual(['a=2'])
})

test('a session goes on after a crash', async () => {
  const before = [
    {
      topic: 'in',
      records: [
        ['a', 'x', 1],
        ['a', 'y', 9],
      ] as const,
    },
  ]
  const output = await outputAfterCrash(visits, before, [{ topic: 'in', records: [['a', 'z', 15]] }])
  expect(output.at(-1)).toBe('a=3')
})

test('both sides of a join of streams, and what has met nobody, come back after a crash', async () => {
  const before = [
    {
      topic: 'in',
      records: [
        ['a', 'l1', 1],
        ['b', 'l2', 2],
      ] as const,
    },
  ]
  const after = [
    { topic: 'right', records: [['a', 'r1', 3]] as const },
    { topic: 'in', records: [['c', 'l3', 50]] as const },
  ]
  expect(await outputAfterCrash(pairs, before, after)).toEqual(['a=l1+r1', 'b=l2+null'])
})

test('records that wait for their grace come back after a crash, and meet the row of their time', async () => {
  const before = [
    { topic: 'right', records: [['a', 't1', 1]] as const },
    {
      topic: 'in',
      records: [
        ['a', 's1', 5],
        ['a', 's2', 5],
      ] as const,
    },
  ]
  const after = [
    { topic: 'right', records: [['a', 't2', 3]] as const },
    { topic: 'in', records: [['a', 's3', 50]] as const },
  ]
  expect(await outputAfterCrash(late, before, after)).toEqual(['a=s1+t2', 'a=s2+t2'])
})

test('changes that a suppress logs have the time of sending', async () => {
  const bench = new AppBench()
  await bench.createTopics({ in: 1, out: 1 })
  await bench.produce('in', [['a', 'x', 1]])
  const startedMs = bench.clock.now()
  await bench.runToEnd(finalCounts)
  const [logged] = bench.records('final-counts-final-store-changelog')
  expect(logged?.timestamp).toBeGreaterThanOrEqual(startedMs)
})

test('windows that have closed are looked for once a second, or as often as the settings say', async () => {
  const closing = topology('closing', (builder) => {
    builder
      .stream('in', text)
      .groupByKey()
      .windowedBy(tumbling(10), { emit: 'final' })
      // Kept so long, the windows are not hidden before the look.
      .count({ store: { retention: 1000 } })
      .toStream((_count, { key }) => key)
      .to('out', { key: string(), value: long() })
  })
  const sentWith = async (config: { closedWindowsIntervalMs?: number }) => {
    const bench = new AppBench()
    await bench.createTopics({ in: 1, out: 1 })
    await bench.produce('in', [
      ['a', '', 1],
      ['b', '', 11],
      ['c', '', 21],
    ])
    await bench.runToEnd(closing, { config })
    return bench.records('out').map(({ key }) => key)
  }
  // Kafka Streams' first look comes with the first record.
  expect(await sentWith({})).toEqual([])
  expect(await sentWith({ closedWindowsIntervalMs: 0 })).toEqual(['a', 'b'])
})

test('records that are left out go to the dead letter topic, which has to be there', async () => {
  const sums = topology('sums', (builder) => {
    builder
      .stream('in', { key: string(), value: integer() })
      .mapValues((value) => value + 1)
      .to('out', { key: string(), value: integer() })
  })
  const bench = new AppBench()
  await bench.createTopics({ in: 1, out: 1 })
  await bench.produce('in', [['a', 'not an integer']])
  const options = { config: { deserializationExceptionHandler: 'continue', deadLetterTopic: 'dead' } } as const
  const failure = await bench.start(sums, options).failed()
  expect(isMillraceError(failure, 'topology-topics-missing')).toBe(true)
  await bench.createTopics({ dead: 1 })
  await bench.runToEnd(sums, options)
  expect(bench.records('dead').map(({ key, value }) => [key, value])).toEqual([['a', 'not an integer']])
})

import { expect, test } from 'vitest'
import { topology } from '../../framework/dsl/topology-definition.ts'
import { long, string } from '../../framework/serdes/serdes.ts'
import { AppBench } from './app-bench.ts'
import { counts, text } from './counts.ts'

const upper = topology('upper', (builder) => {
  builder
    .stream('in', text)
    .mapValues((value) => value.toUpperCase())
    .to('out', text)
})

test('records go from topic to topic', async () => {
  const bench = new AppBench()
  await bench.createTopics({ in: 2, out: 2 })
  await bench.produce('in', [
    ['a', 'one', 7],
    ['b', 'two', 8],
    [null, 'three', 9],
  ])
  const totals = await bench.runToEnd(upper)
  expect(
    bench
      .records('out')
      .map(({ key, value, timestamp }) => [key, value, timestamp])
      .sort(),
  ).toEqual([
    [null, 'THREE', 9],
    ['a', 'ONE', 7],
    ['b', 'TWO', 8],
  ])
  expect(totals).toMatchObject({ recordsIn: 3, recordsOut: 3, restoredRecords: 0 })
})

test('an app goes on until it is stopped, then commits and leaves the group', async () => {
  const bench = new AppBench()
  await bench.createTopics({ in: 1, out: 1 })
  const started = bench.start(upper)
  await started.reaches('running')
  await bench.produce('in', [['a', 'one']])
  await bench.clock.advanceUntil(() => bench.values('out').length === 1)
  await started.stop()
  expect(started.states).toEqual(['starting', 'rebalancing', 'restoring', 'running', 'closing', 'closed'])
  expect(await bench.admin.committed('upper', [{ topic: 'in', partition: 0 }])).toMatchObject([{ offset: 1 }])
  expect(await bench.admin.group('upper')).toMatchObject({ state: 'Empty', members: [] })
})

test('a second run to the end goes on where the first stopped', async () => {
  const bench = new AppBench()
  await bench.createTopics({ in: 1, out: 1 })
  await bench.produce('in', [['a', 'one']])
  await bench.runToEnd(upper)
  await bench.produce('in', [['a', 'two']])
  expect(await bench.runToEnd(upper)).toMatchObject({ recordsIn: 1 })
  expect(bench.values('out')).toEqual(['ONE', 'TWO'])
})

test('a count goes on from its changelog', async () => {
  const bench = new AppBench()
  await bench.createTopics({ in: 1, out: 1 })
  await bench.produce('in', [
    ['a', ''],
    ['b', ''],
    ['a', ''],
  ])
  await bench.runToEnd(counts)
  await bench.produce('in', [['a', '']])
  expect(await bench.runToEnd(counts)).toMatchObject({ restoredRecords: 2 })
  expect(bench.records('out').map(({ key, value }) => `${key}=${value}`)).toEqual(['b=1', 'a=2', 'a=3'])
  expect(bench.cluster.requireTopic('counts-counts-changelog').settings.get('cleanup.policy')).toBe('compact')
})

test('what was not committed is processed again after a crash', async () => {
  const bench = new AppBench()
  await bench.createTopics({ in: 1, out: 1 })
  await bench.produce('in', [['a', '']])
  const crashed = bench.start(counts, { config: { commitIntervalMs: 60_000 } })
  await crashed.reaches('running')
  await bench.clock.turn()
  crashed.crash()
  expect(await bench.runToEnd(counts)).toMatchObject({ recordsIn: 1 })
  expect(bench.values('out')).toEqual(['1'])
})

test('a changed key is repartitioned, and the end of the input is waited for behind it', async () => {
  const bench = new AppBench()
  await bench.createTopics({ in: 3, out: 1 })
  await bench.produce('in', [
    ['1', 'x'],
    ['2', 'y'],
    ['3', 'x'],
    ['4', 'x'],
  ])
  const byValue = topology('by-value', (builder) => {
    builder
      .stream('in', text)
      .groupBy((value) => value, text)
      .count({ store: 'by-value' })
      .toStream()
      .to('out', { key: string(), value: long() })
  })
  const totals = await bench.runToEnd(byValue)
  expect(totals.recordsIn).toBe(4)
  expect(bench.cluster.requireTopic('by-value-by-value-repartition').partitions).toBe(3)
  const last = new Map(bench.records('out').map(({ key, value }) => [key, Buffer.from(value!).at(-1)]))
  expect(last).toEqual(
    new Map([
      ['x', 3],
      ['y', 1],
    ]),
  )
})

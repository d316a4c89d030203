// Stores of named aggregators, read from outside: what is seen are results, of every kind of store and by every method.

import { expect, test } from 'vitest'
import { topology } from '../../framework/dsl/topology-definition.ts'
import { session, tumbling } from '../../framework/dsl/windows.ts'
import { collect, count } from '../../framework/index.ts'
import { json, string } from '../../framework/serdes/serdes.ts'
import { TopologyTestDriver } from '../kit/index.ts'
import { AppBench } from './app-bench.ts'

const text = { key: string(), value: string() }

interface Result {
  readonly words: number
  readonly all: readonly string[]
}

const named = { words: count(), all: collect((word: string) => word) }
const result = json<Result>({ name: 'Words' })

const everything = topology('results', (builder) => {
  const group = builder.stream<string, string>('in', text).groupByKey()
  group.aggregate(named, { store: 'table', result })
  group.aggregate(named, { store: { name: 'versioned', historyRetention: '1h' }, result })
  group.windowedBy(tumbling(10, { grace: 100 })).aggregate(named, { store: 'windows', result })
  group.windowedBy(session(5, { grace: 100 })).aggregate(named, { store: 'sessions', result })
  // Without a word on the type.
  group.aggregate({ words: count() }, { store: 'untyped' })
})

const one = { words: 1, all: ['x'] }
const two = { words: 2, all: ['x', 'y'] }
const three = { words: 3, all: ['x', 'y', 'z'] }
const late = { words: 1, all: ['z'] }
const other = { words: 1, all: ['q'] }

test('readers of an app see what named aggregators give, not what they work with', async () => {
  const bench = new AppBench()
  await bench.createTopics({ in: 1 })
  const started = bench.start(everything, { config: { commitIntervalMs: 1_000, cacheBytesMax: 0 } })
  await started.reaches('running')
  await bench.produce('in', [
    ['a', 'x', 1],
    ['a', 'y', 2],
    ['a', 'z', 14],
    ['b', 'q', 15],
  ])
  const { app } = started
  const table = app.store<string, Result>('table', 'keyValue')
  await bench.clock.advanceUntil(() => table.get('b') !== undefined)
  expect(table.get('a')).toEqual(three)
  expect(table.get('none')).toBeUndefined()
  expect([...table.range('a', 'a')]).toEqual([['a', three]])
  expect([...table.reverseAll()]).toEqual([
    ['b', other],
    ['a', three],
  ])
  expect([...table.prefixScan('a')]).toEqual([['a', three]])
  expect(table.approximateNumEntries()).toBe(2)
  expect(app.store('table', 'timestampedKeyValue').get('a')).toEqual({ value: three, timestamp: 14 })
  expect([...app.store('table', 'timestampedKeyValue').all()][0]).toEqual(['a', { value: three, timestamp: 14 }])

  const windows = app.store<string, Result>('windows', 'window')
  expect(windows.fetch('a', 0)).toEqual(two)
  expect([...windows.fetchRange('a', 0, 20)]).toEqual([
    [0, two],
    [10, late],
  ])
  expect([...windows.fetchKeys('b', undefined, 0, 20)]).toEqual([[{ key: 'b', start: 10, end: 20 }, other]])
  expect([...app.store('windows', 'timestampedWindow').backwardAll()].at(-1)).toEqual([
    { key: 'a', start: 0, end: 10 },
    { value: two, timestamp: 2 },
  ])

  const sessions = app.store<string, Result>('sessions', 'session')
  expect(sessions.fetchSession('a', 1, 2)).toEqual(two)
  expect([...sessions.fetch('a')]).toEqual([
    [{ key: 'a', start: 1, end: 2 }, two],
    [{ key: 'a', start: 14, end: 14 }, late],
  ])

  const versioned = app.store<string, Result>('versioned', 'versioned')
  expect(versioned.get('a')).toEqual({ value: three, timestamp: 14, validTo: undefined })
  expect(versioned.getAsOf('a', 1)).toEqual({ value: one, timestamp: 1, validTo: 2 })
  expect([...versioned.history('a')].map(({ value }) => value)).toEqual([three, two, one])

  expect(app.store('untyped', 'keyValue').get('a')).toEqual({ words: 3 })
  const names = new Map(app.stores.map(({ name, value }) => [name, value.name]))
  expect(names.get('table')).toBe('json(Words)')
  expect(names.get('untyped')).toBe('json')
  await started.stop()
})

test('tests of a topology see the same', async () => {
  const driver = await TopologyTestDriver.open(everything)
  driver.pipe('in', 'a', 'x', { timestamp: 1 })
  driver.pipe('in', 'a', 'y', { timestamp: 2 })
  expect(driver.rows('table').get('a')).toEqual({ value: two, timestamp: 2 })
  expect([...driver.windowRows('windows').all()]).toEqual([
    [
      { key: 'a', start: 0, end: 10 },
      { value: two, timestamp: 2 },
    ],
  ])
  await driver.restart()
  expect(driver.rows('table').get('a')?.value).toEqual(two)
  await driver.close()
})

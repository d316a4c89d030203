// The stores of a running app, read from outside of its topology.

import { expect, test } from 'vitest'
import { topology } from '../../framework/dsl/topology-definition.ts'
import { session, sliding, tumbling } from '../../framework/dsl/windows.ts'
import { isMillraceError } from '../../framework/errors.ts'
import { string } from '../../framework/serdes/serdes.ts'
import { AppBench } from './app-bench.ts'

const text = { key: string(), value: string() }

const everything = topology('everything', (builder) => {
  const stream = builder.stream<string, string>('in', text)
  const group = stream.groupByKey()
  group.count({ store: 'counts' })
  group.windowedBy(tumbling(10, { grace: 100 })).count({ store: 'windows' })
  group.windowedBy(session(5, { grace: 100 })).count({ store: 'sessions' })
  group.windowedBy(sliding(5, { grace: 100 })).reduce((_, value) => value, { store: 'sliding' })
  stream.toTable({ store: { name: 'versions', historyRetention: '1h' } })
  stream.join(stream, (left, right) => left + right, { kind: 'join', beforeMs: 1, afterMs: 1, graceMs: 0 }, { store: 'joined' })
  group.count({ store: 'limited' }).suppress({ until: 5, name: 'held' })
  builder.globalTable('names', { ...text, store: 'names' })
  const remember = () => {
    let store: { put(key: string, value: string): void }
    return {
      init: (context: { store<S>(name: string): S }) => {
        store = context.store('own')
      },
      process: ({ key, value }: { key: string; value: string }) => store.put(key, value.toUpperCase()),
    }
  }
  builder.addStore('own', text)
  stream.process(remember, { stores: ['own'] })
})

const config = { commitIntervalMs: 1_000, cacheBytesMax: 0, naming: 'kafka-streams' } as const

async function running(options: { readonly partitions?: number; readonly cacheBytesMax?: number } = {}) {
  const { partitions = 2, cacheBytesMax = 0 } = options
  const bench = new AppBench()
  await bench.createTopics({ in: partitions, names: 1 })
  await bench.produce('names', [['a', 'Anna']])
  const started = bench.start(everything, { config: { ...config, cacheBytesMax } })
  await started.reaches('running')
  const produce = async (...records: (readonly [string, string | null, number])[]) => {
    await bench.produce('in', records)
    const inputs = Array.from({ length: partitions }, (_, partition) => ({ topic: 'in', partition }))
    const committed = async () => (await bench.admin.committed('everything', inputs)).reduce((sum, { offset }) => sum + offset, 0)
    const ends = (await bench.admin.endOffsets(inputs, { readCommitted: true })).reduce((sum, { offset }) => sum + offset, 0)
    let done = 0
    await bench.clock.advanceUntil(() => {
      void committed().then((offset) => {
        done = offset
      })
      return done >= ends
    })
  }
  return { bench, started, app: started.app, produce }
}

test('a table is read by key, by ranges both ways, by prefix, and as a whole, over all tasks of the instance', async () => {
  const { app, produce, started } = await running()
  await produce(['a', 'x', 1], ['ab', 'x', 2], ['b', 'x', 3], ['a', 'y', 4])
  const counts = app.store<string, number>('counts', 'keyValue')
  expect(counts.get('a')).toBe(2)
  expect(counts.get('nobody')).toBeUndefined()
  expect(sorted(counts.all())).toEqual([
    ['a', 2],
    ['ab', 1],
    ['b', 1],
  ])
  expect(sorted(counts.reverseAll())).toEqual(sorted(counts.all()))
  expect(sorted(counts.range('a', 'ab'))).toEqual([
    ['a', 2],
    ['ab', 1],
  ])
  expect(sorted(counts.reverseRange('ab'))).toEqual([
    ['ab', 1],
    ['b', 1],
  ])
  expect(sorted(counts.prefixScan('a'))).toEqual([
    ['a', 2],
    ['ab', 1],
  ])
  expect(counts.approximateNumEntries()).toBe(3)
  expect(app.store('counts', 'timestampedKeyValue').get('a')).toEqual({ value: 2, timestamp: 4 })
  await started.stop()
})

test('one partition is read alone, in the order of its keys', async () => {
  const { app, produce, started } = await running()
  await produce(['a', 'x', 1], ['ab', 'x', 2], ['b', 'x', 3], ['c', 'x', 3], ['d', 'x', 3])
  const [zero, one] = [0, 1].map((partition) =>
    [...app.store<string, number>('counts', 'keyValue', { partition }).all()].map(([key]) => key),
  )
  expect([...zero!, ...one!].sort()).toEqual(['a', 'ab', 'b', 'c', 'd'])
  expect(zero).toEqual([...zero!].sort())
  expect(() => app.store('counts', 'keyValue', { partition: 7 })).toThrow(
    'The store counts cannot be read now: this instance does not have its partition 7. Try again when the app runs, or ask the instance that has it.',
  )
  await started.stop()
})

test('windows, sessions, versions, stores of processors and global tables are read by their own words', async () => {
  const { app, produce, started } = await running()
  await produce(['a', 'x', 1], ['a', 'y', 2], ['a', 'z', 14], ['b', 'q', 15])
  const windows = app.store<string, number>('windows', 'window')
  expect(windows.fetch('a', 0)).toBe(2)
  expect([...windows.fetchRange('a', 0, 20)]).toEqual([
    [0, 2],
    [10, 1],
  ])
  expect([...windows.backwardFetchRange('a', 0, 20)].map(([start]) => start)).toEqual([10, 0])
  expect(sorted(windows.fetchAll(10, 20))).toEqual([
    [{ key: 'a', start: 10, end: 20 }, 1],
    [{ key: 'b', start: 10, end: 20 }, 1],
  ])
  expect(app.store('windows', 'timestampedWindow').fetch('a', 0)).toEqual({ value: 2, timestamp: 2 })
  expect([...app.store<string, string>('sliding', 'window').fetchRange('b', 0, 20)]).toEqual([[10, 'q']])
  expect([...app.store<string, number>('sessions', 'session').fetch('a')]).toEqual([
    [{ key: 'a', start: 1, end: 2 }, 2],
    [{ key: 'a', start: 14, end: 14 }, 1],
  ])
  const versions = app.store<string, string>('versions', 'versioned')
  expect(versions.get('a')).toEqual({ value: 'z', timestamp: 14, validTo: undefined })
  expect(versions.getAsOf('a', 3)).toEqual({ value: 'y', timestamp: 2, validTo: 14 })
  expect([...versions.history('a')].map(({ value }) => value)).toEqual(['z', 'y', 'x'])
  expect(app.store('own', 'keyValue').get('b')).toBe('Q')
  expect(app.store('names', 'keyValue').get('a')).toBe('Anna')
  expect([...app.store('joined-this-join-store', 'window').fetchRange('b', 0, 20)]).toEqual([[15, 'q']])
  await started.stop()
})

test('all stores are listed, with the kinds as which they can be read and the partitions that are here', async () => {
  const { app, started } = await running()
  const listed = new Map(app.stores.map(({ name, kinds, partitions, global }) => [name, { kinds, partitions, global }]))
  expect(listed.get('counts')).toEqual({ kinds: ['timestampedKeyValue', 'keyValue'], partitions: [0, 1], global: false })
  expect(listed.get('names')).toEqual({ kinds: ['timestampedKeyValue', 'keyValue'], partitions: [], global: true })
  expect(listed.get('own')?.kinds).toEqual(['keyValue'])
  expect(listed.get('sessions')?.kinds).toEqual(['session'])
  expect(listed.get('versions')?.kinds).toEqual(['versioned'])
  expect(listed.has('held-store')).toBe(false)
  const counts = app.stores.find(({ name }) => name === 'counts')!
  expect([counts.key.name, counts.value.name]).toEqual(['string', 'long'])
  await started.stop()
})

test('what the topology does not have is refused, and what is of another kind, with what there is', async () => {
  const { app, started } = await running()
  expect(() => app.store('missing', 'keyValue')).toThrow(
    'The store missing cannot be queried as keyValue: the topology has none of this name. There are: counts,',
  )
  expect(() => app.store('counts', 'window')).toThrow(
    'The store counts cannot be queried as window: it is read as timestampedKeyValue or keyValue. Ask for it as timestampedKeyValue.',
  )
  expect(() => app.store('held-store', 'keyValue')).toThrow('it is what an operator works with, and holds no rows.')
  await started.stop()
})

test('a store cannot be read before the app runs, nor after it, and a view says so when it has come to that', async () => {
  const bench = new AppBench()
  await bench.createTopics({ in: 1, names: 1 })
  const started = bench.start(everything, { config })
  expect(codeOf(() => started.app.store('counts', 'keyValue'))).toBe('store-unavailable')
  await started.reaches('running')
  await bench.produce('in', [['a', 'x', 1]])
  const counts = started.app.store<string, number>('counts', 'keyValue')
  await bench.clock.advanceUntil(() => counts.get('a') === 1)
  await started.stop()
  expect(() => counts.get('a')).toThrow('The store counts cannot be read now: the app is closed.')
  expect(codeOf(() => counts.all())).toBe('store-unavailable')
})

test('while the group rebalances a store is read only by who takes what may be stale, and then only where it is', async () => {
  const { bench, app, produce, started } = await running()
  await produce(['a', 'x', 1], ['b', 'x', 1], ['c', 'x', 1])
  const counts = app.store<string, number>('counts', 'keyValue')
  const stale = app.store<string, number>('counts', 'keyValue', { stale: true })
  const walked = counts.all()[Symbol.iterator]()
  walked.next()
  const second = bench.start(everything, { config })
  await bench.clock.advanceUntil(() => app.state === 'rebalancing')
  expect(() => counts.get('a')).toThrow('The store counts cannot be read now: the app is rebalancing.')
  expect(() => walked.next()).toThrow('the app is rebalancing')
  expect(stale.approximateNumEntries()).toBe(3)
  expect(app.store('names', 'keyValue').get('a')).toBe('Anna')
  await second.reaches('running')
  await started.reaches('running')
  const mine = [...counts.all()].length
  const theirs = [...second.app.store('counts', 'keyValue').all()].length
  expect(mine + theirs).toBe(3)
  expect(app.stores.find(({ name }) => name === 'counts')?.partitions).toHaveLength(1)
  await second.stop()
  await started.stop()
})

test('a query sees what waits in the record cache', async () => {
  const { bench, started, app } = await running({ partitions: 1, cacheBytesMax: 10_000_000 })
  await bench.produce('in', [['a', 'x', 1]])
  const counts = app.store<string, number>('counts', 'keyValue')
  await bench.clock.advanceUntil(() => counts.get('a') === 1)
  await started.stop()
})

function sorted<Row>(rows: Iterable<Row>): Row[] {
  return [...rows].sort((left, right) => (JSON.stringify(left) < JSON.stringify(right) ? -1 : 1))
}

function codeOf(call: () => unknown): string | undefined {
  try {
    call()
    return undefined
  } catch (error) {
    return isMillraceError(error) ? error.code : String(error)
  }
}

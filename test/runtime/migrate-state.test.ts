// Stored values of an old type are made new while the app is stopped: which ones, and what is left as it is.

import { describe, expect, test } from 'vitest'
import { isMillraceError } from '../../framework/errors.ts'
import { asTimestamp, bytes, noHeaders, type StreamsBuilder, tumblingCount } from '../../framework/index.ts'
import { migrateState } from '../../framework/runtime/migrate-state.ts'
import { MemoryBroker } from '../../plugins/broker-memory/index.ts'
import { object, text, typed, versionOf, word } from '../graph/evolution/versions.ts'
import { AppBench } from './app-bench.ts'

interface Total {
  readonly n: string
}

const value = typed<Total>('Total', object({ n: word }))
const migrate = (old: unknown): Total => {
  const { n } = old as { readonly n?: number }
  if (n === undefined) throw new Error('it has no n')
  return { n: String(n) }
}

function totals(builder: StreamsBuilder, store: object = {}): void {
  const grouped = builder.stream('in', text).groupByKey()
  grouped.aggregate(
    (): Total => ({ n: '' }),
    (total) => total,
    { store: { name: 'totals', migrate, ...store }, value },
  )
}

test('a partition that is too large for one reading is read several times, each key in one of them', async () => {
  const bench = new AppBench()
  await bench.createTopics({ 'app-totals-changelog': 1 })
  const keys = Array.from({ length: 100 }, (_, index) => `key-${index}`)
  await bench.produce(
    'app-totals-changelog',
    keys.map((key, index) => [key, `{"n":${index}}`, index]),
  )
  const broker = new MemoryBroker(bench.cluster, 'test')
  const migration = { topology: versionOf(totals).build(), applicationId: 'app', broker, dryRun: false, recordsOfReadingMax: 30 }
  expect(await migrateState(migration)).toEqual([{ store: 'totals', values: 100, migrated: 100 }])
  const made = recordsOf(bench).slice(keys.length)
  expect(made.toSorted()).toEqual(keys.map((key, index) => `${key} {"n":"${index}"} ${index} 0`).toSorted())
  expect(await migrateState(migration)).toEqual([{ store: 'totals', values: 100, migrated: 0 }])
})

async function migrated(bench: AppBench, build: (builder: StreamsBuilder) => void = totals, dryRun = false) {
  const broker = new MemoryBroker(bench.cluster, 'test')
  return migrateState({ topology: versionOf(build).build(), applicationId: 'app', broker, dryRun })
}

const recordsOf = (bench: AppBench): readonly string[] =>
  bench.records('app-totals-changelog').map(({ key, value, timestamp, partition }) => `${key} ${value} ${timestamp} ${partition}`)

test('only the last value of a key counts, and what was deleted stays so', async () => {
  const bench = new AppBench()
  await bench.createTopics({ 'app-totals-changelog': 1 })
  await bench.produce('app-totals-changelog', [
    ['deleted', '{"n":1}', 1],
    ['old', '{"n":2}', 2],
    ['new since', '{"n":3}', 3],
    ['deleted', null, 4],
    ['old', '{"n":5}', 5],
    ['new since', '{"n":"6"}', 6],
    ['deleted and back', null, 7],
    ['deleted and back', '{"n":8}', 8],
  ])
  const before = recordsOf(bench)
  expect(await migrated(bench, totals, true)).toEqual([{ store: 'totals', values: 3, migrated: 2 }])
  expect(recordsOf(bench)).toEqual(before)
  expect(await migrated(bench)).toEqual([{ store: 'totals', values: 3, migrated: 2 }])
  expect(recordsOf(bench)).toEqual([...before, 'old {"n":"5"} 5 0', 'deleted and back {"n":"8"} 8 0'])
  expect(await migrated(bench)).toEqual([{ store: 'totals', values: 3, migrated: 0 }])
  expect(recordsOf(bench)).toHaveLength(before.length + 2)
})

test('each value stays in its partition', async () => {
  const bench = new AppBench()
  await bench.createTopics({ 'app-totals-changelog': 3 })
  const keys = Array.from({ length: 30 }, (_, i) => `key ${i}`)
  await bench.produce(
    'app-totals-changelog',
    keys.map((key, i) => [key, `{"n":${i}}`, i] as const),
  )
  const places = recordsOf(bench).map((record) => record.replace(/\{"n":(\d+)\}/, '{"n":"$1"}'))
  expect(await migrated(bench)).toEqual([{ store: 'totals', values: 30, migrated: 30 }])
  expect(recordsOf(bench).filter((record) => record.includes('"}'))).toEqual(places)
})

test('a value that migrate cannot take ends it, with its place, and nothing of its partition is written', async () => {
  const bench = new AppBench()
  await bench.createTopics({ 'app-totals-changelog': 1 })
  await bench.produce('app-totals-changelog', [
    ['a', '{"n":1}', 1],
    ['b', '{"m":1}', 2],
  ])
  const failure = await migrated(bench).catch((error: unknown) => error)
  expect(isMillraceError(failure, 'state-unreadable')).toBe(true)
  expect((failure as Error).message).toContain('it has no n (app-totals-changelog-0@1)')
  expect(recordsOf(bench)).toHaveLength(2)
})

test('a store without a changelog, or with more than a value for a key, is left as it is; one that has never run has nothing', async () => {
  const bench = new AppBench()
  expect(await migrated(bench)).toEqual([{ store: 'totals', values: 0, migrated: 0 }])
  expect(await migrated(bench, (builder) => totals(builder, { logging: false }))).toEqual([
    { store: 'totals', values: 0, migrated: 0, skipped: 'it has no changelog' },
  ])
  const tens = (builder: StreamsBuilder): void => {
    const grouped = builder.stream('in', text).groupByKey().windowedBy(tumblingCount(10))
    grouped.aggregate(
      (): Total => ({ n: '' }),
      (total) => total,
      { name: 'tens', store: { name: 'tens', migrate }, value },
    )
  }
  expect(await migrated(bench, tens)).toEqual([
    { store: 'tens', values: 0, migrated: 0, skipped: 'a store of kind countWindow has more than a value for each key' },
  ])
  expect(await migrated(bench, (builder) => void builder.stream('in', text).groupByKey().count({ name: 'counts' }))).toEqual([])
})

test('it is refused while the group has members', async () => {
  const bench = new AppBench()
  await bench.createTopics({ in: 1 })
  const running = bench.start(versionOf(totals))
  await running.reaches('running')
  const failure = await migrated(bench).catch((error: unknown) => error)
  expect(isMillraceError(failure, 'app-running')).toBe(true)
  await running.stop()
  expect(await migrated(bench)).toEqual([{ store: 'totals', values: 0, migrated: 0 }])
})

describe('under exactly_once_v2', () => {
  const exactlyOnce = { processingGuarantee: 'exactly_once_v2' } as const

  /** An instance that was killed within a transaction: its group has no members any more. */
  async function leftOpen(bench: AppBench) {
    await bench.createTopics({ 'app-totals-changelog': 1 })
    await bench.produce('app-totals-changelog', [['a', '{"n":1}', 5]])
    const broker = new MemoryBroker(bench.cluster, 'gone')
    const producer = broker.producer({
      clientId: 'gone',
      lingerMs: 0,
      bufferBytesMax: 1_000_000,
      compression: 'none',
      transactionalId: 'app-gone-1',
    })
    await producer.transactions?.initialize()
    const writer = await producer.writer('app-totals-changelog')
    const key = Buffer.from('a')
    writer.append(0, asTimestamp(6), key, 0, key.length, Buffer.from('{"n":2}'), bytes(), noHeaders)
    await producer.flush()
    return producer
  }

  test('an open transaction refuses it, and nothing is written: what it holds could be committed behind what is appended', async () => {
    const bench = new AppBench()
    const gone = await leftOpen(bench)
    const before = recordsOf(bench)
    const failure = await migrated(bench).catch((error: unknown) => error)
    expect(isMillraceError(failure, 'transaction-open')).toBe(true)
    expect(String(failure)).toBe(
      'MillraceError: A transaction is open in app-totals-changelog-0: an instance that is gone has left it behind. Wait until the broker gives it up ' +
        '(transactionTimeoutMs, 10 s if nothing else is set), and try again.',
    )
    expect(recordsOf(bench)).toEqual(before)
    await gone.transactions?.abort()
  })

  test('what was aborted is no value: the one before it is made new', async () => {
    const bench = new AppBench()
    await (await leftOpen(bench)).transactions?.abort()
    expect(await migrated(bench)).toEqual([{ store: 'totals', values: 1, migrated: 1 }])
    expect(recordsOf(bench).at(-1)).toBe('a {"n":"1"} 5 0')
  })

  test('what was committed meanwhile is what is made new', async () => {
    const bench = new AppBench()
    await (await leftOpen(bench)).transactions?.commit({ groupId: 'app', memberId: '', generation: -1, offsets: [] })
    expect(await migrated(bench)).toEqual([{ store: 'totals', values: 1, migrated: 1 }])
    expect(recordsOf(bench).at(-1)).toBe('a {"n":"2"} 6 0')
  })

  test('a running app refuses it, and goes on; stopped, its values are made new', async () => {
    const bench = new AppBench()
    await bench.createTopics({ in: 1 })
    await bench.produce('in', [['a', 'x', 1]])
    await bench.runToEnd(versionOf(totals), { config: exactlyOnce })
    const running = bench.start(versionOf(totals), { config: exactlyOnce })
    await running.reaches('running')
    const failure = await migrated(bench).catch((error: unknown) => error)
    expect(isMillraceError(failure, 'app-running')).toBe(true)
    expect(String(failure)).toContain('Stop all instances first')
    await running.stop()
    expect(await migrated(bench)).toEqual([{ store: 'totals', values: 1, migrated: 0 }])
  })
})

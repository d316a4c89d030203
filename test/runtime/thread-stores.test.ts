// The stores of an app with several stream threads, within the process and over HTTP: they are read as those of an app with one.

import { expect, onTestFinished, test } from 'vitest'
import type { Config } from '../../framework/config.ts'
import type { ReadStore, StoreDescription } from '../../framework/runtime/store-queries.ts'
import { health } from '../../plugins/health-http/index.ts'
import { AppBench } from './app-bench.ts'
import { everything } from './every-store.ts'
import { type StartedThreads, startThreads } from './threads-bench.ts'

const config: Config = { commitIntervalMs: 1_000, cacheBytesMax: 0, naming: 'kafka-streams', healthPort: 0 }
const keys = Array.from({ length: 700 }, (_, index) => `key-${String(index).padStart(3, '0')}`)
const input = keys.flatMap((key, index) => [1, 2, 14].slice(index % 3).map((time) => [key, `v${time}`, time] as const))

interface Served {
  readonly store: ReadStore
  readonly stores: readonly StoreDescription[]
  readonly url: string
}

async function benchOf(): Promise<AppBench> {
  const bench = new AppBench()
  await bench.createTopics({ in: 4, names: 1 })
  await bench.produce('names', [['a', 'Anna']])
  await bench.produce('in', input)
  return bench
}

function urlIn(logged: readonly string[]): string | undefined {
  return logged.flatMap((message) => /http:\S+(?=\/livez)/.exec(message) ?? [])[0]
}

async function eventually(condition: () => boolean): Promise<void> {
  const deadlineMs = Date.now() + 20_000
  while (!condition()) {
    if (Date.now() > deadlineMs) throw new Error('it did not come to pass')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** Until all of the input is counted. */
async function counted(bench: AppBench, store: ReadStore): Promise<void> {
  let looks = 0
  await bench.clock.advanceUntil(() => {
    if (looks++ % 20 > 0) return false
    const sum = [...store<string, number>('counts', 'keyValue', { stale: true }).all()].reduce((all, [, count]) => all + count, 0)
    return sum === input.length
  })
}

async function withOneThread(): Promise<Served> {
  const bench = await benchOf()
  const started = bench.start(everything, { config, reporters: [health().metrics!.health!()] })
  onTestFinished(async () => void (await started.stop()))
  const logged = (): readonly string[] => started.logged.map(({ message }) => message)
  await eventually(() => urlIn(logged()) !== undefined)
  await started.reaches('running')
  await counted(bench, started.app.store)
  return { store: started.app.store, stores: started.app.stores, url: urlIn(logged())! }
}

async function withThreads(more: Config = {}, bench?: AppBench): Promise<Served & StartedThreads> {
  const on = bench ?? (await benchOf())
  const reporters = [health().metrics!.health!()]
  const started = await startThreads(on, everything, { ...config, streamThreads: 3, ...more }, { runs: false, more: reporters })
  const { threads, app } = started
  onTestFinished(async () => {
    threads.stop()
    await app.ended()
  })
  await eventually(() => urlIn(app.logged) !== undefined)
  await on.clock.advanceUntil(() => threads.numbers.length === 3 && app.health().tasks === 4 && threads.state === 'running')
  if (bench === undefined) await counted(on, threads.store)
  return { ...started, store: threads.store, stores: threads.stores, url: urlIn(app.logged)! }
}

/** Of rows of several partitions the order says nothing. */
function sorted(rows: Iterable<unknown>): readonly string[] {
  return [...rows].map((row) => JSON.stringify(row)).sort()
}

async function ask(url: string): Promise<{ readonly status: number; readonly body: unknown }> {
  const response = await fetch(url)
  return { status: response.status, body: await response.json() }
}

test('stores of all kinds give within the process what those of one thread give', async () => {
  const [one, several] = [await withOneThread(), await withThreads()]
  const reads: readonly ((store: ReadStore) => unknown)[] = [
    (store) => keys.map((key) => store('counts', 'keyValue').get(key)),
    (store) => store('counts', 'keyValue').get('nobody'),
    (store) => store('counts', 'timestampedKeyValue').get('key-000'),
    (store) => sorted(store('counts', 'keyValue').all()),
    (store) => sorted(store('counts', 'keyValue').range('key-100', 'key-650')),
    (store) => sorted(store('counts', 'keyValue').prefixScan('key-1')),
    (store) => store('counts', 'keyValue').approximateNumEntries(),
    (store) => [...store('counts', 'keyValue', { partition: 2 }).reverseAll()],
    (store) => store('windows', 'window').fetch('key-000', 0),
    (store) => [...store('windows', 'timestampedWindow').fetchRange('key-000', 0, 20)],
    (store) => sorted(store('windows', 'window').fetchAll(10, 20)),
    (store) => [...store('sessions', 'session').fetch('key-001')],
    (store) => sorted(store('sessions', 'session').all()),
    (store) => store('versions', 'versioned').getAsOf('key-000', 3),
    (store) => [...store('versions', 'versioned').history('key-000')],
    (store) => [...store('names', 'keyValue').all()],
  ]
  for (const read of reads) expect(read(several.store), String(read)).toEqual(read(one.store))
  expect(keys.map((key) => several.store('counts', 'keyValue').get(key))).toEqual(keys.map((_, index) => 3 - (index % 3)))
  expect(several.stores).toMatchObject(
    one.stores.map(({ name, kinds, partitionCount, global }) => ({ name, kinds, partitionCount, global })),
  )
  expect(several.stores.find(({ name }) => name === 'counts')!.partitions).toEqual([0, 1, 2, 3])
})

test('what cannot be read says why, as with one thread, and ranges that nobody walks to the end hold up nothing', async () => {
  const [one, several] = [await withOneThread(), await withThreads()]
  const wrong: readonly ((store: ReadStore) => unknown)[] = [
    (store) => store('none', 'keyValue'),
    (store) => store('counts', 'window'),
    (store) => store('counts', 'keyValue', { partition: 7 }),
    (store) => store('counts', 'keyValue').get(Symbol.iterator),
  ]
  const saying = (read: () => unknown): string => {
    try {
      read()
      return 'nothing'
    } catch (error) {
      return (error as Error).message
    }
  }
  for (const read of wrong.slice(0, 3)) expect(saying(() => read(several.store))).toBe(saying(() => read(one.store)))
  expect(saying(() => wrong[3]!(several.store))).toContain('could not be cloned')
  const counts = several.store<string, number>('counts', 'keyValue')
  for (let index = 0; index < 200; index++) counts.all()
  const [first] = counts.all()
  expect(first![1]).toBeGreaterThan(0)
  expect([...counts.all()]).toHaveLength(700)
  // Of those that were begun at last the rest can still be read; of the first ones no more.
  const many = Array.from({ length: 65 }, () => counts.all()[Symbol.iterator]())
  expect([...{ [Symbol.iterator]: () => many[64]! }]).toHaveLength(700)
  expect(saying(() => [...{ [Symbol.iterator]: () => many[0]! }])).toMatch(/^The store counts cannot be read now: more than 64 ranges/)
})

test('over HTTP one key, ranges, all, lines, windows and sessions are as with one thread', async () => {
  const [one, several] = [await withOneThread(), await withThreads()]
  const whole = [
    'counts?key=key-017',
    'counts?key=nobody',
    'names',
    'names?key=a',
    'names?key=b',
    'windows?key=key-000',
    'windows?key=key-000&reverse',
    'sessions?key=key-001',
    'versions?key=key-000',
    'versions?key=key-000&at=3',
    'counts?partition=1&limit=3',
    'counts?partition=7',
    'counts?limit=0',
  ]
  const refused = ['none', 'counts?key=a&from=b', 'counts?limit=x', 'counts?limit=1&limit=2', 'counts?bad=1', 'versions', '%zz']
  for (const path of [...whole, ...refused])
    expect(await ask(`${several.url}/state/${path}`), path).toEqual(await ask(`${one.url}/state/${path}`))
  const rows = async (url: string): Promise<{ readonly rows: readonly string[]; readonly more: boolean }> => {
    const { body } = (await ask(url)) as { body: { rows: readonly unknown[]; more: boolean } }
    return { rows: sorted(body.rows), more: body.more }
  }
  for (const path of [
    'counts',
    'counts?from=key-100&to=key-120',
    'counts?prefix=key-2',
    'windows?timeFrom=10',
    'sessions?timeFrom=14&limit=10000',
    'windows?limit=5000',
  ])
    expect(await rows(`${several.url}/state/${path}`), path).toEqual(await rows(`${one.url}/state/${path}`))
  for (const limit of [1, 3, 699, 700, 701]) {
    const { rows: some, more } = await rows(`${several.url}/state/counts?limit=${limit}`)
    expect([some.length, more]).toEqual([Math.min(limit, 700), limit < 700])
  }
  const lines = async (url: string): Promise<readonly string[]> => (await (await fetch(url)).text()).trimEnd().split('\n').sort()
  expect(await lines(`${several.url}/state/counts?format=ndjson`)).toEqual(await lines(`${one.url}/state/counts?format=ndjson`))
  expect(await lines(`${several.url}/state/windows?format=ndjson&limit=7`)).toHaveLength(7)
  expect(await ask(`${several.url}/state`)).toEqual(await ask(`${one.url}/state`))
})

test('while a thread has not what it is to have, nothing is said to be nowhere', async () => {
  const { threads, url, bench, app } = await withThreads()
  expect(threads.addStreamThread()).toBe(4)
  await bench.clock.advanceUntil(() => threads.state === 'rebalancing')
  expect(() => threads.store('counts', 'keyValue')).toThrow('The store counts cannot be read now: ')
  // The group may have come to rest meanwhile; what it never says is a part.
  const whole = await ask(`${url}/state/counts`)
  if (whole.status === 200) expect((whole.body as { readonly rows: unknown }).rows).toHaveLength(700)
  else expect(whole).toMatchObject({ status: 503, body: { error: { code: 'store-unavailable' } } })
  // Of keys those are found that a thread has which goes on.
  const answers = await Promise.all(keys.slice(0, 40).map((key) => ask(`${url}/state/counts?key=${key}`)))
  for (const { status } of answers) expect([200, 503]).toContain(status)
  await bench.clock.advanceUntil(() => threads.state === 'running' && app.health().tasks === 4 && threads.numbers.length === 4)
  expect(await ask(`${url}/state/counts?key=key-017`)).toMatchObject({ status: 200 })
  expect(sorted(threads.store('counts', 'keyValue').all())).toHaveLength(700)
})

test('a question for a key that is on another instance is forwarded there, whichever thread has it', async () => {
  const bench = await benchOf()
  const first = await withThreads({ applicationServer: '127.0.0.1:1' }, bench)
  const second = bench.start(everything, { config: { ...config, applicationServer: '127.0.0.1:2' } })
  onTestFinished(async () => void (await second.stop()))
  await second.reaches('running')
  await bench.clock.advanceUntil(() => first.threads.state === 'running' && first.app.health().tasks < 4)
  const own = first.threads.stores.find(({ name }) => name === 'counts')!
  expect([...own.servers]).toEqual(
    [0, 1, 2, 3].flatMap((partition) => (own.partitions.includes(partition) ? [] : [[partition, '127.0.0.1:2']])),
  )
  const answers = await Promise.all(keys.slice(0, 30).map((key) => ask(`${first.url}/state/counts?key=${key}`)))
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 502]))
  for (const { status, body } of answers)
    if (status === 502) expect(body).toMatchObject({ error: { code: 'owner-unreachable', server: '127.0.0.1:2' } })
})

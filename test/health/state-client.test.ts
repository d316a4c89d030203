// A generated client against apps that run: every kind of store, several instances, and who may not read.

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import type { Config } from '../../framework/config.ts'
import { type TopologyDefinition, topology } from '../../framework/dsl/topology-definition.ts'
import { manifestOf } from '../../framework/graph/manifest.ts'
import { bytes, json, long, string } from '../../framework/serdes/serdes.ts'
import { health } from '../../plugins/health-http/index.ts'
import { type LoadedClient, loadClient } from '../cli/client-under-test.ts'
import { AppBench, type StartedApp } from '../runtime/app-bench.ts'
import { everything, text } from '../runtime/every-store.ts'

interface Visit {
  readonly of: string
  readonly at: Date
}

/** As the compiler makes one for a type with a Date in it. */
const visit = json<Visit>({
  name: 'Visit',
  parse: (value) => ({ of: (value as { of: string }).of, at: new Date((value as { at: string }).at) }),
})
const visitSchema = {
  title: 'Visit',
  type: 'object',
  properties: { of: { type: 'string' }, at: { type: 'string', format: 'date-time', 'x-typescript': 'Date' } },
  required: ['of', 'at'],
}

const keyed = topology('keyed', (builder) => {
  const stream = builder.stream<string, string>('in', text)
  stream.groupBy((value) => value.length, { key: long(), value: string() }).count({ store: 'lengths' })
  stream.groupBy((value, of) => ({ of, at: new Date(value.length) }), { key: visit, value: string() }).count({ store: 'visits' })
  stream.groupBy((value): Uint8Array => Buffer.from(value), { key: bytes(), value: string() }).count({ store: 'contents' })
  stream.mapValues((value, of): Visit => ({ of, at: new Date(value.length) })).toTable({ value: visit, store: 'last' })
})

const input = [
  ['a', 'x', 1],
  ['a', 'y', 2],
  ['ab', 'xyz', 12],
  ['b', 'q', 15],
  ['a', 'z', 14],
] as const

async function start(bench: AppBench, definition: TopologyDefinition, more: Config, token?: string): Promise<StartedApp> {
  const config: Config = { commitIntervalMs: 1_000, cacheBytesMax: 0, naming: 'kafka-streams', healthPort: 0, ...more }
  const environment: Record<string, string> = token === undefined ? {} : { MILLRACE_STATE_QUERY_TOKEN: token }
  const started = bench.start(definition, { config, environment, reporters: [health().metrics!.health!()] })
  onTestFinished(async () => {
    if (started.app.state !== 'closed') await started.stop()
  })
  await started.reaches('running')
  return started
}

function urlOf({ logged }: StartedApp): string {
  return logged.flatMap(({ message }) => /http:\S+(?=\/livez)/.exec(message) ?? [])[0]!
}

async function running(definition: TopologyDefinition, store: string, partitions = 1, more: Config = {}, token?: string) {
  const bench = new AppBench()
  await bench.createTopics({ in: partitions, names: 1 })
  await bench.produce('names', [['a', 'Anna']])
  const started = await start(bench, definition, more, token)
  await bench.produce('in', input)
  const counts = started.app.store<unknown, number>(store, 'keyValue')
  await bench.clock.advanceUntil(() => [...counts.all()].reduce((total, [, count]) => total + count, 0) === input.length)
  return { bench, started }
}

async function clientOf(definition: TopologyDefinition, url: string | readonly string[], token?: string): Promise<LoadedClient> {
  const manifest = manifestOf(definition.build({ naming: 'kafka-streams' }))
  const make = await loadClient({ ...manifest, schemas: { ...manifest.schemas, 'json(Visit)': visitSchema } })
  return make({ url, retryMs: 0, ...(token === undefined ? {} : { token }) })
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

test('tables, windows, sessions, versions and global tables are read as they are', async () => {
  const { started } = await running(everything, 'counts')
  const { stores, describe } = await clientOf(everything, urlOf(started))
  const { counts, windows, sessions, versions, names } = stores
  const a = { key: 'a', value: 3, timestamp: 14 }
  const ab = { key: 'ab', value: 1, timestamp: 12 }
  const b = { key: 'b', value: 1, timestamp: 15 }
  expect(await counts!.get('a')).toBe(3)
  expect(await counts!.row('a')).toEqual(a)
  expect(await counts!.get('none')).toBeUndefined()
  expect(await counts!.all().toArray()).toEqual([a, ab, b])
  expect(await counts!.all({ reverse: true, limit: 2 }).toArray()).toEqual([b, ab])
  expect(await counts!.range({ from: 'ab' }).toArray()).toEqual([ab, b])
  expect(await counts!.prefix('a').toArray()).toEqual([a, ab])
  const first = { key: 'a', start: 0, end: 10, value: 2, timestamp: 2 }
  const second = { key: 'a', start: 10, end: 20, value: 1, timestamp: 14 }
  expect(await windows!.windows('a').toArray()).toEqual([first, second])
  expect(await windows!.windows('a', { timeFrom: new Date(10), timeTo: 20 }).toArray()).toEqual([second])
  expect(await windows!.windows('none').toArray()).toEqual([])
  expect(await windows!.range({ from: 'a', to: 'a', reverse: true }).toArray()).toEqual([second, first])
  expect(await windows!.all().toArray()).toHaveLength(4)
  expect(await sessions!.sessions('a').toArray()).toEqual([
    { key: 'a', start: 1, end: 2, value: 2 },
    { key: 'a', start: 14, end: 14, value: 1 },
  ])
  expect(await sessions!.all({ timeFrom: 15 }).toArray()).toEqual([{ key: 'b', start: 15, end: 15, value: 1 }])
  expect(await versions!.row('a')).toEqual({ key: 'a', value: 'z', timestamp: 14 })
  expect(await versions!.row('a', { at: 3 })).toEqual({ key: 'a', value: 'y', timestamp: 2, validTo: 14 })
  expect(await versions!.get('a', { at: 0 })).toBeUndefined()
  expect((await versions!.versions('a').toArray()).map((row) => (row as { value: string }).value)).toEqual(['z', 'y', 'x'])
  expect(await names!.all().toArray()).toMatchObject([{ key: 'a', value: 'Anna' }])
  expect((await describe()).map(({ name }) => name)).toEqual(expect.arrayContaining(['counts', 'windows', 'sessions', 'versions', 'names']))
})

test('keys and values that are no strings go both ways: numbers, bytes, and what has Dates in it', async () => {
  const { started } = await running(keyed, 'lengths')
  const { stores } = await clientOf(keyed, urlOf(started))
  expect(await stores.lengths!.get(3)).toBe(1)
  expect(await stores.contents!.get(Buffer.from('xyz'))).toBe(1)
  expect(await stores.contents!.range({ from: Buffer.from('y') }).toArray()).toMatchObject([
    { key: Uint8Array.of(121) },
    { key: Uint8Array.of(122) },
  ])
  expect(await stores.visits!.get({ of: 'ab', at: new Date(3) })).toBe(1)
  expect(await stores.visits!.get({ of: 'ab', at: new Date(4) })).toBeUndefined()
  expect(await stores.last!.get('ab')).toEqual({ of: 'ab', at: new Date(3) })
})

test.each([true, false])('all rows of all instances are read, and each key of its owner (applicationServer: %s)', async (isKnown) => {
  const served = async () => {
    const healthPort = await freePort()
    return {
      url: `http://127.0.0.1:${healthPort}`,
      config: { healthPort, ...(isKnown ? { applicationServer: `127.0.0.1:${healthPort}` } : {}) },
    }
  }
  const places = [await served(), await served()]
  const { bench, started } = await running(everything, 'counts', 4, places[0]!.config)
  await start(bench, everything, places[1]!.config)
  await started.reaches('running')
  const { stores } = await clientOf(everything, isKnown ? places[0]!.url : places.map(({ url }) => url))
  const rows = (await stores.counts!.all().toArray()) as { readonly key: string; readonly value: number }[]
  expect(rows.map(({ key, value }) => `${key} ${value}`).sort()).toEqual(['a 3', 'ab 1', 'b 1'])
  expect(await stores.counts!.all({ limit: 2 }).toArray()).toHaveLength(2)
  for (const { key, value } of rows) expect(await stores.counts!.get(key)).toBe(value)
  expect(await stores.windows!.all().toArray()).toHaveLength(4)
  expect(await stores.names!.all().toArray()).toHaveLength(1)
  if (isKnown) return
  const half = await clientOf(everything, places[0]!.url)
  await expect(half.stores.counts!.all().toArray()).rejects.toMatchObject({ code: 'store-unavailable' })
})

test('a client without the token is told so, and one with it reads', async () => {
  const { started } = await running(everything, 'counts', 1, {}, 'correct horse')
  const without = await clientOf(everything, urlOf(started))
  await expect(without.stores.counts!.get('a')).rejects.toMatchObject({ code: 'token-wrong', status: 401 })
  const { stores } = await clientOf(everything, urlOf(started), 'correct horse')
  expect(await stores.counts!.get('a')).toBe(3)
})

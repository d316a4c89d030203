// The stores of an app that runs, read over HTTP and by `millrace state`.

import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import type { Config } from '../../framework/config.ts'
import { type TopologyDefinition, topology } from '../../framework/dsl/topology-definition.ts'
import { Secret } from '../../framework/ports/secret.ts'
import { long, string } from '../../framework/serdes/serdes.ts'
import { health } from '../../plugins/health-http/index.ts'
import { whyRefused } from '../../plugins/health-http/state-access.ts'
import { millrace, projectOf } from '../cli/program.ts'
import { AppBench, type StartedApp } from '../runtime/app-bench.ts'
import { everything, text } from '../runtime/every-store.ts'

interface Running {
  readonly bench: AppBench
  readonly started: StartedApp
  readonly url: string
}

type Input = readonly (readonly [key: string, value: string, timestamp: number])[]

const few: Input = [
  ['a', 'x', 1],
  ['a', 'y', 2],
  ['ab', 'xyz', 12],
  ['b', 'q', 15],
  ['a', 'z', 14],
]

async function start(bench: AppBench, definition: TopologyDefinition = everything, more: Config = {}, token?: string): Promise<StartedApp> {
  const config: Config = { commitIntervalMs: 1_000, cacheBytesMax: 0, naming: 'kafka-streams', healthPort: 0, ...more }
  const environment: Record<string, string> = token === undefined ? {} : { MILLRACE_STATE_QUERY_TOKEN: token }
  const started = bench.start(definition, { config, environment, reporters: [health().metrics!.health!()] })
  onTestFinished(async () => {
    if (started.app.state !== 'closed') await started.stop()
  })
  await eventually(() => urlOf(started) !== undefined)
  await started.reaches('running')
  return started
}

function urlOf({ logged }: StartedApp): string | undefined {
  return logged.flatMap(({ message }) => /http:\S+(?=\/livez)/.exec(message) ?? [])[0]
}

async function running(input: Input = few, partitions = 2, more: Config = {}, token?: string): Promise<Running> {
  const bench = new AppBench()
  await bench.createTopics({ in: partitions, names: 1 })
  await bench.produce('names', [['a', 'Anna']])
  const started = await start(bench, everything, more, token)
  await bench.produce('in', input)
  const counts = started.app.store<string, number>('counts', 'keyValue')
  const sum = (rows: Iterable<[unknown, number]>): number => [...rows].reduce((total, [, count]) => total + count, 0)
  await bench.clock.advanceUntil(() => sum(counts.all()) === input.length)
  return { bench, started, url: urlOf(started)! }
}

async function eventually(condition: () => boolean): Promise<void> {
  const deadlineMs = Date.now() + 20_000
  while (!condition()) {
    if (Date.now() > deadlineMs) throw new Error('it did not come to pass')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

async function ask(url: string): Promise<{ readonly status: number; readonly body: unknown }> {
  const response = await fetch(url)
  return { status: response.status, body: await response.json() }
}

async function rows(url: string): Promise<unknown> {
  const { status, body } = await ask(url)
  expect({ status, body }).toMatchObject({ status: 200, body: { more: false } })
  return (body as { readonly rows: unknown }).rows
}

const byLength = topology('by-length', (builder) => {
  builder
    .stream<string, string>('in', text)
    .groupBy((value) => value.length, { key: long(), value: string() })
    .count({ store: 'lengths' })
})

test('one key, a range, a prefix and all of a table are read as JSON', async () => {
  const { url } = await running(few, 1)
  const a = { key: 'a', value: 3, timestamp: 14 }
  const ab = { key: 'ab', value: 1, timestamp: 12 }
  const b = { key: 'b', value: 1, timestamp: 15 }
  expect(await ask(`${url}/state/counts?key=a`)).toEqual({ status: 200, body: { store: 'counts', rows: [a], more: false } })
  expect(await rows(`${url}/state/counts`)).toEqual([a, ab, b])
  expect(await rows(`${url}/state/counts?from=ab`)).toEqual([ab, b])
  expect(await rows(`${url}/state/counts?from=a&to=ab&reverse`)).toEqual([ab, a])
  expect(await rows(`${url}/state/counts?prefix=a`)).toEqual([a, ab])
  expect(await ask(`${url}/state/counts?limit=2`)).toMatchObject({ body: { rows: [a, ab], more: true } })
  expect(await rows(`${url}/state/counts?limit=3`)).toEqual([a, ab, b])
  expect(await rows(`${url}/state/names?key=a`)).toMatchObject([{ key: 'a', value: 'Anna' }])
  expect(await ask(`${url}/state/counts?key=none`)).toMatchObject({ status: 404, body: { error: { code: 'key-not-found' } } })
})

test('keys that are no strings are asked for as JSON', async () => {
  const { bench } = await running(few, 1)
  const started = await start(bench, byLength)
  const lengths = started.app.store<number, number>('lengths', 'keyValue')
  await bench.clock.advanceUntil(() => lengths.get(3) === 1)
  const url = urlOf(started)!
  expect(await rows(`${url}/state/lengths?key=3`)).toEqual([{ key: 3, value: 1, timestamp: 12 }])
  expect(await ask(`${url}/state/lengths?key=x`)).toMatchObject({
    status: 400,
    body: { error: { message: 'key must be JSON, because the keys are long; not x.' } },
  })
  expect(await ask(`${url}/state/lengths?key=1.5`)).toMatchObject({
    status: 400,
    body: { error: { message: expect.stringMatching(/^key is no long: /) } },
  })
})

test('windows and sessions of a key or of all between two times, and versions of a key, are read too', async () => {
  const { url } = await running(few, 1)
  const first = { key: 'a', start: 0, end: 10, value: 2, timestamp: 2 }
  const second = { key: 'a', start: 10, end: 20, value: 1, timestamp: 14 }
  expect(await rows(`${url}/state/windows?key=a`)).toEqual([first, second])
  expect(await rows(`${url}/state/windows?key=a&reverse`)).toEqual([second, first])
  expect(await rows(`${url}/state/windows?key=a&timeFrom=0&timeTo=9`)).toEqual([first])
  expect(await rows(`${url}/state/windows?timeFrom=10`)).toMatchObject([{ key: 'a' }, { key: 'ab' }, { key: 'b' }])
  expect(await rows(`${url}/state/windows?from=ab&timeFrom=0&timeTo=20`)).toMatchObject([{ key: 'ab' }, { key: 'b' }])
  expect(await rows(`${url}/state/windows`)).toHaveLength(4)
  expect(await rows(`${url}/state/sessions?key=a`)).toEqual([
    { key: 'a', start: 1, end: 2, value: 2 },
    { key: 'a', start: 14, end: 14, value: 1 },
  ])
  expect(await rows(`${url}/state/sessions?timeFrom=15`)).toEqual([{ key: 'b', start: 15, end: 15, value: 1 }])
  expect(await rows(`${url}/state/sessions`)).toHaveLength(4)
  expect(await rows(`${url}/state/versions?key=a`)).toEqual([{ key: 'a', value: 'z', timestamp: 14 }])
  expect(await rows(`${url}/state/versions?key=a&at=3`)).toEqual([{ key: 'a', value: 'y', timestamp: 2, validTo: 14 }])
  expect(await rows(`${url}/state/versions?key=a&timeFrom=0`)).toMatchObject([{ value: 'z' }, { value: 'y' }, { value: 'x' }])
})

test('rows come as lines too, all of them, however slowly they are read, and who goes away leaves nothing open', async () => {
  const many: Input = Array.from({ length: 5_000 }, (_, at) => [`key-${at}-${'long'.repeat(50)}`, 'x', 1])
  const { url } = await running(many, 1)
  const response = await fetch(`${url}/state/counts`, { headers: { Accept: 'application/x-ndjson' } })
  expect(response.headers.get('content-type')).toBe('application/x-ndjson')
  const lines = (await response.text()).split('\n')
  expect(lines.pop()).toBe('')
  expect(new Set(lines.map((line) => (JSON.parse(line) as { key: string }).key)).size).toBe(5_000)
  expect((await (await fetch(`${url}/state/counts?format=ndjson&limit=7`)).text()).trim().split('\n')).toHaveLength(7)
  expect(await ask(`${url}/state/counts`)).toMatchObject({ body: { more: true, rows: { length: 1_000 } } })
  // More than may be on their way at once.
  for (let times = 0; times < 20; times++) {
    const left = new AbortController()
    const begun = await fetch(`${url}/state/counts?format=ndjson`, { signal: left.signal })
    expect(begun.status).toBe(200)
    await begun.body!.getReader().read()
    left.abort()
    await expect(begun.text()).rejects.toThrow()
  }
  expect((await (await fetch(`${url}/state/counts?format=ndjson`)).text()).length).toBe(lines.join('\n').length + 1)
})

test('what is asked for wrongly is refused, with what there is', async () => {
  const { url, started } = await running()
  const wrong = async (path: string) => {
    const { status, body } = await ask(`${url}/state/${path}`)
    return `${status} ${(body as { error: { message: string } }).error.message}`
  }
  expect(await wrong('missing')).toMatch(
    /^404 The store missing cannot be queried as keyValue: the topology has none of this name. There are: counts,/,
  )
  expect(await wrong('counts?kee=a')).toMatch(/^400 kee is no parameter of this store. Did you mean key\?/)
  expect(await wrong('counts?key=a&from=a')).toBe('400 key and from do not go together.')
  expect(await wrong('counts?key=a&key=b')).toBe('400 key is given more than once.')
  expect(await wrong('counts?limit=-1')).toBe("400 limit must be a whole number, not '-1'.")
  expect(await wrong('windows?timeFrom=now')).toBe("400 timeFrom must be a whole number of milliseconds since 1970, not 'now'.")
  expect(await wrong('versions')).toBe('400 a versioned store is read by one key: give key=…')
  expect(await wrong('counts?partition=7')).toBe('400 The store counts has no partition 7: it has 2, from 0 on.')
  expect(await wrong('windows?key=a&timeFrom=5&timeTo=4')).toBe('400 timeFrom, 5, is behind timeTo, 4.')
  expect(await wrong('counts?format=xml')).toBe("400 format is json or ndjson, not 'xml'.")
  expect(await wrong('counts/a b')).toBe('400 Ask for a key as a parameter: /state/counts?key=a%20b.')
  expect(await wrong('count')).toContain('Did you mean counts?')
  expect(await wrong('%zz')).toMatch(/^400 /)
  expect((await fetch(`${url}/state`, { method: 'POST' })).status).toBe(405)
  expect(started.app.state).toBe('running')
})

test('an instance says of a key that is on another one that it does not own it', async () => {
  const { bench, started, url } = await running()
  const second = await start(bench)
  await started.reaches('running')
  const urls = [url, urlOf(second)!]
  const stores = await Promise.all(urls.map((at) => ask(`${at}/state`)))
  for (const { body } of stores)
    expect((body as { stores: unknown[] }).stores).toContainEqual(
      expect.objectContaining({
        name: 'counts',
        kind: 'timestampedKeyValue',
        key: 'string',
        partitions: [expect.any(Number)],
        partitionCount: 2,
      }),
    )
  for (const key of ['a', 'ab', 'b']) {
    const answers = await Promise.all(urls.map((at) => ask(`${at}/state/counts?key=${key}`)))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 421])
    expect(answers.find(({ status }) => status === 421)!.body).toMatchObject({
      error: {
        code: 'not-here',
        message: expect.stringMatching(/^This instance does not own the key: it belongs to partition [01] of 2, /),
      },
    })
  }
})

/** A port that nobody listens at now. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function served(): Promise<Config & { readonly applicationServer: string }> {
  const healthPort = await freePort()
  return { healthPort, applicationServer: `127.0.0.1:${healthPort}` }
}

test('a question for a key is forwarded to the instance that has it, once, and its answer comes back as it is', async () => {
  const places = [await served(), await served()]
  const { bench, started } = await running(few, 2, places[0])
  await start(bench, everything, places[1])
  await started.reaches('running')
  const urls = places.map(({ applicationServer }) => `http://${applicationServer}/state`)
  for (const key of ['a', 'ab', 'b']) {
    const own = await Promise.all(urls.map((url) => fetch(`${url}/counts?key=${key}`, { headers: { 'X-Millrace-Forwarded': '1' } })))
    expect(own.map(({ status }) => status).sort()).toEqual([200, 421])
    const right = await own.find(({ status }) => status === 200)!.json()
    expect(await Promise.all(urls.map((url) => ask(`${url}/counts?key=${key}`)))).toEqual(Array(2).fill({ status: 200, body: right }))
    const lines = await Promise.all(urls.map(async (url) => await (await fetch(`${url}/windows?key=${key}&format=ndjson`)).text()))
    expect(lines[0]).toBe(lines[1])
    expect(lines[0]!.trim().split('\n')).toHaveLength(key === 'a' ? 2 : 1)
    const server = places[own.findIndex(({ status }) => status === 200)]!.applicationServer
    const refused = (await own.find(({ status }) => status === 421)!.json()) as { readonly error: unknown }
    expect(refused.error).toMatchObject({ code: 'not-here', server })
  }
  // What nobody has is said to be nowhere by the one that would have it.
  for (const url of urls)
    expect(await ask(`${url}/counts?key=none`)).toMatchObject({ status: 404, body: { error: { code: 'key-not-found' } } })
})

test('an instance that has the key and does not answer is named', async () => {
  const gone = `127.0.0.1:${await freePort()}`
  const { bench, url, started } = await running(few, 2)
  await start(bench, everything, { applicationServer: gone })
  await started.reaches('running')
  const keys = Array.from({ length: 20 }, (_, at) => `key-${at}`)
  const refused = async () => {
    const answers = await Promise.all(keys.map((key) => ask(`${url}/state/counts?key=${key}`)))
    return answers.filter(({ status }) => status === 502)
  }
  let unanswered = await refused()
  // The first instance may be asked before it has heard that there is a second one.
  for (const deadlineMs = Date.now() + 20_000; unanswered.length === 0 && Date.now() < deadlineMs; ) unanswered = await refused()
  expect(unanswered.length).toBeGreaterThan(0)
  for (const { body } of unanswered)
    expect(body).toMatchObject({
      error: { code: 'owner-unreachable', server: gone, message: expect.stringContaining(`does not answer at ${gone}: `) },
    })
})

test('an app that listens beyond loopback gives state to who has the token, and probes to everybody', async () => {
  const input: Input = [['a', 'x', 1]]
  const open = await running(input, 1, { healthHost: '0.0.0.0' })
  const here = (url: string): string => url.replace('0.0.0.0', '127.0.0.1')
  expect(await ask(`${here(open.url)}/state/counts`)).toMatchObject({ status: 403, body: { error: { code: 'token-not-set' } } })
  expect((await fetch(`${here(open.url)}/livez`)).status).toBe(200)
  const closed = await running(input, 1, { healthHost: '0.0.0.0' }, 'correct horse')
  const answer = (authorization?: string) =>
    fetch(`${here(closed.url)}/state/counts?key=a`, { headers: authorization === undefined ? {} : { Authorization: authorization } })
  expect((await answer()).status).toBe(401)
  expect((await answer('Bearer wrong')).status).toBe(401)
  expect(await (await answer('Bearer correct horse')).json()).toMatchObject({ rows: [{ key: 'a', value: 1 }] })
})

test('so many answers are on their way at most, and there is room again when one of them ends', async () => {
  // More than sockets keep of what nobody reads.
  const many: Input = Array.from({ length: 4_000 }, (_, at) => [`${at}-${'long'.repeat(600)}`, 'x', 1])
  const { url } = await running(many, 1)
  const readers = Array.from({ length: 16 }, () => new AbortController())
  const begun = await Promise.all(readers.map(({ signal }) => fetch(`${url}/state/counts?format=ndjson`, { signal })))
  expect(begun.map(({ status }) => status)).toEqual(Array(16).fill(200))
  expect(await ask(`${url}/state/counts?limit=1`)).toMatchObject({ status: 503, body: { error: { code: 'busy' } } })
  readers[0]!.abort()
  let status = 503
  for (const deadlineMs = Date.now() + 20_000; status === 503 && Date.now() < deadlineMs; )
    ({ status } = await ask(`${url}/state/counts?limit=1`))
  expect(status).toBe(200)
  for (const reader of readers) reader.abort()
})

test('nobody reads state beyond loopback without the token, nor where one is set, nor by the name of another host', async () => {
  const none = { authorization: '', host: 'localhost:80' }
  const token = new Secret('correct horse')
  expect(whyRefused('0.0.0.0', undefined, none)).toMatchObject({ status: 403, code: 'token-not-set' })
  expect(whyRefused('10.0.0.1', undefined, { ...none, authorization: 'Bearer x' })).toMatchObject({ code: 'token-not-set' })
  expect(whyRefused('127.0.0.1', undefined, none)).toBeUndefined()
  expect(whyRefused('::1', undefined, { ...none, host: '[::1]:80' })).toBeUndefined()
  expect(whyRefused('127.0.0.1', undefined, { ...none, host: 'evil.example:80' })).toMatchObject({ status: 403, code: 'host-wrong' })
  expect(whyRefused('127.0.0.1', undefined, { ...none, host: '127.0.0.1.evil.example' })).toMatchObject({ code: 'host-wrong' })
  for (const at of ['127.0.0.1', '0.0.0.0']) {
    expect(whyRefused(at, token, none)).toMatchObject({ status: 401, code: 'token-wrong' })
    expect(whyRefused(at, token, { ...none, authorization: 'Bearer correct' })).toMatchObject({ status: 401 })
    expect(whyRefused(at, token, { host: 'app.example', authorization: 'Bearer correct horse' })).toBeUndefined()
  }
  const { url } = await running()
  const status = await new Promise((resolve, reject) => {
    request(`${url}/state/counts`, { headers: { Host: 'evil.example' } }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
      .on('error', reject)
      .end()
  })
  expect(status).toBe(403)
})

test('millrace state lists, gets, scans and dumps', async () => {
  const { url } = await running(few, 1)
  const run = (...words: string[]) => millrace(['state', ...words, '--app', new URL(url).host], projectOf({}), {})
  expect(await run('get', 'counts', 'a')).toEqual({ code: 0, stdout: '{"key":"a","value":3,"timestamp":14}\n', stderr: '' })
  expect((await run('get', 'windows', 'a', '--time-from', '10')).stdout).toBe('{"key":"a","start":10,"end":20,"value":1,"timestamp":14}\n')
  expect((await run('scan', 'counts', '--prefix', 'a', '--limit', '1')).stdout).toBe('{"key":"a","value":3,"timestamp":14}\n')
  expect((await run('dump', 'counts')).stdout.trim().split('\n')).toHaveLength(3)
  expect((await run('list')).stdout).toMatch(/^counts +timestampedKeyValue +string +long +0 of 1$/m)
  expect(await run('get', 'counts', 'none')).toMatchObject({
    code: 1,
    stderr: 'error: The store counts has nothing for this key.\n',
  })
  expect(await run('get', 'windows', 'a', '--time-from', '20')).toMatchObject({
    code: 1,
    stderr: 'error: The store windows has nothing for this key and these times.\n',
  })
  expect(await run('get', 'cuonts', 'none')).toMatchObject({ code: 1, stderr: expect.stringContaining('There are: counts') })
  const nobody = await millrace(['state', 'list', '--app', '127.0.0.1:1'], projectOf({}), {})
  expect(nobody).toMatchObject({ code: 1, stderr: expect.stringMatching(/^error: No app answers at 127.0.0.1:1: /) })
})

// A built app with several stream threads, as worker threads of its process: they share its tasks and its state folder, and are one app to who looks at it.

import { randomInt } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { endOf, millrace, node, projectOf, startNode, urlOf } from '../cli/program.ts'
import { eventually } from '../contract/broker/bench.ts'
import { Client } from './client.ts'

const keys = 200
const waitMs = 60_000

const counting = (topics: { readonly input: string; readonly output: string }): string => `
import { topology } from 'millrace'

export default topology('counting', (builder) => {
  const lines = builder.stream<string, string>('${topics.input}').peek((line) => {
    if (line === 'bad') throw new Error('a bad line')
    if (line === 'slow') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 4_000)
  })
  const counts = lines.filter((line) => line !== 'slow').groupByKey().count()
  counts.toStream().to('${topics.output}')
})
`

/** Says on standard error what it reads of the app's stores from within the process. */
const config = `
import { subscribe } from 'node:diagnostics_channel'
import { defineConfig } from 'millrace'
import { prometheus } from 'millrace/plugins/metrics-prometheus'

interface Read {
  readonly app: { store(name: string, kind: string): { all(): Iterable<readonly [string, number]>; get(key: string): number | undefined } }
  readonly state: string
}

let reading: ReturnType<typeof setInterval> | undefined
subscribe('millrace:app-state', (message: unknown) => {
  const { app, state } = message as Read
  clearInterval(reading)
  if (state !== 'running' || process.env.READS === undefined) return
  reading = setInterval(() => {
    try {
      const counts = app.store('counts', 'keyValue')
      const rows = [...counts.all()]
      const sum = rows.reduce((all, [, count]) => all + count, 0)
      if (counts.get('key-1') !== undefined) console.error('read ' + rows.length + ' keys, ' + sum + ' in all, ' + counts.get('key-1') + ' of key-1')
    } catch (error) {
      console.error(String(error))
    }
  }, 100)
})

export default defineConfig({ plugins: [prometheus({ port: false })] })
`

export function streamThreadsSuite(cluster: string, addressOf: () => string): void {
  describe(`stream threads on ${cluster}`, () => {
    let client: Client

    beforeAll(() => {
      client = new Client(addressOf())
    })

    it('share the tasks, end in order and go on where they were; one that fails ends the app, or is replaced', {
      timeout: 240_000,
    }, async () => {
      const suffix = randomInt(1e9)
      const [input, output] = [`lines-${suffix}`, `counts-${suffix}`]
      await client.createTopics(4, input, output)
      const folder = projectOf({ 'topologies/counting.ts': counting({ input, output }), 'millrace.config.ts': config })
      const built = await millrace(['build'], folder)
      expect(built, built.stdout + built.stderr).toMatchObject({ code: 0 })
      const environment = {
        MILLRACE_BROKERS: client.address,
        MILLRACE_APPLICATION_ID: `counting-${suffix}`,
        MILLRACE_STATE_DIR: join(folder, 'state'),
        MILLRACE_PROCESSING_GUARANTEE: 'exactly_once_v2',
        MILLRACE_CACHE_BYTES_MAX: '0',
        MILLRACE_STREAM_THREADS: '2',
        MILLRACE_HEALTH_PORT: '0',
        // A thread that is held up sends no heartbeats either: with those that come every 3 s, its session would end within 4 s of `slow`.
        MILLRACE_HEARTBEAT_INTERVAL_MS: '1000',
        MILLRACE_SESSION_TIMEOUT_MS: '10000',
        MILLRACE_HEALTH_STUCK_MS: '1500',
        READS: 'yes',
      }
      const app = ['dist/counting/app.mjs', '--summary', 'summary.json']
      let sent = 0
      const send = async (lines: number): Promise<void> => {
        await client.send(
          input,
          Array.from({ length: lines }, (_, index) => ({ key: `key-${index % keys}`, value: 'x', timestamp: ++sent })),
        )
      }

      const first = startNode(app, folder, environment)
      const firstEnded = endOf(first)
      let said = ''
      first.stderr!.on('data', (chunk: Buffer) => {
        said += chunk.toString()
      })
      const url = await urlOf(first)
      await eventually(async () => (await ready(url)) === 200 && (await tasksByThread(url)).join() === '2,2', 'each has two tasks', waitMs)
      await send(2_000)
      await eventually(async () => (await client.written(output)) >= 2_000, 'all are counted', waitMs)
      await eventually(
        async () => (await recordsByThread(url)).reduce((sum, records) => sum + records, 0) === 2_000,
        'the metrics say so',
        waitMs,
      )
      expect(Math.min(...(await recordsByThread(url)))).toBeGreaterThan(0)
      // Each thread has half of the keys: all are found, over HTTP and within the process.
      await eventually(() => said.includes('read 200 keys, 2000 in all, 10 of key-1'), 'the main thread reads the stores', waitMs)
      const lines = (await (await fetch(`${url}/state/counts?format=ndjson`)).text()).trimEnd().split('\n')
      const counted = lines.map((line) => JSON.parse(line) as { readonly key: string; readonly value: number })
      expect(counted.map(({ key }) => key).sort()).toEqual(Array.from({ length: keys }, (_, index) => `key-${index}`).sort())
      expect(new Set(counted.map(({ value }) => value))).toEqual(new Set([2_000 / keys]))
      for (const { key } of counted.slice(0, 20)) {
        const found = await fetch(`${url}/state/counts?key=${key}`)
        expect(await found.json()).toMatchObject({ rows: [{ key, value: 2_000 / keys }] })
      }
      // A callback that holds its thread up: the probes say which, and where it is, though the others go on.
      await client.send(input, [{ key: 'key-1', value: 'slow', timestamp: ++sent }])
      let stuck: unknown
      await eventually(
        async () => {
          const response = await fetch(`${url}/livez`)
          if (response.status === 503) stuck = await response.json()
          return stuck !== undefined
        },
        'the thread is found stuck',
        waitMs,
      )
      expect(stuck).toMatchObject({
        status: 'loop-stuck',
        thread: expect.stringMatching(/^counting-\d+-StreamThread-[12]$/),
        operator: 'lines',
        record: expect.stringMatching(new RegExp(`^${input}-[0-3]@\\d+$`)),
      })
      await eventually(
        () => /The event loop of counting-\d+-StreamThread-[12] was blocked for \d\.\d s, by lines on /.test(said),
        'it is logged',
        waitMs,
      )
      await eventually(async () => (await fetch(`${url}/livez`)).status === 200, 'it goes on', waitMs)
      first.kill('SIGTERM')
      const ended = await firstEnded
      expect(ended, ended.stderr).toMatchObject({ code: 0 })
      expect(summaryIn(folder)).toMatchObject({ recordsIn: 2_001, recordsOut: 2_000 })
      expect(readdirSync(join(folder, 'state', environment.MILLRACE_APPLICATION_ID)).filter((name) => /^\d_\d$/.test(name))).toHaveLength(4)

      // To the end of the input, with what the first one has left on disk.
      await send(1_000)
      const last = await node([...app, '--until-end'], folder, environment)
      expect(last, last.stderr).toMatchObject({ code: 0 })
      expect(summaryIn(folder)).toMatchObject({ recordsIn: 1_000, restoredRecords: 0 })
      await client.send(input, [{ key: 'bad', value: 'bad', timestamp: ++sent }])
      const failed = await node(app, folder, environment)
      expect(failed).toMatchObject({ code: 1 })
      expect(failed.stderr).toMatch(/A callback of lines threw in task 0_\d/)
      expect(failed.stderr.match(/millrace: A callback/g)).toHaveLength(1)

      const replaced = startNode(app, folder, { ...environment, MILLRACE_UNCAUGHT_EXCEPTION_HANDLER: 'replace-thread' })
      const replacedEnded = endOf(replaced)
      let log = ''
      replaced.stderr!.on('data', (chunk: Buffer) => {
        log += chunk.toString()
      })
      await eventually(() => (log.match(/another takes its place/g) ?? []).length >= 2, 'threads are replaced', waitMs)
      replaced.kill('SIGTERM')
      expect((await replacedEnded).code).toBe(0)

      const received = await client.receive(output, (records) => records.length >= 3_000)
      expect(received).toHaveLength(3_000)
      const latest = new Map(received.map(({ key, value }) => [String(key), Number(String(value))]))
      expect([...latest.values()]).toEqual(Array.from({ length: keys }, () => 3_000 / keys))
    })
  })
}

async function ready(url: string): Promise<number> {
  return (await fetch(`${url}/readyz`)).status
}

async function tasksByThread(url: string): Promise<readonly number[]> {
  return await byThread(url, 'millrace_thread_task_count')
}

async function recordsByThread(url: string): Promise<readonly number[]> {
  return await byThread(url, 'millrace_thread_records_in_total')
}

async function byThread(url: string, name: string): Promise<readonly number[]> {
  const text = await (await fetch(`${url}/metrics`)).text()
  return [...text.matchAll(new RegExp(`^${name}\\{.*\\} (\\S+)$`, 'gm'))].map(([, value]) => Number(value))
}

function summaryIn(folder: string): unknown {
  return JSON.parse(readFileSync(join(folder, 'summary.json'), 'utf8'))
}

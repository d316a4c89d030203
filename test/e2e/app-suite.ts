// What a built app does on a Kafka cluster, seen from outside: as a process, by its topics, its output and its exit code. Runs on the embedded broker
// (`npm test`) and on Apache Kafka (`npm run test:kafka`).

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { endOf, millrace, node, projectOf, startNode } from '../cli/program.ts'
import { Client } from './client.ts'

interface Summary {
  readonly application: string
  readonly recordsIn: number
  readonly recordsOut: number
  readonly restoredRecords: number
  readonly droppedRecords: Readonly<Record<string, number>>
  readonly rssPeakBytes: number
}

const wordCount = (topics: { input: string; output: string }): string => `
import { topology } from 'millrace'

export default topology('word-count', (builder) => {
  const lines = builder.stream<string, string>('${topics.input}')
  const words = lines.flatMapValues((line) => line.split(' '))
  const counts = words.groupBy((word) => word).count()
  counts.toStream().to('${topics.output}')
})
`

export function appSuite(cluster: string, addressOf: () => string): void {
  describe(`a built app on ${cluster}`, () => {
    let client: Client
    let number = 0

    beforeAll(() => {
      client = new Client(addressOf())
    })

    /** Topics and an application id that no other test uses. */
    async function wordCountProject(partitions = 2) {
      number += 1
      const input = `lines-${number}`
      const output = `counts-${number}`
      await client.createTopics(partitions, input, output)
      const folder = projectOf({ 'topologies/word-count.ts': wordCount({ input, output }) })
      const built = await millrace(['build'], folder)
      expect(built.stdout).toContain('topologies/word-count.ts → dist/word-count')
      const environment = {
        MILLRACE_BROKERS: client.address,
        MILLRACE_APPLICATION_ID: `word-count-${number}`,
        MILLRACE_STATE_DIR: join(folder, 'state'),
        MILLRACE_LOG_LEVEL: 'warn',
      }
      return { folder, input, output, environment, application: `word-count-${number}` }
    }

    function latest(records: readonly { key: Buffer | null; value: Buffer | null }[]): Record<string, number> {
      return Object.fromEntries(records.map(({ key, value }) => [String(key), Number(String(value))]))
    }

    function readSummary(folder: string): Summary {
      return JSON.parse(readFileSync(join(folder, 'summary.json'), 'utf8')) as Summary
    }

    it('processes what is there, through a repartition topic, and exits 0', async () => {
      const { folder, input, output, environment, application } = await wordCountProject()
      await client.send(input, [
        { key: 'x', value: 'to be or not to be', timestamp: 1_000 },
        { key: 'y', value: 'that is to be the question', timestamp: 2_000 },
      ])
      const ended = await node(['dist/word-count/app.mjs', '--until-end', '--summary', 'summary.json'], folder, environment)
      expect(ended).toMatchObject({ code: 0, stdout: '' })

      const received = await client.receive(output, (records) => new Set(records.map(({ key }) => String(key))).size === 8)
      expect(latest(received)).toEqual({ to: 3, be: 3, or: 1, not: 1, that: 1, is: 1, the: 1, question: 1 })
      const summary = readSummary(folder)
      expect(summary).toMatchObject({ application, recordsIn: 2, restoredRecords: 0, droppedRecords: {} })
      expect(summary.recordsOut).toBeGreaterThanOrEqual(8)
      expect(summary.rssPeakBytes).toBeGreaterThan(10_000_000)
      const internal = (await client.topicNames()).filter((topic) => topic.startsWith(application))
      expect(internal.map((topic) => topic.replace(/^.*-(changelog|manifest|repartition)$/, '$1')).sort()).toEqual([
        'changelog',
        'manifest',
        'repartition',
      ])
    })

    it('reads the topics of a pattern, and takes up one that appears while it runs, from its first record', async () => {
      number += 1
      const output = `readings-${number}`
      const [first, later] = [`sensor-${number}-a`, `sensor-${number}-b`]
      await client.createTopics(2, first, output)
      const topology = `
import { topology } from 'millrace'

export default topology('sensors', (builder) => {
  builder.stream<string, string>(/sensor-${number}-.+/).to('${output}')
})
`
      const folder = projectOf({ 'topologies/sensors.ts': topology })
      expect((await millrace(['build'], folder)).code).toBe(0)
      await client.send(first, [{ key: 'x', value: 'one', timestamp: 1_000 }])
      const app = startNode(['dist/sensors/app.mjs'], folder, {
        MILLRACE_BROKERS: client.address,
        MILLRACE_APPLICATION_ID: `sensors-${number}`,
        MILLRACE_STATE_DIR: join(folder, 'state'),
        MILLRACE_METADATA_MAX_AGE_MS: '200',
        MILLRACE_LOG_LEVEL: 'warn',
      })
      const ended = endOf(app)
      await client.receive(output, (records) => records.length === 1)
      await client.createTopics(2, later)
      await client.send(later, [{ key: 'y', value: 'two', timestamp: 2_000 }])
      await client.send(first, [{ key: 'x', value: 'three', timestamp: 3_000 }])
      const received = await client.receive(output, (records) => records.length === 3)
      expect(received.map(({ value }) => String(value)).sort()).toEqual(['one', 'three', 'two'])
      app.kill('SIGTERM')
      expect(await ended).toMatchObject({ code: 0 })
    })

    it('goes on where the first run stopped, with its state', async () => {
      const { folder, input, output, environment } = await wordCountProject()
      const run = () => node(['dist/word-count/app.mjs', '--until-end', '--summary', 'summary.json'], folder, environment)
      await client.send(input, [{ key: 'x', value: 'one one', timestamp: 1_000 }])
      expect(await run()).toMatchObject({ code: 0 })
      await client.send(input, [{ key: 'x', value: 'one two', timestamp: 2_000 }])
      expect(await run()).toMatchObject({ code: 0 })

      const received = await client.receive(output, (records) => latest(records).one === 3 && latest(records).two === 1)
      expect(latest(received)).toEqual({ one: 3, two: 1 })
      expect(readSummary(folder)).toMatchObject({ recordsIn: 1, restoredRecords: 0 })
    })

    it('restores its state from the changelog where the folder is gone', async () => {
      const { folder, input, output, environment } = await wordCountProject()
      const run = (state: string) =>
        node(['dist/word-count/app.mjs', '--until-end', '--summary', 'summary.json'], folder, {
          ...environment,
          MILLRACE_STATE_DIR: join(folder, state),
        })
      await client.send(input, [{ key: 'x', value: 'a b c a', timestamp: 1_000 }])
      expect(await run('first')).toMatchObject({ code: 0 })
      await client.send(input, [{ key: 'x', value: 'a', timestamp: 2_000 }])
      expect(await run('second')).toMatchObject({ code: 0 })

      const received = await client.receive(output, (records) => latest(records).a === 3)
      expect(latest(received)).toEqual({ a: 3, b: 1, c: 1 })
      expect(readSummary(folder).restoredRecords).toBeGreaterThanOrEqual(3)
    })

    it.each(['SIGTERM', 'SIGINT'] as const)('finishes, commits and exits 0 on %s', async (signal) => {
      const { folder, input, output, environment } = await wordCountProject()
      await client.send(input, [{ key: 'x', value: 'stop here', timestamp: 1_000 }])
      const app = startNode(['dist/word-count/app.mjs', '--summary', 'summary.json'], folder, {
        ...environment,
        MILLRACE_COMMIT_INTERVAL_MS: '100',
      })
      const ended = endOf(app)
      await client.receive(output, (records) => records.length === 2)
      app.kill(signal)
      expect(await ended).toMatchObject({ code: 0 })
      expect(readSummary(folder)).toMatchObject({ recordsIn: 1, recordsOut: 2 })

      // What was committed is not read again.
      expect(await node(['dist/word-count/app.mjs', '--until-end', '--summary', 'summary.json'], folder, environment)).toMatchObject({
        code: 0,
      })
      expect(readSummary(folder)).toMatchObject({ recordsIn: 0 })
    })

    it('joins a stream with a table and counts in windows: the template flight-delays', async () => {
      await client.createTopics(1, 'flights', 'airports', 'delay-by-state')
      const midnight = Date.UTC(2001, 0, 1)
      const airport = (iata: string, state: string) => ({ key: iata, value: JSON.stringify({ name: iata, state }), timestamp: midnight })
      const flight = (minute: number, origin: string, delay: number) => ({
        key: `${origin}-${minute}`,
        value: JSON.stringify({ origin, delay }),
        timestamp: midnight + minute * 60_000,
      })
      await client.send('airports', [airport('SFO', 'CA'), airport('LAX', 'CA'), airport('JFK', 'NY')])
      await client.send('flights', [
        flight(5, 'SFO', 20),
        flight(10, 'JFK', 15),
        flight(15, 'LAX', 40),
        flight(20, 'ZZZ', 90),
        flight(65, 'JFK', 16),
        // Within the grace of the first hour, and then after it.
        flight(45, 'SFO', 60),
        flight(75, 'JFK', 16),
        flight(50, 'SFO', 60),
      ])
      const folder = projectOf('flight-delays')
      expect(await millrace(['build'], folder)).toMatchObject({ code: 0 })
      const ended = await node(['dist/flight-delays/app.mjs', '--until-end', '--summary', 'summary.json'], folder, {
        MILLRACE_BROKERS: client.address,
        MILLRACE_STATE_DIR: join(folder, 'state'),
      })
      expect(ended).toMatchObject({ code: 0, stdout: '' })

      const received = await client.receive(
        'delay-by-state',
        (records) => new Set(records.map(({ key }) => key?.toString('hex'))).size === 2,
      )
      const byWindow = received.map(({ key, value }) => {
        const start = Number(key?.readBigInt64BE(key.length - 8)) - midnight
        return [`${key?.subarray(0, -8)} ${start / 3_600_000}h`, JSON.parse(String(value))] as const
      })
      expect(Object.fromEntries(byWindow)).toEqual({
        'CA 0h': { flights: 3, meanDelay: 40 },
        'NY 1h': { flights: 2, meanDelay: 16 },
      })
      expect(Object.values(readSummary(folder).droppedRecords).reduce((total, count) => total + count, 0)).toBe(1)
    })

    it('names the topic that is missing, and exits 1', async () => {
      const { folder, environment } = await wordCountProject()
      const other = projectOf({ 'topologies/word-count.ts': wordCount({ input: 'nobody-made-this', output: 'out' }) })
      await millrace(['build'], other)
      const ended = await node(['dist/word-count/app.mjs', '--until-end'], other, {
        ...environment,
        MILLRACE_STATE_DIR: join(folder, 'other'),
      })
      expect(ended.code).toBe(1)
      expect(ended.stderr).toContain('nobody-made-this')
    })
  })
}

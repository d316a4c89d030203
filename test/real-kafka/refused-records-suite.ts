// Records that a broker refuses after they were sent, for what they are: what the production handler says of them, with others before, behind and between them, under both
// guarantees.

import { randomBytes, randomInt } from 'node:crypto'
import { type Admin, Kafka, logLevel } from 'kafkajs'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Config } from '../../framework/config.ts'
import { type TopologyOptions, topology } from '../../framework/dsl/topology-definition.ts'
import type { ErrorHandlerContext } from '../../framework/index.ts'
import { App, type AppTotals } from '../../framework/runtime/app.ts'
import { readSettings } from '../../framework/runtime/settings.ts'
import { SystemClock } from '../../framework/runtime/system-clock.ts'
import { wireApp } from '../../framework/runtime/wiring.ts'
import { string } from '../../framework/serdes/serdes.ts'
import { kafka } from '../../plugins/kafka/index.ts'
import { memory } from '../../plugins/store-memory/index.ts'
import { Client, type Sent } from '../e2e/client.ts'

const text = { key: string(), value: string() }
const timeoutMs = 60_000
const topicBytesMax = 2_000
/** That no compression makes small. */
const big = randomBytes(4_000).toString('base64')

interface Bench {
  readonly client: Client
  readonly input: string
  readonly output: string
  readonly values: readonly string[]
  /** To the end of the input. */
  run(options: TopologyOptions, config?: Config): Promise<AppTotals>
  written(count: number): Promise<readonly string[]>
  readonly admin: Admin
}

const guarantees = ['at_least_once', 'exactly_once_v2'] as const

export function refusedRecordsSuite(cluster: string, addressOf: () => string, supports: { readonly altersTopics: boolean }): void {
  describe(`records that ${cluster} refuses`, () => {
    it.each(guarantees)(
      'are left out where the handler says so, all others are there in their order (%s)',
      { timeout: timeoutMs },
      async (guarantee) => {
        const bench = await benchOn(addressOf(), [3, 4, 20, 61, 99])
        const asked: { readonly error: Error; readonly context: ErrorHandlerContext; readonly record: unknown }[] = []
        const totals = await bench.run(
          {
            productionExceptionHandler: (error, context, { key, value }) => {
              asked.push({ error, context, record: { key, value } })
              return 'continue'
            },
          },
          { processingGuarantee: guarantee },
        )
        expect(await bench.written(95)).toEqual(bench.values.filter((value) => value !== big))
        expect(totals.droppedRecords).toEqual(new Map([['not-written', 5]]))
        expect(totals.recordsOut).toBe(95)
        expect(asked).toHaveLength(5)
        expect(asked[0]).toMatchObject({
          error: { code: 'record-too-large', details: { topic: bench.output, partition: 0 } },
          context: {
            taskId: '0_0',
            processorNodeId: 'too-much',
            path: ['too-much'],
            topic: undefined,
            offset: -1,
            sourceRawValue: null,
            attempt: 1,
          },
          record: { key: 'k3', value: big },
        })
      },
    )

    it('are dead letters of which the input record is not known, and nothing of that is lost', { timeout: timeoutMs }, async () => {
      const bench = await benchOn(addressOf(), [0, 7])
      const letters = `${bench.output}-letters`
      await bench.client.createTopics(1, letters)
      const config: Config = { processingGuarantee: 'exactly_once_v2', productionExceptionHandler: 'dead-letter', deadLetterTopic: letters }
      await bench.run({}, config)
      expect(await bench.written(98)).toHaveLength(98)
      expect(await bench.client.receive(letters, (records) => records.length >= 2)).toMatchObject([
        { key: null, value: null },
        { key: null, value: null },
      ])
    })

    it('end the app by default, which says what has written them', { timeout: timeoutMs }, async () => {
      const bench = await benchOn(addressOf(), [50])
      await expect(bench.run({})).rejects.toMatchObject({
        code: 'record-too-large',
        message: expect.stringContaining('by too-much in task 0_0'),
      })
    })

    it('are sent again as often as there are retries, and then it is decided what becomes of them', { timeout: timeoutMs }, async () => {
      const bench = await benchOn(addressOf(), [10, 11])
      const attempts: number[] = []
      const handler: TopologyOptions = {
        productionExceptionHandler: (_error, { attempt }) => {
          attempts.push(attempt)
          return 'retry'
        },
      }
      const config: Config = { processingRetriesMax: 2, processingRetriesExhausted: 'continue', processingGuarantee: 'exactly_once_v2' }
      const totals = await bench.run(handler, config)
      expect(attempts).toEqual([1, 2, 3, 1, 2, 3])
      expect(await bench.written(98)).toEqual(bench.values.filter((value) => value !== big))
      expect(totals.droppedRecords).toEqual(new Map([['not-written', 2]]))
    })

    it.runIf(supports.altersTopics).each(guarantees)(
      'are written in their place where a retry finds that they may be (%s)',
      { timeout: timeoutMs },
      async (guarantee) => {
        const bench = await benchOn(addressOf(), [10, 40])
        let altering: Promise<unknown> | undefined
        const handler: TopologyOptions = {
          productionExceptionHandler: () => {
            altering ??= bench.admin.alterConfigs({
              validateOnly: false,
              resources: [{ type: 2, name: bench.output, configEntries: [{ name: 'max.message.bytes', value: '100000' }] }],
            })
            return 'retry'
          },
        }
        await bench.run(handler, { processingRetriesMax: 20, processingGuarantee: guarantee })
        await altering
        expect(await bench.written(100)).toEqual(bench.values)
      },
    )

    it('are those without a key too, where the topic is compacted', { timeout: timeoutMs }, async () => {
      const bench = await benchOn(addressOf(), [], { keyless: [5, 6], settings: { 'cleanup.policy': 'compact' } })
      const problems: string[] = []
      await bench.run({
        productionExceptionHandler: ({ message }) => {
          problems.push(message)
          return 'continue'
        },
      })
      expect(await bench.written(98)).toEqual(bench.values.filter((_, index) => index !== 5 && index !== 6))
      expect(problems).toEqual(Array(2).fill(expect.stringContaining('INVALID_RECORD')))
    })
  })
}

/** A hundred records, those of these numbers too large for the output. */
async function benchOn(
  address: string,
  tooLarge: readonly number[],
  { keyless = [], settings = {} }: { readonly keyless?: readonly number[]; readonly settings?: Readonly<Record<string, string>> } = {},
): Promise<Bench> {
  const client = new Client(address)
  const suffix = randomInt(1e9)
  const [input, output] = [`refused-in-${suffix}`, `refused-out-${suffix}`]
  const admin = new Kafka({ brokers: [address], clientId: 'test', logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  onTestFinished(() => admin.disconnect())
  await client.createTopics(1, input)
  const configEntries = Object.entries({ 'retention.ms': '-1', 'max.message.bytes': String(topicBytesMax), ...settings })
  await admin.createTopics({
    topics: [{ topic: output, numPartitions: 1, configEntries: configEntries.map(([name, value]) => ({ name, value })) }],
    waitForLeaders: true,
  })
  const records = Array.from({ length: 100 }, (_, index): Sent => {
    const key = keyless.includes(index) ? null : `k${index}`
    return { key, value: tooLarge.includes(index) ? big : `value ${index} ${randomBytes(30).toString('hex')}`, timestamp: 1_000 + index }
  })
  await client.send(input, records)
  const run = async (options: TopologyOptions, config: Config = {}): Promise<AppTotals> => {
    const definition = topology(
      `refused-${suffix}`,
      (builder) => builder.stream(input, text).to(output, { ...text, name: 'too-much' }),
      options,
    )
    const { settings } = readSettings({ brokers: [address], ...config }, {})
    const plugins = [kafka(), memory()]
    const parts = {
      definition,
      settings: { ...settings, stateStore: 'memory' },
      plugins,
      clock: new SystemClock(),
      logger: { log: () => {} },
      print: () => {},
    }
    return await new App({ ...wireApp(parts), untilEnd: true }).run()
  }
  const written = async (count: number): Promise<readonly string[]> =>
    (await client.receive(output, (received) => received.length >= count)).map(({ value }) => String(value))
  return { client, input, output, values: records.map(({ value }) => String(value)), run, written, admin }
}

// Millrace takes an application over from Kafka Streams, in place, and gives it back: the same application id, topology and names; offsets, stream times and changelogs
// of the one are those of the other. What comes out at the end, and what the stores hold, is what a Kafka Streams app makes of it that nobody interrupted.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, inject, onTestFinished, test } from 'vitest'
import type { Logger } from '../../framework/index.ts'
import { App } from '../../framework/runtime/app.ts'
import { readSettings } from '../../framework/runtime/settings.ts'
import { SystemClock } from '../../framework/runtime/system-clock.ts'
import { kafka } from '../../plugins/kafka/index.ts'
import { leveldb } from '../../plugins/store-leveldb/index.ts'
import { memory } from '../../plugins/store-memory/index.ts'
import { Client, type Sent } from '../e2e/client.ts'
import { Random } from '../kit/random.ts'
import { runOnJvm } from './jvm-app.ts'
import { TopicReader } from './topic-reader.ts'
import { topologyOf } from './topology-of.ts'

const partitions = 2
const recordsPerHalf = 300
const keys = 12
/** Records come at most so late: within the grace of the windows, 5 s. */
const latenessMsMax = 4_000
/** Java and its session timeout, twice, on a machine that is busy. */
const timeoutMs = 300_000

const outputs = ['counts', 'windows', 'letters', 'joined']
const stores = ['people', 'counts', 'windows', 'letters', 'joined']

test('Millrace takes over from Kafka Streams in the middle, and finishes', { timeout: timeoutMs }, async () => {
  const work = await newWork('to-millrace')
  await work.send(0)
  await runOnJvm(work.address, work.application, await newFolder(), work.prefix)
  await work.send(1)
  const lines = await runOnMillrace(work)
  expect(lines, 'the closed JVM is in its group yet').toContainEqual(expect.stringContaining(`Waiting for the group ${work.application}`))
  await work.expectWhatAnUninterruptedJvmMakes()
})

test('Kafka Streams takes over from Millrace in the middle, and finishes', { timeout: timeoutMs }, async () => {
  const work = await newWork('to-jvm')
  await work.send(0)
  await runOnMillrace(work)
  const events = (await work.reader.read(`${work.prefix}-events`)).records
  await work.send(1)
  const { stdout, stderr } = await runOnJvm(work.address, work.application, await newFolder(), work.prefix)
  for (let partition = 0; partition < partitions; partition++) {
    const times = events.filter((record) => record.partition === partition).map(({ timestamp }) => timestamp)
    expect(stdout, 'Kafka Streams reads the partition time that we committed').toContain(
      `${work.prefix}-events-${partition} ${times.length} ${Math.max(...times)}\n`,
    )
  }
  expect(stderr).not.toMatch(/metadata/i)
  await work.expectWhatAnUninterruptedJvmMakes()
})

test('and back again: each goes on where the other one stopped, with the state that still lies in its folder', {
  timeout: timeoutMs,
}, async () => {
  const work = await newWork('and-back')
  const folder = await newFolder()
  await work.send(0)
  await runOnJvm(work.address, work.application, folder, work.prefix)
  await work.send(1)
  await runOnMillrace(work)
  await work.send(2)
  await runOnJvm(work.address, work.application, folder, work.prefix)
  await work.expectWhatAnUninterruptedJvmMakes()
})

// --------------------------------------------------------------------------------------------------------------- parts

interface Work {
  readonly address: string
  readonly application: string
  readonly prefix: string
  readonly reader: TopicReader
  /** Sends a part of the input, to both applications. */
  send(part: number): Promise<void>
  expectWhatAnUninterruptedJvmMakes(): Promise<void>
}

async function newWork(name: string): Promise<Work> {
  const address = inject('kafkaAddress')
  const client = new Client(address)
  const reader = new TopicReader(address)
  const [prefix, reference] = [`takeover-${name}`, `reference-${name}`]
  for (const each of [prefix, reference])
    await client.createTopics(partitions, ...['events', 'people', ...outputs].map((topic) => `${each}-${topic}`))
  // Recent times: a changelog of windows forgets old ones.
  const startMs = Math.floor(Date.now() / 10_000) * 10_000 - 3_600_000
  const seed = Number(process.env.MILLRACE_TAKEOVER_SEED ?? Date.now() % 1_000_000)
  console.log(`takeover ${name}: seed ${seed}`)
  const random = new Random(seed)

  return {
    address,
    reader,
    prefix,
    application: `${prefix}-app`,
    async send(part) {
      const { events, people } = inputOf(random, startMs, part)
      for (const each of [prefix, reference]) {
        await client.send(`${each}-people`, people)
        await client.send(`${each}-events`, events)
      }
    },
    async expectWhatAnUninterruptedJvmMakes() {
      const referenceApp = `${reference}-app`
      await runOnJvm(address, referenceApp, await newFolder(), reference)
      const ofBoth = async (one: string, other: string) => [await lastByKey(reader, one), await lastByKey(reader, other)] as const
      for (const output of outputs) {
        const [actual, expected] = await ofBoth(`${prefix}-${output}`, `${reference}-${output}`)
        expect(expected.size).toBeGreaterThan(3)
        expect(actual, `the last output of each key of ${output}, seed ${seed}`).toEqual(expected)
      }
      for (const store of stores) {
        const [actual, expected] = await ofBoth(`${prefix}-app-${store}-changelog`, `${referenceApp}-${store}-changelog`)
        expect(expected.size).toBeGreaterThan(3)
        expect(actual, `the store ${store}, seed ${seed}`).toEqual(expected)
      }
    },
  }
}

/** Runs until the end of the input; gives the lines that it logged. */
async function runOnMillrace({ address, application, prefix }: Work): Promise<string[]> {
  const lines: string[] = []
  const logger: Logger = { log: (level, line) => void (level === 'debug' || lines.push(line)) }
  const clock = new SystemClock()
  const app = new App({
    topology: topologyOf(application, prefix).build(),
    applicationId: application,
    processId: application,
    settings: readSettings({ stateDir: await newFolder(), cacheBytesMax: 0, commitIntervalMs: 100 }, {}).settings,
    broker: kafka().brokers!.kafka!({ brokers: [address], clientId: application, logger, clock }),
    engines: { persistent: leveldb().stores!.leveldb!, memory: memory().stores!.memory! },
    clock,
    logger,
    print: () => {},
    untilEnd: true,
  })
  const { droppedRecords } = await app.run()
  expect(droppedRecords, 'all records are within the grace').toEqual(new Map())
  return lines
}

function inputOf(random: Random, startMs: number, part: number): { readonly events: Sent[]; readonly people: Sent[] } {
  const events: Sent[] = []
  const people: Sent[] = []
  for (let at = 0; at < recordsPerHalf; at++) {
    const timestamp = startMs + (part * recordsPerHalf + at) * 200 - random.below(latenessMsMax)
    events.push({ key: `key-${random.below(keys)}`, value: `${'abcdefg'[random.below(7)]}${at}`, timestamp })
    if (at % 10 === 0) people.push({ key: `key-${random.below(keys)}`, value: `person-${part}-${at}`, timestamp })
  }
  return { events, people }
}

/** Values as hex; deleted keys are not in it. Both have to write a key to the same partition: that of a windowed one is chosen by the key in it. */
async function lastByKey(reader: TopicReader, topic: string): Promise<Map<string, string>> {
  const last = new Map<string, string>()
  const partitionOf = new Map<string, number>()
  for (const { key, value, partition } of (await reader.read(topic)).records) {
    expect(partition, `the partition of ${key} in ${topic}`).toBe(partitionOf.get(key) ?? partition)
    partitionOf.set(key, partition)
    if (value === null) last.delete(key)
    else last.set(key, value)
  }
  return new Map([...last].sort(([left], [right]) => (left < right ? -1 : 1)))
}

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-takeover-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

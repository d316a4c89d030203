// npm run bench [-- map chain count window session join count-window ttl] [--records N] [--rounds N] [--brokers HOST:PORT] [--guarantee exactly_once_v2]
//               [--commit-interval MS] [--without-fusion] [--without-jvm]
//
// Millrace beside Kafka Streams on one Kafka: the same topologies, input and settings, one thread each, at least once unless told otherwise. The sides take turns, each
// run with a fresh application id, a fresh state folder and an empty output topic; the table shows medians. Both runtimes have their default heap settings.
// Of 10,000 keys each has a record every 10 s, by the records' times: `session` ends a session after 5 s, `join` joins each purchase (a quarter of the
// records) with the views (another quarter) of its user within 10 s. `chain` has five operators without state; `--without-fusion` runs it once more with each
// operator by itself. `count-window` counts by tens, and `ttl` has state that lives for 5 s: Kafka Streams has neither, so Millrace is alone there.
// What comes out is compared: counts must add up to the records, joins and chains to each other.
// Needs Java and Maven.

import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import Table from 'cli-table3'
import kafkajs, { type Admin, Kafka, logLevel } from 'kafkajs'
import { startKafka } from '../real-kafka/cluster.ts'
import { buildSides, jvmClasspath, loadRecords, megabytes, millraceProject, perSecond } from './both-sides.ts'
import { type Measured, measure, type Report, recordsIn } from './measure.ts'

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    records: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '3' },
    keys: { type: 'string', default: '10000' },
    brokers: { type: 'string' },
    guarantee: { type: 'string', default: 'at_least_once' },
    'commit-interval': { type: 'string' },
    'without-fusion': { type: 'boolean', default: false },
    'without-jvm': { type: 'boolean', default: false },
  },
})
const topologies = positionals.length > 0 ? positionals : ['map', 'chain', 'count', 'window', 'session', 'join', 'count-window', 'ttl']
const records = Number(options.records)
const rounds = Number(options.rounds)

const partitions = 4
const inputTopic = 'bench-events'
const isExactlyOnce = options.guarantee === 'exactly_once_v2'
/** The same for both sides: Kafka Streams' own defaults, unless told otherwise. */
const settings = {
  MILLRACE_PROCESSING_GUARANTEE: options.guarantee,
  MILLRACE_COMMIT_INTERVAL_MS: options['commit-interval'] ?? (isExactlyOnce ? '100' : '30000'),
  MILLRACE_CACHE_BYTES_MAX: String(10 * 1024 * 1024),
}

/** How many results the first side had that ran it. */
const resultsOf = new Map<string, number>()

const allSides = ['Kafka Streams', 'Millrace', 'Millrace without fusion', 'Millrace at least once'] as const
type Side = (typeof allSides)[number]
const sides = allSides.filter((side) => {
  if (side === 'Kafka Streams') return !options['without-jvm']
  if (side === 'Millrace without fusion') return options['without-fusion']
  return side === 'Millrace' || isExactlyOnce
})

function sidesOf(topology: string): readonly Side[] {
  const isKnownToAll = !['count-window', 'ttl'].includes(topology)
  return sides.filter((side) => (side === 'Kafka Streams' ? isKnownToAll : side !== 'Millrace without fusion' || topology === 'chain'))
}

/** What a run is told: where everything is, and nothing that another run used. */
interface Place {
  readonly brokers: string
  readonly applicationId: string
  readonly folder: string
}

try {
  say('building both sides')
  buildSides()
  await (options.brokers === undefined ? onKafkaOfItsOwn(benchmark) : benchmark(options.brokers))
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}

async function onKafkaOfItsOwn(action: (brokers: string) => Promise<void>): Promise<void> {
  say('starting Apache Kafka')
  const kafka = await startKafka({ heap: '1g' })
  try {
    await action(kafka.address)
  } finally {
    await kafka.stop()
  }
}

async function benchmark(brokers: string): Promise<void> {
  const admin = new Kafka({ brokers: [brokers], clientId: 'bench', logLevel: logLevel.ERROR }).admin()
  await admin.connect()
  try {
    await load(admin, brokers)
    const measured = new Map<string, Measured[]>()
    for (let round = 0; round < rounds; round++) {
      for (const topology of topologies) {
        // Who goes first changes with the round, so that a warm page cache favours nobody.
        const running = sidesOf(topology)
        for (const side of round % 2 === 0 ? running : [...running].reverse()) {
          const result = await runOnce(admin, brokers, topology, side, round)
          measured.set(`${topology} ${side}`, [...(measured.get(`${topology} ${side}`) ?? []), result])
          say(`round ${round + 1}, ${topology}, ${side}: ${perSecond(result.recordsPerSecond)}, ${megabytes(result.rssPeakBytes)}`)
        }
      }
    }
    print(measured)
  } finally {
    await admin.disconnect()
  }
}

async function runOnce(admin: Admin, brokers: string, topology: string, side: Side, round: number): Promise<Measured> {
  const applicationId = `bench-${topology}-${side.toLowerCase().replaceAll(' ', '-')}-${round}-${Date.now()}`
  const folder = await mkdtemp(join(tmpdir(), 'millrace-bench-'))
  const place = { brokers, applicationId, folder }
  try {
    await patiently(() => emptyOutputTopic(admin, outputTopic(topology)))
    const result = await measure(admin, {
      command: isMillrace(side) ? millraceCommand(topology, place) : jvmCommand(topology),
      environment: {
        ...settings,
        MILLRACE_BROKERS: brokers,
        MILLRACE_APPLICATION_ID: applicationId,
        MILLRACE_STATE_DIR: join(folder, 'state'),
        MILLRACE_LOG_LEVEL: 'warn',
        ...(side === 'Millrace at least once' ? { MILLRACE_PROCESSING_GUARANTEE: 'at_least_once' } : {}),
        MILLRACE_FUSION: side === 'Millrace without fusion' ? 'off' : 'on',
      },
      outputTopic: outputTopic(topology),
      report: isMillrace(side) ? () => readReport(place) : (stdout) => JSON.parse(stdout) as Report,
    })
    await check(topology, side, result, brokers)
    return result
  } finally {
    await rm(folder, { recursive: true, force: true })
    const internal = (await admin.listTopics()).filter((topic) => topic.startsWith(applicationId))
    if (internal.length > 0) await admin.deleteTopics({ topics: internal })
  }
}

function isMillrace(side: Side): boolean {
  return side !== 'Kafka Streams'
}

function jvmCommand(topology: string): string[] {
  return ['java', '-cp', jvmClasspath, 'bench.StreamsBench', topology, inputTopic, outputTopic(topology)]
}

function millraceCommand(topology: string, place: Place): string[] {
  return ['node', join(millraceProject, 'dist', `bench-${topology}`, 'app.mjs'), '--until-end', '--summary', summaryFile(place)]
}

async function readReport(place: Place): Promise<Report> {
  return JSON.parse(await readFile(summaryFile(place), 'utf8')) as Report
}

function summaryFile(place: Place): string {
  return join(place.folder, 'summary.json')
}

function outputTopic(topology: string): string {
  return `bench-${topology}-output`
}

/** A fast side that left records out would not be fast. */
async function check(topology: string, side: Side, { recordsIn, recordsOut }: Measured, brokers: string): Promise<void> {
  const fail = (what: string): never => {
    throw new Error(`${side} read ${recordsIn} and wrote ${recordsOut} of ${records} records in ${topology}: ${what}`)
  }
  if (recordsIn !== records || recordsOut === 0) fail('not all were read, or nothing was written')
  // The ends of transactions have offsets too.
  const hasMarkers = isExactlyOnce && side !== 'Millrace at least once'
  const isEach = isExactlyOnce ? recordsOut >= records : recordsOut === records
  if ((topology === 'map' || topology === 'ttl') && !isEach) fail('each record has one result')
  if (topology === 'count-window') checkWindowsOfTen(recordsOut, fail)
  if ((topology === 'chain' || topology === 'join') && !isExactlyOnce) {
    const expected = resultsOf.get(topology) ?? recordsOut
    resultsOf.set(topology, expected)
    if (recordsOut !== expected) fail(`there were ${expected} results before`)
  }
  if (!['count', 'window', 'session'].includes(topology)) return
  // Kafka Streams writes a count as a long of 8 bytes, Millrace as the number's JSON.
  const read = isMillrace(side) ? (value: Buffer) => Number(value) : (value: Buffer) => Number(value.readBigInt64BE())
  const counted = await sumOfLatest(brokers, outputTopic(topology), hasMarkers, read)
  if (counted !== records) fail(`the counts add up to ${counted}`)
}

/** All but the last records of a key, fewer than ten, are in a window. */
function checkWindowsOfTen(windows: number, fail: (what: string) => never): void {
  const fewest = (records - 9 * Number(options.keys)) / 10
  if (windows < fewest || (windows * 10 > records && !isExactlyOnce)) fail('each ten records of a key are a window')
}

/** The sum of the last value of each key, tombstones aside. */
async function sumOfLatest(brokers: string, topic: string, hasMarkers: boolean, read: (value: Buffer) => number): Promise<number> {
  const kafka = new Kafka({ brokers: [brokers], clientId: 'bench-check', logLevel: logLevel.ERROR })
  const admin = kafka.admin()
  await admin.connect()
  const ends = (await admin.fetchTopicOffsets(topic)).filter(({ low, high }) => Number(low) < Number(high))
  await admin.disconnect()
  const open = new Map(ends.map(({ partition, high }) => [partition, Number(high)]))
  const latest = new Map<string, number>()
  const consumer = kafka.consumer({ groupId: `bench-check-${Date.now()}` })
  await consumer.connect()
  try {
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    await new Promise<void>((resolve, reject) => {
      const done = (): void => {
        if (open.size === 0) resolve()
      }
      consumer.on('consumer.crash', ({ payload }) => reject(payload.error))
      done()
      consumer
        .run({
          eachBatch: async ({ batch }) => {
            for (const { key, value } of batch.messages) {
              const name = key?.toString('latin1') ?? ''
              if (value === null) latest.delete(name)
              else latest.set(name, read(value))
            }
            // At the end of a transaction that is committed there is no record.
            const end = open.get(batch.partition) ?? 0
            if (Number(batch.lastOffset()) + 1 >= (hasMarkers ? end - 1 : end)) open.delete(batch.partition)
            done()
          },
        })
        .catch(reject)
    })
  } finally {
    await consumer.disconnect()
  }
  return [...latest.values()].reduce((sum, count) => sum + count, 0)
}

async function load(admin: Admin, brokers: string): Promise<void> {
  if ((await admin.listTopics()).includes(inputTopic) && (await recordsIn(admin, inputTopic)) === records) return
  say(`loading ${records} records`)
  loadRecords(brokers, inputTopic, partitions, records, Number(options.keys))
}

/** Empty, but not new: a topic that was just deleted and made again is unknown to some for a while. */
async function emptyOutputTopic(admin: Admin, topic: string): Promise<void> {
  if (!(await admin.listTopics()).includes(topic)) {
    // Results carry the timestamps of the input, which are old.
    const configEntries = [{ name: 'retention.ms', value: '-1' }]
    await admin.createTopics({ topics: [{ topic, numPartitions: partitions, configEntries }], waitForLeaders: true })
  }
  const ends = await admin.fetchTopicOffsets(topic)
  if (ends.length !== partitions) throw new Error(`The topic ${topic} has ${ends.length} partitions, not ${partitions}. Delete it.`)
  const filled = ends.filter(({ low, high }) => low !== high)
  if (filled.length > 0)
    await admin.deleteTopicRecords({ topic, partitions: filled.map(({ partition, high }) => ({ partition, offset: high })) })
}

/** Brokers may not know yet of a topic that was just made: then they are asked again, for a while. */
async function patiently<T>(action: () => Promise<T>): Promise<T> {
  const deadlineMs = performance.now() + 10_000
  for (;;) {
    try {
      return await action()
    } catch (error) {
      if (!(error instanceof kafkajs.KafkaJSError) || performance.now() > deadlineMs) throw error
      await delay(100)
    }
  }
}

function print(measured: ReadonlyMap<string, readonly Measured[]>): void {
  const table = new Table({
    head: ['', ...sides, 'ratio', 'peak RSS', 'ratio', 'first output'],
    style: { head: [], border: [] },
  })
  for (const topology of topologies) {
    const of = (side: Side, pick: (result: Measured) => number): number => median((measured.get(`${topology} ${side}`) ?? []).map(pick))
    const rates = sides.map((side) => of(side, (result) => result.recordsPerSecond))
    const memory = sides.map((side) => of(side, (result) => result.rssPeakBytes))
    const first = sides.map((side) => of(side, (result) => result.firstOutputSeconds))
    table.push([
      topology,
      ...rates.map(orNone(perSecond)),
      ratio(rates[1], rates[0]),
      memory.map(orNone(megabytes)).join(' : '),
      ratio(memory[1], memory[0]),
      first.map(orNone((seconds) => `${seconds.toFixed(1)} s`)).join(' : '),
    ])
  }
  console.log(`${records} records, ${rounds} rounds, medians; ${sides.join(' : ')}`)
  console.log(table.toString())
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

function ratio(ours = Number.NaN, theirs = Number.NaN): string {
  return orNone((value) => value.toFixed(2))(ours / theirs)
}

/** A side that cannot run a topology has no figures. */
function orNone(shown: (value: number) => string): (value: number) => string {
  return (value) => (Number.isNaN(value) ? '–' : shown(value))
}

function say(text: string): void {
  console.error(text)
}

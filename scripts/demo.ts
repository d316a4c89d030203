// npm run demo: the template flight-delays on real flights, without Java and without containers. It compiles the topology, starts the embedded
// broker, loads flights and airports, runs the built bundle to the end of the input and prints what came out.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import Table from 'cli-table3'
import { csvParse } from 'd3-dsv'
import { Kafka, logLevel, type Message, Partitioners } from 'kafkajs'

const root = resolve(import.meta.dirname, '..')
const millrace = join(root, 'build', 'cli', 'bin.js')
const vegaDatasets = join(dirname(createRequire(import.meta.url).resolve('vega-datasets')), '..', 'data')

const template = 'flight-delays'
const outputTopic = 'delay-by-state'
/** One partition each, so that three months of history are read in the order of their time and none of it comes late. */
const topics = ['flights', 'airports', outputTopic].map((topic) => ({
  topic,
  numPartitions: 1,
  configEntries: [{ name: 'retention.ms', value: '-1' }],
}))
const rowsShown = 20

interface Flight {
  /** As in 2001/01/31 18:05. */
  readonly date: string
  readonly origin: string
  readonly destination: string
  readonly delay: number
}

interface DelayedInHour {
  readonly state: string
  readonly hour: Date
  readonly flights: number
  readonly meanDelay: number
}

interface Summary {
  readonly recordsIn: number
  readonly recordsOut: number
  readonly seconds: number
  readonly recordsPerSecond: number
}

await demo()

async function demo(): Promise<void> {
  const project = await step('a project of the template flight-delays', makeProject)
  let broker: ChildProcess | undefined
  try {
    await step('millrace build', () => run([millrace, 'build'], project))
    const started = await step('millrace broker', () => startBroker(project))
    broker = started.process
    const kafka = new Kafka({ brokers: [started.address], clientId: 'demo', logLevel: logLevel.ERROR })
    await step('flights and airports into their topics', () => load(kafka))
    const summary = await step('node dist/flight-delays/app.mjs --until-end', () => runApp(project, started.address))
    const rows = await step('the topic delay-by-state', () => readOutput(kafka))
    print(rows, summary)
  } finally {
    if (broker !== undefined) await stop(broker)
    await rm(project, { recursive: true, force: true })
  }
}

/** Shows on stderr what goes on and how long it took; stdout is for the result. */
async function step<T>(name: string, action: () => Promise<T>): Promise<T> {
  const started = performance.now()
  process.stderr.write(`${name} … `)
  try {
    const result = await action()
    process.stderr.write(`${((performance.now() - started) / 1000).toFixed(1)} s\n`)
    return result
  } catch (error) {
    process.stderr.write('failed\n')
    throw error
  }
}

/** A copy of the template, with this clone where npm would have put the package. */
async function makeProject(): Promise<string> {
  await mkdir(join(root, '.cache'), { recursive: true })
  const project = await mkdtemp(join(root, '.cache', 'demo-'))
  await cp(join(root, 'templates', template), project, { recursive: true })
  await mkdir(join(project, 'node_modules'), { recursive: true })
  await symlink(root, join(project, 'node_modules', 'millrace'), 'dir')
  return project
}

async function startBroker(project: string): Promise<{ process: ChildProcess; address: string }> {
  const broker = spawn(process.execPath, [millrace, 'broker', '--port', '0', '--data', join(project, '.millrace', 'broker')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  for await (const line of createInterface({ input: broker.stdout })) {
    const address = /\d+\.\d+\.\d+\.\d+:\d+/.exec(line)?.[0]
    if (address !== undefined) return { process: broker, address }
  }
  throw new Error('The embedded broker ended before it listened.')
}

async function load(kafka: Kafka): Promise<void> {
  const flights: Flight[] = JSON.parse(await readFile(join(vegaDatasets, 'flights-20k.json'), 'utf8'))
  const airports = csvParse(await readFile(join(vegaDatasets, 'airports.csv'), 'utf8'))
  const admin = kafka.admin()
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner })
  await Promise.all([admin.connect(), producer.connect()])
  await admin.createTopics({ topics, waitForLeaders: true })
  await produce('airports', airports.map(airportRecord))
  await produce('flights', flights.map(flightRecord))
  await Promise.all([admin.disconnect(), producer.disconnect()])

  async function produce(topic: string, messages: Message[]): Promise<void> {
    const atOnce = 5_000
    for (let start = 0; start < messages.length; start += atOnce) {
      await producer.send({ topic, messages: messages.slice(start, start + atOnce) })
    }
  }
}

function flightRecord(flight: Flight): Message {
  const departure = Date.parse(`${flight.date.replaceAll('/', '-').replace(' ', 'T')}Z`)
  return { key: `${flight.origin}-${flight.destination}`, value: JSON.stringify(flight), timestamp: String(departure) }
}

/** Airports are older than all flights: a join finds only what the table holds at the time of the flight. */
function airportRecord(airport: Readonly<Record<string, string>>): Message {
  return { key: airport.iata ?? '', value: JSON.stringify(airport), timestamp: String(Date.UTC(2000, 0, 1)) }
}

async function runApp(project: string, brokers: string): Promise<Summary> {
  const summaryFile = join(project, 'summary.json')
  await run([join('dist', template, 'app.mjs'), '--until-end', '--summary', summaryFile], project, {
    MILLRACE_BROKERS: brokers,
    MILLRACE_LOG_LEVEL: 'warn',
  })
  return JSON.parse(await readFile(summaryFile, 'utf8')) as Summary
}

/** The topic is a changelog of the windows: of each state and hour, the last record counts. */
async function readOutput(kafka: Kafka): Promise<DelayedInHour[]> {
  const rows = new Map<string, DelayedInHour>()
  const admin = kafka.admin()
  await admin.connect()
  const end = Number((await admin.fetchTopicOffsets(outputTopic))[0]?.high)
  await admin.disconnect()

  const consumer = kafka.consumer({ groupId: 'demo-table' })
  await consumer.connect()
  await consumer.subscribe({ topic: outputTopic, fromBeginning: true })
  await new Promise<void>((done, fail) => {
    if (end === 0) done()
    consumer.on('consumer.crash', ({ payload }) => fail(payload.error))
    consumer
      .run({
        eachMessage: async ({ message }) => {
          if (message.key !== null && message.value !== null) {
            rows.set(message.key.toString('hex'), { ...windowOf(message.key), ...JSON.parse(message.value.toString()) })
          }
          if (Number(message.offset) === end - 1) done()
        },
      })
      .catch(fail)
  })
  await consumer.disconnect()
  return [...rows.values()]
}

/** A windowed key as Kafka Streams writes it: the key, then the start of the window as 8 bytes. */
function windowOf(key: Buffer): { state: string; hour: Date } {
  const end = key.length - 8
  return { state: key.toString('utf8', 0, end), hour: new Date(Number(key.readBigInt64BE(end))) }
}

function print(rows: readonly DelayedInHour[], summary: Summary): void {
  const worst = [...rows].sort((left, right) => right.flights - left.flights || right.meanDelay - left.meanDelay).slice(0, rowsShown)
  const table = new Table({
    head: ['State', 'Hour', 'Delayed flights', 'Mean delay'],
    colAligns: ['left', 'left', 'right', 'right'],
    style: { head: [], border: [] },
    // No lines between rows.
    chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
  })
  for (const { state, hour, flights, meanDelay } of worst) {
    table.push([state, hour.toISOString().slice(0, 16).replace('T', ' '), flights, `${meanDelay.toFixed(0)} min`])
  }
  const delayed = rows.reduce((total, { flights }) => total + flights, 0)
  console.log(table.toString())
  console.log(`The ${worst.length} worst of ${rows.length} hours by state; ${delayed} flights left more than 15 minutes late.`)
  console.log(`${summary.recordsIn} records read, ${summary.recordsOut} written, in ${summary.seconds.toFixed(1)} s.`)
}

async function run(args: readonly string[], folder: string, environment: Readonly<Record<string, string>> = {}): Promise<void> {
  const child = spawn(process.execPath, args, { cwd: folder, env: { ...process.env, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output += text))
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`node ${args.join(' ')} ended with ${code}:\n${output}`)
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  await ended
}

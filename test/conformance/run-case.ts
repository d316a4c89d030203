// Runs one vector through the test driver and writes down what came of it in the form in which the vector has it.

import { isMillraceError } from '../../framework/errors.ts'
import { describe } from '../../framework/graph/describe.ts'
import type { Topology } from '../../framework/graph/topology.ts'
import { toBytes } from '../../framework/serdes/byte-buffer.ts'
import { fused } from '../compiler/fused-topology.ts'
import { type CapturedRecord, type TestDriverOptions, TopologyTestDriver } from '../kit/index.ts'
import { buildTopology } from './build-topology.ts'
import { plain, storeRows } from './store-rows.ts'
import type { Expectation, InternalRow, OutputRow, VectorCase, VectorStep } from './vector.ts'
import { serdeOf } from './vector-serdes.ts'

/** The vectors' application id. */
const applicationId = 'app'

export interface RunOptions {
  /** Where persistent stores lie. Default: in memory. */
  readonly state?: TestDriverOptions['state']
  /** Whether chains of operators run as one function, as in an app. Default: false. */
  readonly fusion?: boolean
  /** Done between two steps: `step` is the one to come. Default: nothing. */
  readonly between?: (driver: TopologyTestDriver, step: number) => Promise<void>
}

export async function runCase(vector: VectorCase, options: RunOptions = {}): Promise<Expectation> {
  let topology: Topology
  try {
    topology = buildTopology(vector)
    if (options.fusion === true) topology = fused(topology)
  } catch (error) {
    return failed(error, {}, { phase: 'build' })
  }
  let driver: TopologyTestDriver
  try {
    driver = await TopologyTestDriver.open(topology, {
      applicationId,
      cacheBytesMax: Number(vector.config['statestore.cache.max.bytes'] ?? 0),
      settings: settingsOf(vector.config),
      ...(options.state === undefined ? {} : { state: options.state }),
    })
  } catch (error) {
    return failed(error, { describe: describe(topology) }, { phase: 'start' })
  }
  return await runSteps(vector, driver, options.between)
}

function settingsOf(config: VectorCase['config']): TestDriverOptions['settings'] {
  const deadLetterTopic = config['errors.dead.letter.queue.topic.name']
  return {
    processingExceptionHandler: config['processing.exception.handler'] === 'continue' ? 'continue' : 'fail',
    ...(deadLetterTopic === undefined ? {} : { deadLetterTopic }),
    emitIntervals: {
      closedWindowsMs: Number(config['__emit.interval.ms.kstreams.windowed.aggregation__'] ?? 1000),
      unmatchedMs: Number(config['__emit.interval.ms.kstreams.outer.join.spurious.results.fix__'] ?? 1000),
    },
  }
}

async function runSteps(vector: VectorCase, driver: TopologyTestDriver, between: RunOptions['between']): Promise<Expectation> {
  const written: Written = { outputs: [], internal: {} }
  const text = { describe: describe(driver.topology) }
  let seen = 0
  const noteNew = (step: number) => {
    const records = driver.outputBytes()
    for (const record of records.slice(seen)) note(written, vector, record, step)
    seen = records.length
  }
  for (const [step, what] of vector.steps.entries()) {
    try {
      if (step > 0) await between?.(driver, step)
      runStep(vector, driver, what)
    } catch (error) {
      // Kafka Streams' driver writes out, when it is closed, what was done before the error.
      driver.flush()
      noteNew(step)
      return failed(error, { ...text, ...written }, { phase: 'run', step })
    }
    noteNew(step)
  }
  const stores = storeRows(driver)
  await driver.close()
  return { ...text, ...written, stores }
}

/** What threw on purpose is an outcome; all else is a bug of ours, or an operation that is missing. */
function failed(error: unknown, before: Expectation, where: NonNullable<Expectation['error']>): Expectation {
  if (!isMillraceError(error)) throw error
  return { ...before, error: where }
}

function runStep(vector: VectorCase, driver: TopologyTestDriver, step: VectorStep): void {
  if ('advanceWallClockMs' in step) {
    driver.advanceWallClock(step.advanceWallClockMs)
    return
  }
  const types = vector.topics[step.topic]
  if (types === undefined) throw new Error(`the case ${vector.name} says no types for the topic ${step.topic}`)
  const bytesOf = (type: typeof types.key, value: unknown) => (value === null ? null : toBytes(serdeOf(type), value))
  const headers = (step.headers ?? []).map(([key, value]) => ({ key, value: Buffer.from(value) }))
  driver.pipeBytes(step.topic, bytesOf(types.key, step.key), bytesOf(types.value, step.value), { timestamp: step.ts, headers })
}

// ------------------------------------------------------------------------------------------------------------- records

interface Written {
  readonly outputs: OutputRow[]
  readonly internal: Record<string, InternalRow[]>
}

function note(written: Written, vector: VectorCase, record: CapturedRecord, step: number): void {
  if (!record.topic.startsWith(`${applicationId}-`)) {
    written.outputs.push(outputRow(vector, record, step))
    return
  }
  const { key, value, timestamp, headers } = record
  // What is written without a timestamp has none in the vectors: their producer is not a real one, which would set the time of sending.
  const row = { step, keyHex: hex(key), valueHex: hex(value), ts: timestamp < 0 ? null : timestamp }
  const headersHex = headers.map(({ key, value }) => [key, hex(value) ?? ''] as const)
  const rows = written.internal[record.topic] ?? []
  written.internal[record.topic] = rows
  rows.push(headers.length === 0 ? row : { ...row, headersHex })
}

function outputRow(vector: VectorCase, record: CapturedRecord, step: number): OutputRow {
  const { topic, key, value, timestamp: ts } = record
  const headers = record.headers.map(({ key, value }) => [key, Buffer.from(value ?? []).toString()] as const)
  const types = vector.outputTopics?.[topic] ?? vector.outputTopics?.['*']
  const read = (type: NonNullable<typeof types>['key'], bytes: Buffer | null) =>
    bytes === null ? null : plain(serdeOf(type).read(bytes, 0, bytes.length))
  const content =
    types === undefined ? { keyHex: hex(key), valueHex: hex(value) } : { key: read(types.key, key), value: read(types.value, value) }
  return headers.length === 0 ? { step, topic, ...content, ts } : { step, topic, ...content, ts, headers }
}

function hex(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : Buffer.from(bytes).toString('hex')
}

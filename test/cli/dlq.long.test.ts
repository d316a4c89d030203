// millrace dlq, as a program, on what an app has left out, against the embedded broker.

import { beforeAll, describe, expect, it } from 'vitest'
import { rangeOf } from '../../cli/dead-letters/dlq-flags.ts'
import { readDeadLetters, type Wanted } from '../../cli/dead-letters/read-dead-letters.ts'
import { topology } from '../../framework/dsl/topology-definition.ts'
import { silentLogger } from '../../framework/ports/logger.ts'
import { App } from '../../framework/runtime/app.ts'
import { readSettings } from '../../framework/runtime/settings.ts'
import { SystemClock } from '../../framework/runtime/system-clock.ts'
import { wireApp } from '../../framework/runtime/wiring.ts'
import { json, string } from '../../framework/serdes/serdes.ts'
import { kafka } from '../../plugins/kafka/index.ts'
import { type EmbeddedBroker, startBroker } from '../../plugins/kafka/server/index.ts'
import { memory } from '../../plugins/store-memory/index.ts'
import { Client } from '../e2e/client.ts'
import { type Ended, millrace, projectOf } from './program.ts'

const text = { key: string(), value: string() }

/** Reads numbers; those below zero are too much for it. */
const roots = topology('roots', (builder) => {
  builder
    .stream('numbers', { key: string(), value: json<number>(), name: 'numbers' })
    .mapValues(
      (value) => {
        if (value < 0) throw new RangeError(`${value} has no root`)
        return String(Math.sqrt(value))
      },
      { name: 'rooted' },
    )
    .to('out', text)
})

let broker: EmbeddedBroker
let client: Client

beforeAll(async () => {
  broker = await startBroker()
  client = new Client(broker.address)
  await client.createTopics(2, 'numbers')
  await client.createTopics(1, 'out', 'dead', 'elsewhere')
  await client.send('numbers', [
    { key: 'a', value: '4', timestamp: 1, headers: { trace: 't1' } },
    { key: 'b', value: '-4', timestamp: 2, headers: { trace: 't2' } },
    { key: 'c', value: 'many', timestamp: 3 },
    { key: 'd', value: '-9', timestamp: 4 },
  ])
  await runRoots()
  return () => broker.close()
})

async function runRoots(): Promise<void> {
  const { settings } = readSettings(
    {
      brokers: [broker.address],
      stateStore: 'memory',
      processingExceptionHandler: 'dead-letter',
      deserializationExceptionHandler: 'dead-letter',
      deadLetterTopic: 'dead',
    },
    {},
  )
  const clock = new SystemClock()
  const parts = { definition: roots, settings, plugins: [kafka(), memory()], clock, logger: silentLogger, print: () => {} }
  await new App({ ...wireApp(parts), untilEnd: true }).run()
}

function run(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Ended> {
  return millrace(['dlq', ...args], projectOf({}), { MILLRACE_BROKERS: broker.address, ...environment })
}

interface Shown {
  readonly offset: number
  readonly error: string
  readonly message: string
  readonly path: readonly string[]
  readonly origin: { readonly topic: string; readonly partition: number; readonly offset: number }
  readonly trace: string
  readonly replays: number
  readonly record: { readonly key: string; readonly value: unknown; readonly timestamp: number; readonly headers?: unknown }
}

async function dataOf(args: readonly string[]): Promise<readonly Shown[]> {
  const { code, stdout, stderr } = await run([...args, '--json'])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return JSON.parse(stdout)
}

describe('millrace dlq', () => {
  it('lists what was left out, with what failed and where it came from', async () => {
    const letters = await dataOf(['list', 'dead'])
    expect(letters.map(({ record }) => record.key).sort()).toEqual(['b', 'c', 'd'])
    const letter = letters.find(({ record }) => record.key === 'b')
    expect(letter).toMatchObject({
      error: 'RangeError',
      message: '-4 has no root',
      application: 'roots',
      task: expect.stringMatching(/^0_[01]$/),
      path: ['numbers', 'rooted'],
      origin: { topic: 'numbers' },
      replays: 0,
      trace: expect.stringContaining('RangeError: -4 has no root\n'),
      record: { key: 'b', value: -4, timestamp: 2, headers: { trace: 't2' } },
    })
    const { stdout } = await run(['list', '--topology', 'roots', '--operator', 'rooted'], { MILLRACE_DEAD_LETTER_TOPIC: 'dead' })
    expect(stdout).toMatch(/^Letter {2}Record +Operator +Replays +Error$/m)
    expect(stdout).toMatch(/^0@\d +numbers-[01]@\d +rooted +0 +RangeError: -4 has no root$/m)
  })

  it('takes those with an error, of an operator, of an application, of offsets', async () => {
    const connection = { brokers: [broker.address], clientId: 'test', logger: silentLogger, clock: new SystemClock() }
    const reading = kafka().brokers!.kafka!(connection)
    await reading.connect()
    const read = async (filter: Partial<Wanted>, offsets?: string) => {
      const all = {
        topic: 'dead',
        application: undefined,
        error: undefined,
        operator: undefined,
        partition: undefined,
        lettersMax: Infinity,
      }
      return await readDeadLetters(reading, { ...all, ...rangeOf(offsets), ...filter })
    }
    const keys = async (filter: Partial<Wanted>) => (await read(filter)).map(({ record }) => String(record.key)).sort()
    expect(await keys({ error: 'rangeerror' })).toEqual(['b', 'd'])
    expect(await keys({ error: '-9 has' })).toEqual(['d'])
    expect(await keys({ operator: 'rooted' })).toEqual(['b', 'c', 'd'])
    expect(await keys({ operator: 'root' })).toEqual([])
    expect(await keys({ application: 'roots' })).toEqual(['b', 'c', 'd'])
    expect(await keys({ application: 'other' })).toEqual([])
    expect(await keys({ partition: 0, lettersMax: 2 })).toHaveLength(2)
    const offsets = async (range: string) => (await read({}, range)).map(({ record }) => record.offset)
    expect([await offsets('1'), await offsets('1..'), await offsets('..1'), await offsets('1..1')]).toEqual([[1], [1, 2], [0, 1], [1]])
    await reading.close()
  })

  it('shows all of a dead letter', async () => {
    const { code, stdout } = await run(['show', 'dead', '--error', '-4'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^Letter: {6}dead-0@\d$/m)
    expect(stdout).toMatch(/^Record: {6}numbers-[01]@\d, of 1970-01-01T00:00:00.002Z$/m)
    expect(stdout).toContain('Path:        numbers > rooted\nApplication: roots, task 0_')
    expect(stdout).toContain(
      'Error:       RangeError: -4 has no root\nContent:     {"key":"b","value":-4,"timestamp":2,"headers":{"trace":"t2"}',
    )
    expect(stdout).toMatch(/^ {6}at .*dlq\.long\.test\.ts/m)
  })

  it('writes them to where they came from, marked, only when it is not asked to say what it would do', async () => {
    const [letter] = await dataOf(['list', 'dead', '--error', '-9'])
    const place = `${letter!.origin.topic}-${letter!.origin.partition}@${letter!.origin.offset}`
    const dry = await run(['replay', 'dead', '--error', '-9', '--dry-run'])
    expect(dry).toMatchObject({ code: 0, stdout: `0@${letter!.offset}: ${place} to numbers\n1 record would be written, 0 skipped.\n` })
    expect((await client.receive('numbers', ({ length }) => length >= 4)).length).toBe(4)
    expect(await run(['replay', 'dead', '--error', '-9'])).toMatchObject({ code: 0, stdout: '1 record written, 0 skipped.\n' })
    const records = (await client.receive('numbers', ({ length }) => length === 5)).filter(({ key }) => key?.toString() === 'd')
    expect(records).toHaveLength(2)
    expect(records.map(({ partition, timestamp, value }) => ({ partition, timestamp, value: String(value) }))).toEqual(
      [1, 2].map(() => ({ partition: letter!.origin.partition, timestamp: 4, value: '-9' })),
    )
    // It fails once more, and its dead letter says that it was there before.
    await runRoots()
    const again = await dataOf(['list', 'dead', '--error', '-9'])
    expect(again.map(({ replays }) => replays)).toEqual([0, 1])
    expect(again[1]?.record.headers).toEqual({ '__millrace.replayed': `dead-0@${letter!.offset}` })
  })

  it('writes them to another topic', async () => {
    const { code, stdout } = await run(['replay', 'dead', '--error', '-4', '--to', 'elsewhere', '--json'])
    expect({ code, data: JSON.parse(stdout) }).toMatchObject({
      code: 0,
      data: { dryRun: false, replayed: [{ topic: 'elsewhere' }], skipped: [] },
    })
    expect((await client.receive('elsewhere', ({ length }) => length === 1)).map(({ value }) => String(value))).toEqual(['-4'])
  })

  it('skips what is no record of a topic any more, and what is no dead letter', async () => {
    await client.createTopics(1, 'odd')
    await client.send('odd', [
      { key: 'x', value: 'no dead letter', timestamp: 1 },
      {
        key: null,
        value: null,
        timestamp: 1,
        headers: { '__streams.errors.exception': 'Error', '__streams.errors.topic': 'numbers', '__streams.errors.partition': '0' },
      },
      { key: 'y', value: 'of a punctuation', timestamp: 1, headers: { '__streams.errors.exception': 'Error' } },
    ])
    expect((await run(['replay', 'odd', '--dry-run'])).stdout).toMatch(
      /^0@1: numbers-0@0 skipped: the input record was gone.*\n0@2: - skipped: nothing says where it came from.*\n0 records would be written, 2 skipped\.\n$/,
    )
  })

  it('says what is wrong', async () => {
    const answers = [
      await run(['list']),
      await run(['list', 'daed']),
      await run(['list', 'dead', '--offsets', 'x']),
      await run(['show', 'dead', '--partition', '7']),
    ]
    expect(answers.map(({ code, stderr }) => `${code} ${stderr.split('\n')[0]}`)).toEqual([
      '2 error: Say which topic holds the dead letters, or set deadLetterTopic in millrace.config.ts.',
      '1 error: There is no topic daed. Did you mean dead? `millrace topic list` shows all.',
      '2 error: x is no range of offsets; write 7, 7..9, 7.. or ..9.',
      '1 error: dead has the partitions 0 to 0; there is no partition 7.',
    ])
  })
})

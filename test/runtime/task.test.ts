import { expect, test } from 'vitest'
import { type TopologyDefinition, topology } from '../../framework/dsl/topology-definition.ts'
import { tumbling } from '../../framework/dsl/windows.ts'
import { isMillraceError } from '../../framework/errors.ts'
import type { CommittedOffset } from '../../framework/ports/broker.ts'
import { type Logger, silentLogger } from '../../framework/ports/logger.ts'
import { noHeaders } from '../../framework/ports/record.ts'
import type { StateEngine } from '../../framework/ports/store.ts'
import { decodeCommitMetadata } from '../../framework/runtime/commit-metadata.ts'
import { Task } from '../../framework/runtime/task.ts'
import type { TaskSettings } from '../../framework/runtime/task-options.ts'
import { readTopics, writtenTopics } from '../../framework/runtime/task-topics.ts'
import { json, long, string } from '../../framework/serdes/serdes.ts'
import { CacheBudget } from '../../framework/state/cached-rows.ts'
import { MemoryBudget } from '../../framework/state/memory-budget.ts'
import { openTaskState } from '../../framework/state/open-task-state.ts'
import { memory } from '../../plugins/store-memory/index.ts'
import { CapturingTopics, fetched } from '../kit/captured-records.ts'
import { VirtualClock } from '../kit/virtual-clock.ts'

const text = { key: string(), value: string() }

interface Harness {
  readonly task: Task
  readonly clock: VirtualClock
  /** Adds one record, with the offset that follows the last one of its topic unless another is given. */
  add(topic: string, key: string, value: string, timestamp: number, offset?: number): void
  /** Values written so far to a topic, as text. */
  written(topic: string): string[]
}

async function open(
  definition: TopologyDefinition,
  options: { settings?: Partial<TaskSettings>; committed?: readonly CommittedOffset[]; logger?: Logger } = {},
): Promise<Harness> {
  const built = definition.build()
  const topics = new CapturingTopics()
  const recordContext = { timestamp: 0, headers: noHeaders }
  const engine = memory().stores?.memory as StateEngine
  const state = await openTaskState({
    applicationId: built.name,
    taskId: '0_0',
    stateDir: '',
    partition: 0,
    stores: [...built.stores.values()],
    engines: { persistent: engine, memory: engine },
    cacheBudget: new CacheBudget(0),
    memoryBudget: new MemoryBudget('none', 'State', Infinity),
    suppressBudget: new MemoryBudget('none', 'State', Infinity),
    uncommittedBytesMax: Infinity,
    context: recordContext,
    logger: silentLogger,
    changelogWriter: async (topic) => topics.writer(topic),
  })
  const clock = new VirtualClock()
  const subTopologies = built.subTopologies.map(({ id }) => id)
  const task = new Task({
    id: '0_0',
    applicationId: built.name,
    topology: built,
    subTopologies,
    inputs: readTopics(built, subTopologies, built.name).map((topic) => ({ topic, partition: 0 })),
    runsLocalInputs: true,
    state,
    recordContext,
    writer: (topic) => topics.writer(topic),
    committed: options.committed ?? [],
    settings: {
      deserializationExceptionHandler: 'fail',
      processingExceptionHandler: 'fail',
      productionExceptionHandler: 'fail',
      ...options.settings,
    },
    clock,
    logger: options.logger ?? silentLogger,
    print: () => {},
    awaitReady: () => expect.unreachable(),
  })
  const offsets = new Map<string, number>()
  const records: { topic: string; value: string }[] = []
  return {
    task,
    clock,
    add(topic, key, value, timestamp, offset = offsets.get(topic) ?? 0) {
      offsets.set(topic, offset + 1)
      task.addRecords(fetched(topic, [{ topic, key: Buffer.from(key), value: Buffer.from(value), timestamp, headers: noHeaders }], offset))
    },
    written(topic) {
      records.push(...topics.take().map((record) => ({ topic: record.topic, value: String(record.value) })))
      return records.filter((record) => record.topic === topic).map(({ value }) => value)
    },
  }
}

const copy = topology('copy', (builder) => {
  builder.stream<string, string>('in', text).to('out', text)
})

const merged = topology('merged', (builder) => {
  const left = builder.stream<string, string>('left', text)
  left.merge(builder.stream<string, string>('right', text)).to('out', text)
})

test('of several inputs the record with the lowest timestamp is next', async () => {
  const { task, add, written } = await open(merged)
  add('left', 'k', 'l1', 10)
  add('left', 'k', 'l2', 40)
  add('right', 'k', 'r1', 20)
  add('right', 'k', 'r2', 30)
  expect(task.process(100, Infinity)).toBe(4)
  expect(written('out')).toEqual(['l1', 'r1', 'r2', 'l2'])
})

test('a run stops at the number of records it was given', async () => {
  const { task, add, written } = await open(copy)
  for (const value of ['a', 'b', 'c']) add('in', 'k', value, 1)
  expect(task.process(2, Infinity)).toBe(2)
  expect(written('out')).toEqual(['a', 'b'])
  expect(task.hasRecords).toBe(true)
})

test('a run stops after the record at which it is asked to pause', async () => {
  const { task, add } = await open(copy)
  for (const value of ['a', 'b', 'c']) add('in', 'k', value, 1)
  expect(task.process(100, Infinity, () => true)).toBe(1)
})

test('a run stops when its time is over', async () => {
  const { task, clock, add } = await open(copy)
  for (let number = 0; number < 1000; number++) add('in', 'k', 'v', 1)
  clock.advance(10)
  expect(task.process(1000, 10)).toBeLessThan(1000)
})

test('nothing is committable before the first record, then the offset after the last one processed', async () => {
  const { task, add } = await open(copy)
  expect(task.committable()).toEqual([])
  expect(task.commitNeeded).toBe(false)
  add('in', 'k', 'a', 7)
  add('in', 'k', 'b', 5)
  add('in', 'k', 'c', 6)
  task.process(2, Infinity)
  expect(task.commitNeeded).toBe(true)
  expect(task.committable()).toMatchObject([{ topic: 'in', partition: 0, offset: 2 }])
  expect(decodeCommitMetadata(task.committable()[0]?.metadata ?? '').partitionTimeMs).toBe(7)
  task.committed()
  expect(task.commitNeeded).toBe(false)
})

test('bytes wait in the buffer until all records of their batch are processed', async () => {
  const { task, add } = await open(copy)
  add('in', 'key', 'value', 1)
  add('in', 'key', 'value', 1)
  expect(task.bufferedBytes('in', 0)).toBe(16)
  expect(task.isEmpty('in', 0)).toBe(false)
  task.process(1, Infinity)
  expect(task.bufferedBytes('in', 0)).toBe(8)
  task.process(1, Infinity)
  expect(task.bufferedBytes('in', 0)).toBe(0)
  expect(task.isEmpty('in', 0)).toBe(true)
})

test('a record with a negative timestamp is left out where its source says so, counted, and does not come again', async () => {
  const skipping = topology('copy', (builder) => builder.stream('in', { ...text, onInvalidTimestamp: 'skip' }).to('out', text))
  const { task, add, written } = await open(skipping)
  add('in', 'k', 'old', -1)
  add('in', 'k', 'new', 1)
  expect(task.process(100, Infinity)).toBe(1)
  expect(written('out')).toEqual(['new'])
  expect(task.dropped.count('negative-timestamp')).toBe(1)
  expect(task.committable()).toMatchObject([{ offset: 2 }])
})

test('a record with a negative timestamp stops the task, which says where it is and what to do', async () => {
  const { add } = await open(copy)
  expect(() => add('in', 'k', 'old', -1)).toThrow(/in-0, offset 0, has the timestamp -1\..*onInvalidTimestamp/s)
})

test('a record with a negative timestamp can take the time of its partition, if that has one', async () => {
  const lenient = topology('copy', (builder) => builder.stream('in', { ...text, onInvalidTimestamp: 'partitionTime' }).to('out', text))
  const { task, add, written } = await open(lenient)
  add('in', 'k', 'first', 7)
  task.process(100, Infinity)
  add('in', 'k', 'second', -1)
  task.process(100, Infinity)
  expect(written('out')).toEqual(['first', 'second'])
  expect(task.streamTime).toBe(7)

  const fresh = await open(lenient)
  expect(() => fresh.add('in', 'k', 'first', -1)).toThrow(/its partition has no time yet/)
})

test('what was late before a restart is late after it', async () => {
  const windowed = topology('windowed', (builder) => {
    builder.stream<string, string>('in', text).groupByKey(text).windowedBy(tumbling('10ms')).count().toStream().to('out', { value: long() })
  })
  const before = await open(windowed)
  before.add('in', 'k', 'a', 100)
  before.task.process(100, Infinity)
  const after = await open(windowed, { committed: before.task.committable() })
  after.add('in', 'k', 'b', 50, 1)
  after.task.process(100, Infinity)
  expect(after.task.dropped.count('late')).toBe(1)
  expect(after.written('out')).toEqual([])
})

test('elements of the program go on where they were committed', async () => {
  const elements = topology('elements', (builder) => {
    builder
      .fromElements(
        [
          ['k', 'a'],
          ['k', 'b'],
          ['k', 'c'],
        ] as [string, string][],
        text,
      )
      .to('out', text)
  })
  const before = await open(elements)
  before.task.process(2, Infinity)
  const after = await open(elements, { committed: before.task.committable() })
  after.task.process(100, Infinity)
  expect(after.written('out')).toEqual(['c'])
})

const numbers = topology('numbers', (builder) => {
  builder
    .stream<string, number>('in', { key: string(), value: json<number>() })
    .filter((value) => value > 1)
    .to('out', { key: string(), value: json<number>() })
})

test('a record that cannot be read ends the task with its place and the reason', async () => {
  const { task, add } = await open(numbers)
  add('in', 'k', 'no json', 1, 41)
  const error = await thrown(() => task.process(100, Infinity))
  expect(isMillraceError(error, 'record-undecodable')).toBe(true)
  expect(String(error)).toMatch(/in-0@41 cannot be read by \S+ in task 0_0: its bytes are not json: .*not valid JSON/)
  expect(task.committable()).toEqual([])
})

test('a record that cannot be read is left out and counted if the policy says so', async () => {
  const lines: string[] = []
  const logger: Logger = { log: (_level, message) => lines.push(message) }
  const { task, add, written } = await open(numbers, { settings: { deserializationExceptionHandler: 'continue' }, logger })
  add('in', 'k', 'no json', 1)
  add('in', 'k', '5', 2)
  task.process(100, Infinity)
  expect(written('out')).toEqual(['5'])
  expect(task.dropped.count('undecodable')).toBe(1)
  expect(lines).toEqual([expect.stringContaining('in-0@0')])
})

test('bytes that nobody reads are carried on unread', async () => {
  const { task, add, written } = await open(
    topology('carried', (builder) => {
      const serdes = { key: string(), value: json<number>() }
      builder.stream<string, number>('in', serdes).to('out', serdes)
    }),
  )
  add('in', 'k', '{  "spaces": "kept" ', 1)
  task.process(100, Infinity)
  expect(written('out')).toEqual(['{  "spaces": "kept" '])
})

function failsOnPear(value: string): string {
  if (value === 'pear') throw new TypeError('no pears here')
  return value
}

const picky = topology('picky', (builder) => {
  builder.stream<string, string>('in', text).mapValues(failsOnPear, { name: 'check' }).to('out', text)
})

test('a callback that throws ends the task; the message has task, node, record and the first frame of the user', async () => {
  const { task, add } = await open(picky)
  add('in', 'k', 'apple', 1)
  add('in', 'k', 'pear', 2)
  const error = await thrown(() => task.process(100, Infinity))
  expect(isMillraceError(error, 'callback-failed')).toBe(true)
  const lines = String(error).split('\n')
  expect(lines[0]).toMatch(/A callback of check threw in task 0_0 on in-0@1: TypeError: no pears here$/)
  expect(lines[1]).toMatch(/^ +at failsOnPear \(.*task\.test\.ts:\d+:\d+\)$/)
  expect(lines[2]).not.toMatch(/framework/)
  expect((error as Error).cause).toBeInstanceOf(TypeError)
})

test('a callback that throws leaves its record out if the policy is to go on', async () => {
  const { task, add, written } = await open(picky, { settings: { processingExceptionHandler: 'continue' } })
  for (const value of ['apple', 'pear', 'plum']) add('in', 'k', value, 1)
  task.process(100, Infinity)
  expect(written('out')).toEqual(['apple', 'plum'])
  expect(task.dropped.count('callback-failed')).toBe(1)
})

test('topics that are read and written are known by their names on the broker', () => {
  const built = topology('app', (builder) => {
    builder
      .stream<string, string>('in', text)
      .groupBy((value) => value, { ...text, name: 'by-value' })
      .count()
      .toStream()
      .to('out', { value: long() })
  }).build()
  const all = built.subTopologies.map(({ id }) => id)
  expect(readTopics(built, all, 'app')).toEqual(['in', 'app-by-value-repartition'])
  expect(writtenTopics(built, all, 'app')).toEqual(['app-by-value-repartition', 'out'])
})

async function thrown(run: () => unknown): Promise<unknown> {
  try {
    await run()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

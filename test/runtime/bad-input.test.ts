import { expect, test } from 'vitest'
import type { Config } from '../../framework/config.ts'
import { topology } from '../../framework/dsl/topology-definition.ts'
import { isMillraceError } from '../../framework/errors.ts'
import { json, long, string } from '../../framework/serdes/serdes.ts'
import { AppBench } from './app-bench.ts'

const text = { key: string(), value: string() }

const copy = topology('copy', (builder) => {
  builder
    .stream('flights', text)
    .mapValues((value) => value)
    .to('out', text)
})

test('missing topics are all named, with those that were meant', async () => {
  const bench = new AppBench()
  await bench.createTopics({ flight: 1 })
  expect(await failure(bench, copy)).toBe(`Topology copy uses topics that do not exist:
  There is no topic flights, which it reads. Did you mean flight?
  There is no topic out, which it writes.
Create them, as \`millrace topic create NAME --partitions N\` does, or correct their names in the topology.`)
})

test('a missing topic for dead letters is said to be one', async () => {
  const bench = new AppBench()
  await bench.createTopics({ flights: 1, out: 1, 'flights-dead': 1 })
  expect(await failure(bench, copy, { deadLetterTopic: 'flights-deads' })).toContain(
    '\n  There is no topic flights-deads, which it writes dead letters to (deadLetterTopic). Did you mean flights-dead?\n',
  )
})

test('an internal topic with the wrong partition count is named with both counts', async () => {
  const bench = new AppBench()
  await bench.createTopics({ in: 3, 'counts-counts-changelog': 2 })
  const counts = topology('counts', (builder) => {
    builder.stream('in', text).groupByKey().count({ store: 'counts' })
  })
  expect(await failure(bench, counts)).toMatch(
    /^The internal topic counts-counts-changelog has 2 partitions, and the topology needs 3\. .*Stop all instances/,
  )
})

test('topics that are joined must have equal partitions', async () => {
  const bench = new AppBench()
  await bench.createTopics({ left: 2, right: 3, out: 1 })
  const joined = topology('joined', (builder) => {
    builder
      .stream('left', text)
      .join(builder.table('right', text), (left, right) => left + right)
      .to('out', text)
  })
  expect(await failure(bench, joined)).toMatch(/topics by key that have different numbers of partitions: .*left has 2/)
})

const parsed = topology('parsed', (builder) => {
  builder
    .stream('in', { key: string(), value: json<{ delay: number }>() })
    .mapValues(({ delay }) => String(delay))
    .to('out', text)
})

test('a record that cannot be read ends the app, and the message says where it lies', async () => {
  const bench = new AppBench()
  await bench.createTopics({ in: 1, out: 1 })
  await bench.produce('in', [
    ['a', '{"delay":1}'],
    ['b', 'no json'],
  ])
  expect(await failure(bench, parsed)).toContain('in-0@1')
})

test('with the policy skip it is counted and left out', async () => {
  const bench = new AppBench()
  await bench.createTopics({ in: 1, out: 1 })
  await bench.produce('in', [
    ['a', '{"delay":1}'],
    ['b', 'no json'],
    ['c', '{"delay":3}'],
  ])
  const totals = await bench.runToEnd(parsed, { config: { deserializationExceptionHandler: 'continue' } })
  expect(bench.values('out')).toEqual(['1', '3'])
  expect(totals.droppedRecords).toEqual(new Map([['undecodable', 1]]))
})

test('bytes that nobody reads are passed on unchecked, unless every record is to be checked', async () => {
  const bench = new AppBench()
  await bench.createTopics({ in: 1, out: 1 })
  await bench.produce('in', [['a', 'no json']])
  const copied = topology('copied', (builder) => {
    const serdes = { key: string(), value: json<{ delay: number }>() }
    builder.stream('in', serdes).to('out', serdes)
  })
  const checked = { config: { validate: 'always', deserializationExceptionHandler: 'continue' } } as const
  expect(await bench.runToEnd(copied, checked)).toMatchObject({ droppedRecords: new Map([['undecodable', 1]]), recordsOut: 0 })
  await bench.produce('in', [['a', 'no json']])
  expect(await bench.runToEnd(copied)).toMatchObject({ recordsOut: 1 })
})

test('what came before a record that ends the app is not committed, and nothing is lost', async () => {
  const bench = new AppBench()
  await bench.createTopics({ in: 1, out: 1 })
  await bench.produce('in', [
    ['a', '{"delay":1}'],
    ['b', 'no json'],
  ])
  await failure(bench, parsed)
  const totals = await bench.runToEnd(parsed, { config: { deserializationExceptionHandler: 'continue' } })
  expect(totals.recordsIn).toBe(2)
})

test('a callback that throws is named with its record and its own frame', async () => {
  const bench = new AppBench()
  await bench.createTopics({ in: 1, out: 1 })
  await bench.produce('in', [['a', 'x']])
  const throwing = topology('throwing', (builder) => {
    builder
      .stream('in', text)
      .mapValues(
        (): string => {
          throw new RangeError('not my day')
        },
        { name: 'of-the-day' },
      )
      .to('out', text)
  })
  const message = await failure(bench, throwing)
  expect(message).toContain('of-the-day')
  expect(message).toContain('in-0@0')
  expect(message).toContain('RangeError: not my day')
  expect(message).toContain('bad-input.test.ts')
})

test('a record over the limit of its topic is refused with its size and where it came from', async () => {
  const bench = new AppBench()
  await bench.admin.createTopics([
    { name: 'in', partitions: 1 },
    { name: 'out', partitions: 1, settings: { 'max.message.bytes': '1000' } },
  ])
  await bench.produce('in', [['a', 'x']])
  const large = topology('large', (builder) => {
    builder
      .stream('in', text)
      .mapValues(() => 'x'.repeat(2_000))
      .to('out', text)
  })
  expect(await failure(bench, large)).toMatch(
    /^A record of \d+ bytes for out-0, made of in-0@0 by \S+ in task 0_0, is over the limit of 1000 bytes\./,
  )
})

test.each([[{ streamThreads: 2 }, /streamThreads above 1 in one App yet/]] satisfies [Config, RegExp][])(
  'what an App cannot do by itself is refused: %j',
  async (config, message) => {
    const bench = new AppBench()
    expect(() => bench.start(copy, { config })).toThrow(message)
  },
)

test('a group in which another kind of client sits is refused', async () => {
  const bench = new AppBench()
  await bench.createTopics({ in: 1, out: 1 })
  const { MemoryBroker } = await import('../../plugins/broker-memory/index.ts')
  const other = new MemoryBroker(bench.cluster, 'other').member({
    clientId: 'other',
    groupId: 'counting',
    sessionTimeoutMs: 60_000,
    rebalanceTimeoutMs: 60_000,
    heartbeatIntervalMs: 3_000,
    protocol: 'range',
    subscription: () => new Uint8Array(0),
    assign: async () => new Map(),
  })
  const counting = topology('counting', (builder) => {
    builder.stream('in', text).groupByKey().count().toStream().to('out', { key: string(), value: long() })
  })
  const started = bench.start(counting)
  await started.reaches('running')
  const joined = other.join()
  const error = await started.failed()
  expect(isMillraceError(error, 'group-message-unreadable')).toBe(true)
  await joined
})

async function failure(bench: AppBench, definition: ReturnType<typeof topology>, config: Config = {}): Promise<string> {
  const started = bench.start(definition, { untilEnd: true, config })
  const error = await started.failed()
  expect(isMillraceError(error)).toBe(true)
  expect(started.app.state).toBe('failed')
  return (error as Error).message
}

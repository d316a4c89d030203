// What becomes of records that cannot be read, processed or written, by the settings and by functions of the topology.

import { expect, test } from 'vitest'
import type { Config } from '../../framework/config.ts'
import { topology } from '../../framework/dsl/topology-definition.ts'
import type { ErrorHandlerContext, ErrorHandlers, StreamRecord } from '../../framework/index.ts'
import { readSettings } from '../../framework/runtime/settings.ts'
import { json, string } from '../../framework/serdes/serdes.ts'
import { AppBench, type SeenRecord } from './app-bench.ts'

const text = { key: string(), value: string() }

/** `bad` makes the callback throw for as long as `times` says. */
function shaky(times: number, options: ErrorHandlers = {}) {
  const seen: string[] = []
  const definition = topology(
    'shaky',
    (builder) => {
      const upper = builder.stream('in', { ...text, name: 'flights' }).mapValues(
        (value) => {
          seen.push(value)
          if (value === 'bad' && seen.filter((other) => other === 'bad').length <= times) throw new RangeError('not my day')
          return value.toUpperCase()
        },
        { name: 'upper' },
      )
      upper.to('out', text)
    },
    options,
  )
  return { definition, seen }
}

const always = Infinity

async function benchWith(...values: readonly string[]): Promise<AppBench> {
  const bench = new AppBench()
  await bench.createTopics({ in: 1, out: 1, dead: 1 })
  await bench.produce(
    'in',
    values.map((value, index) => [`k${index}`, value, index]),
    [{ key: 'trace-id', value: Buffer.from('t1') }],
  )
  return bench
}

function headersOf(record: SeenRecord | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries((record?.headers ?? []).map(({ key, value }) => [key, String(value)]))
}

test('a dead letter has the bytes and headers of the input record, and says what failed, where and on the way of which operators', async () => {
  const bench = await benchWith('good', 'bad', 'fine')
  const { definition } = shaky(always)
  const config: Config = { processingExceptionHandler: 'dead-letter', deadLetterTopic: 'dead' }
  const app = bench.start(definition, { config, untilEnd: true })
  const totals = await app.ended()
  expect(bench.values('out')).toEqual(['GOOD', 'FINE'])
  expect(totals.droppedRecords).toEqual(new Map([['callback-failed', 1]]))
  const [dead, ...others] = bench.records('dead')
  expect(others).toEqual([])
  expect(dead).toMatchObject({ key: 'k1', value: 'bad', timestamp: 1 })
  expect(headersOf(dead)).toEqual({
    'trace-id': 't1',
    '__streams.errors.exception': 'RangeError',
    '__streams.errors.message': 'not my day',
    '__streams.errors.stacktrace': expect.stringContaining('error-handlers.test.ts'),
    '__streams.errors.topic': 'in',
    '__streams.errors.partition': '0',
    '__streams.errors.offset': '1',
    '__millrace.errors.application': 'shaky',
    '__millrace.errors.task': '0_0',
    '__millrace.errors.path': 'flights > upper',
  })
  expect(app.logged).toContainEqual({
    level: 'warn',
    message: 'Left out a record: upper in task 0_0 failed on in-0@1: RangeError: not my day',
  })
})

test('a long message and a long trace are cut', async () => {
  const bench = await benchWith('x')
  const throwing = topology('throwing', (builder) => {
    builder
      .stream('in', text)
      .mapValues((): string => {
        throw new Error('y'.repeat(20_000))
      })
      .to('out', text)
  })
  await bench.runToEnd(throwing, { config: { processingExceptionHandler: 'continue', deadLetterTopic: 'dead' } })
  const headers = headersOf(bench.records('dead')[0])
  expect(headers['__streams.errors.message']).toBe(`${'y'.repeat(1_024)} … (18976 more characters)`)
  expect(headers['__streams.errors.stacktrace']).toMatch(/^Error: y{8185} … \(\d+ more characters\)$/)
})

test('a record that fails is tried again after pauses that double, nothing overtakes it, and it arrives when it succeeds', async () => {
  const bench = await benchWith('good', 'bad', 'fine')
  const { definition, seen } = shaky(3)
  const app = bench.start(definition, { config: { processingExceptionHandler: 'retry', processingRetryBackoffMs: 1_000, lingerMs: 1 } })
  await app.reaches('running')
  const startedMs = bench.clock.monotonicMs()
  await bench.clock.advanceUntil(() => seen.length === 6)
  // After 1, 2 and 4 seconds.
  expect(bench.clock.monotonicMs() - startedMs).toBeGreaterThanOrEqual(7_000)
  expect(bench.clock.monotonicMs() - startedMs).toBeLessThan(9_000)
  const totals = await app.stop()
  expect(seen).toEqual(['good', 'bad', 'bad', 'bad', 'bad', 'fine'])
  expect(bench.values('out')).toEqual(['GOOD', 'BAD', 'FINE'])
  expect(totals.droppedRecords).toEqual(new Map())
  expect(app.logged.filter(({ level }) => level === 'warn').map(({ message }) => message)).toEqual(
    [1, 2, 3].map((time) => `Trying again (${time} of 5): upper in task 0_0 failed on in-0@1: RangeError: not my day`),
  )
})

test.each([
  ['fail', ['good', 'bad', 'bad', 'bad']],
  ['continue', ['good', 'bad', 'bad', 'bad', 'fine']],
  ['dead-letter', ['good', 'bad', 'bad', 'bad', 'fine']],
] as const)('a record that failed every time: %s', async (processingRetriesExhausted, calls) => {
  const bench = await benchWith('good', 'bad', 'fine')
  const { definition, seen } = shaky(always)
  const config: Config = {
    processingExceptionHandler: 'retry',
    processingRetriesMax: 2,
    processingRetriesExhausted,
    ...(processingRetriesExhausted === 'dead-letter' ? { deadLetterTopic: 'dead' } : {}),
  }
  const app = bench.start(definition, { config, untilEnd: true })
  if (processingRetriesExhausted === 'fail') expect(await app.failed()).toMatchObject({ code: 'callback-failed' })
  else {
    expect((await app.ended()).droppedRecords).toEqual(new Map([['callback-failed', 1]]))
    expect(bench.values('out')).toEqual(['GOOD', 'FINE'])
  }
  expect(seen).toEqual(calls)
  expect(bench.records('dead').length).toBe(processingRetriesExhausted === 'dead-letter' ? 1 : 0)
})

test('an app that is stopped while a record waits to be tried again finishes the record first, at once', async () => {
  const bench = await benchWith('good', 'bad', 'fine')
  const { definition, seen } = shaky(3)
  const app = bench.start(definition, { config: { processingExceptionHandler: 'retry', processingRetryBackoffMs: 5_000 } })
  await app.reaches('running')
  await bench.clock.advanceUntil(() => seen.length === 2)
  await app.stop()
  expect(seen).toEqual(['good', 'bad', 'bad', 'bad', 'bad'])
  expect(bench.values('out')).toEqual(['GOOD', 'BAD'])
  expect(await bench.admin.committed('shaky', [{ topic: 'in', partition: 0 }])).toMatchObject([{ offset: 2 }])
})

test('what one record sets off at a node arrives there in its order, also where the first of it is tried again', async () => {
  const bench = await benchWith('bad good fine')
  let failures = 2
  const split = topology('split', (builder) => {
    builder
      .stream('in', text)
      .flatMapValues((value) => value.split(' '))
      .mapValues((value) => {
        if (value === 'bad' && failures-- > 0) throw new Error('not yet')
        return value.toUpperCase()
      })
      .to('out', text)
  })
  await bench.runToEnd(split, { config: { processingExceptionHandler: 'retry' } })
  expect(bench.values('out')).toEqual(['BAD', 'GOOD', 'FINE'])
})

test('a count that is committed while a record is tried again has counted it once', async () => {
  const bench = await benchWith('bad', 'bad', 'good')
  let failures = 2
  const counts = topology('counts', (builder) => {
    builder
      .stream('in', text)
      .groupBy((value) => value, text)
      .count({ store: 'counts' })
      .toStream()
      .mapValues((count, key) => {
        if (key === 'bad' && failures-- > 0) throw new Error('not yet')
        return String(count)
      })
      .to('out', text)
  })
  const config: Config = { processingExceptionHandler: 'retry', processingRetryBackoffMs: 60_000, commitIntervalMs: 100 }
  await bench.runToEnd(counts, { config })
  const last = new Map(bench.records('out').map(({ key, value }) => [key, value]))
  expect(last).toEqual(
    new Map([
      ['bad', '2'],
      ['good', '1'],
    ]),
  )
})

test('a function of the topology decides by error and place, and wins over the setting', async () => {
  const bench = await benchWith('good', 'bad', 'fine')
  const asked: {
    readonly error: Error
    readonly context: ErrorHandlerContext
    readonly record: StreamRecord<unknown, unknown> | undefined
  }[] = []
  const { definition } = shaky(always, {
    processingExceptionHandler: (error, context, record) => {
      asked.push({ error, context, record })
      return context.attempt < 3 ? 'retry' : 'continue'
    },
  })
  await bench.runToEnd(definition, { config: { processingExceptionHandler: 'fail' } })
  expect(bench.values('out')).toEqual(['GOOD', 'FINE'])
  expect(asked.map(({ context }) => context.attempt)).toEqual([1, 2, 3])
  expect(asked[0]).toMatchObject({
    error: { message: 'not my day' },
    context: { taskId: '0_0', processorNodeId: 'upper', path: ['flights', 'upper'], topic: 'in', partition: 0, offset: 1, timestamp: 1 },
    record: { key: 'k1', value: 'bad' },
  })
  expect([asked[0]?.context.sourceRawKey, asked[0]?.context.sourceRawValue].map(String)).toEqual(['k1', 'bad'])
})

test.each([
  [() => 'ignore' as 'fail', 'it answered "ignore"'],
  [
    () => {
      throw new Error('no idea')
    },
    'Error: no idea',
  ],
])('a function that gives no answer ends the app: %s', async (handler, problem) => {
  const bench = await benchWith('bad')
  const { definition } = shaky(always, { processingExceptionHandler: handler })
  const failure = await bench.start(definition, { untilEnd: true }).failed()
  expect(failure).toMatchObject({
    code: 'error-handler-failed',
    message: expect.stringContaining(`for upper in task 0_0: ${problem === 'Error: no idea' ? problem : `TypeError: ${problem}`}`),
  })
})

test('a function that wants a dead letter where there is no topic for it ends the app, which says what to set', async () => {
  const bench = await benchWith('bad')
  const { definition } = shaky(always, { processingExceptionHandler: () => 'dead-letter' })
  const failure = await bench.start(definition, { untilEnd: true }).failed()
  expect(failure).toMatchObject({
    code: 'dead-letter-topic-unset',
    message:
      'A record at in-0@0 that upper in task 0_0 failed on is to be a dead letter, and there is no topic for them. Set deadLetterTopic.',
  })
})

test('a function decides about bytes that cannot be read', async () => {
  const bench = await benchWith('{"n":1}', 'no json', '{"n":3}')
  const nodes: string[] = []
  const parsed = topology(
    'parsed',
    (builder) => {
      builder
        .stream('in', { key: string(), value: json<{ n: number }>() })
        .mapValues(({ n }) => String(n), { name: 'n' })
        .to('out', text)
    },
    {
      deserializationExceptionHandler: (_error, { processorNodeId, offset }) => {
        nodes.push(processorNodeId)
        return offset === 1 ? 'dead-letter' : 'fail'
      },
    },
  )
  const totals = await bench.runToEnd(parsed, { config: { deadLetterTopic: 'dead' } })
  expect(bench.values('out')).toEqual(['1', '3'])
  expect(nodes).toEqual(['n'])
  expect(bench.values('dead')).toEqual(['no json'])
  expect(totals.droppedRecords).toEqual(new Map([['undecodable', 1]]))
})

const unwritable = topology('unwritable', (builder) => {
  const serde = {
    ...string(),
    write(value: string, target: Parameters<ReturnType<typeof string>['write']>[1]) {
      if (value === 'bad') throw new TypeError('cannot be written')
      string().write(value, target)
    },
  }
  builder
    .stream('in', { ...text, name: 'flights' })
    .mapValues((value) => value)
    .to('out', { key: string(), value: serde, name: 'to-out' })
})

test('a record that its serde cannot write ends the app, or is left out', async () => {
  const bench = await benchWith('good', 'bad', 'fine')
  const failure = await bench.start(unwritable, { untilEnd: true }).failed()
  expect(failure).toMatchObject({
    code: 'record-unwritable',
    message: expect.stringMatching(
      /^The record that \S+ makes of in-0@1 in task 0_0 cannot be written to out: TypeError: cannot be written/,
    ),
  })
  await bench.admin.deleteTopics(['out'])
  await bench.createTopics({ out: 1 })
  const totals = await bench.runToEnd(unwritable, { config: { productionExceptionHandler: 'dead-letter', deadLetterTopic: 'dead' } })
  expect(bench.values('out')).toEqual(['good', 'fine'])
  expect(totals.droppedRecords).toEqual(new Map([['not-written', 1]]))
  expect(bench.records('dead')).toMatchObject([{ key: 'k1', value: 'bad' }])
})

test('a record that is too large for its topic is left out where the policy says so', async () => {
  const bench = new AppBench()
  await bench.createTopics({ in: 1, dead: 1 })
  await bench.admin.createTopics([{ name: 'out', partitions: 1, settings: { 'max.message.bytes': '1000' } }])
  await bench.produce('in', [
    ['a', '10'],
    ['b', '2000'],
    ['c', '20'],
  ])
  const long = topology('long', (builder) => {
    builder
      .stream('in', text)
      .mapValues((value) => 'x'.repeat(Number(value)))
      .to('out', text)
  })
  const totals = await bench.runToEnd(long, { config: { productionExceptionHandler: 'continue', deadLetterTopic: 'dead' } })
  expect(bench.values('out').map((value) => value?.length)).toEqual([10, 20])
  expect(totals).toMatchObject({ recordsOut: 2, droppedRecords: new Map([['not-written', 1]]) })
  expect(bench.values('dead')).toEqual(['2000'])
})

test('dead-letter without a topic for them is a wrong setting', () => {
  expect(() => readSettings({ deserializationExceptionHandler: 'dead-letter', processingRetriesExhausted: 'dead-letter' }, {})).toThrow(
    `The settings are wrong:
  deserializationExceptionHandler is dead-letter, and deadLetterTopic does not say which topic.
  processingRetriesExhausted is dead-letter, and deadLetterTopic does not say which topic.
`,
  )
  const { settings } = readSettings({}, { MILLRACE_PROCESSING_EXCEPTION_HANDLER: 'dead-letter', MILLRACE_DEAD_LETTER_TOPIC: 'dead' })
  expect(settings).toMatchObject({ processingExceptionHandler: 'dead-letter', deadLetterTopic: 'dead' })
})

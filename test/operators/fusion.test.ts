// A chain that runs as one function does what its operators do one by one: in what callbacks see and in which order, in outputs, dead letters and errors.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isMillraceError } from '../../framework/errors.ts'
import { type Chain, type ChainCode, chainsOf, shapeOf } from '../../framework/graph/chains.ts'
import type { ProcessorNode } from '../../framework/graph/topology.ts'
import { json, type KStream, type StreamRecord, string, type Topology, topology } from '../../framework/index.ts'
import { ChainOperator } from '../../framework/operators/chain-operator.ts'
import type { Failures } from '../../framework/operators/failures.ts'
import { FlowRecord } from '../../framework/operators/flow-record.ts'
import { type Flow, Outlet } from '../../framework/operators/operator.ts'
import { stepsWatchedBy, WatchedOperator, WorkCursor } from '../../framework/runtime/work-cursor.ts'
import { fused } from '../compiler/fused-topology.ts'
import { TopologyTestDriver } from '../kit/index.ts'

type Present = NonNullable<unknown>
const serdes = { key: json<Present>(), value: json<Present>() }
type Records = KStream<unknown, unknown>

// ------------------------------------------------------------------------------------------------------ random chains

const methods = ['filter', 'filterNot', 'map', 'mapValues', 'selectKey', 'flatMap', 'flatMapValues', 'peek'] as const
type Method = (typeof methods)[number]

interface RandomStep {
  readonly method: Method
  /** How many arguments its callback takes. */
  readonly seen: number
  /** What it does, call after call. */
  readonly outcomes: readonly Outcome[]
  /** What else is attached to the stream behind it. */
  readonly beside: 'nothing' | 'sink' | 'merge' | 'split'
}

type Outcome =
  | { readonly kind: 'throws' }
  /** Of those that give several: so many values, and then it throws. */
  | { readonly kind: 'breaksOff'; readonly values: readonly unknown[] }
  | { readonly kind: 'gives'; readonly values: readonly unknown[] }

const anyValue = fc.constantFrom<unknown>(undefined, null, 0, 1, '', 'text', true, { member: 1 })
const anyOutcome = fc.oneof(
  { weight: 1, arbitrary: fc.constant<Outcome>({ kind: 'throws' }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('breaksOff' as const), values: fc.array(anyValue, { maxLength: 2 }) }) },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('gives' as const), values: fc.array(anyValue, { minLength: 1, maxLength: 3 }) }) },
)
const anyStep: fc.Arbitrary<RandomStep> = fc.record({
  method: fc.constantFrom(...methods),
  seen: fc.integer({ min: 0, max: 3 }),
  outcomes: fc.array(anyOutcome, { minLength: 1, maxLength: 4 }),
  beside: fc.oneof(
    { weight: 6, arbitrary: fc.constant('nothing' as const) },
    fc.constantFrom('sink' as const, 'merge' as const, 'split' as const),
  ),
})
const anyRecord = fc.record({
  topic: fc.constantFrom('in', 'other'),
  key: fc.constantFrom('null', '"a"', '7', '{', undefined),
  value: fc.constantFrom('null', '"x"', '0', '[1,2]', '{', undefined),
})
const policies = ['fail', 'continue', 'dead-letter'] as const

/** What callbacks have seen, in their order: each record object by the number that it had when it was seen first. */
class Trace {
  readonly lines: unknown[] = []
  private readonly records = new Map<StreamRecord<unknown, unknown>, number>()

  note(step: string, seen: readonly unknown[]): void {
    this.lines.push([step, ...seen.map((one, index) => (index === 2 ? this.ofRecord(one as StreamRecord<unknown, unknown>) : one))])
  }

  private ofRecord(record: StreamRecord<unknown, unknown>): unknown {
    if (!this.records.has(record)) this.records.set(record, this.records.size)
    const { key, value, timestamp, topic, partition, offset, headers } = record
    return [this.records.get(record), key, value, timestamp, topic, partition, offset, headers]
  }
}

function randomTopology(steps: readonly RandomStep[], trace: Trace): Topology {
  const build = topology('random-chain', (builder) => {
    let stream: Records = builder.stream('in', serdes)
    const other: Records = builder.stream('other', serdes)
    steps.forEach((step, index) => {
      stream = withStep(stream, step, `step-${index}`, trace)
      if (step.beside === 'sink') stream.to(`side-${index}`, serdes)
      if (step.beside === 'merge') stream = stream.merge(other)
      if (step.beside === 'split')
        stream = stream
          .split()
          .branch(callback(step, `split-${index}`, trace, Boolean))
          .defaultBranch()[0]
    })
    stream.to('out', serdes)
  })
  return build.build({ naming: 'kafka-streams' })
}

function withStep(stream: Records, step: RandomStep, name: string, trace: Trace): Records {
  const first = ({ values: [value] }: { readonly values: readonly unknown[] }) => value
  switch (step.method) {
    case 'filter':
    case 'filterNot':
      return stream[step.method](callback(step, name, trace, first as () => boolean), { name })
    case 'mapValues':
    case 'selectKey':
      return stream[step.method](callback(step, name, trace, first), { name })
    case 'peek':
      return stream.peek(
        callback(step, name, trace, () => {}),
        { name },
      )
    case 'map':
      // undefined is no pair.
      return stream.map(
        callback(step, name, trace, ({ values }) => (values.length === 3 ? undefined : values) as unknown as [unknown, unknown]),
        { name },
      )
    case 'flatMap':
      return stream.flatMap(
        callback(step, name, trace, (outcome) => several(outcome, (value) => [value, value] as const)),
        { name },
      )
    case 'flatMapValues':
      return stream.flatMapValues(
        callback(step, name, trace, (outcome) => several(outcome, (value) => value)),
        { name },
      )
  }
}

function* several<T>({ kind, values }: Exclude<Outcome, { kind: 'throws' }>, make: (value: unknown) => T): Generator<T> {
  for (const value of values) yield make(value)
  if (kind === 'breaksOff') throw new RangeError('broke off')
}

/** A function of so many parameters. */
function callback<R>(
  { seen, outcomes }: RandomStep,
  name: string,
  trace: Trace,
  result: (outcome: Exclude<Outcome, { kind: 'throws' }>) => R,
): (value: unknown, key: unknown, record: StreamRecord<unknown, unknown>) => R {
  let calls = 0
  const run = (...given: readonly unknown[]): R => {
    trace.note(name, given)
    const outcome = outcomes[calls++ % outcomes.length] as Outcome
    if (outcome.kind === 'throws') throw new TypeError(`${name} does not like it`)
    return result(outcome)
  }
  const ofParameters = [
    () => run(),
    (value: unknown) => run(value),
    (value: unknown, key: unknown) => run(value, key),
    (value: unknown, key: unknown, record: StreamRecord<unknown, unknown>) => run(value, key, record),
  ]
  return ofParameters[seen] as (value: unknown, key: unknown, record: StreamRecord<unknown, unknown>) => R
}

interface RandomRun {
  readonly steps: readonly RandomStep[]
  readonly records: readonly { readonly topic: string; readonly key: string | undefined; readonly value: string | undefined }[]
  readonly onFailure: (typeof policies)[number]
  readonly onUndecodable: (typeof policies)[number]
}

async function run({ steps, records, onFailure, onUndecodable }: RandomRun, fuse: (topology: Topology) => Topology) {
  const trace = new Trace()
  const settings = { processingExceptionHandler: onFailure, deserializationExceptionHandler: onUndecodable, deadLetterTopic: 'dead' }
  const driver = await TopologyTestDriver.open(fuse(randomTopology(steps, trace)), { settings })
  let error: unknown
  try {
    for (const [index, { topic, key, value }] of records.entries()) {
      const headers = [{ key: 'index', value: Buffer.from(String(index)) }]
      driver.pipeBytes(topic, key === undefined ? null : Buffer.from(key), value === undefined ? null : Buffer.from(value), {
        timestamp: index,
        headers,
      })
    }
  } catch (thrown) {
    if (!isMillraceError(thrown)) throw thrown
    // Frames differ, the user's are tested below.
    error = { code: thrown.code, details: { ...thrown.details, frames: '' } }
    driver.flush()
  }
  const written = driver.outputBytes().map(({ headers, ...record }) => ({
    ...record,
    headers: headers.filter(({ key }) => key !== '__streams.errors.stacktrace').map(({ key, value }) => [key, String(value)]),
  }))
  return { calls: trace.lines, written, error }
}

test('a random chain gives the same as one function and one by one', async () => {
  const arbitrary = fc.record({
    steps: fc.array(anyStep, { minLength: 2, maxLength: 7 }),
    records: fc.array(anyRecord, { minLength: 1, maxLength: 8 }),
    onFailure: fc.constantFrom(...policies),
    onUndecodable: fc.constantFrom(...policies),
  })
  const property = fc.asyncProperty(arbitrary, async (random) => {
    expect(await run(random, fused)).toEqual(await run(random, (topology) => topology))
  })
  await fc.assert(property, { numRuns: Number(process.env.MILLRACE_RUNS ?? 100) })
})

// --------------------------------------------------------------------------------------------------------- what it is

test('whoever watches sees the operator whose callback is at work, also in a loop and behind it', () => {
  const cursor = new WorkCursor()
  const names = new Map<number, string>()
  cursor.onName((number, name) => names.set(number, name))
  const seen: unknown[] = []
  const look = () => seen.push(names.get(new Float64Array(cursor.shared)[2] as number)) > 0
  const built = topology('watched', (builder) => {
    const stream: Records = builder.stream('in', serdes)
    function* twice(value: unknown) {
      for (const one of [value, value]) {
        look()
        yield one
      }
    }
    stream
      .peek(look, { name: 'first' })
      .flatMapValues(twice, { name: 'second' })
      .filter(look, { name: 'third' })
      .peek(look, { name: 'fourth' })
  }).build()
  const [chain] = chainsOf(built) as [Chain]
  const nodes = chain.map(({ node }) => built.nodes.get(node) as ProcessorNode)
  const enter = stepsWatchedBy(
    cursor,
    nodes.map(({ name }) => name),
  )
  const failures = undefined as unknown as Failures
  const code = fused(built).chainCodes?.first as ChainCode
  const operator = new WatchedOperator(new ChainOperator({ nodes, code, outlet: new Outlet([], failures), failures, enter }), cursor)
  operator.process(FlowRecord.of('key', 'value', 0) as Flow)
  expect(seen).toEqual(['first', 'second', 'third', 'fourth', 'second', 'third', 'fourth'])
})

test('chains end where somebody else is, and at what has state', () => {
  const built = topology('ends', (builder) => {
    const numbers = builder.stream('in', serdes).filter(Boolean, { name: 'a' }).mapValues(String, { name: 'b' })
    numbers.peek(() => {}, { name: 'c' }).to('out', { ...serdes, value: string() })
    const counted = numbers.selectKey((value) => value, { name: 'd' }).filterNot((_, key, record) => record.key === key, { name: 'e' })
    counted
      .groupByKey({ key: string(), value: string() })
      .count({ name: 'f' })
      .toStream({ name: 'g' })
      .mapValues((count) => count, { name: 'h' })
      .peek(() => {}, { name: 'i' })
  }).build()
  expect(chainsOf(built).map((chain) => chain.map(({ node }) => node).join(' '))).toEqual(['a b', 'd e f-repartition-filter', 'h i'])
  expect(chainsOf(built).map(shapeOf)).toEqual(['filter/3 mapValues/3', 'selectKey/1 filterNot/3 filter/2', 'mapValues/1 peek/0'])
})

test('code for another chain than the one that is there is left aside', async () => {
  const of = (method: 'filter' | 'filterNot') =>
    topology('other', (builder) => {
      const stream: Records = builder.stream('in', serdes)
      stream[method]((value) => value === 1, { name: 'a' })
        .peek(() => {}, { name: 'b' })
        .to('out', serdes)
    }).build()
  const driver = await TopologyTestDriver.open({ ...of('filterNot'), chainCodes: fused(of('filter')).chainCodes! })
  driver.pipe('in', 'one', 1)
  driver.pipe('in', 'two', 2)
  expect(driver.output('out').map(({ key }) => key)).toEqual(['two'])
})

test('records are tried again by the operator that failed on them, where that is asked for', async () => {
  let failures = 0
  const seen: unknown[] = []
  const built = topology('again', (builder) => {
    const stream: Records = builder.stream('in', serdes)
    const flaky = () => {
      if (++failures < 3) throw new Error('not yet')
    }
    stream
      .peek((value) => seen.push(value), { name: 'a' })
      .peek(flaky, { name: 'b' })
      .to('out', serdes)
  }).build()
  const driver = await TopologyTestDriver.open(fused(built), { settings: { processingExceptionHandler: 'retry' } })
  driver.pipe('in', 'one', 1)
  expect({ seen, failures, out: driver.output('out').length }).toEqual({ seen: [1], failures: 3, out: 1 })
})

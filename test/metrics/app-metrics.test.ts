// The metrics of apps: that they are what the app has done, and that reporters live as long as it.

import { expect, test } from 'vitest'
import { topology } from '../../framework/dsl/topology-definition.ts'
import type { Metric, Metrics, MetricsReporter } from '../../framework/index.ts'
import { string } from '../../framework/serdes/serdes.ts'
import { AppBench } from '../runtime/app-bench.ts'

const text = { key: string(), value: string() }

const counted = topology('counted', (builder) => {
  builder
    .stream('in', text)
    .groupBy((value) => value, text)
    .count({ store: 'counts' })
    .toStream()
    .mapValues((count) => String(count))
    .to('out', text)
})

class Watching implements MetricsReporter {
  metrics: Metrics | undefined
  readonly calls: string[] = []

  async start(metrics: Metrics): Promise<void> {
    this.calls.push('start')
    this.metrics = metrics
  }

  async close(): Promise<void> {
    this.calls.push('close')
  }

  of(name: string, tags: Readonly<Record<string, string>> = {}): readonly Metric[] {
    return this.metrics!.read().filter(
      (metric) => metric.name === name && Object.entries(tags).every(([tag, value]) => metric.tags[tag] === value),
    )
  }

  sum(group: string, name: string, tags: Readonly<Record<string, string>> = {}): number {
    return this.of(name, tags)
      .filter((metric) => metric.group === group)
      .reduce((sum, { value }) => sum + value, 0)
  }
}

async function benchWith(values: readonly (string | null)[]): Promise<AppBench> {
  const bench = new AppBench()
  await bench.createTopics({ in: 2, out: 1 })
  await bench.produce(
    'in',
    values.map((value, index) => [`k${index}`, value, index]),
  )
  return bench
}

test('an app tells what it has done, by thread, by task and by partition', async () => {
  const bench = await benchWith(['x', 'y', 'x', null])
  const watching = new Watching()
  const app = bench.start(counted, { reporters: [watching], config: { commitIntervalMs: 100 } })
  await app.reaches('running')
  await bench.clock.advanceUntil(
    () => bench.values('out').length >= 2 && watching.sum('consumer-fetch-manager-metrics', 'records-lag') === 0,
  )
  expect(
    watching
      .of('state')
      .filter(({ value }) => value === 1)
      .map(({ tags }) => tags.state),
  ).toEqual(['running'])
  const thread = 'stream-thread-metrics'
  expect(watching.sum(thread, 'records-in-total')).toBe(4)
  // Three have a value, and come again from the repartition topic.
  expect(watching.sum(thread, 'process-total')).toBe(7)
  expect(watching.sum('stream-task-metrics', 'process-total')).toBe(7)
  expect(watching.sum(thread, 'task-count')).toBe(4)
  expect(watching.sum(thread, 'commit-total')).toBeGreaterThan(0)
  expect(watching.sum(thread, 'dropped-records-total', { reason: 'null-value' })).toBe(0)
  expect(watching.sum('stream-record-cache-metrics', 'cache-size-bytes-total')).toBeGreaterThan(0)
  expect(
    watching
      .of('records-lag')
      .map(({ tags }) => `${tags.topic}-${tags.partition}`)
      .sort(),
  ).toEqual(['counted-counts-repartition-0', 'counted-counts-repartition-1', 'in-0', 'in-1'])
  const totals = await app.stop()
  expect(watching.sum(thread, 'records-out-total')).toBe(totals.recordsOut)
  // What closed tasks have counted is not forgotten.
  expect(watching.sum(thread, 'process-total')).toBe(7)
  expect(watching.sum('stream-task-metrics', 'process-total')).toBe(0)
})

test('lag is what the broker has and the app has not done', async () => {
  const bench = await benchWith(['x'])
  const watching = new Watching()
  const failing = topology('failing', (builder) => {
    builder
      .stream('in', text)
      .peek((value) => {
        if (value === 'bad') throw new Error('bad')
      })
      .to('out', text)
  })
  await bench.produce('in', [
    ['k0', 'bad', 10],
    ['k0', 'y', 20],
  ])
  const app = bench.start(failing, { reporters: [watching] })
  await app.failed()
  expect(watching.sum('consumer-fetch-manager-metrics', 'records-lag')).toBe(2)
  expect(watching.of('state').find(({ value }) => value === 1)?.tags.state).toBe('failed')
})

test('dropped records are told by reason', async () => {
  const bench = await benchWith(['x', 'y'])
  const watching = new Watching()
  const throwing = topology('throwing', (builder) => {
    builder
      .stream('in', text)
      .mapValues((): string => {
        throw new Error('no')
      })
      .to('out', text)
  })
  await bench.start(throwing, { reporters: [watching], untilEnd: true, config: { processingExceptionHandler: 'continue' } }).ended()
  expect(watching.sum('stream-thread-metrics', 'dropped-records-total', { reason: 'callback-failed' })).toBe(2)
})

test('reporters are started before the app connects and closed when it has ended, several of them, also where one cannot start', async () => {
  const bench = await benchWith(['x'])
  const [first, second] = [new Watching(), new Watching()]
  await bench.start(counted, { reporters: [first, second], untilEnd: true }).ended()
  expect([first.calls, second.calls]).toEqual([
    ['start', 'close'],
    ['start', 'close'],
  ])
  const refusing = { start: () => Promise.reject(new Error('no port')), close: () => Promise.reject(new Error('not open')) }
  const watching = new Watching()
  const app = bench.start(counted, { reporters: [watching, refusing] })
  expect(await app.failed()).toMatchObject({ message: 'no port' })
  expect(watching.calls).toEqual(['start', 'close'])
  expect(app.states).toEqual(['starting', 'failed'])
  expect(app.logged.map(({ message }) => message)).toContain('A metrics reporter was not closed: Error: not open')
})

test('no two metrics have the same name and tags, and all of a name look alike', async () => {
  const bench = await benchWith(['x', null])
  const watching = new Watching()
  await bench.start(counted, { reporters: [watching], untilEnd: true }).ended()
  const all = watching.metrics!.read()
  const identities = all.map(({ group, name, tags }) => `${group} ${name} ${JSON.stringify(tags)}`)
  expect(new Set(identities).size).toBe(identities.length)
  const forms = new Set(
    all.map(({ group, name, kind, description, tags }) => `${group} ${name} ${kind} ${description} ${Object.keys(tags)}`),
  )
  expect(forms.size).toBe(new Set(all.map(({ group, name }) => `${group} ${name}`)).size)
})

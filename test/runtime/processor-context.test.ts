// What a processor is told of the app that it runs in, and what it tells of itself.

import { expect, test } from 'vitest'
import { topology } from '../../framework/dsl/topology-definition.ts'
import type { Counter, ProcessorContext } from '../../framework/graph/processor.ts'
import type { Metrics, MetricsReporter } from '../../framework/ports/metrics.ts'
import { string } from '../../framework/serdes/serdes.ts'
import { AppBench } from './app-bench.ts'

const text = { key: string(), value: string() }

/** `init` is given the context of the one processor. */
function processing(init: (context: ProcessorContext<never, never>) => void, process: (value: string) => void = () => {}) {
  return topology('watched', (builder) => {
    builder
      .stream<string, string>('in', text)
      .process<never, never>(() => ({ init, process: ({ value }) => process(value) }), { name: 'watch' })
  })
}

test('a processor knows its application, its task, where the state lies and all settings', async () => {
  const bench = new AppBench()
  await bench.createTopics({ in: 1 })
  let seen: Pick<ProcessorContext<never, never>, 'applicationId' | 'taskId' | 'stateDir' | 'appConfigs'> | undefined
  const app = bench.start(
    processing((context) => {
      seen = context
    }),
    { config: { stateDir: 'states', commitIntervalMs: 7 } },
  )
  await app.reaches('running')
  expect(seen).toMatchObject({ applicationId: 'watched', taskId: '0_0', stateDir: 'states/watched/0_0' })
  expect(seen?.appConfigs).toMatchObject({ commitIntervalMs: 7, cacheBytesMax: 10_485_760 })
  await app.stop()
})

test('what a processor counts is read by the reporters of metrics, with its name and task', async () => {
  const bench = new AppBench()
  await bench.createTopics({ in: 1 })
  let metrics: Metrics | undefined
  const reporter: MetricsReporter = {
    start: async (all) => {
      metrics = all
    },
    close: async () => {},
  }
  let long: Counter
  let last = 0
  const definition = processing(
    (context) => {
      long = context.metrics.counter('long-values-total', 'values of more than three letters')
      context.metrics.gauge('last-length', () => last)
    },
    (value) => {
      last = value.length
      if (value.length > 3) long.add()
    },
  )
  await bench.produce('in', [
    ['a', 'one'],
    ['a', 'three'],
    ['a', 'seven'],
    ['a', 'six'],
  ])
  const app = bench.start(definition, { reporters: [reporter] })
  await bench.clock.advanceUntil(() => metricOf('last-length') === 3 && metricOf('long-values-total') === 2)
  expect(own().map(({ group, kind, tags }) => [group, kind, tags['processor-node-id'], tags['task-id']])).toEqual([
    ['stream-processor-node-metrics', 'counter', 'watch', '0_0'],
    ['stream-processor-node-metrics', 'gauge', 'watch', '0_0'],
  ])
  await app.stop()

  function own() {
    return (metrics?.read() ?? []).filter(({ group }) => group === 'stream-processor-node-metrics')
  }
  function metricOf(name: string) {
    return own().find((metric) => metric.name === name)?.value
  }
})

test.each([
  ['Total', 'watch names a metric "Total": up to 100 of a-z, 0-9 and hyphen, a letter first'],
  ['', 'watch names a metric ""'],
])('a metric cannot be named %j', async (name, problem) => {
  const bench = new AppBench()
  await bench.createTopics({ in: 1 })
  const app = bench.start(processing((context) => context.metrics.counter(name)))
  expect(String(await app.failed())).toContain(problem)
})

test('metrics named after records end at a limit', async () => {
  const bench = new AppBench()
  await bench.createTopics({ in: 1 })
  const app = bench.start(
    processing(({ metrics }) => {
      for (let at = 0; at <= 1_000; at++) metrics.counter(`of-${at}`).add()
    }),
  )
  expect(String(await app.failed())).toContain(
    'watch makes the metric of-1000, and its task has 1000 already: let no name depend on a record',
  )
})

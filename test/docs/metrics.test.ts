// docs/metrics.md lists exactly the metrics that an app has, with their kinds and tags: the table is what this test prints where it differs.

import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { topology } from '../../framework/dsl/topology-definition.ts'
import type { Metric, Metrics, MetricsReporter } from '../../framework/index.ts'
import { string } from '../../framework/serdes/serdes.ts'
import { AppBench } from '../runtime/app-bench.ts'

const text = { key: string(), value: string() }

/** Does a bit of everything: a store, a repartition topic, a sink, a record that is left out. */
const everything = topology('everything', (builder) => {
  builder
    .stream('in', text)
    .mapValues((value) => {
      if (value === 'bad') throw new Error('bad')
      return value
    })
    .groupBy((value) => value, text)
    .count({ store: 'counts' })
    .toStream()
    .mapValues((count) => String(count))
    .to('out', text)
})

test('the table of metrics is what an app tells', async () => {
  const bench = new AppBench()
  await bench.createTopics({ in: 1, out: 1 })
  await bench.produce('in', [
    ['a', 'x'],
    ['b', 'bad'],
  ])
  const told: Metrics[] = []
  const all = new Map<string, Metric>()
  const reporter: MetricsReporter = {
    start: async (given) => {
      told.push(given)
    },
    close: async () => {},
  }
  const options = { reporters: [reporter], config: { processingExceptionHandler: 'continue', standbyReplicas: 1 } } as const
  const apps = [bench.start(everything, options), bench.start(everything, options)]
  for (const app of apps) await app.reaches('running')
  await bench.clock.advanceUntil(() => {
    for (const metric of told.flatMap((metrics) => metrics.read())) all.set(`${metric.group} ${metric.name}`, metric)
    return all.has('stream-thread-metrics dropped-records-total') && all.has('stream-standby-metrics update-total')
  })
  for (const app of apps) await app.stop()
  const rows = [...all.values()]
    .sort((one, other) => (`${one.group} ${one.name}` < `${other.group} ${other.name}` ? -1 : 1))
    .map(({ group, name, kind, description, tags }) => {
      const known = Object.keys(tags).filter((tag) => tag !== 'thread-id')
      return `| \`${group}\` | \`${name}\` | ${kind} | ${known.map((tag) => `\`${tag}\``).join(', ')} | ${description} |`
    })
  const page = readFileSync('docs/metrics.md', 'utf8')
  expect(page.slice(page.indexOf('| `'), page.lastIndexOf(' |\n') + 2)).toBe(rows.join('\n'))
})

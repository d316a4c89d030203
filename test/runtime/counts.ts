// Counts by key, from `in` to `out`: the topology of tests that are about how apps run, not about what they compute.

import { topology } from '../../framework/dsl/topology-definition.ts'
import { string } from '../../framework/serdes/serdes.ts'
import { AppBench } from './app-bench.ts'

export const text = { key: string(), value: string() }

export const counts = topology('counts', (builder) => {
  builder
    .stream('in', text)
    .groupByKey()
    .count({ store: 'counts' })
    .toStream()
    .mapValues((count) => String(count))
    .to('out', text)
})

/** So many that each of a few partitions has some. */
export const keys = Array.from({ length: 40 }, (_, index) => `key-${index}`)
export const oneOfEach = keys.map((key) => [key, 'x'] as const)

export async function benchOf(partitions: number): Promise<AppBench> {
  const bench = new AppBench()
  await bench.createTopics({ in: partitions, out: partitions })
  return bench
}

/** The last value of each key of `out`. */
export function latest(bench: AppBench): ReadonlyMap<string | null, string | null> {
  return new Map(bench.records('out').map(({ key, value }) => [key, value]))
}

/** How many records of `in` the group of the app has committed. */
export function committedIn(bench: AppBench): number {
  const group = bench.cluster.groups.get('counts')
  const { logs } = bench.cluster.requireTopic('in')
  return logs.reduce<number>((sum, _, partition) => sum + (group?.committed({ topic: 'in', partition })?.offset ?? 0), 0)
}

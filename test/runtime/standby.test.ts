// Standbys and warm-up replicas: what a member that takes a task over has to restore yet is the tail, and nothing of results changes for it.

import { describe, expect, it } from 'vitest'
import type { Config } from '../../framework/config.ts'
import type { Metric, Metrics, MetricsReporter } from '../../framework/index.ts'
import type { AppBench, StartedApp } from './app-bench.ts'
import { benchOf, committedIn, counts, keys, latest, oneOfEach } from './counts.ts'

const partitions = 4
const guarantees = [
  { processingGuarantee: 'at_least_once', commitIntervalMs: 1_000 },
  { processingGuarantee: 'exactly_once_v2' },
] satisfies readonly Config[]

describe.each(guarantees)('with $processingGuarantee', (guarantee) => {
  it('the other one of two instances goes on with its standbys when one dies, and restores nothing that it has read before', async () => {
    const { bench, one: dying, other: left } = await twoInstances({ ...guarantee, cacheBytesMax: 0 })
    for (let round = 1; round <= 10; round++) {
      await bench.produce('in', oneOfEach)
      await bench.clock.advanceUntil(() => committedIn(bench) === 40 * round)
    }
    await followed(bench, left, dying)
    expect([left.of('standby-task-count'), dying.of('standby-task-count')]).toEqual([2, 2])
    dying.started.crash()
    await bench.produce('in', oneOfEach)
    await bench.clock.advanceUntil(() => committedIn(bench) === 440)
    expect(latest(bench)).toEqual(new Map(keys.map((key) => [key, '11'])))
    expect(left.promotions).toBe(2)
    expect(left.of('update-total')).toBeGreaterThan(100)
    expect((await left.started.stop()).restoredRecords).toBe(0)
  })

  it('what a standby had not read yet when its task came is restored, and is all that is', async () => {
    // What the cache holds reaches the changelog with the commit, and that is made when the instance stops.
    const { bench, one: going, other: left } = await twoInstances({ ...guarantee, commitIntervalMs: 9_000 })
    for (let round = 1; round <= 10; round++) {
      await bench.produce('in', oneOfEach)
      await bench.clock.advanceUntil(() => committedIn(bench) === 40 * round)
    }
    await followed(bench, left, going)
    const processed = going.of('process-total')
    const updated = left.of('update-total')
    await bench.produce('in', oneOfEach)
    await bench.clock.advanceUntil(() => left.of('process-total') + going.of('process-total') === 440)
    const tail = going.of('process-total') - processed
    await going.started.stop()
    await bench.clock.advanceUntil(() => left.promotions === 2)
    await left.started.reaches('running')
    const last = left.of('update-total') - updated
    const { restoredRecords } = await left.started.stop()
    expect(latest(bench)).toEqual(new Map(keys.map((key) => [key, '11'])))
    expect(restoredRecords).toBeGreaterThan(0)
    expect(restoredRecords + last).toBe(tail)
  })

  it('a task with much state is followed to a new instance by a warm-up replica, and moves when that has read it', async () => {
    const config: Config = {
      ...guarantee,
      cacheBytesMax: 0,
      standbyReplicas: 0,
      acceptableRecoveryLag: 5,
      probingRebalanceIntervalMs: 60_000,
    }
    const bench = await benchOf(partitions)
    const first = new Watched(bench, config)
    await first.started.reaches('running')
    for (let round = 1; round <= 5; round++) await bench.produce('in', oneOfEach)
    await bench.clock.advanceUntil(() => committedIn(bench) === 200)
    const joinedMs = bench.clock.now()
    const second = new Watched(bench, config)
    await second.started.reaches('running')
    await first.started.reaches('running')
    expect([first.of('task-count'), second.of('task-count'), second.of('standby-task-count')]).toEqual([4, 0, 2])
    await followed(bench, second)
    expect(bench.clock.now() - joinedMs).toBeLessThan(60_000)
    // Until the next look the task runs on where it is.
    await bench.produce('in', oneOfEach)
    await bench.clock.advanceUntil(() => committedIn(bench) === 240)
    expect(second.of('process-total')).toBe(0)
    await bench.clock.advanceUntil(() => second.of('task-count') === 2)
    expect(bench.clock.now() - joinedMs).toBeGreaterThanOrEqual(60_000)
    await second.started.reaches('running')
    await bench.produce('in', oneOfEach)
    await bench.clock.advanceUntil(() => committedIn(bench) === 280)
    expect(latest(bench)).toEqual(new Map(keys.map((key) => [key, '7'])))
    expect([first.of('standby-task-count'), second.of('standby-task-count')]).toEqual([0, 0])
    expect((await second.started.stop()).restoredRecords).toBe(0)
    await first.started.stop()
  })
})

/** Until standbys have read all that there is: how long it is they know by what they have heard last. */
async function followed(bench: AppBench, ...apps: readonly Watched[]): Promise<void> {
  const ms = bench.clock.now()
  await bench.clock.advanceUntil(() => bench.clock.now() > ms + 2_000 && apps.every(({ lag }) => lag === 0))
}

/** An app, with what it tells of itself. */
class Watched {
  readonly started: StartedApp
  private metrics: Metrics | undefined

  constructor(bench: AppBench, config: Config) {
    const reporter: MetricsReporter = {
      start: async (metrics) => {
        this.metrics = metrics
      },
      close: async () => {},
    }
    this.started = bench.start(counts, { config, reporters: [reporter] })
  }

  of(name: string): number {
    return this.all('stream-thread-metrics', name)[0]?.value ?? Number.NaN
  }

  /** Of all its standbys. */
  get lag(): number {
    const lags = this.all('stream-standby-metrics', 'records-lag')
    return lags.length === 0 ? Number.NaN : lags.reduce((sum, { value }) => sum + value, 0)
  }

  get promotions(): number {
    return this.started.logged.filter(({ message }) => /goes on with the state of its standby/.test(message)).length
  }

  private all(group: string, name: string): readonly Metric[] {
    return this.metrics?.read().filter((metric) => metric.group === group && metric.name === name) ?? []
  }
}

async function twoInstances(config: Config): Promise<{ bench: AppBench; one: Watched; other: Watched }> {
  const bench = await benchOf(partitions)
  const [one, other] = [1, 2].map(
    () => new Watched(bench, { ...config, standbyReplicas: 1, sessionTimeoutMs: 6_000, heartbeatIntervalMs: 2_000 }),
  )
  for (const { started } of [one!, other!]) await started.reaches('running')
  await bench.clock.advanceUntil(() => one!.of('standby-task-count') === 2 && other!.of('standby-task-count') === 2)
  return { bench, one: one!, other: other! }
}

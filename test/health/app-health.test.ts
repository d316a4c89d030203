// How apps say that they are, by a clock that the test moves.

import { expect, test } from 'vitest'
import { topology } from '../../framework/dsl/topology-definition.ts'
import type { Health, HealthReport, MetricsReporter, ReporterContext } from '../../framework/index.ts'
import { AppBench } from '../runtime/app-bench.ts'
import { counts, text } from '../runtime/counts.ts'

class Watching implements MetricsReporter {
  health: Health | undefined

  async start(_metrics: unknown, { health }: ReporterContext): Promise<void> {
    this.health = health
  }

  async close(): Promise<void> {}

  get report(): HealthReport {
    return this.health!.read()
  }
}

test('an app says in which state it is and for how long, how many records are to be restored, and how its group is', async () => {
  const bench = new AppBench()
  await bench.createTopics({ in: 1, out: 1 })
  await bench.produce(
    'in',
    Array.from({ length: 50 }, (_, n) => [`k${n}`, 'x']),
  )
  await bench.runToEnd(counts)
  const watching = new Watching()
  const seen: HealthReport[] = []
  const app = bench.start(counts, { reporters: [watching], onState: () => watching.health !== undefined && seen.push(watching.report) })
  await app.reaches('running')
  await bench.clock.advanceUntil(() => watching.report.forMs > 500)
  expect(seen.map(({ state }) => state)).toEqual(['rebalancing', 'restoring', 'running'])
  expect(watching.report).toMatchObject({
    state: 'running',
    tasks: 1,
    group: { state: 'stable', sessionTimeoutMs: 10_000 },
    restore: undefined,
    stuckTasks: [],
  })
  expect(watching.report.turnAgeMs).toBeLessThanOrEqual(1_000)
  await app.stop()
  expect(watching.report.state).toBe('closed')
})

test('a task that has records and processes none is named, with the reason, once that has gone on for long', async () => {
  const bench = new AppBench()
  await bench.createTopics({ in: 1, out: 1 })
  const watching = new Watching()
  const failing = topology('failing', (builder) => {
    builder
      .stream('in', text)
      .mapValues((value) => {
        if (value === 'bad') throw new Error('not yet')
        return value
      })
      .to('out', text)
  })
  const config = {
    processingExceptionHandler: 'retry',
    processingRetryBackoffMs: 100_000,
    processingRetryBackoffMsMax: 100_000,
    healthStuckMs: 20_000,
  } as const
  const app = bench.start(failing, { reporters: [watching], config })
  await app.reaches('running')
  await bench.produce('in', [
    ['a', 'good'],
    ['b', 'bad'],
    ['c', 'good'],
  ])
  await bench.clock.advanceUntil(() => app.logged.some(({ message }) => message.startsWith('Trying again (1 of 5)')))
  const startedMs = bench.clock.monotonicMs()
  await bench.clock.advanceUntil(() => watching.report.stuckTasks.length > 0)
  expect(bench.clock.monotonicMs() - startedMs).toBeGreaterThanOrEqual(20_000)
  expect(watching.report).toMatchObject({ state: 'running', stuckTasks: [{ taskId: '0_0', why: 'a record is tried again' }] })
})

test('a task whose calls outside do not end is said to wait for them', async () => {
  const bench = new AppBench()
  await bench.createTopics({ in: 1, out: 1 })
  const watching = new Watching()
  const asking = topology('asking', (builder) => {
    builder
      .stream<string, string>('in', text)
      .mapAsync<string>(() => new Promise(() => {}), { ...text, concurrency: 1, timeout: '1h' })
      .to('out', text)
  })
  const app = bench.start(asking, { reporters: [watching], config: { healthStuckMs: 20_000 } })
  await app.reaches('running')
  await bench.produce(
    'in',
    Array.from({ length: 10 }, (_, row) => [`key-${row}`, 'asked'] as const),
  )
  await bench.clock.advanceUntil(() => watching.report.stuckTasks.length > 0)
  expect(watching.report.stuckTasks).toMatchObject([{ taskId: '0_0', why: 'calls outside do not end' }])
  app.crash()
})

// Stream threads as one app: what becomes of it when one of them fails, comes or goes. Here they run in one thread, on a cluster in memory; test/e2e/stream-threads has them in worker threads.

import { describe, expect, it } from 'vitest'
import type { Config } from '../../framework/config.ts'
import { type TopologyDefinition, topology } from '../../framework/dsl/topology-definition.ts'
import { readSettings } from '../../framework/runtime/settings.ts'
import { settingsOfThread, ThreadFailure } from '../../framework/runtime/stream-threads.ts'
import { string } from '../../framework/serdes/serdes.ts'
import { AppBench } from './app-bench.ts'
import { type StartedThreads, startThreads } from './threads-bench.ts'

const text = { key: string(), value: string() }
const keys = Array.from({ length: 40 }, (_, index) => `key-${index}`)
const oneOfEach = keys.map((key) => [key, 'x'] as const)
const config: Config = {
  streamThreads: 2,
  processingGuarantee: 'exactly_once_v2',
  cacheBytesMax: 0,
  sessionTimeoutMs: 6_000,
  heartbeatIntervalMs: 2_000,
}

/** Counts, and fails on `bad` so many times. */
function counting(trouble: { fails: number } = { fails: 0 }): TopologyDefinition {
  return topology('counts', (builder) => {
    builder
      .stream('in', text)
      .peek((value) => {
        if (value === 'bad' && trouble.fails-- > 0) throw new Error('no')
      })
      .groupByKey()
      .count({ store: 'counts' })
      .toStream()
      .mapValues((count) => String(count))
      .to('out', text)
  })
}

describe('stream threads', () => {
  it('share the tasks, and their totals, metrics and health are those of one app', async () => {
    const { bench, threads, app } = await started(counting())
    await bench.produce('in', oneOfEach)
    await bench.clock.advanceUntil(() => bench.values('out').length === 40)
    await bench.clock.advanceUntil(() => app.sum('records-in-total') === 40)
    const perThread = app.of('stream-thread-metrics', 'task-count').map(({ tags, value }) => [tags['thread-id'], value])
    expect(perThread).toEqual([
      ['counts-StreamThread-1', 2],
      ['counts-StreamThread-2', 2],
    ])
    expect(app.of('stream-metrics', 'state').filter(({ value }) => value === 1)).toMatchObject([{ tags: { state: 'running' } }])
    expect(app.health()).toMatchObject({ state: 'running', group: { state: 'stable' }, tasks: 4, stuckTasks: [] })
    threads.stop()
    expect(await app.ended()).toMatchObject({ recordsIn: 40, recordsOut: 40, restoredRecords: 0 })
    expect(app.states.at(-1)).toBe('closed')
  })

  it('come and go while the app runs: a new one takes tasks over with their state, and those of one that goes are taken over', async () => {
    const { bench, threads, app } = await started(counting())
    await bench.produce('in', oneOfEach)
    await bench.clock.advanceUntil(() => bench.values('out').length === 40)
    expect(threads.addStreamThread()).toBe(3)
    await bench.clock.advanceUntil(() => app.of('stream-thread-metrics', 'task-count').filter(({ value }) => value > 0).length === 3)
    await bench.produce('in', oneOfEach)
    await bench.clock.advanceUntil(() => bench.values('out').length === 80)
    expect(threads.removeStreamThread()).toBe(3)
    expect(threads.removeStreamThread()).toBe(2)
    expect(threads.removeStreamThread()).toBeUndefined()
    await bench.clock.advanceUntil(() => threads.numbers.length === 1 && app.health().tasks === 4)
    await bench.produce('in', oneOfEach)
    await bench.clock.advanceUntil(() => bench.values('out').length === 120)
    expect(latest(bench)).toEqual(new Map(keys.map((key) => [key, '3'])))
    threads.stop()
    expect((await app.ended()).recordsIn).toBe(120)
  })

  it('by default end all when one fails, which loses nothing', async () => {
    const { bench, app } = await started(counting({ fails: 1 }))
    await bench.produce('in', [...oneOfEach, ['key-0', 'bad']])
    await bench.clock.advanceUntil(() => app.failure !== undefined)
    expect(app.failure).toBeInstanceOf(ThreadFailure)
    expect(app.failure).toMatchObject({ exitCode: 1, message: expect.stringMatching(/^A callback of .* threw in task 0_\d/) })
    expect(app.states.at(-1)).toBe('failed')
    const again = await startThreads(bench, counting(), config)
    await bench.clock.advanceUntil(() => latest(bench).get('key-0') === '2')
    again.threads.stop()
    await again.app.ended()
    expect(latest(bench)).toEqual(new Map(keys.map((key) => [key, key === 'key-0' ? '2' : '1'])))
  })

  it('are replaced where that is the policy, and go on where those that failed were', async () => {
    const trouble = { fails: 3 }
    const { bench, threads, app } = await started(counting(trouble), { ...config, uncaughtExceptionHandler: 'replace-thread' })
    await bench.produce('in', [...oneOfEach, ['key-0', 'bad']])
    await bench.clock.advanceUntil(() => latest(bench).get('key-0') === '2')
    expect(app.replaced).toBe(3)
    await bench.clock.advanceUntil(() => threads.numbers.length === 2 && threads.state === 'running' && app.health().tasks === 4)
    await bench.produce('in', oneOfEach)
    await bench.clock.advanceUntil(() => latest(bench).get('key-0') === '3' && keys.slice(1).every((key) => latest(bench).get(key) === '2'))
    expect([app.replaced, app.failure]).toEqual([3, undefined])
    threads.stop()
    await app.ended()
  })

  it('are not replaced before one of them has run: what is set up wrongly would fail for ever', async () => {
    const bench = new AppBench()
    const { app } = await startThreads(bench, counting(), { ...config, uncaughtExceptionHandler: 'replace-thread' }, { runs: false })
    await bench.clock.advanceUntil(() => app.failure !== undefined)
    expect(app.replaced).toBe(0)
    expect(app.opened).toEqual([1])
  })

  it('divide what the app may take of memory, and have names of their own in the group', () => {
    const { settings } = readSettings({ streamThreads: 4, groupInstanceId: 'pod-0' }, {})
    const own = settingsOfThread(settings, 3)
    expect(own).toMatchObject({ groupInstanceId: 'pod-0-3', healthPort: undefined })
    const limits = Object.keys(settings).filter((name) => name.endsWith('BytesMax')) as (keyof typeof settings)[]
    expect(limits.length).toBeGreaterThan(5)
    expect(limits.map((name) => [name, own[name]])).toEqual(limits.map((name) => [name, Number(settings[name]) / 4]))
  })
})

async function started(definition: TopologyDefinition, withConfig: Config = config): Promise<StartedThreads> {
  const bench = new AppBench()
  await bench.createTopics({ in: 4, out: 4 })
  return await startThreads(bench, definition, withConfig)
}

function latest(bench: AppBench): ReadonlyMap<string | null, string | null> {
  return new Map(bench.records('out').map(({ key, value }) => [key, value]))
}

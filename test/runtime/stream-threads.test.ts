// Stream threads as one app: what becomes of it when one of them fails, comes or goes. Here they run in one thread, on a cluster in memory; test/e2e/stream-threads has them in worker threads.

import { describe, expect, it } from 'vitest'
import type { Config } from '../../framework/config.ts'
import { type TopologyDefinition, topology } from '../../framework/dsl/topology-definition.ts'
import type { HealthReport, Metric, MetricsReporter } from '../../framework/index.ts'
import type { AppTotals } from '../../framework/runtime/app.ts'
import type { AppState } from '../../framework/runtime/app-state.ts'
import { readSettings } from '../../framework/runtime/settings.ts'
import { StreamThreads, settingsOfThread, ThreadFailure } from '../../framework/runtime/stream-threads.ts'
import { startThreadApp } from '../../framework/runtime/thread-app.ts'
import type { FromThread, ThreadLink } from '../../framework/runtime/thread-messages.ts'
import { string } from '../../framework/serdes/serdes.ts'
import { MemoryBroker } from '../../plugins/broker-memory/index.ts'
import { memory } from '../../plugins/store-memory/index.ts'
import { AppBench } from './app-bench.ts'

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
const memoryEngine = memory().stores!.memory!

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
    const again = await startedOn(bench, counting(), config)
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
    const { app } = await startedOn(bench, counting(), { ...config, uncaughtExceptionHandler: 'replace-thread' }, false)
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

// ------------------------------------------------------------------------------------------------------------- the app

interface Watched {
  readonly states: AppState[]
  readonly opened: number[]
  readonly replaced: number
  readonly failure: unknown
  ended(): Promise<AppTotals>
  of(group: string, name: string): readonly Metric[]
  sum(name: string): number
  health(): HealthReport
}

interface Started {
  readonly bench: AppBench
  readonly threads: StreamThreads
  readonly app: Watched
}

async function started(definition: TopologyDefinition, withConfig: Config = config): Promise<Started> {
  const bench = new AppBench()
  await bench.createTopics({ in: 4, out: 4 })
  return await startedOn(bench, definition, withConfig)
}

async function startedOn(bench: AppBench, definition: TopologyDefinition, withConfig: Config, runs = true): Promise<Started> {
  const { settings } = readSettings(withConfig, {})
  const processId = `process-${bench.processes++}`
  const [states, opened, logged]: [AppState[], number[], string[]] = [[], [], []]
  let read: Parameters<MetricsReporter['start']> | undefined
  const reporter: MetricsReporter = {
    start: async (...given) => {
      read = given
    },
    close: async () => {},
  }
  const logger = { log: (_: string, message: string) => void logged.push(message) }
  const threads = new StreamThreads({
    applicationId: definition.name,
    settings,
    clock: bench.clock,
    logger,
    reporters: [reporter],
    onState: (state) => states.push(state),
    open: (thread) => {
      opened.push(thread)
      return threadOn(bench, definition, { settings: settingsOfThread(settings, thread), processId, thread })
    },
  })
  let failure: unknown
  let totals: AppTotals | undefined
  threads.run().then(
    (ended) => {
      totals = ended
    },
    (error: unknown) => {
      failure = error
    },
  )
  const of = (group: string, name: string): readonly Metric[] =>
    read![0].read().filter((metric) => metric.group === group && metric.name === name)
  const app: Watched = {
    states,
    opened,
    get replaced() {
      return logged.filter((message) => message.includes('another takes its place')).length
    },
    get failure() {
      return failure
    },
    ended: async () => {
      await bench.clock.advanceUntil(() => totals !== undefined || failure !== undefined)
      if (failure !== undefined) throw failure
      return totals!
    },
    of,
    sum: (name) => of('stream-thread-metrics', name).reduce((sum, { value }) => sum + value, 0),
    health: () => read![1].health.read(),
  }
  if (runs)
    await bench.clock.advanceUntil(
      () => threads.state === 'running' && threads.numbers.length === settings.streamThreads && app.health().tasks === 4,
    )
  return { bench, threads, app }
}

/** In place of a worker thread: an app with a broker of its own in this one. */
function threadOn(
  bench: AppBench,
  definition: TopologyDefinition,
  options: { settings: ReturnType<typeof settingsOfThread>; processId: string; thread: number },
): ThreadLink {
  const said: FromThread[] = []
  let take: ((message: FromThread) => void) | undefined
  const tell = (message: FromThread): void => {
    if (take === undefined) said.push(message)
    else take(message)
  }
  const { app } = startThreadApp(
    {
      ...options,
      topology: definition.build(),
      applicationId: definition.name,
      broker: new MemoryBroker(bench.cluster, `${definition.name}-${options.thread}`),
      engines: { persistent: memoryEngine, memory: memoryEngine },
      clock: bench.clock,
      logger: { log: () => {} },
      print: () => {},
      untilEnd: false,
    },
    tell,
    (error) => ({ message: String((error as Error).message), exitCode: 1 }),
  )
  return {
    send: () => app.stop(),
    listen: (listener) => {
      take = listener
      for (const message of said) listener(message)
    },
  }
}

function latest(bench: AppBench): ReadonlyMap<string | null, string | null> {
  return new Map(bench.records('out').map(({ key, value }) => [key, value]))
}

// An app with several stream threads for tests: here all of them run in one thread, each with a broker of its own, on a cluster in memory.

import type { Config } from '../../framework/config.ts'
import type { TopologyDefinition } from '../../framework/dsl/topology-definition.ts'
import type { HealthReport, Metric, MetricsReporter } from '../../framework/index.ts'
import type { AppTotals } from '../../framework/runtime/app.ts'
import type { AppState } from '../../framework/runtime/app-state.ts'
import { readSettings } from '../../framework/runtime/settings.ts'
import { StreamThreads, settingsOfThread } from '../../framework/runtime/stream-threads.ts'
import type { ThreadLink } from '../../framework/runtime/thread-messages.ts'
import { MemoryBroker } from '../../plugins/broker-memory/index.ts'
import { memory } from '../../plugins/store-memory/index.ts'
import type { AppBench } from './app-bench.ts'
import { threadInProcess } from './thread-in-process.ts'

const memoryEngine = memory().stores!.memory!

export interface WatchedThreads {
  readonly states: AppState[]
  readonly opened: number[]
  readonly logged: readonly string[]
  readonly replaced: number
  readonly failure: unknown
  ended(): Promise<AppTotals>
  of(group: string, name: string): readonly Metric[]
  sum(name: string): number
  health(): HealthReport
}

export interface StartedThreads {
  readonly bench: AppBench
  readonly threads: StreamThreads
  readonly app: WatchedThreads
}

/** `runs`: waits until all of them do, and have so many tasks together. `more`: reporters beside the one that the test reads by. */
export async function startThreads(
  bench: AppBench,
  definition: TopologyDefinition,
  withConfig: Config,
  {
    runs = true,
    tasks = 4,
    more = [],
  }: { readonly runs?: boolean; readonly tasks?: number; readonly more?: readonly MetricsReporter[] } = {},
): Promise<StartedThreads> {
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
    topology: definition.build(),
    settings,
    clock: bench.clock,
    logger,
    reporters: [reporter, ...more],
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
  const app: WatchedThreads = {
    states,
    opened,
    logged,
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
      () => threads.state === 'running' && threads.numbers.length === settings.streamThreads && app.health().tasks === tasks,
    )
  return { bench, threads, app }
}

/** With a broker of its own. */
function threadOn(
  bench: AppBench,
  definition: TopologyDefinition,
  options: { settings: ReturnType<typeof settingsOfThread>; processId: string; thread: number },
): ThreadLink {
  return threadInProcess({
    ...options,
    topology: definition.build(),
    applicationId: definition.name,
    broker: new MemoryBroker(bench.cluster, `${definition.name}-${options.thread}`),
    engines: { persistent: memoryEngine, memory: memoryEngine },
    clock: bench.clock,
    logger: { log: () => {} },
    print: () => {},
    untilEnd: false,
  })
}

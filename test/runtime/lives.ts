// The lives of one app: it is sent records, time passes, it is killed without a word, and another process goes on from what lies in its changelogs, or also in its folder.

import { rmSync } from 'node:fs'
import type { Config } from '../../framework/config.ts'
import type { TopologyDefinition } from '../../framework/dsl/topology-definition.ts'
import type { StateEngine } from '../../framework/ports/store.ts'
import { AppBench, type StartedApp } from './app-bench.ts'

export type LifeEvent =
  | readonly [topic: string, key: string, value: string | null, timestamp: number]
  /** So long passes by the clock on the wall. */
  | { readonly waitMs: number }
  | 'kill'

export interface LivesOptions {
  readonly engine: StateEngine
  readonly stateDir: string
  /** Whether its folder is gone with the process. Default: true. */
  readonly losesFolder?: boolean
  readonly config?: Config
}

/** Only topics that the task reads have a position of the group; this one is read by a global table. */
export const globalTopic = 'global'

/** Each life is short of its session, not of the windows of a test: those are of a minute. */
const config: Config = {
  commitIntervalMs: 500,
  cacheBytesMax: 0,
  closedWindowsIntervalMs: 0,
  unmatchedIntervalMs: 0,
  sessionTimeoutMs: 6_000,
  heartbeatIntervalMs: 2_000,
}

export interface Lived {
  /** What is in the topic `out`, in its order: `key=value`. */
  readonly output: readonly string[]
  readonly bench: AppBench
}

/** `definitionOf` is asked for each life, counted from 0: what is outside of the app may have changed. */
export async function livesOf(
  definitionOf: (life: number) => TopologyDefinition,
  events: readonly LifeEvent[],
  options: LivesOptions,
): Promise<Lived> {
  const bench = new AppBench()
  await bench.createTopics({ in: 1, right: 1, [globalTopic]: 1, out: 1 })
  const sent = new Map<string, number>()
  let life = 0
  const begin = (): StartedApp =>
    bench.start(definitionOf(life), { engine: options.engine, config: { ...config, stateDir: options.stateDir, ...options.config } })
  const { name } = definitionOf(0)
  const pass = (waitMs: number): Promise<void> => {
    const untilMs = bench.clock.now() + waitMs
    return bench.clock.advanceUntil(() => bench.clock.now() >= untilMs)
  }
  const committed = (topic: string): boolean =>
    topic === globalTopic || bench.cluster.groups.get(name)?.committed({ topic, partition: 0 })?.offset === sent.get(topic)
  let app = begin()
  await app.reaches('running')
  for (const event of events) {
    if (event === 'kill') {
      // What stop() does reaches nobody any more: only the lock of the folder is to go.
      app.crash()
      await app.stop().catch(() => {})
      if (options.losesFolder !== false) rmSync(options.stateDir, { recursive: true, force: true })
      life++
      app = begin()
      await app.reaches('running')
    } else if ('waitMs' in event) await pass(event.waitMs)
    else {
      const [topic, key, value, timestamp] = event
      await bench.produce(topic, [[key, value, timestamp]])
      sent.set(topic, (sent.get(topic) ?? 0) + 1)
      if (topic === globalTopic) await pass(1_000)
      await bench.clock.advanceUntil(() => committed(topic))
    }
  }
  await pass(1_000)
  await app.stop()
  return { output: bench.records('out').map(({ key, value }) => `${key}=${value}`), bench }
}

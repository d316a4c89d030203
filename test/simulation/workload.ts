// What simulated apps are given, and the first of them: streams. Each input record is a number of its key; the app keeps, for each key, all numbers
// in a row, so that whatever is lost, doubled or out of order shows. A second branch counts words behind a repartition topic, a third one counts in windows, some of whose records
// come too late and are written aside, and a fourth one joins two streams.

import type { Config } from '../../framework/config.ts'
import { type TopologyDefinition, topology } from '../../framework/dsl/topology-definition.ts'
import { tumbling, within } from '../../framework/dsl/windows.ts'
import { string } from '../../framework/serdes/serdes.ts'
import type { MemoryCluster } from '../../plugins/broker-memory/index.ts'
import type { Random } from '../kit/random.ts'

export const text = { key: string(), value: string() }
/** Of each simulated app, and of its group. */
export const applicationId = 'simulated'

/** What an app finds outside of Kafka. */
export interface Outside {
  /** Resolves after a while, if the process lives then. */
  pause(): Promise<void>
}

/** An app to simulate, and what must come of its input. */
export interface Workload {
  topology(outside: Outside): TopologyDefinition
  readonly outputTopics: readonly string[]
  /** Topics that are written before the app starts, and from time to time while it runs, by key. */
  readonly tables: Readonly<Record<string, readonly string[]>>
  readonly config: Config
  /** Whether instances may have several stream threads. */
  readonly hasThreads: boolean
  /** Whether rows are deleted, and come again where a deletion is compacted away of which somebody has not heard: Kafka keeps it for `delete.retention.ms`. */
  readonly keepsDeletions: boolean
  /** `complete`: also whether nothing is there that should not be; otherwise only whether all is there. */
  findings(outcome: Outcome, complete: boolean): readonly string[] | Promise<readonly string[]>
}

export interface Outcome {
  readonly cluster: MemoryCluster
  readonly inputs: readonly Input[]
  readonly config: Config
}

export const inputTopic = 'in'
export const rowTopic = 'rows-out'
export const countTopic = 'counts-out'
export const windowTopic = 'windows-out'
export const lateTopic = 'late-out'
export const joinTopic = 'joined-out'
export const outputTopics = [rowTopic, countTopic, windowTopic, lateTopic, joinTopic]
export const windowMs = 500
export const graceMs = 200
/** Two words of a key that are no further apart are a pair. */
export const pairMs = 300

/** An input record: its number among those of its key, and a word. */
export interface Input {
  readonly key: string
  readonly value: string
  readonly timestamp: number
}

export const keys = ['a', 'b', 'c', 'd', 'e', 'f']
export const words = ['x', 'y', 'z']

export const streams = topology(applicationId, (builder) => {
  const input = builder.stream(inputTopic, text)
  input
    .groupByKey(text)
    .aggregate(
      () => '',
      (row, value) => `${row}${numberOf(value)} `,
      { store: 'rows', ...text },
    )
    .toStream()
    .to(rowTopic, text)
  input
    .selectKey((value) => wordOf(value))
    .groupByKey(text)
    .count({ store: 'counts' })
    .toStream()
    .mapValues((count) => String(count))
    .to(countTopic, text)
  input
    .groupByKey(text)
    .windowedBy(tumbling(windowMs, { grace: graceMs }))
    .late((late) => late.mapValues(({ value }) => value).to(lateTopic, text))
    .count({ store: 'windows' })
    .toStream((_, { key, start }) => `${key}@${start}`)
    .mapValues((count) => String(count))
    .to(windowTopic, text)
  // Nothing is too late for it: which pairs there are does not depend on who comes first.
  input
    .filter((value) => wordOf(value) === 'x')
    .join(
      input.filter((value) => wordOf(value) === 'y'),
      (left, right) => `${numberOf(left)}+${numberOf(right)}`,
      within(pairMs, { grace: '1h' }),
      { ...text, otherValue: string(), store: 'pairs' },
    )
    .to(joinTopic, text)
})

export function inputAt(random: Random, numbers: Map<string, number>, nowMs: number): Input {
  const key = random.oneOf(keys)
  const number = numbers.get(key) ?? 0
  numbers.set(key, number + 1)
  const value = `${number}:${random.oneOf(words)}`
  // Some come behind those that are newer.
  const byMs = random.chance(0.2) ? random.below(3 * windowMs) : 0
  return { key, value, timestamp: Math.max(0, Math.floor(nowMs) - byMs) }
}

export function numberOf(value: string): string {
  return value.split(':')[0]!
}

export function wordOf(value: string): string {
  return value.split(':')[1]!
}

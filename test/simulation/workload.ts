// What the simulated app computes, what it is given, and what must come of it. Each input record is a number of its key; the app keeps, for each key, all numbers
// in a row, so that whatever is lost, doubled or out of order shows. A second branch counts words behind a repartition topic.

import { topology } from '../../framework/dsl/topology-definition.ts'
import { string } from '../../framework/serdes/serdes.ts'
import type { Random } from '../kit/random.ts'

const text = { key: string(), value: string() }

export const inputTopic = 'in'
export const rowTopic = 'rows-out'
export const countTopic = 'counts-out'

/** An input record: its number among those of its key, and a word. */
export interface Input {
  readonly key: string
  readonly value: string
  readonly timestamp: number
}

export const keys = ['a', 'b', 'c', 'd', 'e', 'f']
export const words = ['x', 'y', 'z']

export const workload = topology('simulated', (builder) => {
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
})

export function inputAt(random: Random, numbers: Map<string, number>, nowMs: number): Input {
  const key = random.oneOf(keys)
  const number = numbers.get(key) ?? 0
  numbers.set(key, number + 1)
  return { key, value: `${number}:${random.oneOf(words)}`, timestamp: Math.floor(nowMs) }
}

export function numberOf(value: string): string {
  return value.split(':')[0]!
}

export function wordOf(value: string): string {
  return value.split(':')[1]!
}

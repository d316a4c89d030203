import { expect, test } from 'vitest'
import type { StreamsBuilder } from '../../framework/dsl/streams-builder.ts'
import { topology } from '../../framework/dsl/topology-definition.ts'
import { mayFollow } from '../../framework/runtime/app-state.ts'
import { planTopics, type TopicPlan } from '../../framework/runtime/topic-plan.ts'
import { string } from '../../framework/serdes/serdes.ts'

const text = { key: string(), value: string() }

test('a task for each partition of each sub-topology, and a changelog as wide as its tasks', () => {
  const plan = planOf({ in: 3 }, (builder) => {
    builder.stream('in', text).groupByKey().count({ store: 'counts' })
  })
  expect(plan.tasks.map(({ id }) => id)).toEqual(['0_0', '0_1', '0_2'])
  expect(plan.tasks[1]?.inputs).toEqual([{ topic: 'in', partition: 1 }])
  expect(widths(plan)).toEqual({ 'app-counts-changelog': 3 })
})

test('a repartition topic is as wide as the widest topic upstream, also behind another one', () => {
  const plan = planOf({ narrow: 2, wide: 5 }, (builder) => {
    builder
      .stream('narrow', text)
      .merge(builder.stream('wide', text))
      .groupBy((value) => value, { ...text, name: 'first' })
      .count({ store: 'first' })
      .toStream()
      .mapValues((count) => String(count))
      .groupBy((value) => value, { ...text, name: 'second' })
      .count({ store: 'second' })
  })
  const repartitions = Object.entries(widths(plan)).filter(([name]) => name.endsWith('-repartition'))
  expect(repartitions.map(([, width]) => width)).toEqual([5, 5])
  expect(plan.tasks.filter(({ id }) => id.startsWith('0_')).map(({ inputs }) => inputs.length)).toEqual([2, 2, 1, 1, 1])
})

test('a repartition topic follows the topic that it is joined with', () => {
  const plan = planOf({ stream: 6, table: 2, out: 1 }, (builder) => {
    builder
      .stream('stream', text)
      .selectKey((value) => value)
      .join(builder.table('table', text), (left, right) => left + right, text)
      .to('out', text)
  })
  expect(Object.entries(widths(plan)).find(([name]) => name.endsWith('-repartition'))?.[1]).toBe(2)
})

test('elements belong to the task of partition 0, and their position has a topic', () => {
  const plan = planOf({ in: 2 }, (builder) => {
    builder
      .fromElements([['a', 'x']], { ...text, name: 'some' })
      .merge(builder.stream('in', text))
      .print()
  })
  expect(plan.tasks.map(({ localInputs }) => localInputs)).toEqual([[{ topic: 'app-some-elements', partition: 0 }], []])
  expect(widths(plan)).toEqual({ 'app-some-elements': 1 })
})

test('an app that has ended does nothing more, and nothing runs that did not start', () => {
  expect(mayFollow('closed', 'starting')).toBe(false)
  expect(mayFollow('created', 'running')).toBe(false)
  expect(mayFollow('running', 'rebalancing')).toBe(true)
})

function planOf(partitions: Readonly<Record<string, number>>, define: (builder: StreamsBuilder) => void): TopicPlan {
  return planTopics(topology('app', define).build(), 'app', new Map(Object.entries(partitions)))
}

function widths({ internalTopics }: TopicPlan): Readonly<Record<string, number>> {
  return Object.fromEntries(internalTopics.map(({ name, partitions }) => [name, partitions]))
}

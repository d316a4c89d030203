// The topology that comes of the dsl's calls: sub-topologies, internal topics, stores, names.

import { expect, test } from 'vitest'
import { describe as describeTopology } from '../../framework/graph/describe.ts'
import { manifestOf } from '../../framework/graph/manifest.ts'
import type { StreamsBuilder } from '../../framework/index.ts'
import { long, mean, string, tumbling, within } from '../../framework/index.ts'
import { strings, topologyOf } from './topology-of.ts'

const variables = { naming: 'variables' } as const

function rekeyedCount(builder: StreamsBuilder): void {
  const words = builder.stream('lines', { ...strings, name: 'words' })
  const counts = words.groupBy((value) => value, { name: 'counts-groupBy', ...strings }).count({ name: 'counts' })
  counts.toStream({ name: 'counts-toStream' }).to('out', { name: 'out', key: string(), value: long() })
}

test('a changed key before a count makes a repartition topic and a second sub-topology', () => {
  const topology = topologyOf(rekeyedCount, variables)
  expect([...topology.repartitionTopics.values()]).toEqual([
    {
      name: 'counts-groupBy-repartition',
      partitions: undefined,
      settings: { 'cleanup.policy': 'delete', 'message.timestamp.type': 'CreateTime', 'retention.ms': '-1', 'segment.bytes': '52428800' },
    },
  ])
  expect(topology.subTopologies.map(({ nodes, stores }) => ({ nodes, stores }))).toEqual([
    { nodes: ['words', 'counts-groupBy', 'counts-groupBy-repartition-filter', 'counts-groupBy-repartition-sink'], stores: [] },
    { nodes: ['counts-groupBy-repartition-source', 'counts', 'counts-toStream', 'out'], stores: ['counts'] },
  ])
})

test('named after variables, a store has the name of its operator; after Kafka Streams, a generated one', () => {
  expect([...topologyOf(rekeyedCount, variables).stores.keys()]).toEqual(['counts'])
  expect([...topologyOf(rekeyedCount).stores.keys()]).toEqual(['KSTREAM-AGGREGATE-STATE-STORE-0000000002'])
})

test('named after variables, a table that nobody reads by key has no store', () => {
  const unread = topologyOf(
    (builder) =>
      builder
        .table('in', { ...strings, name: 't' })
        .toStream()
        .to('out', strings),
    variables,
  )
  expect(unread.stores.size).toBe(0)
  const read = topologyOf((builder) => {
    const table = builder.table('in', { ...strings, name: 't' })
    builder
      .stream('s', strings)
      .join(table, (left) => left)
      .to('out', strings)
  }, variables)
  expect([...read.stores.keys()]).toEqual(['t'])
})

test('a join makes its sources a group with equal partition counts, repartition topics included', () => {
  const topology = topologyOf((builder) => {
    const table = builder.table('t', strings)
    builder
      .stream('s', strings)
      .selectKey((value) => value)
      .join(table, (left) => left, strings)
      .to('out', strings)
  })
  expect(topology.coPartitioned).toEqual([
    [
      { name: 'KSTREAM-KEY-SELECT-0000000004-repartition', internal: true },
      { name: 't', internal: false },
    ],
  ])
})

test('groups that share a topic are one', () => {
  const topology = topologyOf((builder) => {
    const stream = builder.stream('s', strings)
    for (const topic of ['t1', 't2']) stream.join(builder.table(topic, strings), (left) => left).to(`out-${topic}`, strings)
  })
  expect(topology.coPartitioned.map((group) => group.map(({ name }) => name).sort())).toEqual([['s', 't1', 't2']])
})

test('a store of rows has a compacted changelog, a window store one that keeps a day more than the window', () => {
  const topology = topologyOf((builder) => {
    const group = builder.stream('in', strings).groupByKey()
    group.count({ store: 'rows' })
    group
      .windowedBy(tumbling('1h', { grace: '10m' }))
      .count({ store: { name: 'windows', caching: false, logging: { 'segment.ms': '1000' } } })
    group.windowedBy(tumbling('1h')).count({ store: { name: 'kept', retention: '2d', persistent: false } })
    group.reduce((a) => a, { store: { name: 'unlogged', logging: false } })
  })
  const settings = (name: string) => {
    const changelog = topology.stores.get(name)?.changelog
    return changelog?.kind === 'internal' ? changelog : null
  }
  expect(settings('rows')).toEqual({
    kind: 'internal',
    name: 'rows-changelog',
    settings: { 'cleanup.policy': 'compact', 'message.timestamp.type': 'CreateTime' },
  })
  expect(settings('windows')?.settings).toEqual({
    'cleanup.policy': 'compact,delete',
    'message.timestamp.type': 'CreateTime',
    'retention.ms': String(70 * 60_000 + 86_400_000),
    'segment.ms': '1000',
  })
  expect(settings('unlogged')).toBeNull()
  expect(topology.stores.get('windows')).toMatchObject({ kind: 'window', caching: false, persistent: true, windowSizeMs: 3_600_000 })
  expect(topology.stores.get('kept')).toMatchObject({ persistent: false, retentionMs: 172_800_000 })
})

test('with reuse of source topics, a table restores from the topic it is read from', () => {
  const define = (builder: StreamsBuilder) => {
    builder.table('in', { ...strings, store: 't' })
  }
  const topology = topologyOf(define, { naming: 'kafka-streams', optimization: ['reuse.ktable.source.topics'] })
  expect(topology.stores.get('t')?.changelog).toEqual({ kind: 'sourceTopic', topic: 'in' })
})

test('a table of named aggregators is read through their results', () => {
  const topology = topologyOf((builder) => {
    const group = builder.stream('in', { key: string(), value: long() }).groupByKey()
    const means = group.aggregate({ mean: mean((value) => value) }, { store: 'means' })
    builder
      .stream('s', strings)
      .join(means, (left, right) => `${left}${right.mean}`)
      .to('out', strings)
  })
  const join = [...topology.nodes.values()].find((node) => node.kind === 'processor' && node.operator.kind === 'streamTableJoin')
  expect(join).toMatchObject({ stores: ['means'], operator: { table: { kind: 'mapValues', of: { kind: 'store', store: 'means' } } } })
})

test('a definition can be built again and again, each time the same', () => {
  const texts = [1, 2].map(() => describeTopology(topologyOf(rekeyedCount, variables)))
  expect(texts[0]).toBe(texts[1])
})

test('elements and print make a topology without topics', () => {
  const topology = topologyOf((builder) => {
    builder
      .fromElements(
        [
          ['a', 1],
          ['b', 2, 1000],
        ],
        { name: 'numbers' },
      )
      .print({ name: 'shown', label: 'n' })
  }, variables)
  expect(topology.nodes.get('numbers')).toMatchObject({
    input: {
      kind: 'elements',
      elements: [
        ['a', 1],
        ['b', 2, 1000],
      ],
    },
  })
  expect(describeTopology(topology)).toContain('Source: numbers (topics: [])\n      --> shown')
})

test('the manifest of a left join of streams is data, with the serdes of both sides by name', () => {
  const topology = topologyOf((builder) => {
    const [left, right] = [builder.stream('left', strings), builder.stream('right', { key: string(), value: long() })]
    left.leftJoin(right, (one, other) => `${one} ${other}`, within('5m', { grace: 0 }), { name: 'both', ...strings, otherValue: long() })
  }, variables)
  const manifest = manifestOf(topology)
  // The compiler's worker hands it over so.
  expect(structuredClone(manifest)).toEqual(manifest)
  expect(manifest.stores.find(({ kind }) => kind === 'unmatched')).toMatchObject({ key: 'string', value: 'string', otherValue: 'long' })
})

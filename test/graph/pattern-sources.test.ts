// Sources by pattern, stores connected later and transformers with stores: texts of describe() as Kafka Streams 4.3.1 prints them, and what is refused.

import { expect, test } from 'vitest'
import { bindTopics } from '../../framework/graph/bind-topics.ts'
import { describe } from '../../framework/graph/describe.ts'
import { manifestOf } from '../../framework/graph/manifest.ts'
import { type Processor, type StreamsBuilder, string } from '../../framework/index.ts'
import { problemsOf, strings, topologyOf } from './topology-of.ts'

const nothing = (): Processor<string, string, never, never> => ({ process() {} })

test('two streams of one pattern are one source, which describe() shows by its pattern', () => {
  const text = describe(
    topologyOf((builder) => {
      builder
        .stream(/sensor-.*/, strings)
        .filter(() => true)
        .to('out', strings)
      builder.stream(/sensor-.*/, strings).forEach(() => {})
    }),
  )
  expect(text).toBe(`Topologies:
   Sub-topology: 0
    Source: KSTREAM-SOURCE-0000000000 (topics: sensor-.*)
      --> KSTREAM-FILTER-0000000001, KSTREAM-FOREACH-0000000004
    Processor: KSTREAM-FILTER-0000000001 (stores: [])
      --> KSTREAM-SINK-0000000002
      <-- KSTREAM-SOURCE-0000000000
    Processor: KSTREAM-FOREACH-0000000004 (stores: [])
      --> none
      <-- KSTREAM-SOURCE-0000000000
    Sink: KSTREAM-SINK-0000000002 (topic: out)
      <-- KSTREAM-FILTER-0000000001

`)
})

test('forEach() and print() are named and described as in Kafka Streams', () => {
  const text = describe(
    topologyOf((builder) => {
      builder.stream('in', strings).print()
      builder.stream('in', strings).forEach(() => {})
      builder.stream('in', strings).forEach(() => {}, { name: 'each' })
    }),
  )
  expect(text).toBe(`Topologies:
   Sub-topology: 0
    Source: KSTREAM-SOURCE-0000000000 (topics: [in])
      --> KSTREAM-FOREACH-0000000003, KSTREAM-PRINTER-0000000001, each
    Processor: KSTREAM-FOREACH-0000000003 (stores: [])
      --> none
      <-- KSTREAM-SOURCE-0000000000
    Processor: KSTREAM-PRINTER-0000000001 (stores: [])
      --> none
      <-- KSTREAM-SOURCE-0000000000
    Processor: each (stores: [])
      --> none
      <-- KSTREAM-SOURCE-0000000000

`)
})

test('a raw topology with a pattern, a store connected later and a read-only store is described as in Kafka Streams', () => {
  const text = describe(
    topologyOf((builder) => {
      builder.addSource('src', /a.*/, strings)
      builder.addProcessor('p', nothing, ['src'])
      builder.addStore('s', strings)
      builder.connectStores('p', ['s'])
      builder.addSink('k', 'out', ['p'], strings)
      builder.addReadOnlyStore('ro', 'ro-topic', nothing, { ...strings, sourceName: 'ro-source', processorName: 'ro-proc' })
      builder.connectStores('p', ['ro'])
    }),
  )
  expect(text).toBe(`Topologies:
   Sub-topology: 0
    Source: src (topics: a.*)
      --> p
    Processor: p (stores: [s, ro])
      --> k
      <-- src
    Source: ro-source (topics: [ro-topic])
      --> ro-proc
    Sink: k (topic: out)
      <-- p
    Processor: ro-proc (stores: [ro])
      --> none
      <-- ro-source

`)
})

test('a transformer with stores is described as in Kafka Streams, whether or not its table is stored', () => {
  const transformer = () => ({ transform: (value: string | null) => value })
  const stored = describe(
    topologyOf((builder) => {
      builder.addStore('s', strings)
      const made = builder.table('t', strings).transformValues(transformer, { stores: ['s'], store: 'm', value: string() })
      made.toStream().to('out', strings)
    }),
  )
  expect(stored).toContain(`    Processor: KTABLE-TRANSFORMVALUES-0000000003 (stores: [s, m])
      --> KTABLE-TOSTREAM-0000000004
      <-- KTABLE-SOURCE-0000000002
`)
  const joined = describe(
    topologyOf((builder) => {
      builder.addStore('s', strings)
      const made = builder.table('t', strings).transformValues(transformer, { stores: ['s'] })
      made
        .join(builder.table('u', strings), (left) => left)
        .toStream()
        .to('out', strings)
    }),
  )
  expect(joined).toContain('Processor: KTABLE-TRANSFORMVALUES-0000000003 (stores: [s])')
  expect(joined).toContain('Processor: KTABLE-JOINOTHER-0000000009 (stores: [t-STATE-STORE-0000000000])')
})

test('a pattern must match no topic that another source names, whichever comes first', () => {
  const named = (builder: StreamsBuilder) => builder.stream('sensor-a', strings).to('x', strings)
  const matched = (builder: StreamsBuilder) => builder.stream(/sensor-.*/, strings).to('out', strings)
  expect(
    problemsOf((builder) => {
      named(builder)
      matched(builder)
    }),
  ).toEqual([expect.stringMatching(/its pattern \/sensor-\.\*\/ matches sensor-a, which KSTREAM-SOURCE-0000000000 reads already/)])
  expect(
    problemsOf((builder) => {
      matched(builder)
      named(builder)
    }),
  ).toEqual([expect.stringMatching(/reads the topic sensor-a, which the pattern of KSTREAM-SOURCE-0000000000 matches/)])
})

test('a sink may not write to a topic that its own source matches', () => {
  expect(problemsOf((builder) => builder.stream(/sensor-.*/, strings).to('sensor-out', strings))).toEqual([
    expect.stringMatching(/writes to sensor-out, from which its own records come/),
  ])
})

test('streams of the same topics or pattern must agree on where to begin', () => {
  const problem = [expect.stringMatching(/has another `reset`/)]
  expect(
    problemsOf((builder) => {
      builder.stream('a', strings).to('x', strings)
      builder.stream('a', { ...strings, reset: 'latest' }).to('y', strings)
    }),
  ).toEqual(problem)
  expect(
    problemsOf((builder) => {
      builder.stream(/a.*/, { ...strings, reset: { byDuration: '1h' } }).to('x', strings)
      builder.stream(/a.*/, { ...strings, reset: { byDuration: '2h' } }).to('y', strings)
    }),
  ).toEqual(problem)
})

test('stores can be connected to processors only, and to such as are there', () => {
  const connecting = (processor: string, stores: readonly string[]) =>
    problemsOf((builder) => {
      builder.addSource('src', 'in', strings)
      builder.addProcessor('p', nothing, ['src'])
      builder.addStore('s', strings)
      builder.connectStores(processor, stores)
    })
  expect(connecting('p', ['s'])).toEqual([])
  expect(connecting('p', [])).toEqual(['p: it is to be connected to no store.'])
  expect(connecting('q', ['s'])).toEqual(['q: there is no processor of this name yet.'])
  expect(connecting('src', ['s'])).toEqual(['src: stores cannot be connected to a source or a sink.'])
  expect(connecting('p', ['t'])).toEqual([expect.stringMatching(/t/)])
})

test('a function that gives the same processor each time is refused', () => {
  const one = nothing()
  expect(problemsOf((builder) => builder.stream('in', strings).process(() => one))).toEqual([
    expect.stringMatching(/gives the same one each time/),
  ])
})

test('bound to topics, a source by pattern reads those that match, and joins want them partitioned alike', () => {
  const topology = topologyOf((builder) => {
    const table = builder.table('t', strings)
    builder
      .stream(/s.*/, strings)
      .join(table, (left) => left)
      .to('out', strings)
  })
  const bound = bindTopics(topology, 'app', ['t', 's2', 's1', 'x', 'app-s-changelog', '__s'])
  expect(bound.coPartitioned.map((group) => group.map(({ name }) => name).sort())).toEqual([['s1', 's2', 't']])
  expect(bindTopics(topology, 'app', ['t']).coPartitioned).toEqual([])
  expect(JSON.stringify(manifestOf(topology))).toContain('"pattern":"/s.*/"')
})

// What is refused when a topology is built, before anything runs.

import { expect, test } from 'vitest'
import { requireSources } from '../../framework/graph/require-sources.ts'
import { hopping, type StreamsBuilder, slidingCount, string, topology, tumbling, unlimited } from '../../framework/index.ts'
import { problemsOf, strings } from './topology-of.ts'

test('all problems are reported at once, each with the line of the call that made it', () => {
  const build = () =>
    topology('test', (builder) => {
      const words = builder.stream<string, string>('words')
      words.to('out', { name: 'bad name', ...strings })
    }).build()
  expect(build).toThrow(/3 problems:[\s\S]*no serde for its keys[\s\S]*no serde for its values[\s\S]*"bad name" is no name/)
  try {
    build()
  } catch (error) {
    const [first] = ((error as Error).cause as AggregateError).errors as Error[]
    expect(first?.stack).toContain('validation.test.ts')
  }
})

test('one problem is thrown as itself', () => {
  const build = () => topology('test', (builder) => builder.stream('words', { key: string() }).to('out', strings)).build()
  expect(build).toThrow('Topology test: KSTREAM-SOURCE-0000000000: there is no serde for its values.')
})

test('a topology that reads nothing can be built, and is refused where it should run', () => {
  const empty = topology('test', (builder) => {
    builder.addStore('s', strings)
  }).build()
  expect(() => requireSources(empty)).toThrow('Topology test: it reads nothing. Begin with builder.stream()')
})

const refused: Readonly<Record<string, [define: (builder: StreamsBuilder) => void, problems: readonly string[]]>> = {
  'a grace without a versioned table': [
    (builder) => {
      const table = builder.table('t', strings)
      builder.stream('in', strings).join(table, (left) => left, { grace: 10 })
    },
    ['KSTREAM-JOIN-0000000004: a join with grace reads its table as it was, and this one is not versioned.'],
  ],
  'a grace longer than the history of its table': [
    (builder) => {
      const table = builder.table('t', { ...strings, store: { name: 'v', historyRetention: 5 } })
      builder.stream('in', strings).join(table, (left) => left, { grace: 10 })
    },
    ['KSTREAM-JOIN-0000000003: waits 10 ms for the rows of v, whose history goes back 5 ms.'],
  ],
  'an LRU map without room': [
    (builder) => builder.table('in', { ...strings, store: { name: 'lru', entriesMax: 0 } }),
    ['lru: an LRU map of 0 entries holds nothing.'],
  ],
  'an unlimited window that should send its result when it closes': [
    (builder) => builder.stream('in', strings).groupByKey().windowedBy(unlimited(), { emit: 'final' }).count(),
    ['KSTREAM-SOURCE-0000000000: an unlimited window never closes, so it would never send its result.'],
  ],
  'two operators of one name': [
    (builder) => builder.stream('in', { ...strings, name: 'x' }).filter(() => true, { name: 'x' }),
    ['x: another operator has this name.'],
  ],
  'two stores of one name': [
    (builder) => {
      const group = builder.stream('in', strings).groupByKey()
      group.count({ store: 's' })
      group.reduce((a) => a, { store: 's' })
    },
    ['KSTREAM-REDUCE-0000000002: makes a second store of the name s.'],
  ],
  'a topic read as a stream and as a table': [
    (builder) => {
      builder.stream('in', strings)
      builder.table('in', strings)
    },
    ['KSTREAM-SOURCE-0000000002: reads the topic in, which KSTREAM-SOURCE-0000000000 reads already.'],
  ],
  'topics that overlap': [
    (builder) => {
      builder.stream(['a', 'b'], strings)
      builder.stream(['b', 'c'], strings)
    },
    ['KSTREAM-SOURCE-0000000001: reads b, c, of which KSTREAM-SOURCE-0000000000 reads some already, with others.'],
  ],
  'a store that is not there': [
    (builder) => builder.stream('in', strings).process(() => ({ process() {} }), { stores: ['missing'] }),
    ['KSTREAM-PROCESSOR-0000000001: uses the store missing, which is not there.'],
  ],
  'a topology that writes to its own source': [
    (builder) =>
      builder
        .stream('in', strings)
        .mapValues((value) => value)
        .to('in', strings),
    ['KSTREAM-SINK-0000000002: writes to in, from which its own records come (by KSTREAM-SOURCE-0000000000).'],
  ],
  'a window without room': [
    (builder) => builder.stream('in', strings).groupByKey().windowedBy(tumbling(0)).count(),
    ['KSTREAM-SOURCE-0000000000: a window of 0 ms has no room.'],
  ],
  'a window that advances by more than its size': [
    (builder) =>
      builder
        .stream('in', strings)
        .groupByKey()
        .windowedBy(hopping(10, { advance: 11 }))
        .count(),
    ['KSTREAM-SOURCE-0000000000: a window of 10 ms cannot advance by 11 ms.'],
  ],
  'windows of no records': [
    (builder) =>
      builder
        .stream('in', strings)
        .groupByKey()
        .windowedBy(slidingCount(0, { step: 1 }))
        .count(),
    ['KSTREAM-SOURCE-0000000000: there are no windows of 0 records that begin every 1.'],
  ],
  'a retention shorter than the window': [
    (builder) =>
      builder
        .stream('in', strings)
        .groupByKey()
        .windowedBy(tumbling(10))
        .count({ store: { retention: 9 } }),
    ["KSTREAM-SOURCE-0000000000: a retention of 9 ms is less than the window's size and grace, 10 ms."],
  ],
  'no number of partitions': [
    (builder) => builder.stream('in', strings).repartition({ name: 'r', partitions: 0 }),
    ['r: 0 is no number of partitions.'],
  ],
  'a repartitioning without serdes': [
    (builder) =>
      builder
        .stream('in', strings)
        .groupBy((value) => value)
        .count({ name: 'c' }),
    ['c: there is no serde for its keys.', 'KSTREAM-SOURCE-0000000006: there is no serde for its keys.'],
  ],
}

test.each(Object.entries(refused))('%s is refused', (_what, [define, problems]) => {
  expect(problemsOf(define)).toEqual(problems)
})

test('generated names of stores and internal topics are refused if names are required', () => {
  const define = (builder: StreamsBuilder) =>
    builder
      .stream('in', strings)
      .groupBy((value) => value, strings)
      .count()
  const build = () => topology('test', define, { requireNames: true }).build()
  expect(build).toThrow(/the name of this repartition topic is generated[\s\S]*the name of this store is generated/)
})

test('a versioned table cannot be suppressed', () => {
  const problems = problemsOf((builder) => {
    builder.table('in', { ...strings, store: { name: 'v', historyRetention: '1d' } }).suppress({ until: '1m', name: 's' })
  })
  expect(problems).toEqual(['s: a versioned table cannot be suppressed.'])
})

test('final results need windows', () => {
  const problems = problemsOf((builder) => {
    builder.stream('in', strings).groupByKey().count().suppress({ until: 'windowCloses', name: 's' })
  })
  expect(problems).toEqual(['s: there is no window before it that could close.'])
})

test('a processor by name needs parents that are there', () => {
  const problems = problemsOf((builder) => {
    builder.addSource('source', 'in', strings)
    builder.addProcessor('p', () => ({ process() {} }), ['nobody'])
    builder.addSink('sink', 'out', [], strings)
  })
  expect(problems).toEqual(['p: it has parents that are not there: nobody.', 'sink: it has no parents.'])
})

test('a duration that is none is refused where it is written', () => {
  // @ts-expect-error the unit is not known
  expect(() => tumbling('1 week')).toThrow('1 week is no duration.')
  expect(() => tumbling(0.5)).toThrow('0.5 is no duration.')
})

test('two streams of the same topic are one source', () => {
  const problems = problemsOf((builder) => {
    builder.stream('in', strings).to('a', strings)
    builder.stream('in', strings).to('b', strings)
  })
  expect(problems).toEqual([])
})

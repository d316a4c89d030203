// What a call of the dsl cannot do without: one row for each requireNonNull of Kafka Streams 4.3's dsl, with what it says there, and what is said here, at the call. A row
// stands for all overloads of a method.

import { expect, test } from 'vitest'
import { isMillraceError, type KStream, session, tumbling, within } from '../../framework/index.ts'
import { strings } from '../graph/topology-of.ts'
import { concat, defined, empty, joiner, none, nothing, processor, type Row, testRefusals } from './refused-calls.ts'

const aFunction = 'Topology test: {call}: its {what} is undefined, not a function.'
const needs = (call: string, what: string) => aFunction.replace('{call}', call).replace('{what}', what)
const anObject = (call: string) => `Topology test: ${call}: its options are null, not an object.`

const streams: readonly Row[] = [
  ['KStreamImpl.filter', 'predicate cannot be null', ({ stream }) => stream.filter(none), needs('KStream.filter', 'predicate')],
  ['KStreamImpl.filterNot', 'predicate cannot be null', ({ stream }) => stream.filterNot(none), needs('KStream.filterNot', 'predicate')],
  ['KStreamImpl.filter', 'named cannot be null', ({ stream }) => stream.filter(() => true, nothing), anObject('KStream')],
  ['KStreamImpl.selectKey', 'mapper cannot be null', ({ stream }) => stream.selectKey(none), needs('KStream.selectKey', 'selector')],
  ['KStreamImpl.map', 'mapper cannot be null', ({ stream }) => stream.map(none), needs('KStream.map', 'mapper')],
  ['KStreamImpl.mapValues', 'mapper cannot be null', ({ stream }) => stream.mapValues(none), needs('KStream.mapValues', 'mapper')],
  ['KStreamImpl.flatMap', 'mapper cannot be null', ({ stream }) => stream.flatMap(none), needs('KStream.flatMap', 'mapper')],
  [
    'KStreamImpl.flatMapValues',
    'mapper cannot be null',
    ({ stream }) => stream.flatMapValues(none),
    needs('KStream.flatMapValues', 'mapper'),
  ],
  ['KStreamImpl.print', 'printed cannot be null', ({ stream }) => stream.print(nothing), anObject('KStream.print')],
  ['KStreamImpl.foreach', 'action cannot be null', ({ stream }) => stream.forEach(none), needs('KStream.forEach', 'action')],
  ['KStreamImpl.peek', 'action cannot be null', ({ stream }) => stream.peek(none), needs('KStream.peek', 'action')],
  ['KStreamImpl.split', 'named cannot be null', ({ stream }) => stream.split(nothing), anObject('KStream.split')],
  ['Branched', 'predicate cannot be null', ({ stream }) => stream.split().branch(none), needs('BranchedKStream.branch', 'predicate')],
  [
    'KStreamImpl.merge',
    'otherStream cannot be null',
    ({ stream }) => stream.merge(none),
    'KStream.merge: its other stream is undefined, not a stream. Give it what a call of the builder has made.',
  ],
  ['KStreamImpl.repartition', 'repartitioned cannot be null', ({ stream }) => stream.repartition(nothing), anObject('KStream.repartition')],
  [
    'KStreamImpl.to',
    'topic cannot be null',
    ({ stream }) => stream.to(none),
    'KStream.to: its topic is undefined, not a name. Give it as text. A topology is made at build time too, when the environment has no variables: `process.env.TOPIC` is undefined then.',
  ],
  ['KStreamImpl.to', 'produced cannot be null', ({ stream }) => stream.to('out', nothing), anObject('KStream.to')],
  ['KStreamImpl.toTable', 'materialized cannot be null', ({ stream }) => stream.toTable(nothing), anObject('KStream.toTable')],
  ['KStreamImpl.groupBy', 'keySelector cannot be null', ({ stream }) => stream.groupBy(none), needs('KStream.selectKey', 'selector')],
  ['KStreamImpl.groupByKey', 'grouped cannot be null', ({ stream }) => stream.groupByKey(nothing), anObject('KStream.groupByKey')],
  [
    'KStreamImpl.join',
    'otherStream cannot be null',
    ({ stream }) => stream.join(none, joiner),
    'KStream.join: its other side is undefined, not a stream, a table or a global table.',
  ],
  ['KStreamImpl.join', 'joiner cannot be null', ({ stream }) => stream.join(stream, none, within(5)), needs('KStream.join', 'joiner')],
  [
    'KStreamImpl.join',
    'windows cannot be null',
    ({ stream }) => stream.join(stream, joiner, none),
    'KStream.join: its window is undefined, not such a window. Make it with within().',
  ],
  [
    'KStreamImpl.join',
    'streamJoined cannot be null',
    ({ stream }) => stream.join(stream, joiner, within(5), nothing),
    anObject('KStream.join'),
  ],
  [
    'KStreamImpl.leftJoin',
    'joiner cannot be null',
    ({ stream, table }) => stream.leftJoin(table, none),
    needs('KStream.leftJoin', 'joiner'),
  ],
  [
    'KStreamImpl.outerJoin',
    'otherStream cannot be null',
    ({ stream }) => stream.outerJoin(none, joiner, within(5)),
    'KStream.outerJoin: its other stream is undefined, not a stream.',
  ],
  [
    'KStreamImpl.globalTableJoin',
    'keySelector cannot be null',
    ({ builder, stream }) => stream.join(builder.globalTable<string, string>('global', strings), none, joiner),
    needs('KStream.join', 'key selector'),
  ],
  ['KStreamImpl.process', 'processorSupplier cannot be null', ({ stream }) => stream.process(none), needs('KStream.process', 'supplier')],
  [
    'KStreamImpl.process',
    'state store name cannot be null',
    ({ stream }) => stream.process(processor, { stores: [none] }),
    'KStream.process: its stores are [undefined], not a list of names.',
  ],
  [
    'ApiUtils.checkSupplier',
    'generates single reference',
    ({ stream }) => {
      const one = processor()
      stream.process(() => one)
    },
    'the function that makes its processors gives the same one each time.',
  ],
]

const tables: readonly Row[] = [
  ['KTableImpl.filter', 'predicate cannot be null', ({ table }) => table.filter(none), needs('KTable.filter', 'predicate')],
  ['KTableImpl.filter', 'materialized cannot be null', ({ table }) => table.filter(() => true, nothing), anObject('KTable.filter')],
  ['KTableImpl.mapValues', 'mapper cannot be null', ({ table }) => table.mapValues(none), needs('KTable.mapValues', 'mapper')],
  [
    'KTableImpl.transformValues',
    'supplier cannot be null',
    ({ table }) => table.transformValues(none),
    needs('KTable.transformValues', 'mapper'),
  ],
  ['KTableImpl.groupBy', 'selector cannot be null', ({ table }) => table.groupBy(none), needs('KTable.groupBy', 'selector')],
  [
    'KTableImpl.join',
    'other cannot be null',
    ({ table }) => table.join(none, joiner),
    'KTable.join: its other table is undefined, not a table.',
  ],
  ['KTableImpl.join', 'joiner cannot be null', ({ table }) => table.join(table, none), needs('KTable.join', 'joiner')],
  [
    'KTableImpl.join',
    'foreignKeyExtractor cannot be null',
    ({ table }) => table.join(table, none, joiner),
    needs('KTable.join', 'foreign key'),
  ],
  ['KTableImpl.outerJoin', 'joiner cannot be null', ({ table }) => table.outerJoin(table, none), needs('KTable.outerJoin', 'joiner')],
  [
    'KTableImpl.toStream',
    'mapper cannot be null',
    ({ table }) => table.toStream('key' as never),
    'KTable.toStream: its selector is "key", not a function.',
  ],
  ['KTableImpl.suppress', 'suppressed cannot be null', ({ table }) => table.suppress(none), 'KTable.suppress: its options are undefined'],
]

const groups: readonly Row[] = [
  ['KGroupedStreamImpl.reduce', 'reducer cannot be null', ({ group }) => group.reduce(none), needs('KGroupedStream.reduce', 'reducer')],
  [
    'KGroupedStreamImpl.aggregate',
    'initializer cannot be null',
    ({ group }) => group.aggregate(none as () => string, concat),
    needs('KGroupedStream.aggregate', 'initializer'),
  ],
  [
    'KGroupedStreamImpl.aggregate',
    'aggregator cannot be null',
    ({ group }) => group.aggregate(empty, none),
    needs('KGroupedStream.aggregate', 'adder'),
  ],
  ['KGroupedStreamImpl.count', 'materialized cannot be null', ({ group }) => group.count(nothing), anObject('KGroupedStream.count')],
  [
    'KGroupedStreamImpl.windowedBy',
    'windows cannot be null',
    ({ group }) => group.windowedBy(none),
    'KGroupedStream.windowedBy: its window is undefined, not such a window. Make it with tumbling(), hopping(), sliding() or session().',
  ],
  ['KGroupedStreamImpl.cogroup', 'aggregator cannot be null', ({ group }) => group.cogroup(none), needs('KGroupedStream.cogroup', 'adder')],
  [
    'CogroupedKStreamImpl.cogroup',
    'groupedStream cannot be null',
    ({ group }) => group.cogroup(concat).cogroup(none, concat),
    'CogroupedKStream.cogroup: its group is undefined, not a grouped stream.',
  ],
  [
    'CogroupedKStreamImpl.aggregate',
    'initializer cannot be null',
    ({ group }) => group.cogroup(concat).aggregate(none),
    needs('CogroupedKStream.aggregate', 'initializer'),
  ],
  [
    'CogroupedKStreamImpl.windowedBy',
    'windows cannot be null',
    ({ group }) => group.cogroup(concat).windowedBy(none),
    'CogroupedKStream.windowedBy: its window is undefined',
  ],
  [
    'TimeWindowedKStreamImpl.reduce',
    'reducer cannot be null',
    ({ group }) => group.windowedBy(tumbling(5)).reduce(none),
    needs('TimeWindowedKStream.reduce', 'reducer'),
  ],
  [
    'TimeWindowedCogroupedKStreamImpl.aggregate',
    'initializer cannot be null',
    ({ group }) => group.cogroup(concat).windowedBy(tumbling(5)).aggregate(none),
    needs('TimeWindowedCogroupedKStream.aggregate', 'initializer'),
  ],
  [
    'SessionWindowedKStreamImpl.aggregate',
    'sessionMerger cannot be null',
    ({ group }) => group.windowedBy(session(5)).aggregate(empty, concat, none),
    needs('SessionWindowedKStream.aggregate', 'merger'),
  ],
  [
    'SessionWindowedCogroupedKStreamImpl.aggregate',
    'sessionMerger cannot be null',
    ({ group }) => group.cogroup(concat).windowedBy(session(5)).aggregate(empty, none),
    needs('SessionWindowedCogroupedKStream.aggregate', 'merger'),
  ],
  [
    'KGroupedTableImpl.aggregate',
    'subtractor cannot be null',
    ({ table }) => table.groupBy((value, key) => [key, value] as const, strings).aggregate(empty, concat, none),
    needs('KGroupedTable.aggregate', 'subtractor'),
  ],
  [
    'KGroupedTableImpl.reduce',
    'adder cannot be null',
    ({ table }) => table.groupBy((value, key) => [key, value] as const, strings).reduce(none, concat),
    needs('KGroupedTable.reduce', 'adder'),
  ],
]

const builder: readonly Row[] = [
  [
    'StreamsBuilder.stream',
    'topic cannot be null',
    ({ builder }) => builder.stream(none),
    'StreamsBuilder.stream: its topics are undefined, not a list of names. Give an array of texts. A topology is made at build time too, when the environment has no variables: `process.env.TOPIC` is undefined then.',
  ],
  ['StreamsBuilder.stream', 'consumed cannot be null', ({ builder }) => builder.stream('a', nothing), anObject('StreamsBuilder.stream')],
  [
    'StreamsBuilder.table',
    'topic cannot be null',
    ({ builder }) => builder.table(none, strings),
    'StreamsBuilder.table: its topic is undefined, not a name.',
  ],
  [
    'StreamsBuilder.globalTable',
    'topic cannot be null',
    ({ builder }) => builder.globalTable(none, strings),
    'StreamsBuilder.globalTable: its topic is undefined, not a name.',
  ],
  [
    'StreamsBuilder.addGlobalStore',
    'supplier cannot be null',
    ({ builder }) => builder.addGlobalStore('g', 'g', none, strings),
    needs('StreamsBuilder.addGlobalStore', 'supplier'),
  ],
  [
    'Stores',
    'name cannot be null',
    ({ builder }) => builder.addStore(none, strings),
    'StreamsBuilder.addStore: its name is undefined, not a name. Give it as text.',
  ],
]

testRefusals({ streams, tables, groups, builder })

test('what is missing is said at the line of the call', () => {
  try {
    defined(({ stream }) => stream.filter(none))
    expect.unreachable()
  } catch (error) {
    expect(isMillraceError(error, 'topology-invalid') && error.stack).toContain('missing-arguments.test.ts')
  }
})

test('a name in the place of options is told how names are written', () => {
  expect(() => defined(({ stream }) => stream.repartition('again' as never))).toThrow(
    `KStream.repartition: its options are "again", not an object. A name is written { name: 'again' }.`,
  )
})

test('streams of two topologies cannot meet', () => {
  let other: KStream<string, string> | undefined
  defined(({ stream }) => {
    other = stream
  })
  const build = () => defined(({ stream }) => stream.merge(other as KStream<string, string>))
  expect(build).toThrow('KStream.merge: its other stream is a KStream, not a stream of this topology. Make both with the same builder.')
})

// What Kafka Streams 4.3 refuses when a topology is built, one row for each refusal in its sources: where, what it says, and what is said here. What types alone rule
// out here (a Named without a name, a store supplier of another kind) has no row.

import { expect, test } from 'vitest'
import { hopping, session, sliding, type TopologyOptions, topology, tumbling, unlimited, within } from '../../framework/index.ts'
import { problemsOf, strings } from '../graph/topology-of.ts'
import { concat, joiner, processor, type Row, testRefusals, versioned } from './refused-calls.ts'

const tables: readonly Row[] = [
  [
    'KTableImpl.suppress',
    'suppress() is only supported for non-versioned KTables',
    ({ builder }) => builder.table('v', { ...strings, store: versioned }).suppress({ until: 5 }),
    'a versioned table cannot be suppressed. Suppress before the table is kept in a versioned store, or keep it in another one.',
  ],
  [
    'GraphGraceSearchUtil',
    'Window close time is only defined for windowed computations.',
    ({ table }) => table.suppress({ until: 'windowCloses' }),
    'there is no window before it that could close. Suppress a windowed table, or for a time.',
  ],
  [
    'InternalStreamsBuilder.globalTable',
    'GlobalTables cannot be versioned.',
    ({ builder }) => builder.globalTable('global', { ...strings, store: versioned }),
    'global: a global table cannot be versioned. Leave `historyRetention` out, or read the topic as a table.',
  ],
]

const windows: readonly Row[] = [
  [
    'TimeWindows',
    'Window size (sizeMs) must be larger than zero.',
    ({ group }) => group.windowedBy(tumbling(0)),
    'a window of 0 ms has no room. Give a size of more than 0.',
  ],
  [
    'TimeWindows.advanceBy',
    'Window advancement interval should be more than zero and less than window duration',
    ({ group }) => group.windowedBy(hopping(10, { advance: 11 })),
    'a window of 10 ms cannot advance by 11 ms. Advance by more than 0 and at most the size.',
  ],
  [
    'TimeWindows.ofSizeAndGrace',
    'Grace period must not be negative.',
    ({ group }) => group.windowedBy(tumbling(10, { grace: -1 })),
    'a grace of -1 ms is in the past. Give a grace of 0 or more.',
  ],
  [
    'TimeWindows (cogroup)',
    'Window size (sizeMs) must be larger than zero.',
    ({ group }) => group.cogroup(concat).windowedBy(tumbling(0)),
    'a window of 0 ms has no room.',
  ],
  [
    'SlidingWindows',
    'Window time difference must not be negative.',
    ({ group }) => group.windowedBy(sliding(-1)),
    'a window cannot be -1 ms long. Give a difference of 0 or more.',
  ],
  [
    'SlidingWindows',
    'Window grace period must not be negative.',
    ({ group }) => group.windowedBy(sliding(1, { grace: -1 })),
    'a grace of -1 ms is in the past.',
  ],
  ['SessionWindows', 'Gap time cannot be negative.', ({ group }) => group.windowedBy(session(-1)), 'a gap of -1 ms is none.'],
  [
    'SessionWindows',
    'Grace period cannot be negative.',
    ({ group }) => group.windowedBy(session(1, { grace: -1 })),
    'a grace of -1 ms is in the past.',
  ],
  [
    'SessionWindows (cogroup)',
    'Gap time cannot be negative.',
    ({ group }) => group.cogroup(concat).windowedBy(session(-1)),
    'a gap of -1 ms is none.',
  ],
  [
    'UnlimitedWindows.startOn',
    'Window start time (startMs) cannot be negative.',
    ({ group }) => group.windowedBy(unlimited({ start: -1 })),
    'a window cannot start at -1 ms.',
  ],
  [
    'TimeWindowedKStreamImpl.emitStrategy',
    'ON_WINDOW_CLOSE emit strategy cannot be used for UnlimitedWindows',
    ({ group }) => group.windowedBy(unlimited(), { emit: 'final' }),
    "an unlimited window never closes, so it would never send its result. Leave `emit: 'final'` out.",
  ],
  [
    'JoinWindows',
    'Window interval (ie, beforeMs+afterMs) must not be negative.',
    ({ stream }) => stream.join(stream, joiner, within(5, { before: -6 })),
    'a join window cannot end 1 ms before it begins. Let before and after together be 0 or more.',
  ],
  [
    'JoinWindows',
    'Grace period must not be negative.',
    ({ stream }) => stream.join(stream, joiner, within(5, { grace: -6 })),
    'a grace of -6 ms is in the past.',
  ],
  [
    'WindowStoreMaterializer',
    'The retention period of the window store must be no smaller than its window size plus the grace period.',
    ({ group }) => group.windowedBy(tumbling(10, { grace: 5 })).count({ store: { retention: 14 } }),
    "a retention of 14 ms is less than the window's size and grace, 15 ms.",
  ],
  [
    'SessionStoreMaterializer',
    'The retention period of the session store must be no smaller than the session inactivity gap plus the grace period.',
    ({ group }) => group.windowedBy(session(10, { grace: 5 })).count({ store: { retention: 14 } }),
    "a retention of 14 ms is less than the window's size and grace, 15 ms.",
  ],
  [
    'SlidingWindowStoreMaterializer',
    'The retention period must be no smaller than 2 * time difference plus the grace period.',
    ({ group }) => group.windowedBy(sliding(10, { grace: 5 })).count({ store: { retention: 24 } }),
    "a retention of 24 ms is less than the window's size and grace, 25 ms.",
  ],
]

const stores: readonly Row[] = [
  [
    'Materialized.withRetention',
    'Retention must not be negative.',
    ({ group }) => group.windowedBy(tumbling(10)).count({ store: { retention: -1 } }),
    'a retention of -1 ms is less than',
  ],
  [
    'Stores.persistentVersionedKeyValueStore',
    'historyRetention cannot be negative',
    ({ builder }) => builder.table('v', { ...strings, store: { name: 'v', historyRetention: -1 } }),
    'v: a history of -1 ms is negative. Give 0 or more.',
  ],
  [
    'Stores.lruMap',
    'maxCacheSize cannot be negative',
    ({ builder }) => builder.table('l', { ...strings, store: { name: 'l', entriesMax: -1 } }),
    'l: an LRU map of -1 entries holds nothing. Give 1 or more.',
  ],
  [
    'Stores.windowStoreBuilder',
    'retentionPeriod cannot be negative',
    ({ builder }) => builder.addStore('w', { ...strings, type: 'window', retention: -1, windowSize: -1 }),
    'w: a retention of -1 ms is negative.',
  ],
  [
    'Stores.inMemoryWindowStore',
    'windowSize cannot be negative',
    ({ builder }) => builder.addStore('w', { ...strings, type: 'window', retention: 1, windowSize: -1, persistent: false }),
    'w: a window size of -1 ms is negative.',
  ],
  [
    'Stores.persistentWindowStore',
    'must be no smaller than its window size',
    ({ builder }) => builder.addStore('w', { ...strings, type: 'window', retention: 1, windowSize: 2 }),
    'w: windows of 2 ms are longer than their retention, 1 ms.',
  ],
  [
    'Stores.persistentSessionStore',
    'retentionPeriod cannot be negative',
    ({ builder }) => builder.addStore('s', { ...strings, type: 'session', retention: -1 }),
    's: a retention of -1 ms is negative.',
  ],
  [
    'InternalTopologyBuilder.addStateStore',
    'A different StateStore has already been added with the name',
    ({ builder }) => {
      builder.addStore('s', strings)
      builder.addStore('s', strings)
    },
    's: makes a second store of the name s. Give one of the two another name.',
  ],
  [
    'InternalTopologyBuilder.addGlobalStore',
    'A different GlobalStateStore has already been added with the name',
    ({ builder }) => {
      builder.addGlobalStore('s', 'g1', processor, strings)
      builder.addGlobalStore('s', 'g2', processor, strings)
    },
    'makes a second store of the name s.',
  ],
  [
    'InternalTopologyBuilder.connectProcessorAndStateStore',
    'Global StateStore can be used by a Processor without being specified; it should not be explicitly passed.',
    ({ builder, stream }) => {
      builder.addGlobalStore('global', 'g', processor, strings)
      stream.process(processor, { stores: ['global'] })
    },
    'connects to the global store global. Leave it out of `stores`: every processor can read it.',
  ],
  [
    'InternalTopologyBuilder.connectProcessorAndStateStore',
    'StateStore is not added yet.',
    ({ stream }) => stream.process(processor, { stores: ['missing'] }),
    'uses the store missing, which is not there. Add it before, with builder.addStore().',
  ],
]

const joins: readonly Row[] = [
  [
    'KStreamImpl.doStreamTableJoin',
    'KTable must be versioned to use a grace period in a stream table join.',
    ({ stream, table }) => stream.join(table, joiner, { grace: 5 }),
    'a join with grace reads its table as it was, and this one is not versioned. Give its store a `historyRetention`, or the join no grace.',
  ],
  [
    'StreamTableJoinNode',
    'History retention must be at least grace period.',
    ({ builder, stream }) => stream.join(builder.table('v', { ...strings, store: versioned }), joiner, { grace: 10 }),
    'waits 10 ms for the rows of rows, whose history goes back 5 ms. Give the store a longer `historyRetention`, or the join less grace.',
  ],
  [
    'InternalTopologyBuilder.validateCopartition',
    'Following topics do not have the same number of partitions',
    ({ stream }) => {
      const two = stream.repartition({ name: 'two', partitions: 2 })
      two.join(stream.repartition({ name: 'three', partitions: 3 }), joiner, within(5))
    },
    'two-repartition: these topics must have equal numbers of partitions: two-repartition (2), three-repartition (3).',
  ],
]

const topologies: readonly Row[] = [
  [
    'StreamsBuilder.stream',
    'topics cannot be empty',
    ({ builder }) => builder.stream([], strings),
    'it reads no topic. Name at least one.',
  ],
  [
    'Named',
    "Name is illegal, it can't be empty",
    ({ stream }) => stream.filter(() => true, { name: '' }),
    '"" is no name for an operator.',
  ],
  [
    'Named',
    'Name cannot be "." or ".."',
    ({ stream }) => stream.filter(() => true, { name: '..' }),
    '".." is no name for an operator. Use up to 249 of the ASCII letters, digits, dot, underscore and hyphen.',
  ],
  [
    'Named',
    "Name is illegal, it can't be longer than 249 characters",
    ({ stream }) => stream.filter(() => true, { name: 'x'.repeat(250) }),
    'is no name for an operator.',
  ],
  [
    'Named',
    'it contains a character other than ASCII alphanumerics',
    ({ stream }) => stream.filter(() => true, { name: 'a b' }),
    '"a b" is no name for an operator.',
  ],
  [
    'InternalTopologyBuilder.addProcessor',
    'Processor is already added.',
    ({ stream }) => stream.filter(() => true, { name: 'x' }).filter(() => true, { name: 'x' }),
    'x: another operator has this name. Give one of the two another name.',
  ],
  [
    'InternalTopologyBuilder.addSource',
    'Topic has already been registered by another source.',
    ({ builder }) => {
      builder.addSource('one', 'a', strings)
      builder.addSource('two', 'a', strings)
    },
    'two: reads the topic a, which one reads already. Read the topic once, as a stream or as a table, and use that in both places.',
  ],
  [
    'InternalTopologyBuilder.addSource',
    'Topic has already been registered (twice in one source)',
    ({ builder }) => builder.addSource('one', ['a', 'a'], strings),
    'one: reads the topic a twice. Name it once.',
  ],
  [
    'InternalTopologyBuilder.addSource',
    'Pattern will match a topic that has already been registered by another source.',
    ({ builder }) => {
      builder.addSource('one', 'a1', strings)
      builder.addSource('two', /a.*/, strings)
    },
    'two: its pattern /a.*/ matches a1, which one reads already.',
  ],
  [
    'InternalTopologyBuilder.validateTopicNotAlreadyRegistered',
    'Topic matches a Pattern already registered by another source.',
    ({ builder }) => {
      builder.addSource('one', /a.*/, strings)
      builder.addSource('two', 'a1', strings)
    },
    'two: reads the topic a1, which the pattern of one matches.',
  ],
  [
    'InternalTopologyBuilder.checkPredecessors',
    'predecessorNames cannot be empty',
    ({ builder }) => builder.addProcessor('p', processor, []),
    'p: it has no parents. Name at least one node that comes before it.',
  ],
  [
    'InternalTopologyBuilder.checkPredecessors',
    'Parent node is unknown.',
    ({ builder }) => builder.addProcessor('p', processor, ['nobody']),
    'p: it has parents that are not there: nobody. Add them before it.',
  ],
  [
    'InternalTopologyBuilder.checkPredecessors',
    'Parent node is unknown (self-reference).',
    ({ builder }) => builder.addProcessor('p', processor, ['p']),
    'p: it has parents that are not there: p.',
  ],
  [
    'InternalTopologyBuilder.checkPredecessors',
    'Sink cannot be used a parent.',
    ({ builder }) => {
      builder.addSource('source', 'a', strings)
      builder.addSink('sink', 'b', ['source'], strings)
      builder.addProcessor('p', processor, ['sink'])
    },
    'p: nothing can come after a sink: sink. Name the node before it as the parent.',
  ],
  [
    'InternalTopologyBuilder.connectProcessorAndStateStores',
    'stateStoreNames cannot be empty',
    ({ builder }) => {
      builder.addSource('source', 'a', strings)
      builder.addProcessor('p', processor, ['source'])
      builder.connectStores('p', [])
    },
    'p: it is to be connected to no store. Name at least one.',
  ],
  [
    'InternalTopologyBuilder.connectProcessorAndStateStores',
    'State stores cannot be connect to sources or sinks.',
    ({ builder }) => {
      builder.addStore('s', strings)
      builder.addSource('source', 'a', strings)
      builder.connectStores('source', ['s'])
    },
    'source: stores cannot be connected to a source or a sink. Name a processor.',
  ],
  [
    'InternalTopologyBuilder.connectProcessorAndStateStore',
    'Processor is not added yet.',
    ({ builder }) => {
      builder.addStore('s', strings)
      builder.connectStores('p', ['s'])
    },
    'p: there is no processor of this name yet. Add it before its stores are connected.',
  ],
  [
    'InternalTopologyBuilder.addGlobalStore',
    'sourceName and processorName must be different.',
    ({ builder }) => builder.addReadOnlyStore('s', 'a', processor, { ...strings, sourceName: 'x', processorName: 'x' }),
    'x: another operator has this name.',
  ],
  [
    'InternalStreamsBuilder.mergeDuplicateSourceNodes',
    'Two source nodes are subscribed to overlapping but not equal input topics',
    ({ builder }) => {
      builder.stream(['a', 'b'], strings)
      builder.stream(['b', 'c'], strings)
    },
    'of which KSTREAM-SOURCE-0000000004 reads some already, with others. Let both read exactly the same topics, or none in common.',
  ],
  [
    'StreamSourceNode.merge',
    "Can't configure different offset reset policies on the same input topic(s)",
    ({ builder }) => {
      builder.stream('a', { ...strings, reset: 'latest' })
      builder.stream('a', { ...strings, reset: 'earliest' })
    },
    'reads the same topics as KSTREAM-SOURCE-0000000004, and has another `reset`. Give both the same: a topic is read once.',
  ],
]

testRefusals({ tables, windows, stores, joins, topologies })

test('merges in a row before a repartitioning are refused with the optimization that Kafka Streams fails in', () => {
  const build = (optimization: TopologyOptions['optimization']) =>
    topology(
      'test',
      (builder) => {
        const rekeyed = builder.stream<string, string>('in', strings).selectKey((value) => value)
        const merged = rekeyed.merge(builder.stream('b', strings)).merge(builder.stream('c', strings))
        merged.groupByKey(strings).count()
      },
      { naming: 'kafka-streams', optimization },
    ).build()
  // StreamsException: Found a null keyChangingChild node for …
  expect(() => build('all')).toThrow(
    'the repartition topic KSTREAM-AGGREGATE-STATE-STORE-0000000006-repartition has several merges before it, and merge.repartition.topics cannot choose behind which of them to put it. Put repartition() behind the last merge(), or leave that optimization out.',
  )
  expect(build(['reuse.ktable.source.topics']).repartitionTopics.size).toBe(1)
})

test('repartitionings of different sizes that never meet are taken', () => {
  const problems = problemsOf((builder) => {
    const stream = builder.stream<string, string>('in', strings)
    stream.repartition({ name: 'two', partitions: 2 })
    stream.repartition({ name: 'three', partitions: 3 })
  })
  expect(problems).toEqual([])
})

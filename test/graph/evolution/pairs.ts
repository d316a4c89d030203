// Pairs of versions of one topology, each with the verdict that was written down before the comparison was: what becomes of the state of the first when the
// second takes its place. Those that differ in values, aggregators and keys are in value-pairs.ts.

import { hopping, tumbling } from '../../../framework/dsl/windows.ts'
import { json, string } from '../../../framework/serdes/serdes.ts'
import type { Pair } from './pair.ts'
import { valuePairs } from './value-pairs.ts'
import {
  copied,
  counts,
  elements,
  enriched,
  grouped,
  joined,
  number,
  object,
  order,
  sessions,
  text,
  typed,
  windowed,
  word,
} from './versions.ts'

export const pairs: readonly Pair[] = [
  // Nothing that lies in Kafka changes.
  { title: 'the same topology', verdict: 'safe', changes: [], before: counts('counts'), after: counts('counts') },
  { title: 'a filter behind a count', verdict: 'safe', changes: [], before: counts('counts'), after: counts('counts', 2) },
  {
    title: 'a step put in before a count',
    verdict: 'safe',
    changes: [],
    before: counts('counts'),
    after: (builder) => {
      builder
        .stream('in', text)
        .peek(() => {})
        .mapValues((value) => value.trim())
        .groupByKey()
        .count({ store: 'counts' })
        .toStream()
        .mapValues((count) => String(count))
        .to('out', text)
    },
  },
  {
    title: 'a sink more',
    verdict: 'safe',
    changes: ['sink-added:out-2'],
    before: copied(string(), string()),
    after: (builder) => {
      const read = builder.stream('in', text)
      read.to('out', text)
      read.to('out-2', text)
    },
  },
  {
    title: 'a sink less',
    verdict: 'safe',
    changes: ['sink-removed:out-2'],
    before: (builder) => {
      const read = builder.stream('in', text)
      read.to('out', text)
      read.to('out-2', text)
    },
    after: copied(string(), string()),
  },
  {
    title: 'a source topic more, whose records come later',
    verdict: 'safe',
    changes: ['source-added:other'],
    before: copied(string(), string()),
    after: (builder) => builder.stream(['in', 'other'], text).to('out', text),
  },
  {
    title: 'a source topic less',
    verdict: 'safe',
    changes: ['source-removed:other'],
    before: (builder) => builder.stream(['in', 'other'], text).to('out', text),
    after: copied(string(), string()),
  },
  // Stores by name and kind.
  {
    title: 'a store with another name',
    verdict: 'loses state',
    changes: ['store-removed:counts', 'store-added:totals'],
    before: counts('counts'),
    after: counts('totals'),
  },
  {
    title: 'a count taken out',
    verdict: 'loses state',
    changes: ['store-removed:counts'],
    before: counts('counts'),
    after: (builder) => builder.stream('in', text).to('out', text),
  },
  {
    title: 'a count put in',
    verdict: 'needs migration',
    changes: ['store-added:counts'],
    before: (builder) => builder.stream('in', text).to('out', text),
    after: counts('counts'),
  },
  {
    title: 'a store with a cache',
    verdict: 'safe',
    changes: ['caching-changed:counts'],
    before: counts({ name: 'counts', caching: false }),
    after: counts('counts'),
  },
  {
    title: 'a store without a cache',
    verdict: 'safe',
    changes: ['caching-changed:counts'],
    before: counts('counts'),
    after: counts({ name: 'counts', caching: false }),
  },
  {
    title: 'a store in memory',
    verdict: 'safe',
    changes: ['persistence-changed:counts'],
    before: counts('counts'),
    after: counts({ name: 'counts', persistent: false }),
  },
  {
    title: 'a store that loses its changelog',
    verdict: 'loses state',
    changes: ['changelog-removed:counts'],
    before: counts('counts'),
    after: counts({ name: 'counts', logging: false }),
  },
  {
    title: 'a store that gets a changelog',
    verdict: 'loses state',
    changes: ['changelog-added:counts'],
    before: counts({ name: 'counts', logging: false }),
    after: counts('counts'),
  },
  {
    title: 'an LRU map that grows',
    verdict: 'needs migration',
    changes: ['entries-lengthened:counts'],
    before: counts({ name: 'counts', entriesMax: 5 }),
    after: counts({ name: 'counts', entriesMax: 50 }),
  },
  {
    title: 'an LRU map that shrinks',
    verdict: 'safe',
    changes: ['entries-shortened:counts'],
    before: counts({ name: 'counts', entriesMax: 50 }),
    after: counts({ name: 'counts', entriesMax: 20 }),
  },
  {
    title: 'a count that gets windows',
    verdict: 'loses state',
    changes: ['store-kind-changed:counts'],
    before: counts('counts'),
    after: windowed(tumbling('10s', { grace: 0 })),
  },
  {
    title: 'windows that become sessions of the same name',
    verdict: 'loses state',
    changes: ['store-kind-changed:sessions'],
    before: sessions('5s', 0),
    after: (builder) => {
      builder
        .stream('in', text)
        .groupByKey()
        .count({ store: 'sessions' })
        .toStream()
        .mapValues((count) => String(count))
        .to('out', text)
    },
  },
  ...valuePairs,
  // Windows.
  {
    title: 'windows of another size',
    verdict: 'loses state',
    changes: ['window-changed:counts'],
    before: windowed(tumbling('10s', { grace: 0 })),
    after: windowed(tumbling('20s', { grace: 0 })),
  },
  {
    title: 'tumbling windows that hop',
    verdict: 'loses state',
    changes: ['window-changed:counts'],
    before: windowed(tumbling('10s', { grace: 0 })),
    after: windowed(hopping('10s', { advance: '5s', grace: 0 })),
  },
  {
    title: 'a shorter grace',
    verdict: 'safe',
    changes: ['grace-shortened:counts'],
    before: windowed(tumbling('10s', { grace: '5s' })),
    after: windowed(tumbling('10s', { grace: '1s' })),
  },
  {
    title: 'a longer grace',
    verdict: 'needs migration',
    changes: ['grace-lengthened:counts'],
    before: windowed(tumbling('10s', { grace: '1s' })),
    after: windowed(tumbling('10s', { grace: '5s' })),
  },
  {
    title: 'windows that are kept longer',
    verdict: 'needs migration',
    changes: ['retention-lengthened:counts'],
    before: windowed(tumbling('10s', { grace: 0 })),
    after: windowed(tumbling('10s', { grace: 0 }), '1h'),
  },
  {
    title: 'windows that are kept less long',
    verdict: 'needs migration',
    changes: ['retention-shortened:counts'],
    before: windowed(tumbling('10s', { grace: 0 }), '1h'),
    after: windowed(tumbling('10s', { grace: 0 })),
  },
  {
    title: 'sessions with another gap',
    verdict: 'loses state',
    changes: ['window-changed:sessions'],
    before: sessions('5s', 0),
    after: sessions('9s', 0),
  },
  {
    title: 'sessions with a shorter grace',
    verdict: 'safe',
    changes: ['grace-shortened:sessions'],
    before: sessions('5s', 3_000),
    after: sessions('5s', 1_000),
  },
  {
    title: 'a join of records less far apart',
    verdict: 'safe',
    changes: ['join-window-shortened:pairs-this-join-store', 'join-window-shortened:pairs-other-join-store'],
    before: joined('9s'),
    after: joined('3s'),
  },
  {
    title: 'a join of records further apart',
    verdict: 'needs migration',
    changes: ['join-window-lengthened:pairs-this-join-store', 'join-window-lengthened:pairs-other-join-store'],
    before: joined('3s'),
    after: joined('9s'),
  },
  // Internal topics and partitions.
  { title: 'the same repartition topic', verdict: 'safe', changes: [], before: grouped('by-letter'), after: grouped('by-letter') },
  {
    title: 'a repartition topic with another name',
    verdict: 'needs migration',
    changes: ['repartition-removed:by-letter-repartition'],
    before: grouped('by-letter'),
    after: grouped('by-first'),
  },
  {
    title: 'a repartition topic with another number of partitions',
    verdict: 'loses state',
    changes: ['partitions-changed:by-letter-repartition'],
    before: grouped('by-letter', 2),
    after: grouped('by-letter', 3),
  },
  // Users' topics.
  {
    title: 'a table under another store',
    verdict: 'loses state',
    changes: ['store-removed:names', 'store-added:labels'],
    before: enriched('names'),
    after: enriched('labels'),
  },
  {
    title: 'a source that may have more',
    verdict: 'safe',
    changes: ['source-value-widened:in'],
    before: copied(order, json()),
    after: copied(typed('Order', object({ id: word, cents: number, note: word }, ['id', 'cents'])), json()),
  },
  {
    title: 'a source that must have more',
    verdict: 'needs migration',
    changes: ['source-value-narrowed:in'],
    before: copied(order, json()),
    after: copied(typed('Order', object({ id: word, cents: number, note: word })), json()),
  },
  {
    title: 'a sink that has more',
    verdict: 'safe',
    changes: ['sink-value-narrowed:out'],
    before: copied(json(), order),
    after: copied(json(), typed('Order', object({ id: word, cents: number, note: word }))),
  },
  {
    title: 'a sink that may have less',
    verdict: 'needs migration',
    changes: ['sink-value-widened:out'],
    before: copied(json(), order),
    after: copied(json(), typed('Order', object({ id: word, cents: number }, ['id']))),
  },
  { title: 'elements put behind the others', verdict: 'safe', changes: [], before: elements(2), after: elements(4), compares: 'all' },
  { title: 'elements taken out', verdict: 'needs migration', changes: ['elements-removed:list'], before: elements(4), after: elements(2) },
]

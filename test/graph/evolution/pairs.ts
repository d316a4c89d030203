// Pairs of versions of one topology, each with the verdict that was written down before the comparison was: what becomes of the state of the first when the
// second takes its place.

import { approxCountDistinct } from '../../../framework/dsl/count-distinct.ts'
import { count, max, min, sum } from '../../../framework/dsl/number-aggregators.ts'
import { hopping, tumbling } from '../../../framework/dsl/windows.ts'
import type { Verdict } from '../../../framework/graph/evolution/compare-manifests.ts'
import { integer, json, long, string } from '../../../framework/serdes/serdes.ts'
import {
  addOne,
  aggregated,
  type Build,
  copied,
  counted,
  counts,
  elements,
  enriched,
  folded,
  grouped,
  joined,
  keyed,
  lengthOf,
  number,
  object,
  order,
  sessions,
  text,
  typed,
  windowed,
  word,
} from './versions.ts'

export interface Pair {
  readonly title: string
  readonly verdict: Verdict
  /** The changes that are to be named, as `kind:subject`; in any order. */
  readonly changes: readonly string[]
  readonly before: Build
  readonly after: Build
  /** What is compared: what the second run gives, or (of sources that have but one run in them) what both give together. Default: second. */
  readonly compares?: 'second' | 'all'
}

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
  // Values.
  {
    title: 'a value with a member that may be missing',
    verdict: 'safe',
    changes: ['value-widened:totals'],
    before: counted,
    after: folded(object({ n: number, last: word }, ['n']), (before, value) => ({ ...addOne(before), last: value })),
  },
  {
    title: 'a value with a member that has a default',
    verdict: 'safe',
    changes: ['value-widened:totals'],
    before: counted,
    after: folded({ type: 'object', properties: { n: number, last: { type: 'string', default: '' } }, required: ['n', 'last'] }, addOne),
  },
  {
    title: 'a value with a member that must be there',
    verdict: 'needs migration',
    changes: ['value-narrowed:totals'],
    before: counted,
    after: folded(object({ n: number, last: word }), (before, value) => ({ ...addOne(before), last: value }), { n: 0, last: '' }),
  },
  {
    title: 'a value with a member less',
    verdict: 'safe',
    changes: ['value-widened:totals'],
    before: folded(object({ n: number, last: word }), (before, value) => ({ ...addOne(before), last: value }), { n: 0, last: '' }),
    after: counted,
  },
  {
    title: 'a member that may be missing, under another name',
    verdict: 'needs migration',
    changes: ['member-renamed:totals'],
    before: folded(object({ n: number, note: word }, ['n']), (before, value) => ({ ...addOne(before), note: value })),
    after: folded(object({ n: number, remark: word }, ['n']), (before, value) => ({ ...addOne(before), remark: value })),
  },
  {
    title: 'a member with a default, under another name, inside of another one',
    verdict: 'needs migration',
    changes: ['member-renamed:totals'],
    before: folded(object({ n: number, inner: object({ note: word }) }), addOne, { n: 0, inner: { note: '' } }),
    after: folded(
      object({ n: number, inner: { type: 'object', properties: { remark: { ...word, default: '' } }, required: ['remark'] } }),
      addOne,
      { n: 0, inner: { remark: '' } },
    ),
  },
  {
    title: 'a member under another name, beside the old one',
    verdict: 'safe',
    changes: ['value-widened:totals'],
    before: folded(object({ n: number, note: word }, ['n']), (before, value) => ({ ...addOne(before), note: value })),
    after: folded(object({ n: number, note: word, remark: word }, ['n']), (before, value) => ({ ...addOne(before), remark: value })),
  },
  {
    title: 'a member that may be missing now',
    verdict: 'safe',
    changes: ['value-widened:totals'],
    before: counted,
    after: folded(object({ n: number }, []), addOne),
  },
  {
    title: 'a member that must be there now',
    verdict: 'needs migration',
    changes: ['value-narrowed:totals'],
    before: folded(object({ n: number }, []), addOne),
    after: counted,
  },
  {
    title: 'a number that becomes a text',
    verdict: 'needs migration',
    changes: ['value-narrowed:totals'],
    before: counted,
    after: folded(object({ n: word }), (before) => ({ n: String(Number(before.n) + 1) }), { n: '0' }),
  },
  {
    title: 'a migrate that is taken out',
    verdict: 'needs migration',
    changes: ['migrate-removed:totals'],
    before: folded(
      object({ n: word }),
      (before) => ({ n: String(Number(before.n) + 1) }),
      { n: '0' },
      (old) => ({ n: String((old as { n: number }).n) }),
    ),
    after: folded(object({ n: word }), (before) => ({ n: String(Number(before.n) + 1) }), { n: '0' }),
  },
  {
    title: 'a number that becomes a text, with migrate',
    verdict: 'safe',
    changes: ['value-migrated:totals'],
    before: counted,
    after: folded(
      object({ n: word }),
      (before) => ({ n: String(Number(before.n) + 1) }),
      { n: '0' },
      (old) => ({ n: String((old as { n: number }).n) }),
    ),
  },
  {
    title: 'a number that may be a text too',
    verdict: 'safe',
    changes: ['value-widened:totals'],
    before: counted,
    after: folded(object({ n: { anyOf: [number, word] } }), addOne),
  },
  {
    title: 'a number or a text that is a number only',
    verdict: 'needs migration',
    changes: ['value-narrowed:totals'],
    before: folded(object({ n: { anyOf: [number, word] } }), addOne),
    after: counted,
  },
  {
    title: 'one more of several words',
    verdict: 'safe',
    changes: ['value-widened:totals'],
    before: folded(object({ n: number, state: { enum: ['open'] } }), addOne, { n: 0, state: 'open' }),
    after: folded(object({ n: number, state: { enum: ['open', 'closed'] } }), addOne, { n: 0, state: 'open' }),
  },
  {
    title: 'one less of several words',
    verdict: 'needs migration',
    changes: ['value-narrowed:totals'],
    before: folded(object({ n: number, state: { enum: ['open', 'closed'] } }), addOne, { n: 0, state: 'open' }),
    after: folded(object({ n: number, state: { enum: ['open'] } }), addOne, { n: 0, state: 'open' }),
  },
  {
    title: 'a limit that is raised',
    verdict: 'safe',
    changes: ['value-widened:totals'],
    before: folded(object({ n: { type: 'number', maximum: 10 } }), addOne),
    after: folded(object({ n: { type: 'number', maximum: 100 } }), addOne),
  },
  {
    title: 'a limit that is lowered',
    verdict: 'needs migration',
    changes: ['value-narrowed:totals'],
    before: folded(object({ n: { type: 'number', maximum: 100 } }), addOne),
    after: folded(object({ n: { type: 'number', maximum: 10 } }), addOne),
  },
  {
    title: 'a value that may be null inside',
    verdict: 'safe',
    changes: ['value-widened:totals'],
    before: counted,
    after: folded(object({ n: { anyOf: [number, { type: 'null' }] } }), addOne),
  },
  {
    title: 'a count that becomes an object',
    verdict: 'loses state',
    changes: ['value-format-changed:totals', 'aggregation-changed:totals'],
    before: counts('totals'),
    after: counted,
  },
  // Named aggregators, whose states are a list.
  {
    title: 'aggregators with other names',
    verdict: 'safe',
    changes: ['aggregators-renamed:totals'],
    before: aggregated({ lines: count(), longest: max(lengthOf) }),
    after: aggregated({ number: count(), length: max(lengthOf) }),
  },
  {
    title: 'an aggregator more',
    verdict: 'loses state',
    changes: ['aggregators-changed:totals'],
    before: aggregated({ lines: count() }),
    after: aggregated({ lines: count(), longest: max(lengthOf) }),
  },
  {
    title: 'an aggregator of another kind under the same name',
    verdict: 'loses state',
    changes: ['aggregators-changed:totals'],
    before: aggregated({ length: min(lengthOf) }),
    after: aggregated({ length: max(lengthOf) }),
  },
  {
    title: 'aggregators in another order',
    verdict: 'loses state',
    changes: ['aggregators-changed:totals'],
    before: aggregated({ all: sum(lengthOf), most: sum(() => 1) }),
    after: aggregated({ most: sum(() => 1), all: sum(lengthOf) }),
  },
  {
    title: 'a sketch with fewer registers',
    verdict: 'loses state',
    changes: ['aggregators-changed:totals'],
    before: aggregated({ words: approxCountDistinct((line: string) => line, { registers: 64 }) }),
    after: aggregated({ words: approxCountDistinct((line: string) => line, { registers: 16 }) }),
  },
  // Keys.
  {
    title: 'keys that were texts and are numbers',
    verdict: 'loses state',
    changes: ['key-changed:rows', 'source-key-narrowed:in', 'sink-key-widened:out'],
    before: keyed(string()),
    after: keyed(json()),
  },
  {
    title: 'keys with their members in another order',
    verdict: 'loses state',
    changes: ['key-changed:rows', 'source-key-widened:in', 'sink-key-narrowed:out'],
    before: keyed(order),
    after: keyed(typed('Order', object({ cents: number, id: word }))),
  },
  {
    title: 'keys with a member less',
    verdict: 'loses state',
    changes: ['key-changed:rows', 'source-key-widened:in', 'sink-key-widened:out'],
    before: keyed(order),
    after: keyed(typed('Order', object({ id: word }))),
  },
  {
    title: 'long keys that become integers',
    verdict: 'loses state',
    changes: ['key-changed:rows', 'source-key-narrowed:in', 'sink-key-widened:out'],
    before: keyed(long()),
    after: keyed(integer()),
  },
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

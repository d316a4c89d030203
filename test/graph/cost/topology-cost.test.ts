// What a topology costs, by its manifest: exact prints of topologies whose costs are counted by hand.

import { describe, expect, test } from 'vitest'
import { budgetProblems, limitsOf, overBudget } from '../../../framework/graph/cost/budget.ts'
import { costLines } from '../../../framework/graph/cost/cost-text.ts'
import { costOf, type TopologyCost } from '../../../framework/graph/cost/topology-cost.ts'
import { manifestOf } from '../../../framework/graph/manifest.ts'
import {
  hopping,
  json,
  long,
  type StreamsBuilder,
  session,
  set,
  sliding,
  string,
  tumbling,
  value,
  within,
} from '../../../framework/index.ts'
import { strings, topologyOf } from '../topology-of.ts'

function costBy(define: (builder: StreamsBuilder) => void): TopologyCost {
  return costOf(manifestOf(topologyOf(define, { naming: 'variables' })))
}

function linesOf(define: (builder: StreamsBuilder) => void): readonly string[] {
  return costLines(costBy(define))
}

function writesOf(define: (builder: StreamsBuilder) => void): Readonly<Record<string, string>> {
  return Object.fromEntries(costBy(define).changelogWrites.map(({ input, text, withCache }) => [input, `${text}; ${withCache}`]))
}

describe('what a topology costs', () => {
  test('is nothing where no operator has state', () => {
    expect(linesOf((builder) => builder.stream('a', { ...strings, name: 'a' }).to('b', { ...strings, name: 'b' }))).toEqual([
      'internal topics: 0',
      'repartition hops: 0',
      'changelog writes: 0',
    ])
  })

  test('is a repartition topic and a changelog, written once for each record, where words are counted', () => {
    const counting = (builder: StreamsBuilder): void => {
      const words = builder
        .stream('lines', { ...strings, name: 'lines' })
        .flatMapValues((line) => line.split(' '), { name: 'words', ...strings })
      const counts = words.groupBy((word) => word, { name: 'byWord', ...strings }).count({ name: 'counts' })
      counts.toStream({ name: 'changes' }).to('counts', { key: string(), value: long(), name: 'out' })
    }
    expect(linesOf(counting)).toEqual([
      'internal topics: 2 (byWord-repartition, counts-changelog)',
      'repartition hops: at most 1',
      'changelog writes for a record of lines: at most 1 × words (counts 1 × words), 0 of them past the cache',
      'store counts: grows with its keys',
    ])
    expect(costBy(counting)).toEqual({
      internalTopics: [
        { name: 'byWord-repartition', kind: 'repartition', operator: 'counts' },
        { name: 'counts-changelog', kind: 'changelog', operator: 'counts' },
      ],
      repartitionHops: 1,
      changelogWrites: [
        {
          input: 'lines',
          withoutCache: 1,
          withCache: 0,
          text: '1 × words',
          operators: [{ operator: 'counts', store: 'counts', writes: '1 × words', cached: true }],
        },
      ],
      stores: [{ name: 'counts', operator: 'counts', bound: { kind: 'keys' }, changelog: 'counts-changelog' }],
    })
  })

  test('is a row for each window that a record is in, and two for a session', () => {
    expect(
      writesOf((builder) => {
        const grouped = builder.stream('a', { ...strings, name: 'a' }).groupByKey()
        grouped.windowedBy(hopping('1h', { advance: '25m', grace: 0 })).count({ name: 'hops' })
      }),
    ).toEqual({ a: '3; 0' })
    expect(
      writesOf((builder) =>
        builder
          .stream('a', { ...strings, name: 'a' })
          .groupByKey()
          .windowedBy(session('1h', { grace: 0 }))
          .count({ name: 's' }),
      ),
    ).toEqual({ a: '2; 0' })
    expect(
      writesOf((builder) =>
        builder
          .stream('a', { ...strings, name: 'a' })
          .groupByKey()
          .windowedBy(sliding('1h', { grace: 0 }))
          .count({ name: 'near' }),
      ),
    ).toEqual({ a: '1 × near; 0' })
  })

  test('counts what lies behind a cached table as merged, and what lies behind an uncached one not', () => {
    const chained = (caching: boolean) => (builder: StreamsBuilder) => {
      const counts = builder
        .stream('a', { ...strings, name: 'a' })
        .groupByKey()
        .count({ name: 'counts', store: { caching } })
      const regrouped = counts.groupBy((count, key) => [key, String(count)], { name: 'regrouped', ...strings })
      regrouped.count({ name: 'again', store: { caching: false } })
    }
    // The old row leaves its group, the new one enters its own.
    expect(writesOf(chained(true))).toEqual({ a: '3; 0' })
    expect(writesOf(chained(false))).toEqual({ a: '3; 3' })
  })

  test('takes the costly branch, and adds up what is not either or', () => {
    const counted = (builder: StreamsBuilder, isEither: boolean): void => {
      const source = builder.stream('a', { ...strings, name: 'a' })
      const [left, right] = isEither
        ? source
            .split({ name: 'split' })
            .branch((text) => text === '', { name: 'empty' })
            .defaultBranch({ name: 'full' })
        : [source, source]
      left
        .groupByKey()
        .windowedBy(hopping('2h', { advance: '1h', grace: 0 }))
        .count({ name: 'two' })
      right.groupByKey().count({ name: 'one' })
    }
    expect(writesOf((builder) => counted(builder, true))).toEqual({ a: '2; 0' })
    expect(writesOf((builder) => counted(builder, false))).toEqual({ a: '3; 0' })
  })

  test('is shown by input, and says of each store what bounds it', () => {
    expect(
      linesOf((builder) => {
        const [left, right] = [builder.stream('left', { ...strings, name: 'left' }), builder.stream('right', { ...strings, name: 'right' })]
        const both = left.leftJoin(right, (one, other) => `${one}${other}`, within('5m', { grace: '1m' }), { name: 'both', ...strings })
        both
          .groupByKey()
          .windowedBy(tumbling('1h', { grace: '10m' }))
          .count({ name: 'hours' })
        builder
          .table('rows', { ...strings, name: 'rows' })
          .toStream({ name: 'changes' })
          .to('copies', { ...strings, name: 'copies' })
        builder.globalTable('everywhere', { ...strings, name: 'everywhere' })
        left.processValues(
          {
            state: { seen: set<string>({ ttl: '30d', member: string() }), last: value<string>({ value: string() }) },
            process: (text, _key, _record, { state }) => (state.seen.add(text) ? [text] : []),
          },
          { name: 'process', ...strings },
        )
      }),
    ).toEqual([
      'internal topics: 6 (both-left-shared-join-store-changelog, both-outer-other-join-store-changelog, both-this-join-store-changelog, hours-changelog, process-last-changelog, process-seen-changelog)',
      'repartition hops: 0',
      'changelog writes for a record of left: at most 3 + 1 × both-this-join + 2 × process (both-this-windowed 1, both-this-join 2, hours 1 × both-this-join, process-seen 1 × process, process-last 1 × process), 5 of them past the cache',
      'changelog writes for a record of right: at most 3 + 1 × both-outer-other-join (both-other-windowed 1, both-outer-other-join 2, hours 1 × both-outer-other-join), 3 of them past the cache',
      'store both-left-shared-join-store: bounded: only what waits',
      'store both-outer-other-join-store: bounded by time: what is older than 11m goes',
      'store both-this-join-store: bounded by time: what is older than 11m goes',
      'store everywhere: as large as its topic everywhere, on every instance',
      'store hours: bounded by time: what is older than 1h 10m goes',
      'store process-last: grows with its keys',
      'store process-seen: bounded by time: a row goes 30d after it was written',
    ])
  })

  test('follows a join by foreign key over both of its topics', () => {
    const cost = costBy((builder) => {
      const [orders, customers] = [
        builder.table('orders', { ...strings, name: 'orders' }),
        builder.table('customers', { ...strings, name: 'customers' }),
      ]
      const named = orders.join(
        customers,
        (order) => order,
        (order, customer) => `${order}${customer}`,
        { name: 'named', store: 'named', ...strings },
      )
      named.toStream({ name: 'changes' }).to('named', { ...strings, name: 'out' })
    })
    expect(cost.repartitionHops).toBe(2)
    expect(cost.changelogWrites.map(({ input, text }) => `${input}: ${text}`)).toEqual([
      // Its own row, two subscriptions, two answers.
      'orders: 5',
      'customers: 1 + 1 × named-foreign-join-subscription',
    ])
    expect(cost.stores.map(({ name, bound }) => `${name}: ${bound.kind}`)).toEqual([
      'customers: table',
      'named: keys',
      'named-subscription-store: keys',
      'orders: table',
    ])
  })

  test('is that of all topics of a source, and of elements', () => {
    const inputs = costBy((builder) => {
      builder
        .stream(['a', 'b'], { ...strings, name: 'both' })
        .groupByKey()
        .count({ name: 'counts' })
      builder
        .fromElements([['k', 1]], { key: string(), value: json<number>(), name: 'few' })
        .groupByKey()
        .count({ name: 'fewer' })
      builder
        .stream(/c-\d+/, { ...strings, name: 'many' })
        .groupByKey()
        .count({ name: 'more' })
    }).changelogWrites.map(({ input }) => input)
    expect(inputs).toEqual(['/c-\\d+/', 'a', 'b', 'few'])
  })
})

describe('a budget', () => {
  const cost = costBy((builder) => {
    const words = builder.stream('lines', { ...strings, name: 'lines' })
    words.groupBy((word) => word, { name: 'byWord', ...strings }).count({ name: 'counts' })
    words.groupByKey().count({ name: 'byKey' })
  })

  test('that is kept is not spoken of, to the last one', () => {
    expect(overBudget(cost, {})).toEqual([])
    expect(overBudget(cost, { internalTopics: 3, repartitionHops: 1, changelogWritesPerRecord: 2, unboundedStores: 2 })).toEqual([])
  })

  test('that is not kept names the operators and what each costs', () => {
    const found = overBudget(cost, { internalTopics: 2, repartitionHops: 0, changelogWritesPerRecord: 1, unboundedStores: 1 })
    expect(found.map(({ limit, problem }) => `${limit}: ${problem}`)).toEqual([
      'internalTopics: has 3 internal topics, and the budget is 2: byWord-repartition by counts, byKey-changelog by byKey, counts-changelog by counts',
      'repartitionHops: sends a record through 1 repartition topic, and the budget is 0: byWord-repartition before counts',
      'changelogWritesPerRecord: writes more to changelogs for one record than the budget, which is 1: for one of lines 2 (1 by counts, 1 by byKey)',
      'unboundedStores: has 2 stores of which each grows with its keys, and the budget is 1: byKey by byKey, counts by counts',
    ])
  })

  test('has limits of single topologies, which go before the others', () => {
    const budget = { internalTopics: 2, unboundedStores: 0, topologies: { large: { internalTopics: 9 } } }
    expect(limitsOf(budget, 'large')).toEqual({ internalTopics: 9, unboundedStores: 0 })
    expect(limitsOf(budget, 'small')).toEqual({ internalTopics: 2, unboundedStores: 0 })
    expect(limitsOf(budget, 'constructor')).toEqual({ internalTopics: 2, unboundedStores: 0 })
  })

  test('that cannot be one is told what is wrong with it', () => {
    expect(budgetProblems({ internalTopics: 2, topologies: { a: { repartitionHops: 0 } } })).toEqual([])
    expect(budgetProblems(3)).toEqual(['The budget has to be an object, such as { internalTopics: 4 }.'])
    expect(budgetProblems({ topics: 2, internalTopics: -1, topologies: { a: { repartitionHops: 0.5 }, b: 1 } })).toEqual([
      'There is no limit topics; there are internalTopics, repartitionHops, changelogWritesPerRecord, unboundedStores.',
      'The limit internalTopics must be a whole number from 0 on, not -1.',
      'The limit repartitionHops of a must be a whole number from 0 on, not 0.5.',
      'The budget of b has to be an object, such as { internalTopics: 4 }.',
    ])
  })
})

// Named aggregators: results computed by hand, what they need of where they stand, and that however values come (split over sessions, taken out of tables,
// through a restart), the result is that of all values at once.

import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  type Aggregator,
  approxCountDistinct,
  collect,
  count,
  countDistinct,
  first,
  last,
  max,
  maxBy,
  mean,
  min,
  minBy,
  quantile,
  quantiles,
  reduce,
  session,
  string,
  sum,
  topN,
  topology,
  tumbling,
} from '../../framework/index.ts'
import { json } from '../../framework/serdes/serdes.ts'
import { problemsOf } from '../graph/topology-of.ts'
import { TopologyTestDriver } from '../kit/index.ts'

interface Trade {
  readonly shop: string
  readonly price: number
}

const price = ({ price }: Trade) => price
const shop = ({ shop }: Trade) => shop

const removing = {
  count: count(),
  sum: sum(price),
  mean: mean(price),
  shops: countDistinct(shop),
  prices: collect(price),
  median: quantile(0.5, price),
  product: reduce(price, (product, one) => product * one, { remove: (product, one) => product / one }),
}

const all = {
  ...removing,
  least: min(price),
  most: max(price),
  first: first(price),
  last: last(price),
  cheapest: minBy(price, shop),
  dearest: maxBy(price),
  twoBest: topN(2, price, shop),
  recent: collect(price, { max: 2 }),
  about: approxCountDistinct(shop),
}

const trades: readonly Trade[] = [
  { shop: 'a', price: 3 },
  { shop: 'b', price: 1 },
  { shop: 'a', price: 8 },
  { shop: 'c', price: 8 },
  { shop: 'b', price: 5 },
]

const serdes = { key: string(), value: json<Trade>() }

async function aggregated(window: 'none' | 'tumbling' | 'session', timestamps: readonly number[]): Promise<Record<string, unknown>> {
  const driver = await TopologyTestDriver.open(
    topology('aggregates', (builder) => {
      const group = builder.stream('in', serdes).groupByKey(serdes)
      const aggregates =
        window === 'none'
          ? group.aggregate(all).toStream()
          : window === 'tumbling'
            ? group.windowedBy(tumbling(100)).aggregate(all).toStream()
            : group
                .windowedBy(session(10, { grace: 1000 }))
                .aggregate(all)
                .toStream()
      aggregates.selectKey((_value, windowed) => JSON.stringify(windowed)).to('out', { key: string(), value: json() })
    }),
  )
  for (const [index, trade] of trades.entries()) {
    driver.pipe('in', 'k', trade, { timestamp: timestamps[index]! })
    if (index === 2) await driver.restart()
  }
  const { value } = driver.output<unknown, Record<string, unknown>>('out').at(-1)!
  await driver.close()
  return value
}

const byHand = {
  count: 5,
  sum: 25,
  mean: 5,
  shops: 3,
  prices: [3, 1, 8, 8, 5],
  product: 960,
  least: 1,
  most: 8,
  first: 3,
  last: 5,
  cheapest: 'b',
  dearest: { shop: 'a', price: 8 },
  twoBest: ['a', 'c'],
  recent: [8, 5],
  about: 3,
}

test.each(['none', 'tumbling'] as const)(
  'all aggregators in one pass give what is computed by hand, over a restart: windows %s',
  async (window) => {
    const { median, ...exact } = await aggregated(window, [0, 1, 2, 3, 4])
    expect(exact).toEqual(byHand)
    expect(Math.abs((median as number) - 5)).toBeLessThanOrEqual(0.05)
  },
)

test('sessions that a record makes one have the aggregates of all their values, those of the earlier session first', async () => {
  // 0 and 2 are a session, 20 and 22 another; 11 belongs to both.
  const { median, ...exact } = await aggregated('session', [0, 2, 20, 22, 11])
  expect(exact).toEqual(byHand)
  expect(Math.abs((median as number) - 5)).toBeLessThanOrEqual(0.05)
})

test('a grouped table takes out what a row was before, and deletes a group whose last row is gone', async () => {
  const driver = await TopologyTestDriver.open(
    topology('table', (builder) => {
      const rows = builder.table('in', serdes)
      rows
        .groupBy((trade) => [trade.shop, trade], serdes)
        .aggregate(removing, { store: 'groups' })
        .toStream()
        .to('out', { key: string(), value: json() })
    }),
  )
  driver.pipe('in', 'row-1', { shop: 'a', price: 2 })
  driver.pipe('in', 'row-2', { shop: 'a', price: 6 })
  driver.output('out')
  driver.pipe('in', 'row-1', { shop: 'a', price: 4 })
  expect(driver.output<string, Record<string, unknown>>('out').at(-1)?.value).toMatchObject({
    count: 2,
    sum: 10,
    mean: 5,
    shops: 1,
    prices: [6, 4],
    product: 24,
  })
  driver.pipe('in', 'row-1', null)
  driver.pipe('in', 'row-2', null)
  expect(driver.output('out').map(({ key, value }) => [key, (value as { sum: number } | null)?.sum ?? null])).toEqual([
    ['a', 6],
    ['a', null],
  ])
  expect([...driver.rows('groups').all()]).toEqual([])
  await driver.close()
})

test('what an aggregator cannot do is said when the topology is made, for each one that cannot', () => {
  const lonely: Aggregator<Trade, number, number> = { initial: 0, add: (state) => state + 1, result: (state) => state }
  expect(
    problemsOf((builder) => builder.stream('in', serdes).groupByKey(serdes).windowedBy(session(5)).aggregate({ lonely, n: count() })),
  ).toEqual(['KSTREAM-SOURCE-0000000000: sessions grow together, and the aggregator lonely cannot merge.'])
  expect(
    problemsOf((builder) =>
      builder
        .table('in', serdes)
        .groupBy((trade) => [trade.shop, trade], serdes)
        .aggregate({ least: min(price), best: topN(1, price), n: count() }),
    ),
  ).toEqual([
    'KTABLE-SELECT-0000000003: rows of a table change, and the aggregator least cannot remove the old ones.',
    'KTABLE-SELECT-0000000003: rows of a table change, and the aggregator best cannot remove the old ones.',
  ])
})

test('sizes that make no sense are refused where they are written', () => {
  expect(() => topN(0, price)).toThrow('topN(0) chooses nothing')
  expect(() => collect(price, { max: 1.5 })).toThrow('collect keeps 1.5 values')
  expect(() => approxCountDistinct(shop, { registers: 1000 })).toThrow('cannot have 1000 registers')
  expect(() => quantile(99, price)).toThrow('there is no quantile of 99')
})

/** Adds values to the state of one aggregator; the state goes through JSON, as in a store. */
function folded<V, S, R>(aggregator: Aggregator<V, S, R>, values: readonly V[]): S {
  return values.reduce((state, value) => JSON.parse(JSON.stringify(aggregator.add(state, value))) as S, aggregator.initial)
}

test('merged states are the state of all values; a removed value was never there', () => {
  const trade = fc.record({ shop: fc.constantFrom('a', 'b', 'c', '1', '__proto__'), price: fc.integer({ min: -50, max: 50 }) })
  fc.assert(
    fc.property(fc.array(trade, { minLength: 1 }), fc.array(trade, { minLength: 1 }), (left, right) => {
      for (const [name, aggregator] of Object.entries(all) as [string, Aggregator<Trade, unknown, unknown>][]) {
        if (name === 'product') continue
        const whole = aggregator.result(folded(aggregator, [...left, ...right]))
        expect(aggregator.result(aggregator.merge!(folded(aggregator, left), folded(aggregator, right))), name).toEqual(whole)
        if (aggregator.remove === undefined) continue
        const without = right.reduce((state, value) => aggregator.remove!(state, value), folded(aggregator, [...right, ...left]))
        expect(aggregator.result(without), name).toEqual(aggregator.result(folded(aggregator, left)))
      }
    }),
    { numRuns: 50 },
  )
})

test('quantiles are within their accuracy of the values that have their rank', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 1, maxLength: 60, size: 'max' }), (values) => {
      const ranks = [0, 0.25, 0.5, 0.9, 1]
      const sketch = quantiles(ranks, (value: number) => value)
      const sorted = [...values].sort((a, b) => a - b)
      for (const [index, found] of sketch.result(folded(sketch, values)).entries()) {
        // Between two ranks the library takes the value of either.
        const place = ranks[index]! * (sorted.length - 1)
        const near = [sorted[Math.floor(place)]!, sorted[Math.ceil(place)]!]
        expect(
          near.some((value) => Math.abs(found - value) <= 0.0101 * Math.abs(value)),
          `${found} for ${ranks[index]} of ${sorted}`,
        ).toBe(true)
      }
    }),
    { numRuns: 50 },
  )
})

test('quantiles keep what they promise at any accuracy, over twelve orders of magnitude, also when sketches are merged and values taken out', () => {
  const size = fc
    .tuple(fc.double({ min: -6, max: 6, noNaN: true }), fc.constantFrom(-1, 1, 1, 0))
    .map(([power, sign]) => sign * 10 ** power)
  const values = fc.array(size, { minLength: 1, maxLength: 200, size: 'max' })
  const given = fc.record({ left: values, right: values, gone: values, accuracy: fc.constantFrom(0.001, 0.01, 0.05, 0.2) })
  const ranks = [0, 0.01, 0.25, 0.5, 0.75, 0.99, 1]
  fc.assert(
    fc.property(given, ({ left, right, gone, accuracy }) => {
      const sketch = quantiles(ranks, (value: number) => value, { relativeAccuracy: accuracy })
      const merged = sketch.merge!(folded(sketch, [...gone, ...left]), folded(sketch, right))
      const state = gone.reduce((before, value) => sketch.remove!(before, value), merged)
      const sorted = [...left, ...right].sort((a, b) => a - b)
      for (const [index, found] of sketch.result(state).entries()) {
        // The rank of the library: 1 + quantile * (values - 1), rounded down.
        const exact = sorted[Math.floor(ranks[index]! * (sorted.length - 1))]!
        expect(Math.abs(found - exact), `${found} for ${ranks[index]}, exactly ${exact}, of ${sorted}`).toBeLessThanOrEqual(
          accuracy * Math.abs(exact) * (1 + 1e-9),
        )
      }
    }),
    { numRuns: 30 },
  )
})

// The error of many sketches is spread with the standard error of 1.04 / √registers; hashes do not change, so neither do these numbers.
test.each([16, 64, 256, 1024, 4096])(
  'of %i registers the errors have the spread that is promised, and two halves give what the whole gives',
  (registers) => {
    const about = approxCountDistinct((value: string) => value, { registers })
    const sizes = [3, 30, 300, 2_000]
    const errors = sizes.flatMap((size) =>
      Array.from({ length: 6 }, (_, sample) => {
        let [whole, left, right] = [about.initial, about.initial, about.initial]
        for (let value = 0; value < size; value++) {
          const name = `${sample}/${value}`
          whole = about.add(whole, name)
          if (value % 2 === 0) left = about.add(left, name)
          // Some are in both.
          if (value % 3 !== 0 || value % 2 === 1) right = about.add(right, name)
        }
        expect(about.merge!(left, right)).toBe(whole)
        expect(about.merge!(right, left)).toBe(whole)
        return (about.result(whole) - size) / size
      }),
    )
    const standardError = 1.04 / Math.sqrt(registers)
    const spread = Math.sqrt(errors.reduce((sum, error) => sum + error ** 2, 0) / errors.length)
    expect(spread).toBeLessThan(1.25 * standardError)
    for (const error of errors) expect(Math.abs(error)).toBeLessThan(4 * standardError + 1 / 3)
  },
)

test.each([10, 100, 1000, 10_000, 50_000])('about %i different values are counted within three standard errors', (values) => {
  const about = approxCountDistinct((value: number) => `user-${value}`, { registers: 1024 })
  let state = about.initial
  for (let value = 0; value < values; value++) state = about.add(about.add(state, value), value)
  expect(Math.abs(about.result(state) - values) / values).toBeLessThan((3 * 1.04) / Math.sqrt(1024))
})

test('countDistinct tells numbers that JSON has no word for from nothing, and from each other', () => {
  const numbers = [null, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 'NaN', Number.NaN]
  const distinct = countDistinct((one: number | string | null) => one)
  expect(distinct.result!(numbers.reduce((state, one) => distinct.add(state, one), distinct.initial))).toBe(5)
})

// All named aggregators in one pass, in windows of three kinds, against a naive reading of the elements of each window: tumbling windows add, sessions merge what was added,
// windows of records that overlap much are put together from panes. Random records, restarts that restore the state from the changelogs.

import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import {
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
  reduce,
  type Serde,
  session,
  slidingCount,
  string,
  sum,
  topN,
  topology,
  tumbling,
  type Windowed,
} from '../../framework/index.ts'
import { json } from '../../framework/serdes/serdes.ts'
import { TopologyTestDriver } from '../kit/index.ts'

interface Trade {
  readonly id: number
  readonly shop: string
  readonly price: number
}

const key = string()
const value = json<Trade>()
const windowedKey = json() as Serde<Windowed<string>>
const numRuns = Number(process.env.MILLRACE_RUNS ?? 30)

const all = {
  count: count(),
  sum: sum((trade: Trade) => trade.price),
  mean: mean((trade: Trade) => trade.price),
  min: min((trade: Trade) => trade.price),
  max: max((trade: Trade) => trade.shop),
  first: first((trade: Trade) => trade.id),
  last: last((trade: Trade) => trade.id),
  cheapest: minBy(
    (trade: Trade) => trade.price,
    (trade) => trade.id,
  ),
  dearest: maxBy(
    (trade: Trade) => trade.price,
    (trade) => trade.id,
  ),
  shops: countDistinct((trade: Trade) => trade.shop),
  about: approxCountDistinct((trade: Trade) => trade.shop),
  median: quantile(0.5, (trade: Trade) => trade.price),
  top: topN(
    3,
    (trade: Trade) => trade.price,
    (trade) => trade.id,
  ),
  ids: collect((trade: Trade) => trade.id),
  latest: collect((trade: Trade) => trade.id, { max: 2 }),
  text: reduce(
    (trade: Trade) => `${trade.id},`,
    (one, other) => one + other,
  ),
}

/** The elements in the order in which they were taken; what is less exact is given as what it may be. */
function naive(taken: readonly Trade[]) {
  const prices = taken.map(({ price }) => price)
  const sorted = [...prices].sort((a, b) => a - b)
  const total = prices.reduce((one, other) => one + other, 0)
  const ids = taken.map(({ id }) => id)
  const withPrice = (price: number) => taken.find((trade) => trade.price === price)!.id
  const distinct = new Set(taken.map(({ shop }) => shop)).size
  const place = (taken.length - 1) / 2
  return {
    count: taken.length,
    sum: total,
    mean: total / taken.length,
    min: sorted[0],
    max: taken
      .map(({ shop }) => shop)
      .sort()
      .at(-1),
    first: ids[0],
    last: ids.at(-1),
    cheapest: withPrice(sorted[0]!),
    dearest: withPrice(sorted.at(-1)!),
    shops: distinct,
    about: distinct,
    median: [sorted[Math.floor(place)]!, sorted[Math.ceil(place)]!],
    // Array.sort keeps the order of equals.
    top: [...taken]
      .sort((a, b) => b.price - a.price)
      .slice(0, 3)
      .map(({ id }) => id),
    ids,
    latest: ids.slice(-2),
    text: ids.map((id) => `${id},`).join(''),
  }
}

const kinds = {
  tumbling: tumbling(10, { grace: 1_000 }),
  session: session(4, { grace: 1_000 }),
  panes: slidingCount(6, { step: 1 }),
}

const records = fc.array(
  fc.record({
    key: fc.constantFrom('x', 'y'),
    shop: fc.constantFrom('a', 'b', 'c', '1', '__proto__'),
    price: fc.integer({ min: -20, max: 20 }),
    at: fc.nat(40),
    restart: fc.nat(6).map((one) => one === 0),
  }),
  { maxLength: 30, size: 'max' },
)

test.each(['tumbling', 'session', 'panes'] as const)(
  'every aggregator gives what a naive reading of the elements gives: %s',
  async (kind) => {
    const definition = () =>
      topology('all', (builder) => {
        const group = builder.stream<string, Trade>('in', { key, value }).groupByKey({ key, value })
        const window = kinds[kind]
        const out = { key: windowedKey, value: json<never>() }
        if (window.kind === 'time') group.windowedBy(window, { emit: 'final' }).aggregate(all, { store: 'all' }).toStream().to('out', out)
        else if (window.kind === 'session')
          group.windowedBy(window, { emit: 'final' }).aggregate(all, { store: 'all' }).toStream().to('out', out)
        else group.windowedBy(window).aggregate(all, { store: 'all' }).to('out', out)
      })
    await fc.assert(
      fc.asyncProperty(records, async (input) => {
        const driver = await TopologyTestDriver.open(definition())
        for (const [id, { key: shopper, shop, price, at, restart }] of input.entries()) {
          if (restart) await driver.restart()
          driver.pipe('in', shopper, { id, shop, price }, { timestamp: at })
        }
        if (kind !== 'panes') driver.pipe('in', 'end', { id: -1, shop: '', price: 0 }, { timestamp: 100_000 })
        const results = driver.output<Windowed<string>, Record<keyof typeof all, unknown>>('out')
        await driver.close()
        expect(kind === 'panes' || results.reduce((sum, { value }) => sum + (value.count as number), 0) === input.length).toBe(true)
        for (const { value: got } of results) {
          // The list says which records are in the window, and in which order they were taken: that windows hold the right ones is shown by other tests.
          const ids = got.ids as number[]
          // In the order of their coming; of sessions that grew together the earlier one is first, whenever it came.
          if (kind !== 'session') expect(ids).toEqual([...ids].sort((one, other) => one - other))
          const taken = ids.map((id) => ({ id, ...input[id]! }))
          const { median, ...expected } = naive(taken)
          expect(got).toMatchObject(expected)
          const near = median.some((price) => Math.abs((got.median as number) - price) <= 0.0101 * Math.abs(price))
          expect(near, `a median of ${got.median as number} of ${taken.map(({ price }) => price)}`).toBe(true)
        }
      }),
      { numRuns },
    )
  },
)

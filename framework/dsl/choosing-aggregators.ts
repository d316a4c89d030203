// Aggregators that choose: the first value, the last one, the ones with the least or the greatest of something. What they choose of a value lies in the store, as
// the states of all aggregators do. None can remove, because what was not chosen is not known any more.

import type { Aggregator } from './aggregators.ts'

/** Nothing yet, or what was chosen. */
export type Chosen<R> = readonly [] | readonly [R]
/** What was chosen, and by what. */
export type Ranked<R> = readonly [by: number | string, chosen: R]

/**
 * What the selector gives of the first value, in the order in which records are taken; of sessions that grow together, that of the earlier one.
 *
 * @example
 * ```ts
 * import { first, last, topology, tumbling } from 'millrace'
 *
 * export default topology('candles', (builder) => {
 *   const trades = builder.stream<string, { price: number }>('trades').groupByKey().windowedBy(tumbling('1m'))
 *   trades.aggregate({ open: first((trade) => trade.price), close: last((trade) => trade.price) }).toStream().to('candles')
 * })
 * ```
 */
export function first<V, R>(selector: (value: V) => R): Aggregator<V, Chosen<R>, R> {
  return {
    kind: 'first',
    initial: [],
    add: (state, value) => (state.length === 0 ? [selector(value)] : state),
    merge: (left, right) => (left.length === 0 ? right : left),
    // A state is made together with its first value, so there is one where a result is asked for.
    result: (state) => state[0] as R,
  }
}

/**
 * What the selector gives of the last value, in the order in which records are taken; of sessions that grow together, that of the later one.
 *
 * @example
 * ```ts
 * import { last, topology } from 'millrace'
 *
 * export default topology('last-page', (builder) => {
 *   const visits = builder.stream<string, { page: string }>('visits')
 *   visits.groupByKey().aggregate({ page: last((visit) => visit.page) }).toStream().to('last-page')
 * })
 * ```
 */
export function last<V, R>(selector: (value: V) => R): Aggregator<V, Chosen<R>, R> {
  return {
    kind: 'last',
    initial: [],
    add: (_state, value) => [selector(value)],
    merge: (left, right) => (right.length === 0 ? left : right),
    result: (state) => state[0] as R,
  }
}

/**
 * The value with the least of what `by` gives, or what the second selector gives of it. Of several, the first that was taken.
 *
 * @example
 * ```ts
 * import { minBy, topology } from 'millrace'
 *
 * export default topology('cheapest', (builder) => {
 *   const offers = builder.stream<string, { shop: string; price: number }>('offers')
 *   offers.groupByKey().aggregate({ cheapest: minBy((offer) => offer.price, (offer) => offer.shop) }).toStream().to('cheapest')
 * })
 * ```
 */
export function minBy<V>(by: (value: V) => number | string): Aggregator<V, readonly Ranked<NoInfer<V>>[], NoInfer<V>>
export function minBy<V, R>(by: (value: V) => number | string, selector: (value: V) => R): Aggregator<V, readonly Ranked<R>[], R>
export function minBy<V, R>(by: (value: V) => number | string, selector?: (value: V) => R): Aggregator<V, readonly Ranked<R>[], R> {
  return best('minBy', by, selector ?? (itself as (value: V) => R), (candidate, other) => candidate < other)
}

/**
 * The value with the greatest of what `by` gives, or what the second selector gives of it. Of several, the first that was taken.
 *
 * @example
 * ```ts
 * import { maxBy, topology } from 'millrace'
 *
 * export default topology('strongest', (builder) => {
 *   const quakes = builder.stream<string, { place: string; magnitude: number }>('earthquakes')
 *   quakes.groupByKey().aggregate({ strongest: maxBy((quake) => quake.magnitude) }).toStream().to('strongest')
 * })
 * ```
 */
export function maxBy<V>(by: (value: V) => number | string): Aggregator<V, readonly Ranked<NoInfer<V>>[], NoInfer<V>>
export function maxBy<V, R>(by: (value: V) => number | string, selector: (value: V) => R): Aggregator<V, readonly Ranked<R>[], R>
export function maxBy<V, R>(by: (value: V) => number | string, selector?: (value: V) => R): Aggregator<V, readonly Ranked<R>[], R> {
  return best('maxBy', by, selector ?? (itself as (value: V) => R), (candidate, other) => candidate > other)
}

/**
 * The `size` values with the greatest of what `by` gives, the greatest first, or what the selector gives of them. Among equals, those that were taken first.
 *
 * @example
 * ```ts
 * import { topN, topology, tumbling } from 'millrace'
 *
 * export default topology('podium', (builder) => {
 *   const runs = builder.stream<string, { runner: string; points: number }>('runs').groupByKey().windowedBy(tumbling('1d'))
 *   runs.aggregate({ podium: topN(3, (run) => run.points, (run) => run.runner) }).toStream().to('podium')
 * })
 * ```
 */
export function topN<V>(
  size: number,
  by: (value: V) => number | string,
): Aggregator<V, readonly Ranked<NoInfer<V>>[], readonly NoInfer<V>[]>
export function topN<V, R>(
  size: number,
  by: (value: V) => number | string,
  selector: (value: V) => R,
): Aggregator<V, readonly Ranked<R>[], readonly R[]>
export function topN<V, R>(
  size: number,
  by: (value: V) => number | string,
  selector?: (value: V) => R,
): Aggregator<V, readonly Ranked<R>[], readonly R[]> {
  if (!(Number.isInteger(size) && size > 0)) throw new Error(`topN(${size}) chooses nothing: give a whole number from 1 on`)
  return {
    kind: 'topN',
    ...ranking(size, by, selector ?? (itself as (value: V) => R), (candidate, other) => candidate > other),
    result: (state) => state.map(chosen),
  }
}

type Better = (candidate: number | string, other: number | string) => boolean

function best<V, R>(
  kind: string,
  by: (value: V) => number | string,
  selector: (value: V) => R,
  better: Better,
): Aggregator<V, readonly Ranked<R>[], R> {
  return { kind, ...ranking(1, by, selector, better), result: (state) => state[0]![1] }
}

/** The best so many, the best first; an equal one is behind those that were there. */
function ranking<V, R>(
  size: number,
  by: (value: V) => number | string,
  selector: (value: V) => R,
  better: Better,
): Omit<Aggregator<V, readonly Ranked<R>[], unknown>, 'result'> {
  const insert = (state: readonly Ranked<R>[], rank: number | string, choose: () => R): readonly Ranked<R>[] => {
    const place = state.findIndex(([other]) => better(rank, other))
    if (place === -1) return state.length < size ? [...state, [rank, choose()]] : state
    return [...state.slice(0, place), [rank, choose()] as const, ...state.slice(place)].slice(0, size)
  }
  return {
    initial: [],
    add: (state, value) => insert(state, by(value), () => selector(value)),
    merge: (left, right) => right.reduce((merged, [rank, value]) => insert(merged, rank, () => value), left),
  }
}

function chosen<R>([, value]: Ranked<R>): R {
  return value
}

function itself(value: unknown): unknown {
  return value
}

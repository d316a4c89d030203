// Aggregators that keep values, or fold them by a function of the author's.

import { isDeepStrictEqual } from 'node:util'
import type { Aggregator } from './aggregators.ts'
import type { Chosen } from './choosing-aggregators.ts'

export interface CollectOptions {
  /** How many values are kept: the last so many. Default: all of them. */
  readonly max?: number
}

/**
 * All values, or what a selector gives of each, in the order in which they are taken. The list lies in the store as one row, which each value writes anew:
 * give it a `max`, or have small windows; where a number will do, another aggregator is cheaper.
 *
 * @example
 * ```ts
 * import { collect, session, topology } from 'millrace'
 *
 * export default topology('paths', (builder) => {
 *   const visits = builder.stream<string, { page: string }>('visits').groupByKey().windowedBy(session('30m'))
 *   visits.aggregate({ pages: collect((visit) => visit.page, { max: 100 }) }).toStream().to('paths')
 * })
 * ```
 */
export function collect<V, R>(selector: (value: V) => R, { max }: CollectOptions = {}): Aggregator<V, readonly R[], readonly R[]> {
  if (max !== undefined && !(Number.isInteger(max) && max > 0))
    throw new Error(`collect keeps ${max} values: give a whole number from 1 on`)
  const kept = (values: readonly R[]) => (max === undefined || values.length <= max ? values : values.slice(-max))
  const all: Aggregator<V, readonly R[], readonly R[]> = {
    kind: 'collect',
    initial: [],
    add: (state, value) => kept([...state, selector(value)]),
    merge: (left, right) => kept([...left, ...right]),
    result: (state) => state,
  }
  // With a maximum it is not known what would be there in the place of what goes.
  if (max !== undefined) return all
  return {
    ...all,
    remove(state, value) {
      const gone = selector(value)
      const place = state.findIndex((other) => isDeepStrictEqual(other, gone))
      return place === -1 ? state : [...state.slice(0, place), ...state.slice(place + 1)]
    },
  }
}

export interface ReduceOptions<R> {
  /** Takes a value out again, which grouped tables need. Default: it cannot be. */
  readonly remove?: (state: R, value: R) => R
}

/**
 * Folds what a selector gives of each value into one of the same type: the first is the first state. The reducer has to be associative where sessions grow
 * together, for it merges them too.
 *
 * @example
 * ```ts
 * import { reduce, topology } from 'millrace'
 *
 * export default topology('boxes', (builder) => {
 *   const points = builder.stream<string, { x: number }>('points')
 *   const span = reduce((point: { x: number }) => [point.x, point.x], ([a, b], [c, d]) => [Math.min(a!, c!), Math.max(b!, d!)])
 *   points.groupByKey().aggregate({ span }).toStream().to('spans')
 * })
 * ```
 */
export function reduce<V, R>(
  selector: (value: V) => R,
  reducer: (state: R, value: R) => R,
  { remove }: ReduceOptions<R> = {},
): Aggregator<V, Chosen<R>, R> {
  const fold = (state: Chosen<R>, value: R): Chosen<R> => (state.length === 0 ? [value] : [reducer(state[0], value)])
  return {
    kind: 'reduce',
    initial: [],
    add: (state, value) => fold(state, selector(value)),
    merge: (left, right) => (right.length === 0 ? left : fold(left, right[0])),
    ...(remove === undefined
      ? {}
      : { remove: (state: Chosen<R>, value: V): Chosen<R> => (state.length === 0 ? state : [remove(state[0], selector(value))]) }),
    result: (state) => state[0] as R,
  }
}

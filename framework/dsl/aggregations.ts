// The aggregations as data, for plain and windowed groups alike.

import type { Aggregation } from '../graph/operator-spec.ts'
import { type Aggregators, allOf } from './aggregators.ts'
import type { Adder, Merger, Reducer } from './callbacks.ts'

export const counting: Aggregation = { kind: 'count', initializer: () => 0, adder: (count) => (count as number) + 1, result: null }

export function reducing<K, V>(reducer: Reducer<K, V>): Aggregation {
  return { kind: 'reduce', initializer: null, adder: reducer as Aggregation['adder'], result: null }
}

export function folding<K, V, A>(initializer: () => A, adder: Adder<K, V, A>): Aggregation {
  return { kind: 'aggregate', initializer, adder: adder as Aggregation['adder'], result: null }
}

export function foldingByName<V>(aggregators: Aggregators<V>): Aggregation {
  const { initial, add, result } = allOf(aggregators)
  return { kind: 'aggregate', initializer: () => initial, adder: add as Aggregation['adder'], result: result as Aggregation['result'] }
}

/** An aggregation, and how the aggregates of two sessions become one. */
export interface SessionAggregation {
  readonly aggregation: Aggregation
  readonly merger: (left: unknown, right: unknown, key: unknown) => unknown
}

export const countingSessions: SessionAggregation = { aggregation: counting, merger: (left, right) => (left as number) + (right as number) }

export function reducingSessions<K, V>(reducer: Reducer<K, V>): SessionAggregation {
  const aggregation = reducing(reducer)
  return {
    aggregation,
    merger: (left, right, key) => (right === null ? left : left === null ? right : aggregation.adder(left, right, key)),
  }
}

export function foldingSessions<K, V, A>(initializer: () => A, adder: Adder<K, V, A>, merger: Merger<K, A>): SessionAggregation {
  return { aggregation: folding(initializer, adder), merger: merger as SessionAggregation['merger'] }
}

export function foldingSessionsByName<V>(aggregators: Aggregators<V>): SessionAggregation {
  return { aggregation: foldingByName(aggregators), merger: allOf(aggregators).merge as SessionAggregation['merger'] }
}

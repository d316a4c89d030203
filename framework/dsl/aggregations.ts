// The aggregations as data, for plain and windowed groups alike.

import type { Aggregation } from '../graph/operator-spec.ts'
import { type Aggregators, allOf } from './aggregators.ts'
import type { Adder, Reducer } from './callbacks.ts'

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

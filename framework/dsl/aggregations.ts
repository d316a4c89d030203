// The aggregations as data, for plain and windowed groups alike.

import type { LogicalGraph } from '../graph/logical-graph.ts'
import type { Aggregation, NamedAggregator, TableAggregation } from '../graph/operator-spec.ts'
import { type Aggregators, allOf, lacking } from './aggregators.ts'
import type { Adder, Merger, Reducer } from './callbacks.ts'

export const counting: Aggregation = { kind: 'count', initializer: () => 0, adder: (count) => (count as number) + 1, result: null }

/** A count of which the parts can be put together. */
export const mergeableCounting: Aggregation = { ...counting, merger: (left, right) => (left as number) + (right as number) }

export function reducing<K, V>(reducer: Reducer<K, V>): Aggregation {
  return { kind: 'reduce', initializer: null, adder: reducer as Aggregation['adder'], result: null }
}

export function folding<K, V, A>(initializer: () => A, adder: Adder<K, V, A>): Aggregation {
  return { kind: 'aggregate', initializer, adder: adder as Aggregation['adder'], result: null }
}

export function foldingByName<V>(aggregators: Aggregators<V>): Aggregation {
  const { initial, add, merge, result } = allOf(aggregators)
  return {
    kind: 'aggregate',
    initializer: () => initial,
    adder: add as Aggregation['adder'],
    result: result as Aggregation['result'],
    aggregators: named(aggregators),
    ...(merge === undefined ? {} : { merger: merge as NonNullable<Aggregation['merger']> }),
  }
}

function named<V>(aggregators: Aggregators<V>): readonly NamedAggregator[] {
  return Object.entries(aggregators).map(([name, { kind = name }]) => ({ name, kind }))
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

export function foldingSessionsByName<V>(aggregators: Aggregators<V>, at: Place): SessionAggregation {
  const remedy = 'Give it a `merge`, or use windows that do not grow together.'
  for (const name of lacking(aggregators, 'merge'))
    at.graph.problems.report(at.name, `sessions grow together, and the aggregator ${name} cannot merge.`, remedy)
  return { aggregation: foldingByName(aggregators), merger: allOf(aggregators).merge as SessionAggregation['merger'] }
}

/** Where what is wrong with aggregators is said. */
export interface Place {
  readonly graph: LogicalGraph
  readonly name: string
}

type Counted = readonly [rows: number, states: readonly unknown[]]

/** Of a grouped table. How many rows there are is kept beside the states, for a group whose last row is gone is gone too: its mean would be 0 / 0. */
export function foldingTableByName<V>(aggregators: Aggregators<V>, at: Place): TableAggregation {
  const remedy = 'Give it a `remove`, or aggregate a stream.'
  for (const name of lacking(aggregators, 'remove'))
    at.graph.problems.report(at.name, `rows of a table change, and the aggregator ${name} cannot remove the old ones.`, remedy)
  const { initial, add, remove, result } = allOf(aggregators)
  const addRow = ([rows, states]: Counted, value: V): Counted => [rows + 1, add(states, value)]
  const removeRow = ([rows, states]: Counted, value: V): Counted | null => (rows <= 1 ? null : [rows - 1, remove!(states, value)])
  return {
    kind: 'aggregate',
    initializer: () => [0, initial],
    adder: addRow as Aggregation['adder'],
    subtractor: removeRow as Aggregation['adder'],
    result: (([, states]: Counted) => result(states)) as Aggregation['result'],
    aggregators: named(aggregators),
  }
}

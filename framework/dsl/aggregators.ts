// Named aggregators: `aggregate({ flights: count(), meanDelay: mean((flight) => flight.delay) })` folds all of them in one pass.
// What is stored is the list of their states, in the order in which they are written down, as JSON, in which Dates, bigints, Maps and Sets stay what they are. This file has what an aggregator is, and how
// several become one; those that come with Millrace are in number-aggregators.ts, choosing-aggregators.ts, collecting-aggregators.ts,
// count-distinct.ts and quantiles.ts.

/**
 * Folds values of type V into a state S, of which R is seen. The state is JSON, and may hold Dates, bigints, Maps, Sets and typed arrays. One of one's own stands in `aggregate()` beside those that come with
 * Millrace.
 *
 * @example
 * ```ts
 * import { type Aggregator, topology } from 'millrace'
 *
 * export default topology('spread', (builder) => {
 *   const spread: Aggregator<number, readonly number[], number> = {
 *     initial: [],
 *     add: (values, value) => [...values, value],
 *     merge: (left, right) => [...left, ...right],
 *     result: (values) => Math.max(...values) - Math.min(...values),
 *   }
 *   builder.stream<string, number>('readings').groupByKey().aggregate({ spread }).toStream().to('spreads')
 * })
 * ```
 */
export interface Aggregator<V, S, R> {
  /**
   * What its states are, in a word: two versions of a topology whose aggregators are of the same kind read each other's states. `millrace diff` compares it. Default: the name under which it stands.
   */
  readonly kind?: string
  readonly initial: S
  /**
   * The state with one value more. It must not change the state it is given.
   */
  add(state: S, value: V): S
  /**
   * The state without a value that it has: for grouped tables, whose rows change. Without it the aggregator cannot stand in a `KGroupedTable.aggregate`,
   * which says so when the topology is made.
   */
  remove?(state: S, value: V): S
  /** Of two states the one of all their values, those of `left` before those of `right`: for sessions, which grow together, and cannot do without it. */
  merge?(left: S, right: S): S
  /**
   * What is seen of a state.
   */
  result(state: S): R
}

export type Aggregators<V> = Readonly<Record<string, Aggregator<V, unknown, unknown>>>

/** What a set of named aggregators gives. */
export type Aggregated<A> = { [Name in keyof A]: A[Name] extends { result(state: never): infer R } ? R : never }

/** A set of aggregators as one: its state is the list of theirs. It can remove and merge if all of them can. */
export function allOf<V>(aggregators: Aggregators<V>): Aggregator<V, readonly unknown[], Record<string, unknown>> {
  const names = Object.keys(aggregators)
  const parts = Object.values(aggregators)
  return {
    initial: parts.map((part) => part.initial),
    add: (states, value) => parts.map((part, i) => part.add(states[i], value)),
    ...(lacking(aggregators, 'remove').length > 0
      ? {}
      : { remove: (states, value) => parts.map((part, i) => part.remove!(states[i], value)) }),
    ...(lacking(aggregators, 'merge').length > 0 ? {} : { merge: (left, right) => parts.map((part, i) => part.merge!(left[i], right[i])) }),
    result: (states) => Object.fromEntries(names.map((name, i) => [name, parts[i]!.result(states[i])])),
  }
}

/** The names of those that cannot do something. */
export function lacking<V>(aggregators: Aggregators<V>, ability: 'remove' | 'merge'): readonly string[] {
  return Object.entries(aggregators).flatMap(([name, aggregator]) => (aggregator[ability] === undefined ? [name] : []))
}

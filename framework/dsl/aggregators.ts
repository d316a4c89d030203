// Named aggregators: `aggregate({ flights: count(), meanDelay: mean((flight) => flight.delay) })` folds all of them in one pass.
// What is stored is the list of their states, in the order of their names, as JSON.

/**
 * Folds values of type V into a state S, of which R is seen. The state is JSON. One of one's own stands in `aggregate()` beside those that come with
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
  readonly initial: S
  /**
   * The state with one value more. It must not change the state it is given.
   */
  add(state: S, value: V): S
  /** Of two states the one of all their values: for sessions, which grow together. */
  merge(left: S, right: S): S
  /**
   * What is seen of a state.
   */
  result(state: S): R
}

export type Aggregators<V> = Readonly<Record<string, Aggregator<V, unknown, unknown>>>

/** What a set of named aggregators gives. */
export type Aggregated<A> = { [Name in keyof A]: A[Name] extends { result(state: never): infer R } ? R : never }

/**
 * How many values there were; null values count too, where they arrive.
 *
 * @example
 * ```ts
 * import { count, topology } from 'millrace'
 *
 * export default topology('flights-by-origin', (builder) => {
 *   const flights = builder.stream<string, { origin: string; delay: number }>('flights')
 *   flights.groupBy((flight) => flight.origin).aggregate({ result: count() }).toStream().to('by-origin')
 * })
 * ```
 */
export function count(): Aggregator<unknown, number, number> {
  return { initial: 0, add: (state) => state + 1, merge: (left, right) => left + right, result: (state) => state }
}

/**
 * The sum of a number of each value.
 *
 * @example
 * ```ts
 * import { sum, topology } from 'millrace'
 *
 * export default topology('flights-by-origin', (builder) => {
 *   const flights = builder.stream<string, { origin: string; delay: number }>('flights')
 *   flights.groupBy((flight) => flight.origin).aggregate({ result: sum((flight) => flight.delay) }).toStream().to('by-origin')
 * })
 * ```
 */
export function sum<V>(selector: (value: V) => number): Aggregator<V, number, number> {
  return { initial: 0, add: (state, value) => state + selector(value), merge: (left, right) => left + right, result: (state) => state }
}

/**
 * The arithmetic mean of a number of each value.
 *
 * @example
 * ```ts
 * import { mean, topology } from 'millrace'
 *
 * export default topology('flights-by-origin', (builder) => {
 *   const flights = builder.stream<string, { origin: string; delay: number }>('flights')
 *   flights.groupBy((flight) => flight.origin).aggregate({ result: mean((flight) => flight.delay) }).toStream().to('by-origin')
 * })
 * ```
 */
export function mean<V>(selector: (value: V) => number): Aggregator<V, readonly [sum: number, count: number], number> {
  return {
    initial: [0, 0],
    add: ([total, values], value) => [total + selector(value), values + 1],
    merge: ([leftTotal, leftValues], [rightTotal, rightValues]) => [leftTotal + rightTotal, leftValues + rightValues],
    result: ([total, values]) => total / values,
  }
}

/**
 * The least of what the selector gives, by `<`.
 *
 * @example
 * ```ts
 * import { min, topology } from 'millrace'
 *
 * export default topology('flights-by-origin', (builder) => {
 *   const flights = builder.stream<string, { origin: string; delay: number }>('flights')
 *   flights.groupBy((flight) => flight.origin).aggregate({ result: min((flight) => flight.delay) }).toStream().to('by-origin')
 * })
 * ```
 */
export function min<V, R extends number | string>(selector: (value: V) => R): Aggregator<V, R | null, R> {
  return extreme(selector, (candidate, best) => candidate < best)
}

/**
 * The greatest of what the selector gives, by `>`.
 *
 * @example
 * ```ts
 * import { max, topology } from 'millrace'
 *
 * export default topology('flights-by-origin', (builder) => {
 *   const flights = builder.stream<string, { origin: string; delay: number }>('flights')
 *   flights.groupBy((flight) => flight.origin).aggregate({ result: max((flight) => flight.delay) }).toStream().to('by-origin')
 * })
 * ```
 */
export function max<V, R extends number | string>(selector: (value: V) => R): Aggregator<V, R | null, R> {
  return extreme(selector, (candidate, best) => candidate > best)
}

function extreme<V, R extends number | string>(
  selector: (value: V) => R,
  better: (candidate: R, best: R) => boolean,
): Aggregator<V, R | null, R> {
  return {
    initial: null,
    add(best, value) {
      const candidate = selector(value)
      return best === null || better(candidate, best) ? candidate : best
    },
    merge: (left, right) => (left === null || (right !== null && better(right, left)) ? right : left),
    // A state is made together with its first value, so it is not null where a result is asked for.
    result: (best) => best as R,
  }
}

/** A set of aggregators as one: its state is the list of theirs. */
export function allOf<V>(aggregators: Aggregators<V>): Aggregator<V, readonly unknown[], Record<string, unknown>> {
  const names = Object.keys(aggregators)
  const parts = Object.values(aggregators)
  return {
    initial: parts.map((part) => part.initial),
    add: (states, value) => parts.map((part, i) => part.add(states[i], value)),
    merge: (left, right) => parts.map((part, i) => part.merge(left[i], right[i])),
    result: (states) => Object.fromEntries(names.map((name, i) => [name, parts[i]!.result(states[i])])),
  }
}

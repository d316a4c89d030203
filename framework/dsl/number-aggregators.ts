// Aggregators of numbers: how many, their sum, their mean, the least and the greatest of them.

import type { Aggregator } from './aggregators.ts'

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
  return {
    kind: 'count',
    initial: 0,
    add: (state) => state + 1,
    remove: (state) => state - 1,
    merge: (left, right) => left + right,
    result: (state) => state,
  }
}

/**
 * The sum of a number of each value. Of grouped tables too: fractions may then leave a rest, as sums of floating-point numbers do.
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
  return {
    kind: 'sum',
    initial: 0,
    add: (state, value) => state + selector(value),
    remove: (state, value) => state - selector(value),
    merge: (left, right) => left + right,
    result: (state) => state,
  }
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
    kind: 'mean',
    initial: [0, 0],
    add: ([total, values], value) => [total + selector(value), values + 1],
    remove: ([total, values], value) => [total - selector(value), values - 1],
    merge: ([leftTotal, leftValues], [rightTotal, rightValues]) => [leftTotal + rightTotal, leftValues + rightValues],
    result: ([total, values]) => total / values,
  }
}

/**
 * The least of what the selector gives, by `<`. It cannot remove, so it stands in no grouped table.
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
  return extreme('min', selector, (candidate, best) => candidate < best)
}

/**
 * The greatest of what the selector gives, by `>`. It cannot remove, so it stands in no grouped table.
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
  return extreme('max', selector, (candidate, best) => candidate > best)
}

function extreme<V, R extends number | string>(
  kind: string,
  selector: (value: V) => R,
  better: (candidate: R, best: R) => boolean,
): Aggregator<V, R | null, R> {
  return {
    kind,
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

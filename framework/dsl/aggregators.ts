// Named aggregators: `aggregate({ flights: count(), meanDelay: mean((flight) => flight.delay) })` folds all of them in one pass.
// What is stored is the list of their states, in the order of their names, as JSON.

/** Folds values of type V into a state S, of which R is seen. The state is JSON. */
export interface Aggregator<V, S, R> {
  readonly initial: S
  add(state: S, value: V): S
  /** Of two states the one of all their values: for sessions, which grow together. */
  merge(left: S, right: S): S
  result(state: S): R
}

export type Aggregators<V> = Readonly<Record<string, Aggregator<V, unknown, unknown>>>

/** What a set of named aggregators gives. */
export type Aggregated<A> = { [Name in keyof A]: A[Name] extends { result(state: never): infer R } ? R : never }

/** How many values there were; null values count too, where they arrive. */
export function count(): Aggregator<unknown, number, number> {
  return { initial: 0, add: (state) => state + 1, merge: (left, right) => left + right, result: (state) => state }
}

/** The sum of a number of each value. */
export function sum<V>(selector: (value: V) => number): Aggregator<V, number, number> {
  return { initial: 0, add: (state, value) => state + selector(value), merge: (left, right) => left + right, result: (state) => state }
}

/** The arithmetic mean of a number of each value. */
export function mean<V>(selector: (value: V) => number): Aggregator<V, readonly [sum: number, count: number], number> {
  return {
    initial: [0, 0],
    add: ([total, values], value) => [total + selector(value), values + 1],
    merge: ([leftTotal, leftValues], [rightTotal, rightValues]) => [leftTotal + rightTotal, leftValues + rightValues],
    result: ([total, values]) => total / values,
  }
}

/** The least of what the selector gives, by `<`. */
export function min<V, R extends number | string>(selector: (value: V) => R): Aggregator<V, R | null, R> {
  return extreme(selector, (candidate, best) => candidate < best)
}

/** The greatest of what the selector gives, by `>`. */
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

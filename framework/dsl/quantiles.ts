// Quantiles of numbers, about, in a row of bounded size: by DDSketch (Masson, Rim, Lee, VLDB 2019), whose bins grow by a constant factor, so that each
// quantile is within a relative error. It is deterministic, merges without loss, and lets values go: a t-digest does neither. The library is Datadog's own,
// without dependencies; the state lies in the store as the bins, because the library's own form (Protocol Buffers) forgets the least and the greatest value.

import { DDSketch } from '@datadog/sketches-js'
import type { Aggregator } from './aggregators.ts'

/** The number of values by bin, for values above and below 0, and how many were 0. */
export interface QuantileState {
  readonly positive: Bins
  readonly negative: Bins
  readonly zeros: number
}

type Bins = Readonly<Record<string, number>>

export interface QuantileOptions {
  /** How far a quantile may be from a value that has this rank, as a part of it. Default: 0.01. */
  readonly relativeAccuracy?: number
}

/**
 * The quantile of a number of each value: of 0.5 the median, of 0.99 what 99 of 100 values do not exceed. It is within 1 % of a value of that rank, or within
 * `relativeAccuracy`. The rank is that of the library: 1 + quantile * (values - 1), rounded down.
 *
 * @example
 * ```ts
 * import { quantile, topology, tumbling } from 'millrace'
 *
 * export default topology('latency', (builder) => {
 *   const requests = builder.stream<string, { ms: number }>('requests').groupByKey().windowedBy(tumbling('1m'))
 *   requests.aggregate({ median: quantile(0.5, (request) => request.ms), slow: quantile(0.99, (request) => request.ms) }).toStream().to('latency')
 * })
 * ```
 */
export function quantile<V>(
  rank: number,
  selector: (value: V) => number,
  options: QuantileOptions = {},
): Aggregator<V, QuantileState, number> {
  const { result, ...folding } = quantiles([rank], selector, options)
  return { ...folding, result: (state) => result(state)[0]! }
}

/**
 * Several quantiles of a number of each value, in their order, from one sketch: otherwise as `quantile`.
 *
 * @example
 * ```ts
 * import { quantiles, topology } from 'millrace'
 *
 * export default topology('latency', (builder) => {
 *   const requests = builder.stream<string, { ms: number }>('requests').groupByKey()
 *   requests.aggregate({ ms: quantiles([0.5, 0.9, 0.99], (request) => request.ms) }).toStream().to('latency')
 * })
 * ```
 */
export function quantiles<V>(
  ranks: readonly number[],
  selector: (value: V) => number,
  { relativeAccuracy = 0.01 }: QuantileOptions = {},
): Aggregator<V, QuantileState, readonly number[]> {
  const outside = ranks.find((rank) => !(rank >= 0 && rank <= 1))
  if (outside !== undefined) throw new Error(`there is no quantile of ${outside}: give numbers from 0 to 1`)
  const { mapping } = new DDSketch({ relativeAccuracy })
  const counted = (state: QuantileState, value: number, by: 1 | -1): QuantileState => {
    if (value > mapping.minPossible) return { ...state, positive: withCount(state.positive, mapping.key(value), by) }
    if (value < -mapping.minPossible) return { ...state, negative: withCount(state.negative, mapping.key(-value), by) }
    return { ...state, zeros: state.zeros + by }
  }
  return {
    kind: `quantiles with an accuracy of ${relativeAccuracy}`,
    initial: { positive: {}, negative: {}, zeros: 0 },
    add: (state, value) => counted(state, selector(value), 1),
    remove: (state, value) => counted(state, selector(value), -1),
    merge: (left, right) => ({
      positive: merged(left.positive, right.positive),
      negative: merged(left.negative, right.negative),
      zeros: left.zeros + right.zeros,
    }),
    result(state) {
      const sketch = sketchOf(state, relativeAccuracy)
      return ranks.map((rank) => sketch.getValueAtQuantile(rank))
    },
  }
}

function withCount(bins: Bins, key: number, by: 1 | -1): Bins {
  const { [key]: before = 0, ...others } = bins
  return before + by > 0 ? { ...others, [key]: before + by } : others
}

function merged(left: Bins, right: Bins): Bins {
  const bins = { ...left }
  for (const [key, values] of Object.entries(right)) bins[key] = (bins[key] ?? 0) + values
  return bins
}

function sketchOf({ positive, negative, zeros }: QuantileState, relativeAccuracy: number): DDSketch {
  const sketch = new DDSketch({ relativeAccuracy })
  for (const [key, values] of Object.entries(positive)) sketch.store.add(Number(key), values)
  for (const [key, values] of Object.entries(negative)) sketch.negativeStore.add(Number(key), values)
  sketch.zeroCount = zeros
  sketch.count = sketch.store.count + sketch.negativeStore.count + zeros
  return sketch
}

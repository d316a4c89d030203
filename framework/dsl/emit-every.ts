// `every('10s')`: results of windows not at each change, but once in a while.

import type { EmitStrategy } from '../graph/operator-spec.ts'
import { structuredJson } from '../serdes/structured-json.ts'
import { type Duration, durationMs } from './duration.ts'
import type { AnySerde, TableFlow } from './flow.ts'
import { suppressTable } from './suppress.ts'

/** Made by `every`. */
export interface EmitEvery {
  readonly kind: 'every'
  readonly waitMs: number
  readonly by: 'streamTime' | 'wallClock'
}

export interface EveryOptions {
  /** By stream time, so that the same input gives the same results; or by the clock on the wall, which goes on when nothing comes. Default: `streamTime`. */
  readonly by?: 'streamTime' | 'wallClock'
}

/**
 * Of the changes of a window's result within a duration, the last one is sent: `windowedBy(window, { emit: every('10s') })`. What waits lies in a store of its
 * own with a changelog, as that of `suppress`, which this is: Kafka Streams' `Suppressed.untilTimeLimit`.
 *
 * @example
 * ```ts
 * import { every, topology, tumbling } from 'millrace'
 *
 * export default topology('dashboard', (builder) => {
 *   const clicks = builder.stream<string, string>('clicks').groupByKey()
 *   clicks.windowedBy(tumbling('1h'), { emit: every('10s', { by: 'wallClock' }) }).count().toStream().to('dashboard')
 * })
 * ```
 */
export function every(duration: Duration, { by = 'streamTime' }: EveryOptions = {}): EmitEvery {
  return { kind: 'every', waitMs: durationMs(duration), by }
}

/** How the aggregation itself emits: what is sent once in a while is held back behind it. */
export function strategyOf(emit: EmitStrategy | EmitEvery): EmitStrategy {
  return typeof emit === 'object' ? 'updates' : emit
}

/** Holds a table's changes back, if its windows emit once in a while. */
export function emittedEvery(flow: TableFlow, emit: EmitStrategy | EmitEvery): TableFlow {
  if (typeof emit !== 'object') return flow
  // Results of named aggregators have no serde before they are sent somewhere; meanwhile they lie as JSON in the changelog.
  const held = { ...flow, value: flow.value ?? (structuredJson() as AnySerde) }
  const name = flow.graph.naming === 'variables' ? { name: `${flow.name}-emit` } : {}
  return { ...suppressTable(held, { until: emit.waitMs, by: emit.by, ...name }), value: flow.value }
}

// What the options of a source say of timestamps and of where to begin. Kafka Streams: ConsumedInternal.

import type { LogicalGraph } from '../graph/logical-graph.ts'
import type { OffsetReset, SourceTiming } from '../graph/topology.ts'
import { durationMs } from './duration.ts'
import type { SourceOptions } from './options.ts'

export function timingOf<K, V>({ timestamp, onInvalidTimestamp }: SourceOptions<K, V>): SourceTiming {
  return { timestampOf: timestamp as SourceTiming['timestampOf'], onInvalid: onInvalidTimestamp }
}

export function resetOf<K, V>(graph: LogicalGraph, name: string, { reset }: SourceOptions<K, V>): OffsetReset | undefined {
  if (typeof reset !== 'object') return reset
  const byDurationMs = durationMs(reset.byDuration)
  if (byDurationMs < 0) graph.problems.report(name, `a reset by a duration of ${byDurationMs} ms is in the future.`, 'Give 0 or more.')
  return { byDurationMs }
}

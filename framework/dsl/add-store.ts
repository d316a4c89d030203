// Stores for process() and processValues(), of each kind that Kafka Streams has. Kafka Streams: Stores.keyValueStoreBuilder, windowStoreBuilder, …

import { type LogicalGraph, LogicalNode } from '../graph/logical-graph.ts'
import type { StoreSpec } from '../graph/operator-spec.ts'
import { type Duration, durationMs } from './duration.ts'
import { requireSerde } from './flow.ts'
import { changelogOf, versionedShape, windowChangelogSettings } from './materialize.ts'
import type { AddStoreOptions } from './options.ts'

export function addStore(graph: LogicalGraph, name: string, options: AddStoreOptions<unknown, unknown>): void {
  const store = {
    name,
    key: requireSerde({ graph }, name, 'key', options.key),
    value: requireSerde({ graph }, name, 'value', options.value),
    persistent: options.persistent ?? true,
    caching: (options.caching ?? false) && options.type !== 'versioned',
    ...shapeOf(graph, name, options),
  }
  graph.add(graph.root, new LogicalNode(name, { kind: 'store', store }))
}

type Shape = Pick<StoreSpec, 'kind' | 'changelog' | 'retentionMs' | 'windowSizeMs' | 'retainsDuplicates' | 'historyRetentionMs'>

function shapeOf(graph: LogicalGraph, name: string, options: AddStoreOptions<unknown, unknown>): Shape {
  const { type = 'keyValue', logging } = options
  switch (options.type) {
    case 'window': {
      const retentionMs = timeOf(graph, name, 'retention', options.retention)
      const windowSizeMs = timeOf(graph, name, 'window size', options.windowSize)
      if (windowSizeMs > retentionMs) {
        const problem = `windows of ${windowSizeMs} ms are longer than their retention, ${retentionMs} ms.`
        graph.problems.report(name, problem, 'Give a longer retention.')
      }
      const changelog = changelogOf(name, logging, windowChangelogSettings(retentionMs))
      return { kind: 'plainWindow', changelog, retentionMs, windowSizeMs, retainsDuplicates: options.retainDuplicates ?? false }
    }
    case 'session': {
      const retentionMs = timeOf(graph, name, 'retention', options.retention)
      return { kind: 'session', changelog: changelogOf(name, logging, windowChangelogSettings(retentionMs)), retentionMs }
    }
    case 'versioned':
      return versionedShape(name, options.historyRetention, logging)
    default:
      return {
        kind: type === 'timestampedKeyValue' ? type : 'keyValue',
        changelog: changelogOf(name, logging, { 'cleanup.policy': 'compact' }),
      }
  }
}

function timeOf(graph: LogicalGraph, name: string, what: string, duration: Duration): number {
  const ms = durationMs(duration)
  if (ms < 0) graph.problems.report(name, `a ${what} of ${ms} ms is negative.`, 'Give 0 or more.')
  return ms
}

// Stores for process() and processValues(), of each kind that Kafka Streams has. Kafka Streams: Stores.keyValueStoreBuilder, windowStoreBuilder, …

import { type LogicalGraph, LogicalNode } from '../graph/logical-graph.ts'
import type { ChangelogSpec, StoreSpec } from '../graph/operator-spec.ts'
import { type Duration, durationMs } from './duration.ts'
import { requireSerde } from './flow.ts'
import { changelogOf, checkEntriesMax, versionedShape, windowChangelogSettings } from './materialize.ts'
import type { AddStoreOptions } from './options.ts'

/** `changelog`: instead of one of its own. */
export function addStore(graph: LogicalGraph, name: string, options: AddStoreOptions<unknown, unknown>, changelog?: ChangelogSpec): void {
  const store = storeSpecOf(graph, name, options)
  graph.add(graph.root, new LogicalNode(name, { kind: 'store', store: changelog === undefined ? store : { ...store, changelog } }))
}

export function storeSpecOf(graph: LogicalGraph, name: string, options: AddStoreOptions<unknown, unknown>): StoreSpec {
  return {
    name,
    key: requireSerde({ graph }, name, 'key', options.key),
    value: requireSerde({ graph }, name, 'value', options.value),
    persistent: options.persistent ?? true,
    caching: (options.caching ?? false) && options.type !== 'versioned',
    ...shapeOf(graph, name, options),
  }
}

type Shape = Pick<
  StoreSpec,
  'kind' | 'changelog' | 'retentionMs' | 'windowSizeMs' | 'retainsDuplicates' | 'rangesByKey' | 'historyRetentionMs' | 'entriesMax'
> & { readonly persistent?: boolean }

function shapeOf(graph: LogicalGraph, name: string, options: AddStoreOptions<unknown, unknown>): Shape {
  const { type = 'keyValue', logging } = options
  switch (options.type) {
    case 'window':
    case 'timestampedWindow': {
      const retentionMs = timeOf(graph, name, 'retention', options.retention)
      const windowSizeMs = timeOf(graph, name, 'window size', options.windowSize)
      if (windowSizeMs > retentionMs) {
        const problem = `windows of ${windowSizeMs} ms are longer than their retention, ${retentionMs} ms.`
        graph.problems.report(name, problem, 'Give a longer retention.')
      }
      const changelog = changelogOf(name, logging, windowChangelogSettings(retentionMs))
      const retainsDuplicates = options.retainDuplicates ?? false
      if (options.type === 'window') return { kind: 'plainWindow', changelog, retentionMs, windowSizeMs, retainsDuplicates }
      if (retainsDuplicates)
        graph.problems.report(
          name,
          'a timestamped window store keeps no duplicates.',
          "Let its type be 'window', or leave `retainDuplicates` out.",
        )
      return { kind: 'window', changelog, retentionMs, windowSizeMs, rangesByKey: true }
    }
    case 'session': {
      const retentionMs = timeOf(graph, name, 'retention', options.retention)
      return { kind: 'session', changelog: changelogOf(name, logging, windowChangelogSettings(retentionMs)), retentionMs }
    }
    case 'versioned':
      return versionedShape(graph, name, options.historyRetention, logging)
    default:
      checkEntriesMax(graph, { name, ...(options.entriesMax === undefined ? {} : { entriesMax: options.entriesMax }) }, name)
      return {
        kind: type === 'timestampedKeyValue' ? type : 'keyValue',
        ...(options.entriesMax === undefined ? {} : { persistent: false, entriesMax: options.entriesMax }),
        changelog: changelogOf(name, logging, { 'cleanup.policy': 'compact' }),
      }
  }
}

function timeOf(graph: LogicalGraph, name: string, what: string, duration: Duration): number {
  const ms = durationMs(duration)
  if (ms < 0) graph.problems.report(name, `a ${what} of ${ms} ms is negative.`, 'Give 0 or more.')
  return ms
}

// From the author's word on a store to the store: its name, and its changelog with the settings that Kafka Streams gives it
// (MaterializedInternal, KeyValueStoreMaterializer, WindowStoreMaterializer, UnwindowedUnversionedChangelogTopicConfig, WindowedChangelogTopicConfig).

import type { LogicalGraph } from '../graph/logical-graph.ts'
import type { ChangelogSpec, StoreSpec } from '../graph/operator-spec.ts'
import { migrating } from '../serdes/migrating.ts'
import { type Duration, durationMs } from './duration.ts'
import type { AnySerde, Flow } from './flow.ts'
import type { StoreOption, StoreOptions, WindowedOptions } from './options.ts'

/** A store of the dsl, named: which of the two ways in which it came to its name matters. */
export interface NamedStore {
  readonly graph: LogicalGraph
  readonly name: string
  /** Named by the author: kept even if nothing reads it. */
  readonly queryable: boolean
  readonly options: StoreOptions
}

export function storeOptions(store: StoreOption | undefined): StoreOptions {
  return typeof store === 'string' ? { name: store } : (store ?? {})
}

/**
 * The name of an operator's store: the author's, else (named after variables) the operator's, else a generated one. A generated name
 * is used up only where no name was given, as in Kafka Streams.
 */
export function nameStore(graph: LogicalGraph, store: StoreOption | undefined, operator: string | undefined, prefix: string): NamedStore {
  const options = storeOptions(store)
  checkEntriesMax(graph, options, operator ?? prefix)
  if (options.name !== undefined) return { graph, name: options.name, queryable: true, options }
  const generated = graph.names.store(prefix)
  const name = graph.naming === 'variables' && operator !== undefined ? operator : generated
  return { graph, name, queryable: false, options }
}

export function checkEntriesMax(graph: LogicalGraph, { name, entriesMax, historyRetention }: StoreOptions, operator: string): void {
  if (entriesMax === undefined) return
  if (!(entriesMax >= 1)) graph.problems.report(name ?? operator, `an LRU map of ${entriesMax} entries holds nothing.`, 'Give 1 or more.')
  if (historyRetention === undefined) return
  graph.problems.report(name ?? operator, 'a versioned store is no LRU map.', 'Leave `historyRetention` or `entriesMax` out.')
}

export function rowStore({ graph, name, options }: NamedStore, key: AnySerde, valueSerde: AnySerde): StoreSpec {
  const { persistent = true, caching = true, logging, historyRetention, entriesMax } = options
  const value = storedValue(valueSerde, options)
  if (historyRetention !== undefined)
    return { name, key, ...value, persistent, caching: false, ...versionedShape(graph, name, historyRetention, logging) }
  const changelog = changelogOf(name, logging, { 'cleanup.policy': 'compact' })
  const kept = entriesMax === undefined ? { persistent } : { persistent: false, entriesMax }
  return { name, kind: 'timestampedKeyValue', key, ...value, ...kept, caching, changelog }
}

function storedValue(value: AnySerde, { migrate }: StoreOptions): Pick<StoreSpec, 'value' | 'migrates'> {
  return migrate === undefined ? { value } : { value: migrating(value, migrate), migrates: true }
}

/** What makes a store versioned. Its changelog keeps older values as long as the store does, and a day more (Kafka Streams: VersionedChangelogTopicConfig). */
export function versionedShape(
  graph: LogicalGraph,
  name: string,
  historyRetention: Duration,
  logging: StoreOptions['logging'],
): Pick<StoreSpec, 'kind' | 'changelog' | 'historyRetentionMs'> {
  const historyRetentionMs = durationMs(historyRetention)
  if (historyRetentionMs < 0) graph.problems.report(name, `a history of ${historyRetentionMs} ms is negative.`, 'Give 0 or more.')
  const settings = { 'cleanup.policy': 'compact', 'min.compaction.lag.ms': String(historyRetentionMs + changelogRetentionMarginMs) }
  return { kind: 'versioned', changelog: changelogOf(name, logging, settings), historyRetentionMs }
}

/** Whether a store option asks for a versioned store. */
export function isVersioned(store: StoreOption | undefined): boolean {
  return typeof store === 'object' && store.historyRetention !== undefined
}

export interface WindowStoreShape {
  readonly kind: 'window' | 'session'
  readonly retentionMs: number
  readonly windowSizeMs?: number
  readonly rangesByKey?: boolean
  readonly timeOrdered?: boolean
  /** Results that are sent when a window closes do not come from the record cache. */
  readonly neverCached?: boolean
}

export function windowStore({ name, options }: NamedStore, key: AnySerde, value: AnySerde, whole: WindowStoreShape): StoreSpec {
  const { neverCached = false, ...shape } = whole
  return {
    name,
    key,
    ...storedValue(value, options),
    ...shape,
    persistent: options.persistent ?? true,
    caching: (options.caching ?? true) && !neverCached,
    changelog: changelogOf(name, options.logging, windowChangelogSettings(shape.retentionMs)),
  }
}

/** How long windows are kept: as the author says, but not less than the operator needs. */
export function retentionOf(
  { graph, name: group }: Pick<Flow, 'graph' | 'name'>,
  { store, name }: WindowedOptions,
  leastMs: number,
  defaultMs = leastMs,
): number {
  const given = typeof store === 'object' ? store.retention : undefined
  if (given === undefined) return defaultMs
  const retentionMs = durationMs(given)
  if (retentionMs < leastMs) {
    const problem = `a retention of ${retentionMs} ms is less than the window's size and grace, ${leastMs} ms.`
    graph.problems.report(name ?? group, problem, 'Give a longer retention, or none.')
  }
  return retentionMs
}

export function windowChangelogSettings(retentionMs: number): Readonly<Record<string, string>> {
  if (retentionMs >= Number.MAX_SAFE_INTEGER) return { 'cleanup.policy': 'compact,delete', 'retention.ms': longMax }
  return { 'cleanup.policy': 'compact,delete', 'retention.ms': String(retentionMs + changelogRetentionMarginMs) }
}

/** Java's greatest long: for ever. */
const longMax = '9223372036854775807'

/** For clocks that differ (Kafka Streams: windowstore.changelog.additional.retention.ms). */
const changelogRetentionMarginMs = 86_400_000

export function changelogOf(
  store: string,
  logging: StoreOptions['logging'],
  settings: Readonly<Record<string, string>>,
): ChangelogSpec | null {
  if (logging === false) return null
  const given = typeof logging === 'object' ? logging : {}
  return { kind: 'internal', name: `${store}-changelog`, settings: { 'message.timestamp.type': 'CreateTime', ...settings, ...given } }
}

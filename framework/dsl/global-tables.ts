// Global tables and stores, and looking up in them. Kafka Streams: InternalStreamsBuilder.globalTable, addGlobalStore; KStreamImpl.globalTableJoin.

import { type LogicalGraph, LogicalNode } from '../graph/logical-graph.ts'
import type { Callback, Joiner, OperatorSpec, StoreSpec, TableView } from '../graph/operator-spec.ts'
import { addStep, requireSerde, type StreamFlow } from './flow.ts'
import { isVersioned, nameStore, rowStore, storeOptions } from './materialize.ts'
import type { GlobalTableOptions, NameOptions, SourceOptions } from './options.ts'
import { timingOf } from './source-options.ts'

export function addGlobalTable(graph: LogicalGraph, topic: string, options: GlobalTableOptions<unknown, unknown>): TableView {
  if (options.store !== undefined && storeOptions(options.store).name === undefined) {
    graph.problems.report(
      options.name ?? topic,
      'the store of a global table has options and no name.',
      'Give it a name, or leave the store out.',
    )
  }
  if (isVersioned(options.store)) {
    const remedy = 'Leave `historyRetention` out, or read the topic as a table.'
    graph.problems.report(options.name ?? topic, 'a global table cannot be versioned.', remedy)
  }
  const named = nameStore(graph, options.store, options.name, `${topic}-`)
  addGlobal(graph, topic, options, ({ key, value }) => ({
    store: rowStore(named, key, value),
    operator: { kind: 'tableSource', store: named.name, sendsOldValues: false },
  }))
  return { kind: 'store', store: named.name }
}

/** The source topic is what the store is restored from: it has no changelog of its own. */
export function addGlobal(
  graph: LogicalGraph,
  topic: string,
  options: Omit<SourceOptions<unknown, unknown>, 'reset'>,
  make: (serdes: Pick<StoreSpec, 'key' | 'value'>) => { readonly store: StoreSpec; readonly operator: OperatorSpec },
): void {
  const sourceName = graph.names.suffixedOrGenerated(options.name, '-source', 'KSTREAM-SOURCE-')
  const name = graph.names.orGenerated(options.name, 'KTABLE-SOURCE-')
  const serdes = { key: requireSerde({ graph }, name, 'key', options.key), value: requireSerde({ graph }, name, 'value', options.value) }
  const { store, operator } = make(serdes)
  const restoring = { ...store, changelog: { kind: 'sourceTopic', topic } } as const
  graph.add(
    graph.root,
    new LogicalNode(name, { kind: 'globalStore', sourceName, topic, ...serdes, timing: timingOf(options), operator, store: restoring }),
  )
}

export function joinGlobalTable(
  flow: StreamFlow,
  table: TableView,
  keySelector: Callback<unknown>,
  joiner: Joiner,
  left: boolean,
  options: NameOptions,
): StreamFlow {
  // Kafka Streams names both kinds after the left join.
  const name = flow.graph.names.orGenerated(options.name, 'KSTREAM-LEFTJOIN-')
  const operator = { kind: 'streamGlobalTableJoin', left, keySelector, joiner, table } as const
  return addStep(flow, { name, operator, traits: { passesNullKeys: left }, becomes: { value: null } })
}

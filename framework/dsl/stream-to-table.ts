// A stream read as a table. Kafka Streams: KStreamImpl.toTable.

import { LogicalNode } from '../graph/logical-graph.ts'
import type { SourceTable } from '../graph/table-state.ts'
import { requireSerde, type StreamFlow, type TableFlow } from './flow.ts'
import { isVersioned, nameStore, rowStore } from './materialize.ts'
import type { ToTableOptions } from './options.ts'
import { newRepartition } from './repartition.ts'

export function toTable(flow: StreamFlow, options: ToTableOptions<unknown, unknown>): TableFlow {
  const { graph, make } = flow
  const name = graph.names.orGenerated(options.name, 'KSTREAM-TOTABLE-')
  const named = nameStore(graph, options.store, options.name, 'KSTREAM-TOTABLE-')
  const key = requireSerde(flow, name, 'key', options.key, flow.key)
  const value = requireSerde(flow, name, 'value', options.value, flow.value)
  const repartition = flow.changedKey ? newRepartition(flow, name, { key, value }) : null
  if (repartition !== null) graph.add(flow.node, repartition)
  const state: SourceTable = {
    kind: 'source',
    store: named.name,
    queryable: named.queryable,
    materialized: named.queryable,
    sendsOldValues: false,
  }
  const spec = rowStore(named, key, value)
  const operator = () =>
    ({ kind: 'tableSource', store: state.materialized ? state.store : null, sendsOldValues: state.sendsOldValues }) as const
  const store = () => (state.materialized ? spec : null)
  const node = new LogicalNode(name, { kind: 'processor', operator, store, connects: [] }, { versioned: isVersioned(options.store) })
  graph.add(repartition ?? flow.node, node)
  const sources = repartition === null ? flow.sources : new Set([repartition.name])
  return { make, graph, name, node, key, value, sources, state }
}

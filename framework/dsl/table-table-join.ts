// The join of two tables by key: a processor for the changes of each side, and one where both come together. Kafka Streams: KTableImpl.doJoin.

import { givesVersioned, LogicalNode, type TableJoinSide } from '../graph/logical-graph.ts'
import type { Joiner, JoinSide, JoinType, TableView } from '../graph/operator-spec.ts'
import { type JoinedTable, sendOldValues, storesOf, viewOf } from '../graph/table-state.ts'
import { type AnySerde, requireSerde, type TableFlow } from './flow.ts'
import { isVersioned, nameStore, rowStore } from './materialize.ts'
import type { StatefulOptions } from './options.ts'

export interface TableJoinOptions extends StatefulOptions {
  readonly value?: AnySerde | undefined
}

export function joinTables(left: TableFlow, right: TableFlow, type: JoinType, joiner: Joiner, options: TableJoinOptions): TableFlow {
  const { graph } = left
  const { names } = graph
  const named = options.store === undefined ? null : nameStore(graph, options.store, options.name, 'KTABLE-MERGE-')
  const name = names.orGenerated(options.name, 'KTABLE-MERGE-')
  const sources = new Set([...left.sources, ...right.sources])
  graph.coPartitioned.push(sources)
  if (type !== 'inner') sendOldValues(left.state, true)
  if (type === 'outer') sendOldValues(right.state, true)
  const views = { left: viewOf(left.state), right: viewOf(right.state) }
  const sideNames = {
    left: names.suffixedOrGenerated(options.name, '-join-this', 'KTABLE-JOINTHIS-'),
    right: names.suffixedOrGenerated(options.name, '-join-other', 'KTABLE-JOINOTHER-'),
  }
  const state: JoinedTable = {
    kind: 'join',
    type,
    left: left.state,
    right: right.state,
    joiner,
    store: named?.name ?? null,
    sendsOldValues: false,
  }
  const side = (which: JoinSide, flow: TableFlow, other: TableView): TableJoinSide => ({
    name: sideNames[which],
    parent: flow.node.name,
    operator: () => ({
      kind: 'tableTableJoin',
      versioned: givesVersioned(flow.node),
      side: which,
      type,
      joiner,
      other,
      sendsOldValues: state.sendsOldValues,
    }),
    connects: storesOf(other),
  })
  const value = options.value ?? null
  const store = named === null ? null : rowStore(named, requireSerde(left, name, 'key', left.key), requireSerde(left, name, 'value', value))
  const work = {
    kind: 'tableTableJoin',
    left: side('left', left, views.right),
    right: side('right', right, views.left),
    merge: () => ({ kind: 'tableJoinMerge', store: state.store, sendsOldValues: state.sendsOldValues }) as const,
    store,
  } as const
  const node = new LogicalNode(name, work, { versioned: isVersioned(options.store) })
  graph.add(left.node, node)
  graph.add(right.node, node)
  return { ...left, name, node, value, sources, state }
}

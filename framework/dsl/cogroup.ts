// One aggregate of several grouped streams, as Kafka Streams has it: an operator for each, all on one store, and a node where their results come together.
// Kafka Streams: CogroupedStreamAggregateBuilder.

import { LogicalNode, type NodeTraits } from '../graph/logical-graph.ts'
import type { Aggregation, OperatorSpec, StoreSpec } from '../graph/operator-spec.ts'
import type { AggregateTable } from '../graph/table-state.ts'
import type { GroupFlow } from './aggregate-stream.ts'
import { type AnySerde, requireSerde, type TableFlow } from './flow.ts'
import { isVersioned, type NamedStore, nameStore } from './materialize.ts'
import type { StatefulOptions } from './options.ts'
import { newRepartition } from './repartition.ts'

/** The groups with their adders, in the order in which they were named; and the nodes behind their repartitionings, made once. */
export interface Cogroup {
  readonly members: ReadonlyMap<GroupFlow, Aggregation['adder']>
  readonly parents: Map<GroupFlow, LogicalNode>
}

export interface CogroupPlan {
  readonly initializer: () => unknown
  readonly options: StatefulOptions
  readonly value: AnySerde | null | undefined
  readonly store: (named: NamedStore, key: AnySerde, value: AnySerde) => StoreSpec
  readonly operator: (store: string, aggregation: Aggregation, table: AggregateTable) => OperatorSpec
  readonly resultKey: (key: AnySerde) => AnySerde
  readonly traits?: NodeTraits
}

export const cogroupPrefix = 'COGROUPKSTREAM-AGGREGATE-'

export function aggregateCogroup(cogroup: Cogroup, plan: CogroupPlan): TableFlow {
  const [first] = cogroup.members.keys()
  const { make, graph } = first!
  const { options } = plan
  const named = nameStore(graph, options.store, options.name, cogroupPrefix)
  repartitionAll(cogroup, named.name)
  const key = requireSerde(first!, named.name, 'key', first!.key)
  const value = requireSerde(first!, named.name, 'value', plan.value)
  const store = plan.store(named, key, value)
  const state: AggregateTable = { kind: 'aggregate', store: named.name, queryable: named.queryable, result: null, sendsOldValues: false }
  const processors = [...cogroup.members].map(([group, adder], i) => {
    const name = graph.names.suffixedOrGenerated(options.name, `-cogroup-agg-${i}`, cogroupPrefix)
    const aggregation: Aggregation = { kind: 'aggregate', initializer: plan.initializer, adder, result: null }
    const operator = () => plan.operator(named.name, aggregation, state)
    // The first one brings the store, the others connect to it.
    const own = i === 0 ? { store: () => store, connects: [] } : { store: () => null, connects: [named.name] }
    const node = new LogicalNode(name, { kind: 'processor', operator, ...own }, { versioned: isVersioned(options.store), ...plan.traits })
    graph.add(cogroup.parents.get(group)!, node)
    return node
  })
  const name = graph.names.suffixedOrGenerated(options.name, '-cogroup-merge', 'COGROUPKSTREAM-MERGE-')
  const merge = new LogicalNode(name, { kind: 'processor', operator: () => ({ kind: 'pass' }), store: () => null, connects: [] })
  for (const processor of processors) graph.add(processor, merge)
  return { make, graph, name, node: merge, key: plan.resultKey(key), value, sources: sourcesOf(cogroup), state }
}

/** Each group whose key has changed is repartitioned once, however many aggregations there are; names are used up each time. */
export function repartitionAll({ members, parents }: Cogroup, store: string): void {
  for (const group of members.keys()) {
    if (!group.changedKey) {
      parents.set(group, group.node)
      continue
    }
    const fresh = newRepartition(group, group.groupName ?? store, group)
    if (parents.has(group)) continue
    group.graph.add(group.node, fresh)
    parents.set(group, fresh)
  }
  const [first] = members.keys()
  first!.graph.coPartitioned.push(sourcesOf({ members, parents }))
}

export function sourcesOf({ members, parents }: Cogroup): Set<string> {
  return new Set([...members.keys()].flatMap((group) => (group.changedKey ? [parents.get(group)!.name] : [...group.sources])))
}

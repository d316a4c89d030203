// Aggregations of grouped streams: where the key may have changed, first a repartitioning, then the operator with its store.
// Kafka Streams: KGroupedStreamImpl, GroupedStreamAggregateBuilder, TimeWindowedKStreamImpl.

import { LogicalNode, type NodeTraits } from '../graph/logical-graph.ts'
import type { Aggregation, OperatorSpec, StoreSpec, WindowAside } from '../graph/operator-spec.ts'
import type { AggregateTable } from '../graph/table-state.ts'
import { type AnySerde, type Flow, requireSerde, type TableFlow } from './flow.ts'
import { isVersioned, type NamedStore, nameStore } from './materialize.ts'
import type { StatefulOptions } from './options.ts'
import { newRepartition } from './repartition.ts'
import { type AsidePlan, asideOf } from './window-aside.ts'

export interface GroupFlow extends Flow {
  readonly changedKey: boolean
  /** What groupBy was named: then all aggregations of the group share a repartition topic of this name. */
  readonly groupName: string | undefined
  repartition: LogicalNode | null
}

/** What one aggregation has that others have not. */
export interface AggregationPlan {
  readonly prefix: 'KSTREAM-AGGREGATE-' | 'KSTREAM-REDUCE-'
  readonly aggregation: Aggregation
  readonly options: StatefulOptions
  /** Of the store; undefined: the author was to give it. */
  readonly value: AnySerde | null | undefined
  /** Of what is seen of the store, where that is another type. */
  readonly resultValue?: AnySerde | null | undefined
  /** The same, for who reads the store from outside. */
  readonly seenSerde?: AnySerde | undefined
  /** false: an unnamed count uses up no name besides that of its store. */
  readonly countBurnsName?: boolean
  readonly traits?: NodeTraits
  readonly store: (named: NamedStore, key: AnySerde, value: AnySerde) => StoreSpec
  /** Stores besides that. */
  readonly furtherStores?: (named: NamedStore, key: AnySerde, value: AnySerde) => readonly StoreSpec[]
  readonly operator: (store: string, table: AggregateTable, aside: WindowAside | undefined) => OperatorSpec
  /** Of windows: what else the operator keeps and sends. */
  readonly aside?: AsidePlan
  /** The serde of the result's keys, from that of the group's. */
  readonly resultKey: (key: AnySerde) => AnySerde
}

export function aggregateStream(group: GroupFlow, plan: AggregationPlan): TableFlow {
  const { graph, make } = group
  const { options, prefix } = plan
  // Kafka Streams once made a name here that it did not use, and still does: only where count is given a store option without a name, and not for
  // sliding windows.
  const unnamed = typeof options.store === 'object' && options.store.name === undefined
  if (plan.aggregation.kind === 'count' && plan.countBurnsName !== false && unnamed) graph.names.store(prefix)
  const named = nameStore(graph, options.store, options.name, prefix)
  const name = graph.names.orGenerated(options.name, prefix)
  const key = requireSerde(group, name, 'key', group.key)
  const value = requireSerde(group, name, 'value', plan.value)
  const { parent, sources } = repartitioned(group, named.name)
  const state: AggregateTable = {
    kind: 'aggregate',
    store: named.name,
    queryable: named.queryable,
    result: plan.aggregation.result,
    sendsOldValues: false,
  }
  const store = { ...plan.store(named, key, value), ...seenOf(plan.aggregation, plan.seenSerde) }
  const aside = plan.aside === undefined ? undefined : asideOf(named, plan.aside)
  const operator = () => plan.operator(named.name, state, aside?.spec)
  const furtherStores = [...(aside?.stores ?? []), ...(plan.furtherStores?.(named, key, value) ?? [])]
  const work = { kind: 'processor', operator, store: () => store, furtherStores, connects: [] } as const
  const node = new LogicalNode(name, work, { versioned: isVersioned(options.store), ...plan.traits })
  graph.add(parent, node)
  plan.aside?.late?.attach(node, sources)
  const resultValue = plan.resultValue === undefined ? value : plan.resultValue
  return { make, graph, name, node, key: plan.resultKey(key), value: resultValue, sources, state }
}

/** Of an aggregation whose store holds something else than is seen. */
export function seenOf({ result }: Pick<Aggregation, 'result'>, serde: AnySerde | undefined): Pick<StoreSpec, 'seen'> {
  return result === null ? {} : { seen: { of: result, serde } }
}

function repartitioned(group: GroupFlow, store: string): { readonly parent: LogicalNode; readonly sources: ReadonlySet<string> } {
  if (!group.changedKey) return { parent: group.node, sources: group.sources }
  const fresh = newRepartition(group, group.groupName ?? store, group)
  if (group.repartition === null || group.groupName === undefined) group.repartition = fresh
  group.graph.add(group.node, group.repartition)
  return { parent: group.repartition, sources: new Set([fresh.name]) }
}

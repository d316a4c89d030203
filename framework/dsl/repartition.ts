// Where the dsl repartitions a stream: because the author says so, or because its key has changed. Kafka Streams: KStreamImpl.

import type { LogicalNode } from '../graph/logical-graph.ts'
import { type Explicit, repartitionNames, repartitionNode } from '../graph/repartition-node.ts'
import { type AnySerde, requireSerde, type StreamFlow } from './flow.ts'
import type { RepartitionOptions, WriteOptions } from './options.ts'

export interface RepartitionSerdes {
  readonly key: AnySerde | null | undefined
  readonly value: AnySerde | null | undefined
}

/** The node of a repartitioning whose topic is named after `prefix`, not attached yet. */
export function newRepartition(
  { graph }: Pick<StreamFlow, 'graph'>,
  prefix: string,
  { key, value }: RepartitionSerdes,
  explicit: Explicit | null = null,
): LogicalNode {
  const names = repartitionNames(graph.names, prefix)
  const serdes = { key: requireSerde({ graph }, names.source, 'key', key), value: requireSerde({ graph }, names.source, 'value', value) }
  return repartitionNode(names, serdes, explicit)
}

/** repartition(): always, and with the number of partitions that the author wants. */
export function repartition(flow: StreamFlow, options: RepartitionOptions<unknown, unknown>): StreamFlow {
  const name = options.name ?? flow.graph.names.processor('KSTREAM-REPARTITION-')
  const serdes = { key: options.key ?? flow.key, value: options.value ?? flow.value }
  const { partitions, partitioner } = options
  if (partitions !== undefined && !(Number.isInteger(partitions) && partitions > 0)) {
    flow.graph.problems.report(name, `${partitions} is no number of partitions.`, 'Give a whole number from 1 on.')
  }
  const node = newRepartition(flow, name, serdes, { partitions, partitioner })
  flow.graph.add(flow.node, node)
  return behind(flow, node, node.name, serdes)
}

/**
 * Repartitions a stream whose key has changed, before a join. A second unnamed join of the same stream reads the repartition topic of the first, and uses up
 * names for one of its own all the same.
 */
export function repartitionForJoin(flow: StreamFlow, joinName: string | undefined, options: WriteOptions<unknown, unknown>): StreamFlow {
  const prefix = joinName ?? flow.name
  const serdes = { key: options.key ?? flow.key, value: options.value ?? flow.value }
  const fresh = newRepartition(flow, prefix, serdes)
  if (flow.joinRepartition === null || flow.name !== prefix) {
    flow.joinRepartition = fresh
    flow.graph.add(flow.node, fresh)
  }
  return behind(flow, flow.joinRepartition, fresh.name, serdes)
}

function behind(flow: StreamFlow, node: LogicalNode, name: string, { key, value }: RepartitionSerdes): StreamFlow {
  return {
    make: flow.make,
    graph: flow.graph,
    name,
    node,
    key: key ?? null,
    value: value ?? null,
    sources: new Set([node.name]),
    changedKey: false,
    joinRepartition: null,
  }
}

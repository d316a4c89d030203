// From the logical graph to the topology that runs: nodes are written in the order of their build priority, each once all its parents are, and each
// kind in its own way. This is the one switch over the kinds. Kafka Streams: InternalStreamsBuilder.buildAndOptimizeTopology, GraphNode.writeToTopology.

import type { LogicalGraph, LogicalNode, NodeWork, RepartitionWork } from './logical-graph.ts'
import { mergeSources } from './merge-sources.ts'
import type { OperatorSpec, StoreSpec } from './operator-spec.ts'
import { type Optimization, optimize } from './optimize.ts'
import { storesOf } from './table-state.ts'
import type { Topology } from './topology.ts'
import { TopologyAssembly } from './topology-assembly.ts'

/** Throws `topology-invalid` with all problems that the dsl or this has found. */
type StreamJoinWork = Extract<NodeWork, { readonly kind: 'streamStreamJoin' }>

export function writeTopology(graph: LogicalGraph, optimizations: readonly Optimization[] = []): Topology {
  mergeSources(graph)
  optimize(graph, optimizations)
  const assembly = new TopologyAssembly(graph.problems)
  for (const node of inBuildOrder(graph)) writeNode(node, node.work, assembly)
  // Stores may have been added after the processors that use them.
  for (const { name, connected } of graph.added) for (const store of connected) assembly.connect(name, store)
  const topology = assembly.finish(graph)
  graph.problems.throwIfAny()
  return topology
}

function* inBuildOrder(graph: LogicalGraph): Iterable<LogicalNode> {
  const written = new Set<LogicalNode>()
  const waiting = new Set([graph.root])
  while (waiting.size > 0) {
    const node = firstOf(waiting)
    waiting.delete(node)
    if (!written.has(node) && [...node.parents].every((parent) => written.has(parent))) {
      written.add(node)
      yield node
    }
    for (const child of node.children) if (!written.has(child)) waiting.add(child)
  }
}

function firstOf(nodes: ReadonlySet<LogicalNode>): LogicalNode {
  let first: LogicalNode | undefined
  for (const node of nodes) if (first === undefined || node.buildPriority < first.buildPriority) first = node
  return first!
}

function writeNode(node: LogicalNode, work: NodeWork, assembly: TopologyAssembly): void {
  switch (work.kind) {
    case 'root':
      return
    case 'source':
      assembly.addSource(
        node.name,
        work.topics instanceof RegExp ? { kind: 'pattern', pattern: work.topics } : topicsInput(work.topics),
        work,
      )
      return
    case 'elements':
      assembly.addSource(node.name, { kind: 'elements', elements: work.elements }, work)
      return
    case 'connectedSource':
      assembly.addSource(node.name, { kind: 'source', source: work.source }, work)
      return
    case 'tableSource': {
      const { table } = work
      assembly.addSource(work.sourceName, topicsInput([work.topic]), work)
      const store = table.materialized ? table.store : null
      assembly.addProcessor(node.name, { kind: 'tableSource', store, sendsOldValues: table.sendsOldValues }, [work.sourceName])
      if (!table.materialized) return
      const changelog = { kind: 'sourceTopic', topic: work.topic } as const
      assembly.addStore(node.reusesSourceTopic ? { ...work.store, changelog } : work.store, node.name)
      return
    }
    case 'processor':
      writeProcessor(node, work, assembly)
      return
    case 'tableRepartition':
      addRepartitionTopic(assembly, work.topic, undefined)
      assembly.addSink(work.sinkName, work.topic, work, node.parentNames)
      assembly.addSource(node.name, internalInput(work.topic), work)
      return
    case 'tableTableJoin':
      for (const { name, parent, operator } of [work.left, work.right]) assembly.addProcessor(name, operator(), [parent])
      assembly.addProcessor(node.name, work.merge(), [work.left.name, work.right.name])
      for (const { name, connects } of [work.left, work.right]) for (const store of connects) assembly.connect(name, store)
      addStore(assembly, work.store, node.name)
      return
    case 'streamStreamJoin':
      writeStreamJoin(node, work, assembly)
      return
    case 'store':
      assembly.addStore(work.store, null)
      return
    case 'globalStore':
      assembly.addSource(work.sourceName, topicsInput([work.topic]), work)
      assembly.addProcessor(node.name, work.operator, [work.sourceName])
      assembly.addGlobalStore(work.store, node.name)
      return
    case 'internalSink':
      addRepartitionTopic(assembly, work.topic, undefined)
      assembly.addSink(node.name, work.topic, work, node.parentNames, { partitioner: work.partitioner })
      return
    case 'internalSource':
      assembly.addSource(node.name, internalInput(work.topic), work)
      return
    case 'sink':
      assembly.addSink(node.name, work.topic, work, node.parentNames, work)
      return
    case 'repartition':
      writeRepartition(node, work, assembly)
      return
  }
}

function writeProcessor(node: LogicalNode, work: Extract<NodeWork, { readonly kind: 'processor' }>, assembly: TopologyAssembly): void {
  const operator = work.operator()
  assembly.addProcessor(node.name, operator, node.parentNames)
  for (const store of work.connects) assembly.connect(node.name, store)
  addStore(assembly, work.store(), node.name)
  for (const store of work.furtherStores ?? []) addStore(assembly, store, node.name)
  if (operator.kind !== 'streamTableJoin' || operator.grace === null) return
  for (const store of storesOf(operator.table)) assembly.checkHistory(node.name, store, operator.grace.graceMs)
}

function writeStreamJoin(node: LogicalNode, { left, right, unmatched, selfJoin }: StreamJoinWork, assembly: TopologyAssembly): void {
  if (node.joinsItself) {
    assembly.addProcessor(node.name, selfJoin, [left.windowed])
    for (const user of [left.windowed, node.name]) assembly.addStore(left.store, user)
    return
  }
  for (const { name, operator, windowed } of [left, right]) assembly.addProcessor(name, operator, [windowed])
  assembly.addProcessor(node.name, { kind: 'pass' }, [left.name, right.name])
  for (const user of [left.windowed, right.name]) assembly.addStore(left.store, user)
  for (const user of [right.windowed, left.name]) assembly.addStore(right.store, user)
  if (unmatched !== null) for (const user of [left.name, right.name]) assembly.addStore(unmatched, user)
}

function topicsInput(topics: readonly string[]) {
  return { kind: 'topics', topics: topics.map((name) => ({ name, internal: false })) } as const
}

function internalInput(topic: string) {
  return { kind: 'topics', topics: [{ name: topic, internal: true }] } as const
}

function writeRepartition(node: LogicalNode, work: RepartitionWork, assembly: TopologyAssembly): void {
  const { topic, partitions, filterName, sinkName } = work
  addRepartitionTopic(assembly, topic, partitions)
  const nullKeysPass = somethingBehindPassesNullKeys(node, new Set())
  const filter: OperatorSpec = nullKeysPass
    ? { kind: 'pass' }
    : { kind: 'filter', predicate: (_value, key) => key !== null && key !== undefined, negate: false }
  assembly.addProcessor(filterName, filter, node.parentNames)
  assembly.addSink(sinkName, topic, work, [filterName], { partitioner: work.partitioner })
  assembly.addSource(node.name, internalInput(topic), work)
}

function addRepartitionTopic(assembly: TopologyAssembly, name: string, partitions: number | undefined): void {
  assembly.addRepartitionTopic({ name, partitions, settings: repartitionTopicSettings })
}

function addStore(assembly: TopologyAssembly, store: StoreSpec | null, user: string): void {
  if (store !== null) assembly.addStore(store, user)
}

/** Records live until the app has committed what came of them and deletes them (Kafka Streams: RepartitionTopicConfig). */
const repartitionTopicSettings: Readonly<Record<string, string>> = {
  'cleanup.policy': 'delete',
  'message.timestamp.type': 'CreateTime',
  'retention.ms': '-1',
  'segment.bytes': '52428800',
}

function somethingBehindPassesNullKeys(node: LogicalNode, seen: Set<LogicalNode>): boolean {
  for (const child of node.children) {
    if (seen.has(child)) continue
    seen.add(child)
    if (child.traits.passesNullKeys === true || somethingBehindPassesNullKeys(child, seen)) return true
  }
  return false
}

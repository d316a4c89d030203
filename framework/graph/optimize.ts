// The optimisations of Kafka Streams' topology.optimization, on the logical graph (InternalStreamsBuilder.optimizeTopology).

import type { LogicalGraph, LogicalNode, RepartitionWork } from './logical-graph.ts'
import { repartitionNames, repartitionNode } from './repartition-node.ts'

export const optimizations = ['reuse.ktable.source.topics', 'merge.repartition.topics', 'single.store.self.join'] as const
export type Optimization = (typeof optimizations)[number]

export function optimize(graph: LogicalGraph, wanted: readonly Optimization[]): void {
  if (wanted.includes('reuse.ktable.source.topics')) reuseSourceTopics(graph)
  if (wanted.includes('merge.repartition.topics')) mergeRepartitionTopics(graph)
  if (wanted.includes('single.store.self.join')) rewriteSelfJoins(graph)
}

/** The topic that a table is read from serves as the changelog of its store. */
function reuseSourceTopics(graph: LogicalGraph): void {
  for (const node of graph.added) {
    if (node.work.kind === 'tableSource') node.reusesSourceTopic = true
  }
}

/** A join of a stream with itself keeps its records once. */
function rewriteSelfJoins(graph: LogicalGraph): void {
  for (const node of graph.added) {
    const [parent, ...others] = node.parents
    if (node.work.kind !== 'streamStreamJoin' || parent === undefined || others.length > 0) continue
    const { right } = node.work
    for (const child of [...parent.children]) if (child.name === right.windowed) parent.release(child)
    node.joinsItself = true
  }
}

/**
 * Repartitionings that hang on one change of the key become one, directly behind it, and what lay between is done behind it.
 * Named after the first of them, with names used up for it.
 */
function mergeRepartitionTopics(graph: LogicalGraph): void {
  for (const [changer, repartitions] of repartitionsByKeyChange(graph)) {
    const [first] = repartitions
    if (first === undefined) continue
    const { topic, key, value } = first.work as RepartitionWork
    const merged = repartitionNode(repartitionNames(graph.names, topic), { key, value })
    merged.buildPriority = changer.buildPriority
    for (const repartition of repartitions) replace(graph, changer, repartition, merged)
    changer.adopt(merged)
  }
}

function replace(graph: LogicalGraph, changer: LogicalNode, repartition: LogicalNode, merged: LogicalNode): void {
  const child = nearest(repartition, (node) => node.parents.has(changer))
  if (child === null) {
    // It was moved behind another merge already. Which of the two comes first is left to a hash map in Kafka Streams, which then refuses the topology.
    const { topic } = repartition.work as RepartitionWork
    const problem = `the repartition topic ${topic} has several merges before it, and merge.repartition.topics cannot choose behind which of them to put it.`
    graph.problems.report(changer.name, problem, 'Put repartition() behind the last merge(), or leave that optimization out.')
    // What is half moved would only give problems of its own.
    graph.problems.throwIfAny()
    return
  }
  merged.adopt(child)
  changer.release(child)
  const parents = [...repartition.parents]
  for (const behind of [...repartition.children]) for (const parent of parents) parent.adopt(behind)
  for (const parent of parents) parent.release(repartition)
  for (const behind of [...repartition.children]) repartition.release(behind)
  for (const sources of graph.coPartitioned) if (sources.delete(repartition.name)) sources.add(merged.name)
}

type ByKeyChange = Map<LogicalNode, Set<LogicalNode>>

function repartitionsByKeyChange(graph: LogicalGraph): ByKeyChange {
  const byChange: ByKeyChange = new Map()
  for (const node of graph.added) {
    if (node.traits.changesKey === true) byChange.set(node, new Set())
    else if (isMovable(node)) {
      const changer = keyChangeBefore(node)
      if (changer !== null) byChange.get(changer)?.add(node)
    }
  }
  return moveBehindMerges(graph, byChange)
}

function isMovable({ work }: LogicalNode): boolean {
  return work.kind === 'repartition' && !work.explicit
}

/** The change of the key before a repartitioning, unless a change of the value lies between the two: the serdes would not fit. */
function keyChangeBefore(repartition: LogicalNode): LogicalNode | null {
  const changer = nearest(repartition, ({ traits }) => traits.changesKey === true)
  const first = nearest(repartition, ({ traits }) => traits.changesKey === true || traits.changesValue === true)
  return first === changer ? changer : null
}

/** Where streams are merged before they are repartitioned, the merge takes the place of the changes of the key before it. */
function moveBehindMerges(graph: LogicalGraph, byChange: ByKeyChange): ByKeyChange {
  const changersOf = new Map<LogicalNode, LogicalNode[]>()
  for (const merge of graph.added) {
    if (merge.traits.merges !== true) continue
    const changers = [...byChange].filter(([changer, repartitions]) => {
      const allBehind = [...repartitions].every((node) => nearest(node, (other) => other.parents.has(merge)) !== null)
      return allBehind && nearest(merge, (node) => node.parents.has(changer)) !== null
    })
    changersOf.set(
      merge,
      changers.map(([changer]) => changer),
    )
  }
  const replaced = new Set<LogicalNode>()
  for (const [merge, changers] of changersOf) {
    byChange.set(merge, new Set(changers.flatMap((changer) => [...(byChange.get(changer) ?? [])])))
    for (const changer of changers) replaced.add(changer)
  }
  for (const changer of replaced) byChange.delete(changer)
  return byChange
}

/** The node itself or one above it, as Kafka Streams finds it: of several parents, what the first one leads to that leads to any. */
function nearest(node: LogicalNode, matches: (node: LogicalNode) => boolean): LogicalNode | null {
  if (matches(node)) return node
  for (const parent of node.parents) {
    const found = nearest(parent, matches)
    if (found !== null) return found
  }
  return null
}

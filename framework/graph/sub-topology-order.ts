// The order in which describe() lists the nodes of a sub-topology, and the neighbours of each: the more ways lead down from a node, the earlier it comes;
// then by name. Kafka Streams (InternalTopologyBuilder.describeSubtopology) sorts neighbours while it still counts those ways, in the order of a hash map:
// to print what it prints, we do the same.

import { compareStrings, hashSetOrder, TreeSet } from './java-order.ts'
import type { TopologyNode } from './topology.ts'

/** A node as describe() shows it. */
export interface DescribedNode {
  readonly name: string
  readonly predecessors: TreeSet<DescribedNode>
  readonly successors: TreeSet<DescribedNode>
  /** How many ways lead down from the node, itself included, as far as counted. */
  size: number
}

/** The nodes of a group in the order of describe(). */
export function describedNodes(group: readonly string[], nodes: ReadonlyMap<string, TopologyNode>): readonly DescribedNode[] {
  const members = new Set(group)
  const inOrderOfAddition = [...nodes.keys()].filter((name) => members.has(name))
  const described = new Map(hashSetOrder(inOrderOfAddition).map((name) => [name, describedNode(name)]))
  for (const node of described.values()) {
    for (const parent of parentsOf(nodes.get(node.name)!)) {
      const predecessor = described.get(parent)!
      node.predecessors.add(predecessor)
      predecessor.successors.add(node)
      grow(predecessor, node.size)
    }
  }
  return [...described.values()].sort(largestFirst)
}

function describedNode(name: string): DescribedNode {
  return { name, predecessors: new TreeSet(largestFirst), successors: new TreeSet(largestFirst), size: 1 }
}

function largestFirst(a: DescribedNode, b: DescribedNode): number {
  return b.size - a.size || compareStrings(a.name, b.name)
}

function parentsOf(node: TopologyNode): readonly string[] {
  return node.kind === 'source' ? [] : node.parents
}

function grow(node: DescribedNode, by: number): void {
  node.size += by
  for (const predecessor of node.predecessors) grow(predecessor, by)
}

// The order in which describe() lists the nodes of a sub-topology, and the neighbours of each: the larger the part of the graph that hangs on
// a node, the earlier it comes; then by name. Kafka Streams: InternalTopologyBuilder.NodeComparator.

import type { TopologyNode } from './topology.ts'

export function subTopologyOrder(group: readonly string[], nodes: ReadonlyMap<string, TopologyNode>): readonly string[] {
  const sizes = new Map<string, number>()
  for (const name of group) sizeOf(name, nodes, sizes)
  return [...group].sort((a, b) => sizes.get(b)! - sizes.get(a)! || compareAsJava(a, b))
}

/** The node itself and all that hang on it, once for each way that leads there. */
function sizeOf(name: string, nodes: ReadonlyMap<string, TopologyNode>, sizes: Map<string, number>): number {
  const known = sizes.get(name)
  if (known !== undefined) return known
  const node = nodes.get(name)!
  let size = 1
  if (node.kind !== 'sink') for (const child of node.children) size += sizeOf(child, nodes, sizes)
  sizes.set(name, size)
  return size
}

/** java.lang.String.compareTo, which is by UTF-16 code units, as `<` is. */
function compareAsJava(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

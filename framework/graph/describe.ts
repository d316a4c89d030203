// The topology as text, exactly as Kafka Streams' TopologyDescription prints it, so that its tools (visualisers, diffs) keep working. Internal topics
// stand without the application id.

import { hashSetOrder, type TreeSet } from './java-order.ts'
import { type DescribedNode, describedNodes } from './sub-topology-order.ts'
import type { SourceInput, SubTopology, Topology, TopologyNode } from './topology.ts'

export function describe(topology: Topology): string {
  return `Topologies:\n ${topology.subTopologies.map((subTopology) => describeSubTopology(topology, subTopology)).join('')}`
}

function describeSubTopology({ nodes }: Topology, { id, nodes: group, global }: SubTopology): string {
  const lines = describedNodes(group, nodes).map((described) => `    ${describeNode(nodes.get(described.name)!, described)}\n`)
  if (global) return `  Sub-topology: ${id} for global store (will not generate tasks)\n${lines.join('')}`
  return `  Sub-topology: ${id}\n${lines.join('')}\n`
}

function describeNode(node: TopologyNode, { predecessors, successors }: DescribedNode): string {
  const after = `\n      --> ${names(successors)}`
  const before = `\n      <-- ${names(predecessors)}`
  switch (node.kind) {
    case 'source':
      return `Source: ${node.name} (topics: ${topicsText(node.input)})${after}`
    case 'processor':
      return `Processor: ${node.name} (stores: [${hashSetOrder(node.stores).join(', ')}])${after}${before}`
    case 'sink':
      return `Sink: ${node.name} (${node.topicOf === undefined ? 'topic' : 'extractor class'}: ${node.topic.name})${before}`
  }
}

function names(nodes: TreeSet<DescribedNode>): string {
  return [...nodes].map((node) => node.name).join(', ') || 'none'
}

function topicsText(input: SourceInput): string {
  if (input.kind === 'pattern') return input.pattern.source
  return `[${input.kind === 'topics' ? hashSetOrder(input.topics.map((topic) => topic.name)).join(', ') : ''}]`
}

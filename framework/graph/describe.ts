// The topology as text, exactly as Kafka Streams' TopologyDescription prints it, so that its tools (visualisers, diffs) keep working.

import { hashSetOrder } from './java-order.ts'
import { type SourceInput, type SubTopology, type TopicRef, type Topology, type TopologyNode, topicName } from './topology.ts'

/** `applicationId`: internal topics are shown without it, as Kafka Streams does, if it is left out. */
export function describe(topology: Topology): string {
  return `Topologies:\n ${topology.subTopologies.map((subTopology) => describeSubTopology(topology, subTopology)).join('')}`
}

function describeSubTopology(topology: Topology, { id, nodes }: SubTopology): string {
  const lines = nodes.map((name) => `    ${describeNode(topology.nodes.get(name)!, nodes)}\n`)
  return `  Sub-topology: ${id}\n${lines.join('')}\n`
}

function describeNode(node: TopologyNode, order: readonly string[]): string {
  const inOrder = (names: readonly string[]) => order.filter((name) => names.includes(name)).join(', ') || 'none'
  switch (node.kind) {
    case 'source':
      return `Source: ${node.name} (topics: ${inputText(node.input)})\n      --> ${inOrder(node.children)}`
    case 'processor': {
      const stores = `[${hashSetOrder(node.stores).join(', ')}]`
      return `Processor: ${node.name} (stores: ${stores})\n      --> ${inOrder(node.children)}\n      <-- ${inOrder(node.parents)}`
    }
    case 'sink':
      return `Sink: ${node.name} (topic: ${topicText(node.topic)})\n      <-- ${inOrder(node.parents)}`
  }
}

function inputText(input: SourceInput): string {
  return input.kind === 'topics' ? `[${hashSetOrder(input.topics.map(topicText)).join(', ')}]` : '[]'
}

/** Kafka Streams shows internal topics without the application id. */
function topicText(topic: TopicRef): string {
  return topicName('', { ...topic, internal: false })
}

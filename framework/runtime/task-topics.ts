// What the topics that a task reads and writes are called on the broker. Changelogs belong to the state, and are not among them.

import { inputTopics, type SourceNode, type Topology, topicName } from '../graph/topology.ts'

/** Under which topic the position of a source that reads no topic is committed. */
export function positionTopic(applicationId: string, { name, input }: Pick<SourceNode, 'name' | 'input'>): string {
  return `${applicationId}-${name}-${input.kind}`
}

/** The topics on the broker that these sub-topologies write, changelogs and topics that records choose aside. */
export function writtenTopics(topology: Topology, subTopologies: readonly number[], applicationId: string): readonly string[] {
  const nodes = topology.subTopologies.filter(({ id }) => subTopologies.includes(id)).flatMap(({ nodes }) => nodes)
  const topics = nodes.flatMap((name) => {
    const node = topology.nodes.get(name)
    return node?.kind === 'sink' && node.topicOf === undefined ? [topicName(applicationId, node.topic)] : []
  })
  return [...new Set(topics)]
}

/** The topics on the broker that these sub-topologies read. */
export function readTopics(topology: Topology, subTopologies: readonly number[], applicationId: string): readonly string[] {
  const nodes = topology.subTopologies.filter(({ id }) => subTopologies.includes(id)).flatMap(({ nodes }) => nodes)
  const topics = nodes.flatMap((name) => {
    const node = topology.nodes.get(name)
    return node?.kind === 'source' ? inputTopics(node.input).map((topic) => topicName(applicationId, topic)) : []
  })
  return [...new Set(topics)]
}

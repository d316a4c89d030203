// What the topics that a task reads and writes are called on the broker. Changelogs belong to the state, and are not among them.

import { type Topology, topicName } from '../graph/topology.ts'

/** Under which topic the position of an elements source is committed. */
export function elementsTopic(applicationId: string, sourceName: string): string {
  return `${applicationId}-${sourceName}-elements`
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
    return node?.kind === 'source' && node.input.kind === 'topics' ? node.input.topics.map((topic) => topicName(applicationId, topic)) : []
  })
  return [...new Set(topics)]
}

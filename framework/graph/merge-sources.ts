// Two streams of the same topics are one source: the children of the later become children of the first, behind its own. Sources whose topics only
// overlap cannot be one, as in Kafka Streams (InternalStreamsBuilder.mergeDuplicateSourceNodes).

import type { LogicalGraph, LogicalNode } from './logical-graph.ts'

export function mergeSources(graph: LogicalGraph): void {
  const firstOfTopic = new Map<string, LogicalNode>()
  for (const node of [...graph.root.children]) {
    if (node.work.kind !== 'source' || node.work.mergeable === false) continue
    const topics = node.work.topics
    const first = topics.map((topic) => firstOfTopic.get(topic)).find((other) => other !== undefined)
    if (first === undefined) for (const topic of topics) firstOfTopic.set(topic, node)
    else if (first.work.kind === 'source' && sameTopics(first.work.topics, topics)) merge(graph, first, node)
    else {
      const problem = `reads ${topics.join(', ')}, of which ${first.name} reads some already, with others.`
      graph.problems.report(node.name, problem, 'Let both read exactly the same topics, or none in common.')
      graph.root.release(node)
    }
  }
}

function sameTopics(a: readonly string[], b: readonly string[]): boolean {
  const topics = new Set(a)
  return topics.size === new Set(b).size && b.every((topic) => topics.has(topic))
}

function merge(graph: LogicalGraph, first: LogicalNode, later: LogicalNode): void {
  for (const child of [...later.children]) {
    later.release(child)
    first.adopt(child)
  }
  graph.root.release(later)
}

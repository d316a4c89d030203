// Two streams of the same topics are one source: the children of the later become children of the first, behind its own. Sources whose topics only
// overlap cannot be one, as in Kafka Streams (InternalStreamsBuilder.mergeDuplicateSourceNodes). Sources by the same pattern are one, too.

import type { LogicalGraph, LogicalNode, NodeWork } from './logical-graph.ts'
import { isSamePattern } from './topic-pattern.ts'
import type { OffsetReset } from './topology.ts'

type SourceWork = Extract<NodeWork, { readonly kind: 'source' }>

export function mergeSources(graph: LogicalGraph): void {
  const firstOfTopic = new Map<string, LogicalNode>()
  const byPattern: { readonly pattern: RegExp; readonly node: LogicalNode }[] = []
  for (const node of [...graph.root.children]) {
    if (node.work.kind !== 'source' || node.work.mergeable === false) continue
    const { topics } = node.work
    if (topics instanceof RegExp) {
      const same = byPattern.find(({ pattern }) => isSamePattern(pattern, topics))
      if (same === undefined) byPattern.push({ pattern: topics, node })
      else merge(graph, same.node, node)
      continue
    }
    const first = topics.map((topic) => firstOfTopic.get(topic)).find((other) => other !== undefined)
    if (first === undefined) for (const topic of topics) firstOfTopic.set(topic, node)
    else if (first.work.kind === 'source' && !(first.work.topics instanceof RegExp) && sameTopics(first.work.topics, topics))
      merge(graph, first, node)
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
  if (resetText((first.work as SourceWork).reset) !== resetText((later.work as SourceWork).reset)) {
    const problem = `reads the same topics as ${first.name}, and has another \`reset\`.`
    graph.problems.report(later.name, problem, 'Give both the same: a topic is read once.')
  }
  for (const child of [...later.children]) {
    later.release(child)
    first.adopt(child)
  }
  graph.root.release(later)
}

function resetText(reset: OffsetReset | undefined): string {
  return JSON.stringify(reset ?? null)
}

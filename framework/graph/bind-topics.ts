// A topology with the topics of a broker in the place of its patterns: what runs is always a bound one, in which no source has a pattern any more. When
// topics come or go the topology is bound anew.

import { MillraceError } from '../errors.ts'
import { matchesTopic } from './topic-pattern.ts'
import type { SourceInput, TopicRef, Topology, TopologyNode } from './topology.ts'

export function hasPatterns(topology: Topology): boolean {
  return [...topology.nodes.values()].some((node) => node.kind === 'source' && node.input.kind === 'pattern')
}

/**
 * `topics`: all that the broker has. Topics that the app makes for itself are in no pattern. Throws `topology-invalid` if a topic matches the patterns of two
 * sources.
 */
export function bindTopics(topology: Topology, applicationId: string, topics: Iterable<string>): Topology {
  if (!hasPatterns(topology)) return topology
  const own = new RegExp(`^${escaped(applicationId)}-.*-(changelog|repartition|topic|elements|source)$`)
  const candidates = [...topics].filter((topic) => !own.test(topic)).sort()
  const bound = new Map<string, SourceInput & { readonly kind: 'topics' }>()
  const readers = new Map<string, string>()
  for (const node of topology.nodes.values()) {
    if (node.kind !== 'source' || node.input.kind !== 'pattern') continue
    const { pattern } = node.input
    const matching = candidates.filter((topic) => matchesTopic(pattern, topic))
    for (const topic of matching) checkSingleReader(topology, topic, node.name, readers)
    bound.set(node.name, { kind: 'topics', topics: matching.map((name) => ({ name, internal: false })) })
  }
  const withInput = (node: TopologyNode): TopologyNode => {
    const input = bound.get(node.name)
    return node.kind === 'source' && input !== undefined ? { ...node, input } : node
  }
  const withTopics = (ref: TopicRef): readonly TopicRef[] => (ref.pattern === true ? (bound.get(ref.name)?.topics ?? []) : [ref])
  return {
    ...topology,
    nodes: new Map([...topology.nodes].map(([name, node]) => [name, withInput(node)])),
    coPartitioned: topology.coPartitioned.map((group) => group.flatMap(withTopics)).filter((group) => group.length > 1),
  }
}

function checkSingleReader(topology: Topology, topic: string, source: string, readers: Map<string, string>): void {
  const other = readers.get(topic)
  readers.set(topic, source)
  if (other === undefined) return
  throw new MillraceError('topology-invalid', {
    topology: topology.name,
    problem: `the topic ${topic} matches the patterns of two sources, ${other} and ${source}.`,
    remedy: 'Let one of the patterns leave it out.',
  })
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
}

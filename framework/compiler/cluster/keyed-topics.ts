// The users' topics whose records have to lie by their keys: what a topology joins, groups or keeps in a table as it has read it, without a repartition topic in between.

import type { Manifest, ManifestNode } from '../../graph/manifest.ts'
import { changesKey, GraphReader } from '../keys/flow.ts'

export interface KeyedTopic {
  readonly topic: string
  readonly source: ManifestNode
  /** The first operator that relies on it. */
  readonly operator: string
}

type OperatorKind = NonNullable<ManifestNode['operator']>['kind']

const byKey: ReadonlySet<OperatorKind> = new Set([
  'aggregate',
  'countWindowAggregate',
  'globalWindowAggregate',
  'joinWindow',
  'keyedProcess',
  'sessionAggregate',
  'slidingAggregate',
  'streamTableJoin',
  'tableSource',
  'windowAggregate',
])

export function keyedTopics(manifest: Manifest): readonly KeyedTopic[] {
  const graph = new GraphReader(manifest)
  const global = new Set(manifest.subTopologies.filter((sub) => sub.global).flatMap(({ nodes }) => nodes))
  return manifest.nodes.flatMap((source) => {
    if (source.input?.kind !== 'topics' || global.has(source.name)) return []
    const operator = firstByKey(source, graph)
    if (operator === undefined) return []
    return source.input.topics.flatMap(({ name, internal }) => (internal ? [] : [{ topic: name, source, operator }]))
  })
}

function firstByKey(source: ManifestNode, graph: GraphReader): string | undefined {
  const reached = new Set([source])
  for (const node of reached) {
    if (node.operator !== undefined && byKey.has(node.operator.kind)) return node.name
    // From here on the keys are others.
    if (changesKey.has(node.operator?.kind ?? '')) continue
    for (const child of node.children ?? []) {
      const next = graph.nodes.get(child)
      if (next !== undefined) reached.add(next)
    }
  }
  return undefined
}

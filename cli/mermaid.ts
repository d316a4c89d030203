// A topology as a Mermaid flowchart: sub-topologies as boxes, topics and stores as the things between and beside them. GitHub, GitLab and editors draw it.

import type { Manifest, ManifestNode } from '../framework/graph/manifest.ts'

export function mermaid(manifest: Manifest): string {
  const ids = new Identifiers()
  const boxes = manifest.subTopologies.flatMap(({ id, nodes, stores }) => [
    `  subgraph sub${id} ["Sub-topology ${id}"]`,
    ...nodes.map((node) => `    ${ids.of('node', node)}["${node}"]`),
    ...stores.map((store) => `    ${ids.of('store', store)}[("${store}")]`),
    '  end',
  ])
  // In the order of the boxes: an arrow drawn early makes Mermaid place its ends early.
  const byName = new Map(manifest.nodes.map((node) => [node.name, node]))
  const arrows = manifest.subTopologies.flatMap(({ nodes }) => nodes.flatMap((name) => arrowsOf(byName.get(name), ids)))
  const topics = ids.named('topic').map(([topic, id]) => `  ${id}[/"${topic}"/]`)
  return ['flowchart TD', ...boxes, ...topics, ...arrows.map((arrow) => `  ${arrow}`), ''].join('\n')
}

function arrowsOf(node: ManifestNode | undefined, ids: Identifiers): string[] {
  if (node === undefined) return []
  const { name, input, topic, stores = [], children = [] } = node
  const own = ids.of('node', name)
  const sources = input?.kind === 'topics' ? input.topics : []
  return [
    ...sources.map((source) => `${ids.of('topic', source.name)} --> ${own}`),
    ...stores.map((store) => `${own} <--> ${ids.of('store', store)}`),
    ...children.map((child) => `${own} --> ${ids.of('node', child)}`),
    ...(topic === undefined ? [] : [`${own} --> ${ids.of('topic', topic.name)}`]),
  ]
}

/** Mermaid's identifiers may not have every character that names have, so things are numbered, by kind, as they come up. */
class Identifiers {
  readonly #byKind = new Map<string, Map<string, string>>()

  of(kind: 'node' | 'store' | 'topic', name: string): string {
    const known = this.#byKind.get(kind) ?? new Map<string, string>()
    this.#byKind.set(kind, known)
    const id = known.get(name) ?? `${kind}${known.size}`
    known.set(name, id)
    return id
  }

  named(kind: 'node' | 'store' | 'topic'): [name: string, id: string][] {
    return [...(this.#byKind.get(kind) ?? [])]
  }
}

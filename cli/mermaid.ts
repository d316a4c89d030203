// A topology as a Mermaid flowchart: sub-topologies as boxes, topics and stores as the things between and beside them. GitHub, GitLab and editors draw it.

import type { Topology, TopologyNode } from '../framework/graph/topology.ts'

export function mermaid(topology: Topology): string {
  const ids = new Identifiers()
  const nodesOf = (names: readonly string[]): TopologyNode[] => names.flatMap((name) => topology.nodes.get(name) ?? [])
  const boxes = topology.subTopologies.flatMap(({ id, nodes, stores }) => [
    `  subgraph sub${id} ["Sub-topology ${id}"]`,
    ...nodesOf(nodes).map((node) => `    ${ids.of('node', node.name)}["${label(node.name)}"]`),
    ...stores.map((store) => `    ${ids.of('store', store)}[("${label(store)}")]`),
    '  end',
  ])
  const arrows = [...topology.nodes.values()].flatMap((node) => arrowsOf(node, ids))
  const topics = ids.named('topic').map(([topic, id]) => `  ${id}[/"${label(topic)}"/]`)
  return ['flowchart TD', ...boxes, ...topics, ...arrows.map((arrow) => `  ${arrow}`), ''].join('\n')
}

function arrowsOf(node: TopologyNode, ids: Identifiers): string[] {
  const own = ids.of('node', node.name)
  switch (node.kind) {
    case 'source': {
      const topics = node.input.kind === 'topics' ? node.input.topics : []
      return [...topics.map((topic) => `${ids.of('topic', topic.name)} --> ${own}`), ...toChildren(node.children)]
    }
    case 'processor':
      return [...node.stores.map((store) => `${own} <--> ${ids.of('store', store)}`), ...toChildren(node.children)]
    case 'sink':
      return [`${own} --> ${ids.of('topic', node.topic.name)}`]
  }

  function toChildren(children: readonly string[]): string[] {
    return children.map((child) => `${own} --> ${ids.of('node', child)}`)
  }
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

function label(name: string): string {
  return name.replaceAll('"', '#quot;')
}

// Keys and partitions by the graph: where a stream ends nowhere, where joined topics can never have equal bytes as keys or equal partitions, and where a
// topic is made that changes nothing.

import type { Manifest, ManifestNode } from '../../graph/manifest.ts'
import { hasGeneratedPart } from '../../graph/names.ts'
import type { CheckedTopology } from '../compiler.ts'
import { type Diagnostic, diagnostic } from '../diagnostics.ts'
import { withoutCall } from '../fixes/text-edits.ts'
import { callOfNode, spanOfNode } from '../node-span.ts'

export function flowProblems(topologies: readonly CheckedTopology[]): Diagnostic[] {
  return topologies.flatMap((topology) => {
    const graph = new GraphReader(topology.evaluation.manifest)
    return [...deadEnds(topology, graph), ...joinedTopics(topology, graph), ...needlessTopics(topology, graph)]
  })
}

/** Kinds of operators whose results somebody has to take; all others do something themselves. */
const tables = new Set([
  'aggregate',
  'countWindowAggregate',
  'sessionAggregate',
  'slidingAggregate',
  'suppress',
  'tableAggregate',
  'tableFilter',
  'tableJoinMerge',
  'tableMapValues',
  'tableSource',
  'tableTransformValues',
  'windowAggregate',
])
const streams = new Set([
  'filter',
  'flatMap',
  'flatMapValues',
  'map',
  'mapValues',
  'pass',
  'selectKey',
  'streamGlobalTableJoin',
  'streamTableJoin',
  'toStream',
])
/** They may give a record another key. */
export const changesKey: ReadonlySet<string> = new Set(['flatMap', 'map', 'process', 'selectKey', 'tableGroupBy'])

export class GraphReader {
  readonly nodes: ReadonlyMap<string, ManifestNode>
  readonly manifest: Manifest
  private readonly parents = new Map<string, string[]>()

  constructor(manifest: Manifest) {
    this.manifest = manifest
    this.nodes = new Map(manifest.nodes.map((node) => [node.name, node]))
    for (const { name, children = [] } of manifest.nodes)
      for (const child of children) this.parents.set(child, [...this.parentsOf(child), name])
  }

  parentsOf(node: string): readonly string[] {
    return this.parents.get(node) ?? []
  }

  /** The nodes above one, within its sub-topology, itself included. */
  above(node: string): ReadonlySet<string> {
    const found = new Set([node])
    for (const one of found) for (const parent of this.parentsOf(one)) found.add(parent)
    return found
  }

  below(node: string): ReadonlySet<string> {
    const found = new Set([node])
    for (const one of found) for (const child of this.nodes.get(one)?.children ?? []) found.add(child)
    return found
  }

  sourcesOf(topic: string): readonly ManifestNode[] {
    return this.manifest.nodes.filter(({ input }) => input?.kind === 'topics' && input.topics.some(({ name }) => name === topic))
  }
}

// ------------------------------------------------------------------------------------------------------------- dead ends

function deadEnds(topology: CheckedTopology, graph: GraphReader): readonly Diagnostic[] {
  const { manifest } = graph
  const global = new Set(manifest.subTopologies.filter((one) => one.global).flatMap(({ nodes }) => nodes))
  return manifest.nodes.flatMap((node) => {
    const { name, kind, operator, children = [] } = node
    if (kind === 'sink' || children.length > 0 || global.has(name)) return []
    const isTable = operator !== undefined && tables.has(operator.kind)
    if (kind === 'processor' && !isTable && !streams.has(operator?.kind ?? '')) return []
    if (isBranch(node, graph) || (isTable && isUsed(topology, node, graph))) return []
    const method = callOfNode(topology, name)?.method
    const what = method === undefined ? name : `What ${method}() gives (${name})`
    const remedy = isTable
      ? "Send its changes on, .toStream().to('topic'), name its store if you query it, { store: 'name' }, or take it out."
      : "End it in a topic, .to('topic'), or in .forEach(…), or take it out."
    return [diagnostic('MR1607', spanOfNode(topology, name), { what, remedy })]
  })
}

/** A branch that nobody takes is a way to leave records out. */
function isBranch({ name }: ManifestNode, graph: GraphReader): boolean {
  return graph.parentsOf(name).some((parent) => graph.nodes.get(parent)?.operator?.kind === 'branch')
}

/** Whether its rows are read: by a join, which opens its store or one that it is computed from, or by queries. */
function isUsed(topology: CheckedTopology, node: ManifestNode, graph: GraphReader): boolean {
  const call = callOfNode(topology, node.name)
  // Where the graph numbers its nodes, a store without a number has its name from the author.
  if (call?.givesStore ?? node.stores?.some((store) => !hasGeneratedPart(store))) return true
  const own = graph.above(node.name)
  const stores = new Set([...own].flatMap((name) => graph.nodes.get(name)?.stores ?? []))
  return graph.manifest.nodes.some(({ name, stores: opened = [] }) => !own.has(name) && opened.some((store) => stores.has(store)))
}

// ------------------------------------------------------------------------------------------------------- joined topics

function joinedTopics(topology: CheckedTopology, graph: GraphReader): readonly Diagnostic[] {
  const { coPartitioned } = graph.manifest
  return coPartitioned.flatMap((topics) => {
    const sources = topics.flatMap(({ name }) =>
      graph.sourcesOf(name).map((source) => ({ topic: name, key: source.key ?? '', node: source.name })),
    )
    const span = spanOfNode(
      topology,
      joinOf(
        sources.map(({ node }) => node),
        graph,
      ),
    )
    const formats = new Map(sources.map(({ topic, key }) => [formatOf(key), `${topic}: ${key}`]))
    return formats.size > 1 ? [diagnostic('MR1604', span, { list: [...formats.values()].join(', ') })] : []
  })
}

/** What decides the bytes of a key: texts of different types are texts all the same, and so are windowed ones of the same. */
function formatOf(serde: string): string {
  const inner = /^(windowed|sessionWindowed|timeWindowed)\((.*)\)$/.exec(serde)
  return inner === null ? serde.replace(/\(.*$/s, '') : `${inner[1]}(${formatOf((inner[2] ?? '').replace(/, \d+$/, ''))})`
}

/** The first node that all sources lead to, or whose store they fill. */
export function joinOf(sources: readonly string[], graph: GraphReader): string | undefined {
  const reached = sources.map((source) => graph.below(source))
  const storesOf = (names: ReadonlySet<string>): readonly string[] => [...names].flatMap((name) => graph.nodes.get(name)?.stores ?? [])
  const joins = graph.manifest.nodes.filter(({ operator }) => /Join/.test(operator?.kind ?? ''))
  return joins.find(({ name, stores = [] }) =>
    reached.every((names) => names.has(name) || storesOf(names).some((store) => stores.includes(store))),
  )?.name
}

// ------------------------------------------------------------------------------------------------------ needless topics

function needlessTopics(topology: CheckedTopology, graph: GraphReader): readonly Diagnostic[] {
  const { nodes } = graph.manifest
  const found: Diagnostic[] = []
  const byOrigin = new Map<string, string>()
  for (const node of nodes) {
    if (node.kind !== 'sink' || node.topic === undefined || !node.topic.internal) continue
    const call = callOfNode(topology, node.name)
    const changer = keyChangerAbove(node.name, graph)
    // What is asked for with partitions of its own, or with another way to choose them, changes something.
    if (changer === null && call?.method === 'repartition' && !call.givesOptions) {
      const edit = withoutCall({ path: call.span.file, source: call.node.getSourceFile() }, call.node)
      const fix = edit === undefined ? undefined : { title: 'take repartition() out', edits: [edit] }
      found.push(diagnostic('MR1403', spanOfNode(topology, node.name), { topic: node.topic.name }, fix))
    }
    if (changer === null || changer === undefined || call?.method === 'repartition') continue
    const earlier = byOrigin.get(`${changer} ${node.value}`)
    if (earlier === undefined) byOrigin.set(`${changer} ${node.value}`, node.topic.name)
    else found.push(diagnostic('MR1404', spanOfNode(topology, node.name), { topic: node.topic.name, earlier, changer }))
  }
  return found
}

/** The node that gave the records their key last; null if none has since they were read; undefined if there are several ways. */
function keyChangerAbove(node: string, graph: GraphReader): string | null | undefined {
  let current = node
  for (;;) {
    const parents = graph.parentsOf(current)
    if (parents.length > 1) return undefined
    const [parent] = parents
    if (parent === undefined) return null
    if (changesKey.has(graph.nodes.get(parent)?.operator?.kind ?? '')) return parent
    current = parent
  }
}

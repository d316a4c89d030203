// The topics that the topologies of a project read and write, from their manifests, and how many partitions those are made with that are missing.

import type { Manifest, ManifestNode } from '../../framework/graph/manifest.ts'

export interface DevTopics {
  readonly read: ReadonlySet<string>
  /** Topics that match one are read too. */
  readonly patterns: readonly RegExp[]
  /** Of those read, the ones that a table is made of: their rows have to be there before the records that meet them. */
  readonly tables: ReadonlySet<string>
  /** With what their records are written with; the topics that records choose are not known. */
  readonly written: ReadonlyMap<string, Written>
}

export interface Written {
  readonly key: string
  readonly value: string
  readonly manifest: Manifest
}

export function topicsOf(manifests: readonly Manifest[]): DevTopics {
  const read = new Set<string>()
  const tables = new Set<string>()
  const written = new Map<string, Written>()
  const patterns: RegExp[] = []
  for (const manifest of manifests) {
    const nodes = new Map(manifest.nodes.map((node) => [node.name, node]))
    for (const node of manifest.nodes) {
      const topics = sourceTopics(node)
      if (node.input?.kind === 'pattern') patterns.push(patternOf(node.input.pattern))
      const isTable = node.children?.some((child) => nodes.get(child)?.operator?.kind === 'tableSource') === true
      for (const topic of topics) {
        read.add(topic)
        if (isTable) tables.add(topic)
      }
      const sink = sinkTopic(node)
      if (sink !== undefined && !written.has(sink)) written.set(sink, { key: node.key ?? 'bytes', value: node.value ?? 'bytes', manifest })
    }
  }
  return { read, patterns, tables, written }
}

/** `word-count: lines → word-counts`, for people. */
export function flowOf({ topology, nodes }: Manifest): string {
  const read = [...new Set(nodes.flatMap((node) => (node.input?.kind === 'pattern' ? [node.input.pattern] : sourceTopics(node))))]
  const written = [...new Set(nodes.flatMap((node) => sinkTopic(node) ?? []))]
  if (read.length + written.length === 0) return `${topology}: no topics`
  return `${topology}: ${[read.join(', '), written.join(', ')].filter((part) => part !== '').join(' → ')}`
}

function sourceTopics({ input }: ManifestNode): readonly string[] {
  return input?.kind === 'topics' ? input.topics.filter(({ internal }) => !internal).map(({ name }) => name) : []
}

/** As it stands in a manifest: with its slashes and flags. */
function patternOf(text: string): RegExp {
  const end = text.lastIndexOf('/')
  return new RegExp(text.slice(1, end), text.slice(end + 1))
}

function sinkTopic({ kind, topic, topicChosen }: ManifestNode): string | undefined {
  return kind === 'sink' && topic !== undefined && !topic.internal && topicChosen !== true ? topic.name : undefined
}

/**
 * The partitions of topics that are missing: those that are joined by key get as many as the others have. `existing` has the counts of those that are
 * there; sets that disagree already are left for the app to complain of.
 */
export function partitionsOfMissing(
  missing: readonly string[],
  existing: ReadonlyMap<string, number>,
  manifests: readonly Manifest[],
  byDefault: number,
): ReadonlyMap<string, number> {
  const counts = new Map(existing)
  const sets = manifests.flatMap(({ coPartitioned, repartitionTopics, topology }) => {
    const chosen = new Map(repartitionTopics.map(({ name, partitions }) => [name, partitions]))
    return coPartitioned.map((set) =>
      set
        .filter(({ pattern }) => pattern !== true)
        .map(({ name, internal }) =>
          internal ? { name: `${topology}/${name}`, partitions: chosen.get(name) } : { name, partitions: undefined },
        ),
    )
  })
  // A topic in two sets carries the count of one to the other.
  for (let settled = true; settled; ) {
    settled = false
    for (const set of sets) {
      const width = set.map(({ name, partitions }) => partitions ?? counts.get(name)).find((count) => count !== undefined)
      if (width === undefined) continue
      for (const { name } of set) {
        if (counts.has(name)) continue
        counts.set(name, width)
        settled = true
      }
    }
  }
  return new Map(missing.map((name) => [name, counts.get(name) ?? byDefault]))
}

// How many partitions each topic of a topology has or will have, from those that are there: what the runtime's topic plan says of a topology, said of a manifest
// (Kafka Streams: RepartitionTopics). What follows from nothing that is known is missing.

import type { Manifest, ManifestNode } from '../../graph/manifest.ts'
import type { SubTopology } from '../../graph/topology.ts'

/** By names: users' topics as they are called, internal ones before the application id. `live`: of users' topics. */
export function plannedPartitions(manifest: Manifest, live: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  const nodes = new Map(manifest.nodes.map((node) => [node.name, node]))
  const planned = new Map(live)
  const open = new Set<string>()
  for (const { name, partitions } of manifest.repartitionTopics) {
    if (partitions === undefined) open.add(name)
    else planned.set(name, partitions)
  }
  // Each round settles at least one; the two topics of a join by foreign key wait for each other, and then what is known decides.
  for (let isSure = true; open.size > 0; ) {
    const settled = [...open].filter((name) => {
      const writers = manifest.subTopologies.filter((sub) => sub.nodes.some((node) => writes(nodes.get(node), name)))
      const widths = writers.flatMap((sub) => inputsOf(sub, nodes).map((input) => (input === null ? 1 : planned.get(input))))
      const known = widths.filter((width) => width !== undefined)
      if (known.length === 0 || (isSure && known.length < widths.length)) return false
      planned.set(name, Math.max(...known))
      return true
    })
    for (const name of settled) open.delete(name)
    if (settled.length === 0 && !isSure) break
    isSure = settled.length > 0
  }
  // What has no number of its own follows the topics that it is joined with.
  for (const topics of manifest.coPartitioned) {
    const isFixed = ({ name, internal }: (typeof topics)[number]): boolean =>
      !internal || manifest.repartitionTopics.some((one) => one.name === name && one.partitions !== undefined)
    const fixed = topics.filter(isFixed).flatMap(({ name }) => planned.get(name) ?? [])
    const widths = fixed.length > 0 ? fixed : topics.flatMap(({ name }) => planned.get(name) ?? [])
    if (widths.length > 0) for (const topic of topics) if (!isFixed(topic)) planned.set(topic.name, Math.max(...widths))
  }
  return planned
}

/** How many tasks a sub-topology has, and so how many partitions its changelogs; undefined: that is not known. */
export function widthOf(sub: SubTopology, manifest: Manifest, planned: ReadonlyMap<string, number>): number | undefined {
  const nodes = new Map(manifest.nodes.map((node) => [node.name, node]))
  const widths = inputsOf(sub, nodes).map((input) => (input === null ? 1 : planned.get(input)))
  return widths.length === 0 || widths.includes(undefined) ? undefined : Math.max(...(widths as number[]))
}

/** Names of topics; null: a source of one partition. A pattern is none, because topics may come. */
function inputsOf({ nodes: names }: SubTopology, nodes: ReadonlyMap<string, ManifestNode>): readonly (string | null)[] {
  return names.flatMap((name) => {
    const input = nodes.get(name)?.input
    if (input === undefined || input.kind === 'pattern') return []
    return input.kind === 'topics' ? input.topics.map((topic) => topic.name) : [null]
  })
}

function writes(node: ManifestNode | undefined, topic: string): boolean {
  return node?.topic?.internal === true && node.topic.name === topic
}

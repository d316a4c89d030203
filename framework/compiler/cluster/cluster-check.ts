// A topology beside the topics that are there: whether they exist, whether what is joined has equal partitions, whether internal topics that an earlier start has made
// fit, and whether records lie where Java's partitioner would put their keys. What a start refuses is an error here, and so is a join that would miss its partners.

import type { Manifest, ManifestNode } from '../../graph/manifest.ts'
import { matchesTopic } from '../../graph/topic-pattern.ts'
import { topicName } from '../../graph/topology.ts'
import type { Broker } from '../../ports/broker.ts'
import { murmur2 } from '../../serdes/murmur2.ts'
import type { CheckedTopology } from '../compiler.ts'
import { type Diagnostic, diagnostic } from '../diagnostics.ts'
import { GraphReader, joinOf } from '../keys/flow.ts'
import { isNear } from '../keys/topic-uses.ts'
import { spanOfNode } from '../node-span.ts'
import { keyedTopics } from './keyed-topics.ts'
import { plannedPartitions, widthOf } from './planned-partitions.ts'
import { type SampledKey, sampledKeys } from './sampled-keys.ts'

export interface LiveCluster {
  /** Connected; who connected it closes it. */
  readonly broker: Broker
  /** Of a topology, what its internal topics begin with. */
  applicationIdOf(topology: string): string
}

export async function clusterProblems(topologies: readonly CheckedTopology[], cluster: LiveCluster): Promise<readonly Diagnostic[]> {
  const { admin } = cluster.broker
  const names = await admin.topicNames()
  const live = new Map([...(await admin.topics(names))].map(([name, { partitions }]) => [name, partitions]))
  const samples = new Map<string, Promise<readonly SampledKey[]>>()
  const sample = (topic: string): Promise<readonly SampledKey[]> => {
    const known = samples.get(topic) ?? sampledKeys(cluster.broker, topic, live.get(topic) ?? 0)
    samples.set(topic, known)
    return known
  }
  const found: Diagnostic[] = []
  for (const topology of topologies) {
    const check = new ClusterCheck(topology, cluster.applicationIdOf(topology.name), live)
    found.push(...check.missingTopics(), ...check.unequalPartitions(), ...check.internalTopics(), ...(await check.misplacedKeys(sample)))
  }
  return found
}

class ClusterCheck {
  private readonly topology: CheckedTopology
  private readonly applicationId: string
  private readonly live: ReadonlyMap<string, number>
  private readonly manifest: Manifest
  private readonly planned: ReadonlyMap<string, number>

  constructor(topology: CheckedTopology, applicationId: string, live: ReadonlyMap<string, number>) {
    this.topology = topology
    this.applicationId = applicationId
    this.live = live
    this.manifest = topology.evaluation.manifest
    this.planned = plannedPartitions(this.manifest, live)
  }

  missingTopics(): readonly Diagnostic[] {
    return this.manifest.nodes.flatMap((node) => {
      const topics = node.input?.kind === 'topics' ? node.input.topics : node.topic === undefined || node.topicChosen ? [] : [node.topic]
      const missing = topics.filter(({ name, internal }) => !internal && !this.live.has(name))
      return missing.map(({ name }) =>
        diagnostic('MR1901', spanOfNode(this.topology, node.name), {
          topic: name,
          verb: node.kind === 'sink' ? 'written' : 'read',
          suggestion: this.similarTo(name),
        }),
      )
    })
  }

  private similarTo(topic: string): string {
    const near = [...this.live.keys()].find((other) => isNear(topic, other))
    return near === undefined ? '' : ` (there is ${near})`
  }

  unequalPartitions(): readonly Diagnostic[] {
    return this.manifest.coPartitioned.flatMap((topics) => {
      const known = topics.flatMap((topic) => {
        const names = topic.pattern === true ? this.matching(topic.name) : [topic.name]
        return names.flatMap((name) => {
          const partitions = this.planned.get(name)
          return partitions === undefined ? [] : [{ name, partitions }]
        })
      })
      if (new Set(known.map(({ partitions }) => partitions)).size <= 1) return []
      const list = known.map(({ name, partitions }) => `${name} has ${partitions}`).join(', ')
      const graph = new GraphReader(this.manifest)
      const sources = topics.flatMap(({ name, pattern }) => (pattern === true ? [name] : graph.sourcesOf(name).map((node) => node.name)))
      const node = joinOf(sources, graph)
      return [diagnostic('MR1902', spanOfNode(this.topology, node), { list })]
    })
  }

  /** The topics that the pattern of a source matches. */
  private matching(source: string): readonly string[] {
    const input = this.manifest.nodes.find(({ name }) => name === source)?.input
    if (input?.kind !== 'pattern') return []
    const [, text = '', flags = ''] = /^\/(.*)\/(\w*)$/s.exec(input.pattern) ?? []
    const pattern = new RegExp(text, flags)
    return [...this.live.keys()].filter((name) => matchesTopic(pattern, name))
  }

  /** Of an earlier version, or of a time when the input had other partitions. */
  internalTopics(): readonly Diagnostic[] {
    const { manifest, planned } = this
    const changelogs = manifest.subTopologies
      .filter(({ global }) => !global)
      .flatMap((sub) => {
        const width = widthOf(sub, manifest, planned)
        return sub.stores.flatMap((name) => {
          const changelog = manifest.stores.find((store) => store.name === name)?.changelog
          return width === undefined || changelog?.kind !== 'internal' ? [] : [{ name: changelog.name, width }]
        })
      })
    const repartitions = manifest.repartitionTopics.flatMap(({ name }) => {
      const width = planned.get(name)
      return width === undefined ? [] : [{ name, width }]
    })
    return [...repartitions, ...changelogs].flatMap(({ name, width }) => {
      const topic = topicName(this.applicationId, { name, internal: true })
      const partitions = this.live.get(topic)
      if (partitions === undefined || partitions === width) return []
      return [diagnostic('MR1903', spanOfNode(this.topology, name), { topic, partitions: String(partitions), width: String(width) })]
    })
  }

  async misplacedKeys(sample: (topic: string) => Promise<readonly SampledKey[]>): Promise<readonly Diagnostic[]> {
    const found: Diagnostic[] = []
    const misplaced = new Map<string, Misplaced | null>()
    const keyed = keyedTopics(this.manifest).filter(({ topic }) => (this.live.get(topic) ?? 0) > 1)
    for (const { topic, source } of keyed)
      misplaced.set(topic, misplacedIn(await sample(topic), this.live.get(topic) ?? 1, windowBytes(source)))
    for (const { topic, source, operator } of keyed) {
      const one = misplaced.get(topic) ?? null
      if (one === null) continue
      // What is joined lies elsewhere only if the other side does not lie in the same wrong way.
      const partners = this.manifest.coPartitioned.filter((set) => set.some(({ name }) => name === topic)).flat()
      const isMissed = partners.some(({ name, internal }) => name !== topic && (internal || misplaced.get(name) === null))
      found.push(
        diagnostic(isMissed ? 'MR1904' : 'MR1905', spanOfNode(this.topology, source.name), {
          topic,
          operator,
          misplaced: String(one.count),
          keys: String(one.of),
          example: one.example,
        }),
      )
    }
    return found
  }
}

interface Misplaced {
  readonly count: number
  readonly of: number
  readonly example: string
}

/** null: all keys lie where they should. */
function misplacedIn(keys: readonly SampledKey[], partitions: number, windowBytesOfKey: number): Misplaced | null {
  const expected = ({ bytes }: SampledKey): number => murmur2(bytes, 0, Math.max(0, bytes.length - windowBytesOfKey)) % partitions
  const wrong = keys.filter((key) => expected(key) !== key.partition)
  const [first] = wrong
  if (first === undefined) return null
  const text = Buffer.from(first.bytes).toString('utf8')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: bytes that are no text are shown as bytes.
  const shown = /[\u0000-\u001f\ufffd]/.test(text) ? `0x${Buffer.from(first.bytes).toString('hex')}` : JSON.stringify(text)
  return { count: wrong.length, of: keys.length, example: `${shown} is in partition ${first.partition} and belongs in ${expected(first)}` }
}

/** A windowed key is where the key in it belongs. */
function windowBytes({ key = '' }: ManifestNode): number {
  return key.startsWith('windowed(') ? 8 : key.startsWith('session(') ? 16 : 0
}

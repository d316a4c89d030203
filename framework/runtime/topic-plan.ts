// From a topology and the partition counts of its source topics to all that follows: partitions of internal topics, tasks, changelogs. Pure, so
// that every member of a group comes to the same plan (Kafka Streams: RepartitionTopics, CopartitionedTopicsEnforcer).

import { MillraceError } from '../errors.ts'
import { inputTopics, isLocal, type SourceNode, type SubTopology, type TopicRef, type Topology, topicName } from '../graph/topology.ts'
import type { NewTopic } from '../ports/broker.ts'
import type { TopicPartition } from '../ports/record.ts'
import { positionTopic } from './task-topics.ts'

export interface TopicPlan {
  readonly tasks: readonly PlannedTask[]
  /** What the global tables are read from: all partitions. */
  readonly globalInputs: readonly TopicPartition[]
  /** Topics that the app makes for itself, with the settings they are made with. */
  readonly internalTopics: readonly NewTopic[]
}

export interface PlannedTask {
  /** `<sub-topology>_<partition>`. */
  readonly id: string
  readonly subTopology: number
  readonly partition: number
  /** What it reads of topics. */
  readonly inputs: readonly TopicPartition[]
  /** The partitions under which the positions of its elements and sources are committed. */
  readonly localInputs: readonly TopicPartition[]
}

/** The users' topics that a topology reads. */
export function sourceTopics(topology: Topology): readonly string[] {
  return sourceTopicsOf(topology, [...topology.nodes.keys()])
}

function sourceTopicsOf(topology: Topology, nodes: readonly string[]): readonly string[] {
  const topics = sourcesOf(topology, nodes).flatMap(({ input }) => inputTopics(input))
  return [...new Set(topics.filter(({ internal }) => !internal).map(({ name }) => name))]
}

/** The users' topics that a topology writes; those that records choose are not known. */
export function sinkTopics(topology: Topology): readonly string[] {
  const topics = [...topology.nodes.values()].flatMap((node) => {
    return node.kind === 'sink' && node.topicOf === undefined && !node.topic.internal ? [node.topic.name] : []
  })
  return [...new Set(topics)]
}

/** `partitions`: of each source topic. Throws `not-co-partitioned`. */
export function planTopics(topology: Topology, applicationId: string, partitions: ReadonlyMap<string, number>): TopicPlan {
  const counts = countPartitions(topology, partitions)
  const running = topology.subTopologies.filter(({ global }) => !global)
  const tasks = running.flatMap((sub) => tasksOf(topology, sub, applicationId, counts))
  const repartitions = [...topology.repartitionTopics.values()].map(({ name, settings }) => ({
    name: topicName(applicationId, { name, internal: true }),
    partitions: counts.get(name) as number,
    settings,
  }))
  const changelogs = running.flatMap((sub) => changelogsOf(topology, sub, applicationId, partitionsOf(topology, sub, counts) ?? 1))
  const positions = tasks.flatMap((task) => task.localInputs.map(({ topic }) => ({ name: topic, partitions: 1, settings: {} })))
  const globalTopics = sourceTopicsOf(
    topology,
    topology.subTopologies.filter(({ global }) => global).flatMap(({ nodes }) => nodes),
  )
  const globalInputs = globalTopics.flatMap((topic) => {
    return Array.from({ length: counts.get(topic) ?? 0 }, (_, partition) => ({ topic, partition }))
  })
  // Where a pattern matches no topic yet nothing runs, and how many partitions there will be is not known.
  const internalTopics = [...repartitions, ...changelogs, ...positions].filter((topic) => topic.partitions > 0)
  return { tasks, globalInputs, internalTopics }
}

// ------------------------------------------------------------------------------------------------------------- partitions

/** By the name of a topic before the application id. */
type Counts = Map<string, number>

function countPartitions(topology: Topology, partitions: ReadonlyMap<string, number>): Counts {
  const counts: Counts = new Map(partitions)
  const open = new Set<string>()
  for (const { name, partitions: chosen } of topology.repartitionTopics.values()) {
    if (chosen === undefined) open.add(name)
    else counts.set(name, chosen)
  }
  // Each round settles at least one, as writers of repartition topics form no circle without a user's topic in it. The two topics of a foreign-key
  // join do form one: there the topics that are known decide, as they do in Kafka Streams.
  while (open.size > 0) {
    const sure = [...open].filter((name) => settleRepartition(topology, name, counts, 'all known'))
    const settled = sure.length > 0 ? sure : [...open].filter((name) => settleRepartition(topology, name, counts, 'some known'))
    if (settled.length === 0) throw new Error(`the partitions of ${[...open].join(', ')} follow from nothing`)
    for (const name of settled) open.delete(name)
  }
  for (const set of topology.coPartitioned) coPartition(topology, set, counts)
  return counts
}

/** A repartition topic has as many partitions as the widest sub-topology that writes it. */
function settleRepartition(topology: Topology, name: string, counts: Counts, when: 'all known' | 'some known'): boolean {
  const writers = topology.subTopologies.filter(({ nodes }) => nodes.some((node) => writes(topology, node, name)))
  const widths = writers.flatMap((sub) => widthsOf(topology, sub, counts))
  const known = widths.filter((width) => width !== undefined)
  if (writers.length === 0 || (when === 'all known' ? known.length < widths.length : known.length === 0)) return false
  counts.set(name, Math.max(0, ...known))
  return true
}

function writes(topology: Topology, nodeName: string, repartitionTopic: string): boolean {
  const node = topology.nodes.get(nodeName)
  return node?.kind === 'sink' && node.topic.internal && node.topic.name === repartitionTopic
}

/** Undefined while one of its inputs is not known yet; 0 if it has none, because a pattern matches no topic. */
function partitionsOf(topology: Topology, sub: SubTopology, counts: Counts): number | undefined {
  const widths = widthsOf(topology, sub, counts)
  return widths.some((width) => width === undefined) ? undefined : Math.max(0, ...(widths as number[]))
}

function widthsOf(topology: Topology, { nodes }: SubTopology, counts: Counts): readonly (number | undefined)[] {
  return sourcesOf(topology, nodes).flatMap(({ input }) => (isLocal(input) ? [1] : inputTopics(input).map(({ name }) => counts.get(name))))
}

/** What is joined by key must lie in equal partitions: repartition topics follow, users' topics have to be so. */
function coPartition(topology: Topology, topics: readonly TopicRef[], counts: Counts): void {
  const isFixed = ({ name, internal }: TopicRef): boolean => !internal || topology.repartitionTopics.get(name)?.partitions !== undefined
  const fixed = topics.filter(isFixed)
  const fixedCounts = new Set(fixed.map(({ name }) => counts.get(name)))
  if (fixedCounts.size > 1) {
    const list = fixed.map(({ name }) => `${name} has ${counts.get(name)}`).join(', ')
    throw new MillraceError('not-co-partitioned', { topology: topology.name, topics: list })
  }
  const [width] = fixedCounts.size === 1 ? fixedCounts : [Math.max(...topics.map(({ name }) => counts.get(name) ?? 1))]
  for (const topic of topics) if (!isFixed(topic)) counts.set(topic.name, width as number)
}

// ------------------------------------------------------------------------------------------------------------------ tasks

function tasksOf(topology: Topology, sub: SubTopology, applicationId: string, counts: Counts): readonly PlannedTask[] {
  const sources = sourcesOf(topology, sub.nodes)
  const topics = sources.flatMap(({ input }) => inputTopics(input))
  const local = sources
    .filter(({ input }) => isLocal(input))
    .map((source) => ({ topic: positionTopic(applicationId, source), partition: 0 }))
  return Array.from({ length: partitionsOf(topology, sub, counts) ?? 0 }, (_, partition) => ({
    id: `${sub.id}_${partition}`,
    subTopology: sub.id,
    partition,
    inputs: topics
      .filter(({ name }) => partition < (counts.get(name) ?? 0))
      .map((topic) => ({ topic: topicName(applicationId, topic), partition })),
    localInputs: partition === 0 ? local : [],
  }))
}

function changelogsOf(topology: Topology, sub: SubTopology, applicationId: string, partitions: number): readonly NewTopic[] {
  return sub.stores.flatMap((store) => {
    const changelog = topology.stores.get(store)?.changelog
    if (changelog?.kind !== 'internal') return []
    return [{ name: topicName(applicationId, { name: changelog.name, internal: true }), partitions, settings: changelog.settings }]
  })
}

function sourcesOf(topology: Topology, nodes: readonly string[]): readonly SourceNode[] {
  return nodes.flatMap((name) => {
    const node = topology.nodes.get(name)
    return node?.kind === 'source' ? [node] : []
  })
}

// Where the input ends, for an app that is to end with it: at the ends that the source topics had at the start, at the last element of bounded sources, and in
// repartition topics at what their writers have written when they are at their ends. Whether all of it is done is asked of the group's committed
// offsets, so that several instances can share the work.

import type { SourceNode, Topology } from '../graph/topology.ts'
import type { Admin, CommittedOffset, PartitionOffset } from '../ports/broker.ts'
import { partitionName, type TopicPartition } from '../ports/record.ts'
import { boundedSubTopologies, inputEndedName, sourceEndedName } from './bounded-input.ts'
import { decodeCommitMetadata } from './commit-metadata.ts'
import { positionTopic, readTopics, writtenTopics } from './task-topics.ts'
import type { PlannedTask } from './topic-plan.ts'

export interface EndOfInputOptions {
  readonly admin: Admin
  readonly topology: Topology
  readonly applicationId: string
  /** All of the application, not only those of this instance. */
  readonly tasks: readonly PlannedTask[]
}

export class EndOfInput {
  private readonly options: EndOfInputOptions
  /** By topic and partition. Those of repartition topics become known when their writers are done. */
  private readonly ends = new Map<string, number>()
  private readonly doneSubTopologies = new Set<number>()
  /** Those that write each other's repartition topics in a circle, as the two sides of a foreign-key join do, end together. */
  private readonly groups: readonly ReadonlySet<number>[]
  private readonly repartitionTopics: ReadonlySet<string>
  /** Under which the positions of sources that are no topics are committed. */
  private readonly sourceTopics: ReadonlySet<string>
  private readonly bounded: ReadonlySet<number>

  private constructor(options: EndOfInputOptions) {
    this.options = options
    this.bounded = boundedSubTopologies(options.topology)
    const sources = [...options.topology.nodes.values()].filter((node) => node.kind === 'source' && node.input.kind === 'source')
    this.sourceTopics = new Set(sources.map((node) => positionTopic(options.applicationId, node as SourceNode)))
    this.groups = circles(options.topology, options.applicationId)
    this.repartitionTopics = new Set([...options.topology.repartitionTopics.keys()].map((name) => `${options.applicationId}-${name}`))
  }

  /** Takes the ends of the source topics as they are now. */
  static async now(options: EndOfInputOptions): Promise<EndOfInput> {
    const end = new EndOfInput(options)
    await end.learnEnds(options.tasks.flatMap(({ inputs }) => inputs.filter(({ topic }) => !end.repartitionTopics.has(topic))))
    for (const node of options.topology.nodes.values()) {
      if (node.kind !== 'source' || node.input.kind !== 'elements') continue
      end.ends.set(partitionName({ topic: positionTopic(options.applicationId, node), partition: 0 }), node.input.elements.length)
    }
    return end
  }

  /** Undefined: not known yet. */
  of(input: TopicPartition): number | undefined {
    return this.ends.get(partitionName(input))
  }

  /** Whether the input of a task is over for good, given where it stands in each. */
  isOver({ subTopology, inputs, localInputs }: PlannedTask, positionOf: (input: TopicPartition) => number): boolean {
    if (!this.bounded.has(subTopology)) return false
    return [...inputs, ...localInputs].every((input) => positionOf(input) >= (this.of(input) ?? Infinity))
  }

  /** Whether the group has committed all there is. */
  async reached(): Promise<boolean> {
    const open = this.groups.filter((group) => ![...group].every((id) => this.doneSubTopologies.has(id)))
    for (const group of open) if (await this.isDone(group)) for (const id of group) this.doneSubTopologies.add(id)
    return open.every((group) => [...group].every((id) => this.doneSubTopologies.has(id)))
  }

  private async isDone(group: ReadonlySet<number>): Promise<boolean> {
    const { admin, applicationId, tasks } = this.options
    const inputs = tasks.filter(({ subTopology }) => group.has(subTopology)).flatMap((task) => [...task.inputs, ...task.localInputs])
    await this.learnSourceEnds(inputs.filter((input) => this.sourceTopics.has(input.topic)))
    const circular = inputs.filter(({ topic }) => this.writersOf(topic).some((id) => group.has(id)))
    const unknown = inputs.filter((input) => this.of(input) === undefined && !circular.includes(input))
    if (unknown.some(({ topic }) => this.sourceTopics.has(topic))) return false
    if (unknown.some(({ topic }) => !this.writersOf(topic).every((id) => this.doneSubTopologies.has(id)))) return false
    const written = await this.stableEndsOf(unknown)
    if (written === undefined) return false
    for (const end of written) this.ends.set(partitionName(end), end.offset)
    const open = inputs.filter((input) => this.of(input) !== 0)
    if (open.length === 0) return true
    const committed = await admin.committed(applicationId, open)
    if ([...group].some((id) => this.bounded.has(id)) && !committed.every(saysInputEnded)) return false
    const offsets = new Map(committed.map((offset) => [partitionName(offset), offset.offset]))
    // What goes round in a circle has no end before all of it is done. The ends are asked for behind the commits: if these reach them, all that the
    // group has taken is committed, with what came of it, and nothing is on its way.
    const circularEnds = await this.stableEndsOf(circular)
    if (circularEnds === undefined) return false
    const ends = new Map(circularEnds.map((end) => [partitionName(end), end.offset]))
    const endOf = (input: TopicPartition): number => ends.get(partitionName(input)) ?? this.of(input)!
    const behind = open.filter((input) => (offsets.get(partitionName(input)) ?? 0) < endOf(input))
    if (behind.some((input) => offsets.has(partitionName(input)))) return false
    // Partitions of which nothing is left have nothing to commit.
    const starts = behind.length === 0 ? [] : await admin.startOffsets(behind)
    return starts.every((start) => start.offset >= endOf(start))
  }

  private writersOf(repartitionTopic: string): readonly number[] {
    const { topology, applicationId } = this.options
    const writers = topology.subTopologies.filter(({ id }) => writtenTopics(topology, [id], applicationId).includes(repartitionTopic))
    return this.repartitionTopics.has(repartitionTopic) ? writers.map(({ id }) => id) : []
  }

  private async endsOf(inputs: readonly TopicPartition[]): Promise<readonly PartitionOffset[]> {
    return inputs.length === 0 ? [] : await this.options.admin.endOffsets(inputs, { readCommitted: true })
  }

  /**
   * The ends of topics that only this application writes, if no transaction is open before them. One that is was left open by a process that died: what others have committed
   * behind it is to be read yet, when the broker has ended it.
   */
  private async stableEndsOf(inputs: readonly TopicPartition[]): Promise<readonly PartitionOffset[] | undefined> {
    if (inputs.length === 0) return []
    const high = await this.options.admin.endOffsets(inputs, { readCommitted: false })
    const stable = new Map((await this.endsOf(inputs)).map((end) => [partitionName(end), end.offset]))
    return high.every((end) => stable.get(partitionName(end))! >= end.offset) ? high : undefined
  }

  /** Where a source ends shows when it has ended: whoever runs it says so in its commit. A source that has grown since has another end. */
  private async learnSourceEnds(inputs: readonly TopicPartition[]): Promise<void> {
    if (inputs.length === 0) return
    for (const { topic, partition, offset, metadata } of await this.options.admin.committed(this.options.applicationId, inputs)) {
      const name = partitionName({ topic, partition })
      if (decodeCommitMetadata(metadata).times.has(sourceEndedName(topic))) this.ends.set(name, offset)
      else this.ends.delete(name)
    }
  }

  private async learnEnds(inputs: readonly TopicPartition[]): Promise<void> {
    for (const end of await this.endsOf(inputs)) this.ends.set(partitionName(end), end.offset)
  }
}

/** All sub-topologies that run in tasks, in groups: those that lead to each other over internal topics are one. */
function circles(topology: Topology, applicationId: string): readonly ReadonlySet<number>[] {
  const running = topology.subTopologies.filter(({ global }) => !global).map(({ id }) => id)
  const next = (id: number): readonly number[] => {
    const written = writtenTopics(topology, [id], applicationId)
    return running.filter((other) => readTopics(topology, [other], applicationId).some((topic) => written.includes(topic)))
  }
  const reached = new Map(
    running.map((id) => {
      const ids = new Set(next(id))
      for (const other of ids) for (const further of next(other)) ids.add(further)
      return [id, ids] as const
    }),
  )
  const groupOf = (id: number) => new Set([id, ...running.filter((other) => reached.get(id)!.has(other) && reached.get(other)!.has(id))])
  const groups = running.map(groupOf)
  return groups.filter((group, index) => Math.min(...group) === running[index])
}

function saysInputEnded({ metadata }: CommittedOffset): boolean {
  return decodeCommitMetadata(metadata).times.has(inputEndedName)
}

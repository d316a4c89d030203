// Where the input ends, for an app that is to end with it: at the ends that the source topics had at the start, at the last element of bounded sources, and in
// repartition topics at what their writers have written when they are at their ends. Whether all of it is done is asked of the group's committed
// offsets, so that several instances can share the work.

import type { SourceNode, Topology } from '../graph/topology.ts'
import type { Admin, CommittedOffset } from '../ports/broker.ts'
import { partitionName, type TopicPartition } from '../ports/record.ts'
import { boundedSubTopologies, inputEndedName, sourceEndedName } from './bounded-input.ts'
import { decodeCommitMetadata } from './commit-metadata.ts'
import { positionTopic, writtenTopics } from './task-topics.ts'
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
  private readonly repartitionTopics: ReadonlySet<string>
  /** Under which the positions of sources that are no topics are committed. */
  private readonly sourceTopics: ReadonlySet<string>
  private readonly bounded: ReadonlySet<number>

  private constructor(options: EndOfInputOptions) {
    this.options = options
    this.bounded = boundedSubTopologies(options.topology)
    const sources = [...options.topology.nodes.values()].filter((node) => node.kind === 'source' && node.input.kind === 'source')
    this.sourceTopics = new Set(sources.map((node) => positionTopic(options.applicationId, node as SourceNode)))
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
    const { topology } = this.options
    const open = topology.subTopologies.filter(({ id, global }) => !global && !this.doneSubTopologies.has(id))
    for (const { id } of open) if (await this.isDone(id)) this.doneSubTopologies.add(id)
    return open.every(({ id }) => this.doneSubTopologies.has(id))
  }

  private async isDone(subTopology: number): Promise<boolean> {
    const { admin, applicationId, tasks } = this.options
    const own = tasks.filter((task) => task.subTopology === subTopology)
    const inputs = own.flatMap((task) => [...task.inputs, ...task.localInputs])
    await this.learnSourceEnds(inputs.filter((input) => this.sourceTopics.has(input.topic)))
    const unknown = inputs.filter((input) => this.of(input) === undefined)
    if (unknown.some(({ topic }) => this.sourceTopics.has(topic))) return false
    if (unknown.some(({ topic }) => !this.writersAreDone(topic))) return false
    await this.learnEnds(unknown)
    const open = inputs.filter((input) => this.of(input) !== 0)
    if (open.length === 0) return true
    const committed = await admin.committed(applicationId, open)
    if (this.bounded.has(subTopology) && !committed.every(saysInputEnded)) return false
    const offsets = new Map(committed.map((offset) => [partitionName(offset), offset.offset]))
    const behind = open.filter((input) => (offsets.get(partitionName(input)) ?? -1) < this.of(input)!)
    return (
      behind.length === 0 ||
      (await this.areEmpty(
        behind.filter((input) => !offsets.has(partitionName(input))),
        behind.length,
      ))
    )
  }

  /** Partitions of which nothing is left have nothing to commit. */
  private async areEmpty(uncommitted: readonly TopicPartition[], behind: number): Promise<boolean> {
    if (uncommitted.length < behind) return false
    const starts = await this.options.admin.startOffsets(uncommitted)
    return starts.every((start) => start.offset >= this.of(start)!)
  }

  private writersAreDone(repartitionTopic: string): boolean {
    const { topology, applicationId } = this.options
    const writers = topology.subTopologies.filter(({ id }) => writtenTopics(topology, [id], applicationId).includes(repartitionTopic))
    return writers.every(({ id }) => this.doneSubTopologies.has(id))
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
    if (inputs.length === 0) return
    const ends = await this.options.admin.endOffsets(inputs, { readCommitted: true })
    for (const end of ends) this.ends.set(partitionName(end), end.offset)
  }
}

function saysInputEnded({ metadata }: CommittedOffset): boolean {
  return decodeCommitMetadata(metadata).times.has(inputEndedName)
}

// The way of fetched records to the tasks: shared out by partition, held back where a task has enough, and waited for where a task must not choose
// without them.

import { MillraceError } from '../errors.ts'
import { type FetchedRecords, type FetchProblem, whereItIs } from '../ports/broker.ts'
import { isSamePartition, type Offset, partitionName, type TopicPartition } from '../ports/record.ts'
import type { AppParts } from './app-parts.ts'
import { BoundedReader } from './bounded-reader.ts'
import { started } from './committer.ts'
import type { EndOfInput } from './end-of-input.ts'
import type { LivePlan } from './live-plan.ts'
import { resetOffsets } from './offset-reset.ts'
import { positionOf, type RunningTask } from './running-task.ts'

/** However many partitions there are, each may hold this much. */
const shareBytesMin = 64 * 1024

interface Input extends TopicPartition {
  readonly owner: RunningTask
  /** What the broker had at the last look, as far as it is committed there. */
  knownEnd: number
}

export interface InputStanding extends TopicPartition {
  readonly taskId: string
  /** Records behind the last committed one that the broker had at the last look. */
  readonly lag: number
  readonly bufferedBytes: number
}

export class TaskInputs {
  private readonly parts: AppParts
  private readonly end: EndOfInput | undefined
  private readonly live: Pick<LivePlan, 'lost'>
  private tasks: readonly RunningTask[] = []
  private inputs = new Map<string, Input>()
  private shareBytes = 0
  /** Looks at what was fetched that found something. */
  polls = 0

  constructor(parts: AppParts, end: EndOfInput | undefined, live: Pick<LivePlan, 'lost'>) {
    this.parts = parts
    this.live = live
    this.end = end
  }

  /** The tasks have changed. */
  async follow(tasks: readonly RunningTask[]): Promise<void> {
    this.tasks = tasks
    const before = this.inputs
    const inputs = tasks.flatMap((owner) => owner.planned.inputs.map(({ topic, partition }) => ({ owner, topic, partition, knownEnd: 0 })))
    const ends = inputs.length === 0 ? [] : await this.parts.admin.endOffsets(inputs, { readCommitted: true })
    this.inputs = new Map(inputs.map((input) => [partitionName(input), input]))
    for (const end of ends) this.learnEnd(this.inputs.get(partitionName(end))!, end.offset)
    for (const [name, input] of this.inputs) input.knownEnd = Math.max(input.knownEnd, before.get(name)?.knownEnd ?? 0)
    this.shareBytes = Math.max(shareBytesMin, this.parts.settings.inputBufferBytesMax / Math.max(1, inputs.length))
  }

  /** Gives the tasks what has arrived. */
  async take(): Promise<void> {
    const problems: FetchProblem[] = []
    const arrived = this.parts.fetcher.take()
    if (arrived.length > 0) this.polls++
    for (const fetched of arrived) {
      if (fetched.kind === 'problem') problems.push(fetched)
      else this.give(fetched)
    }
    if (problems.length > 0) await this.solve(problems)
  }

  /** Goes on with partitions whose tasks have worked off enough. */
  resume(): void {
    for (const { paused, task } of this.tasks) {
      for (const input of paused) {
        if ((task?.bufferedBytes(input.topic, input.partition) ?? 0) > this.shareBytes / 2) continue
        paused.delete(input)
        this.parts.fetcher.resume([input])
      }
    }
  }

  /**
   * Whether a task may choose its next record now, though inputs of it are empty (KIP-695): records that the broker has are always waited for, others
   * for `maxTaskIdleMs`; below 0, nothing is.
   */
  mayProcess(running: RunningTask): boolean {
    const { settings, clock } = this.parts
    const { task, planned } = running
    if (planned.inputs.length <= 1 || settings.maxTaskIdleMs < 0 || task === undefined) return true
    const empty = planned.inputs.filter(({ topic, partition }) => task.isEmpty(topic, partition))
    if (empty.some((input) => positionOf(running, input) < (this.inputs.get(partitionName(input))?.knownEnd ?? 0))) return false
    if (empty.length === 0 || settings.maxTaskIdleMs === 0) {
      running.idleSinceMs = undefined
      return true
    }
    running.idleSinceMs ??= clock.monotonicMs()
    return clock.monotonicMs() - running.idleSinceMs >= settings.maxTaskIdleMs
  }

  /** Whether all inputs of this instance whose end is known are processed up to it. */
  get areAtEnd(): boolean {
    for (const input of this.inputs.values()) {
      const end = this.end?.of(input)
      if (end !== undefined && positionOf(input.owner, input) < end) return false
    }
    return started(this.tasks).every(({ task, connectors }) => !task.hasRecords && connectors?.areAtEnd !== false)
  }

  /** How each input of this instance stands. */
  standing(): readonly InputStanding[] {
    return [...this.inputs.values()].map(({ topic, partition, owner, knownEnd }) => ({
      topic,
      partition,
      taskId: owner.planned.id,
      lag: Math.max(0, knownEnd - positionOf(owner, { topic, partition })),
      bufferedBytes: owner.task?.bufferedBytes(topic, partition) ?? 0,
    }))
  }

  private give(fetched: FetchedRecords): void {
    const input = this.inputs.get(partitionName(fetched))
    const task = input?.owner.task
    if (input === undefined || task === undefined) return
    const { topic, partition } = fetched
    this.learnEnd(input, fetched.lastStableOffset)
    const end = this.end?.of(fetched)
    const isBeyond = end !== undefined && fetched.lastStableOffset > end
    task.addRecords(isBeyond ? { ...fetched, reader: new BoundedReader(fetched.reader, end) } : fetched)
    if (task.bufferedBytes(topic, partition) <= this.shareBytes) return
    const { paused } = input.owner
    if ([...paused].some((other) => isSamePartition(other, fetched))) return
    paused.add(input)
    this.parts.fetcher.pause([{ topic, partition }])
  }

  private learnEnd(input: Input, offset: number): void {
    input.knownEnd = Math.min(offset, this.end?.of(input) ?? Infinity)
  }

  /** Records that were deleted before they were read are gone: reading goes on where the source's reset policy says, and so does the log. */
  private async solve(problems: readonly FetchProblem[]): Promise<void> {
    const { fetcher, logger, topology } = this.parts
    const gone = [...new Set(problems.filter(({ problem }) => problem === 'topic deleted').map(({ topic }) => topic))]
    // One that a pattern matched is left out of the next plan.
    const deleted = gone.filter((topic) => !this.live.lost(topic))
    for (const topic of gone.filter((topic) => !deleted.includes(topic))) logger.log('warn', `The topic ${topic} was deleted.`, { topic })
    if (deleted.length > 0) {
      const missing = deleted.map((topic) => `The topic ${topic} was deleted.`).join('\n  ')
      throw new MillraceError('topology-topics-missing', { topology: topology.name, missing })
    }
    const starts = new Map<string, Offset>()
    const outOfRange = problems.filter(({ topic }) => !gone.includes(topic))
    if (outOfRange.length === 0) return
    for (const start of await resetOffsets(this.parts, outOfRange)) {
      const input = this.inputs.get(partitionName(start))
      if (input === undefined) continue
      const { topic, partition, offset } = start
      logger.log('warn', `The position in ${partitionName(start)} is out of range; going on at offset ${offset}.`, { topic, partition })
      starts.set(partitionName(start), offset)
      input.owner.task?.skipTo(start, offset)
      // Assigned anew, it is not paused any more.
      for (const other of input.owner.paused) if (isSamePartition(other, start)) input.owner.paused.delete(other)
    }
    fetcher.assign(
      [...this.inputs.values()].map((input) => ({
        topic: input.topic,
        partition: input.partition,
        offset: starts.get(partitionName(input)) ?? whereItIs,
      })),
    )
  }
}

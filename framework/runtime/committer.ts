// Commits: caches are flushed, then the producer and the sinks that are no topics, then offsets go to the group, then state goes to disk. Whatever fails on the way, the next start
// processes again what was not committed, and loses nothing. The last step needs no waiting: the next records are processed while the disk is written,
// and only the next commit waits for it, so that there is never more than one commit's state in memory beside what is new. Consumed records of
// repartition topics are deleted from time to time.

import type { CommittedOffset, GroupMember, PartitionOffset } from '../ports/broker.ts'
import { isSamePartition, type Offset, partitionName } from '../ports/record.ts'
import type { AppParts } from './app-parts.ts'
import type { RunningTask } from './running-task.ts'
import type { Task } from './task.ts'
import type { TaskSet } from './task-set.ts'

export class Committer {
  /** Commits so far, the time that they took, and that of the longest. */
  commits = 0
  commitMs = 0
  commitMsMax = 0
  private readonly parts: AppParts
  private readonly tasks: TaskSet
  private readonly member: GroupMember
  private lastCommitMs: number
  private lastPurgeMs: number
  private readonly repartitionTopics: ReadonlySet<string>
  /** By partition: what was deleted already. */
  private readonly purged = new Map<string, Offset>()

  constructor(parts: AppParts, tasks: TaskSet, member: GroupMember) {
    this.parts = parts
    this.tasks = tasks
    this.member = member
    this.lastCommitMs = parts.clock.monotonicMs()
    this.lastPurgeMs = this.lastCommitMs
    const { topology, applicationId } = parts
    this.repartitionTopics = new Set([...topology.repartitionTopics.keys()].map((name) => `${applicationId}-${name}`))
  }

  /** Milliseconds until the next commit by time; Infinity if nothing is to be committed. */
  get dueInMs(): number {
    if (!this.parts.producer.open && !started(this.tasks.all).some(({ task }) => task.commitNeeded)) return Infinity
    return Math.max(0, this.lastCommitMs + this.parts.settings.commitIntervalMs - this.parts.clock.monotonicMs())
  }

  /** Whether a processor or a store that is full asks for one. */
  get isRequested(): boolean {
    return started(this.tasks.all).some(({ task, state }) => task.commitRequested || state.commitWanted)
  }

  /**
   * Commits what was processed; with `everything` also positions that moved without a record (behind a transaction's end). Rejects with
   * `member-fenced` or `producer-fenced` if others have gone on without this instance.
   */
  async commit(everything = false): Promise<void> {
    const { clock, producer } = this.parts
    this.lastCommitMs = clock.monotonicMs()
    const dirty = started(this.tasks.all).filter(
      (running) => running.task.commitNeeded || running.state.commitWanted || (everything && hasMoved(running)),
    )
    // Dead letters of global tables belong to no task.
    if (dirty.length === 0 && !producer.open) return
    for (const { task } of dirty) task.flushCaches()
    await this.tasks.chosenWriters.settled()
    const offsets = dirty.map(({ task }) => task.committable())
    await producer.commit(this.member, offsets.flat(), Promise.all(dirty.map(({ connectors }) => connectors?.flush())))
    await this.written()
    for (const [index, running] of dirty.entries()) this.writeState(running, offsets[index]!)
    const durationMs = clock.monotonicMs() - this.lastCommitMs
    this.commits++
    this.commitMs += durationMs
    this.commitMsMax = Math.max(this.commitMsMax, durationMs)
  }

  /** Resolves when the state of the last commit is on disk; rejects if it could not be written. */
  async written(): Promise<void> {
    const { all } = this.tasks
    await Promise.all(all.map(({ writing }) => writing))
    const failed = all.find(({ writeFailure }) => writeFailure !== undefined)
    if (failed !== undefined) throw failed.writeFailure
  }

  /** The state takes its part of the commit at once; what comes after belongs to the next one. */
  private writeState(running: StartedTask, offsets: readonly CommittedOffset[]): void {
    const sources = running.state.changelogs.filter(({ sourceTopic }) => sourceTopic)
    const positions = new Map<string, Offset>()
    for (const changelog of sources) {
      const committed = offsets.find((offset) => isSamePartition(offset, changelog))
      if (committed !== undefined) positions.set(changelog.topic, committed.offset)
    }
    running.writing = commitState(running, positions, this.parts).catch((error: unknown) => {
      running.writeFailure = error
    })
    running.lastCommitted = offsets
    running.task.committed()
  }

  /** From time to time deletes what is consumed: Kafka keeps repartition topics for ever, because only the app knows when it is done with them. */
  async purgeIfDue(): Promise<void> {
    const { clock, settings, admin, logger } = this.parts
    if (this.repartitionTopics.size === 0 || clock.monotonicMs() - this.lastPurgeMs < settings.repartitionPurgeIntervalMs) return
    this.lastPurgeMs = clock.monotonicMs()
    const consumed = this.tasks.all
      .flatMap(({ lastCommitted = [] }) => lastCommitted.filter(({ topic }) => this.repartitionTopics.has(topic)))
      .map(({ topic, partition, offset }): PartitionOffset => ({ topic, partition, offset }))
      .filter((before) => this.purged.get(partitionName(before)) !== before.offset)
    if (consumed.length === 0) return
    try {
      await admin.deleteRecords(consumed)
      for (const before of consumed) this.purged.set(partitionName(before), before.offset)
    } catch (error) {
      // Nothing depends on it but space, and the next time deletes these too.
      logger.log(
        'warn',
        `Consumed records of repartition topics were not deleted: ${error instanceof Error ? error.message : String(error)}`,
      )
    }
  }
}

async function commitState({ planned, state }: StartedTask, positions: ReadonlyMap<string, Offset>, parts: AppParts): Promise<void> {
  await state.commit(positions)
  await parts.positions.writeIfDue(planned.id, state)
}

/** Whether it stands elsewhere than where the group has it. */
function hasMoved({ task, committed, lastCommitted = committed }: StartedTask): boolean {
  const before = [...lastCommitted, ...committed]
  return task.committable().some((position) => {
    return before.find((other) => isSamePartition(other, position))?.offset !== position.offset
  })
}

type StartedTask = RunningTask & { readonly task: Task }

export function started(tasks: readonly RunningTask[]): readonly StartedTask[] {
  return tasks.filter((running): running is StartedTask => running.task !== undefined)
}

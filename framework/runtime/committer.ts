// Commits: caches are flushed, offsets and the changes of state are taken; then the producer and the sinks that are no topics are flushed, then offsets go to the
// group, then state goes to disk. Whatever fails on the way, the next start processes again what was not committed, and loses nothing.
//
//   begin ──taken──▶ to Kafka ──committed──▶ to disk ──▶ ended
//                    └─ exactly once: more is processed meanwhile ─┘  and only the next commit waits
//
// So there is never more than one commit's state in memory beside what is new. At least once the way to Kafka is waited for: what is acknowledged by then would not
// tell what the state has taken. Consumed records of repartition topics are deleted from time to time.

import type { CommittedOffset, GroupMember, PartitionOffset } from '../ports/broker.ts'
import { isSamePartition, type Offset, partitionName } from '../ports/record.ts'
import type { TakenState } from '../state/contract.ts'
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
  /** The way of a commit to Kafka; undefined: none is on it. Never rejects. */
  private committing: Promise<void> | undefined
  private failure: unknown
  /** Tasks whose state is being written. */
  private writes = 0
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

  /** Milliseconds until the next commit by time; Infinity if nothing is to be committed, or a commit is under way. */
  get dueInMs(): number {
    if (this.isUnderWay) return Infinity
    if (!this.parts.producer.open && !started(this.tasks.all).some(({ task }) => task.commitNeeded)) return Infinity
    return Math.max(0, this.lastCommitMs + this.parts.settings.commitIntervalMs - this.parts.clock.monotonicMs())
  }

  /** Whether a processor or a store that is full asks for one. */
  get isRequested(): boolean {
    return started(this.tasks.all).some(({ task, state }) => task.commitRequested || state.commitWanted)
  }

  /** Whether a commit has not reached Kafka, or its state the disk. */
  get isUnderWay(): boolean {
    return this.committing !== undefined || this.writes > 0
  }

  /**
   * Commits what was processed; with `everything` also positions that moved without a record (behind a transaction's end). Rejects with
   * `member-fenced` or `producer-fenced` if others have gone on without this instance.
   */
  async commit(everything = false): Promise<void> {
    await this.begin(everything)
    await this.settled()
  }

  /** Begins to commit what was processed. Where the guarantee allows it, more may be processed meanwhile. Rejects as `settled` does. */
  async begin(everything = false): Promise<void> {
    await this.settled()
    await this.ended()
    const { clock, producer } = this.parts
    this.lastCommitMs = clock.monotonicMs()
    const dirty = started(this.tasks.all).filter(
      (running) => running.task.commitNeeded || running.state.commitWanted || (everything && hasMoved(running)),
    )
    // Dead letters of global tables belong to no task.
    if (dirty.length === 0 && !producer.open) return
    for (const { task } of dirty) task.flushCaches()
    await this.tasks.chosenWriters.settled()
    const flushes = dirty.flatMap(({ connectors }) => connectors?.flush() ?? [])
    this.committing = this.toKafka(dirty.map(taken), flushes)
      .catch((error: unknown) => {
        this.failure = error
      })
      .finally(() => {
        this.committing = undefined
      })
    const hasFailed = this.tasks.all.some(({ writeFailure }) => writeFailure !== undefined)
    if (flushes.length > 0 || !producer.commitsApart || hasFailed) await this.settled()
    // The disk that did not take the state of the commit before takes no more; what Kafka has by now need not be processed again.
    if (hasFailed) await this.written()
  }

  /** Resolves when no commit is on its way to Kafka any more. Rejects with what the last one failed with, once. */
  async settled(): Promise<void> {
    await this.committing
    this.check()
  }

  /** Throws what the last commit failed with, once. */
  check(): void {
    const { failure } = this
    this.failure = undefined
    if (failure !== undefined) throw failure
  }

  /** Resolves when the state of the last commit is on disk; rejects if it could not be written. */
  async written(): Promise<void> {
    const { all } = this.tasks
    await Promise.all(all.map(({ writing }) => writing))
    const failed = all.find(({ writeFailure }) => writeFailure !== undefined)
    if (failed !== undefined) throw failed.writeFailure
  }

  /** Resolves, whatever comes of it, when nothing of a commit is under way. */
  async ended(): Promise<void> {
    await this.committing
    await Promise.all(this.tasks.all.map(({ writing }) => writing))
  }

  private async toKafka(all: readonly TakenTask[], flushes: readonly Promise<unknown>[]): Promise<void> {
    const { clock, producer } = this.parts
    const beganMs = this.lastCommitMs
    try {
      await producer.commit({
        member: this.member,
        offsets: all.flatMap(({ offsets }) => offsets),
        beside: flushes.length === 0 ? undefined : Promise.all(flushes),
        committed: () => {
          for (const one of all) this.writeState(one)
        },
      })
    } catch (error) {
      for (const { state } of all) state?.drop(error)
      throw error
    }
    const durationMs = clock.monotonicMs() - beganMs
    this.commits++
    this.commitMs += durationMs
    this.commitMsMax = Math.max(this.commitMsMax, durationMs)
  }

  private writeState({ running, offsets, state }: TakenTask): void {
    running.lastCommitted = offsets
    if (state === undefined) return
    const sources = running.state.changelogs.filter(({ sourceTopic }) => sourceTopic)
    const positions = new Map<string, Offset>()
    for (const changelog of sources) {
      const committed = offsets.find((offset) => isSamePartition(offset, changelog))
      if (committed !== undefined) positions.set(changelog.topic, committed.offset)
    }
    this.writes++
    running.writing = this.write(running, state, positions)
      .catch((error: unknown) => {
        running.writeFailure = error
      })
      .finally(() => {
        this.writes--
      })
  }

  private async write({ planned, state }: StartedTask, taken: TakenState, positions: ReadonlyMap<string, Offset>): Promise<void> {
    await taken.write(positions)
    await this.parts.positions.writeIfDue(planned.id, state)
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

/** What a commit has of a task: what comes after belongs to the next one. */
interface TakenTask {
  readonly running: StartedTask
  readonly offsets: readonly CommittedOffset[]
  /** Undefined where the state of the commit before could not be written. */
  readonly state: TakenState | undefined
}

function taken(running: StartedTask): TakenTask {
  const offsets = running.task.committable()
  const state = running.writeFailure === undefined ? running.state.take() : undefined
  running.task.committed()
  return { running, offsets, state }
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

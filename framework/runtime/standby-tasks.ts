// The states that this instance keeps up to date for tasks that run elsewhere (Kafka Streams: StandbyTask). Each follows its changelogs, committed records only, into
// the local store; should its task come here, it is handed over as it is, and only the tail is left to restore. All of it happens beside the tasks that run here,
// in short slices, and nothing waits for it. A source topic that serves as changelog is followed up to what the group has committed: behind that it is input.

import { MillraceError } from '../errors.ts'
import { type FetchedRecords, type Fetcher, type FetchProblem, type PartitionOffset, whereItIs } from '../ports/broker.ts'
import { isSamePartition, noHeaders, partitionName } from '../ports/record.ts'
import type { Changelog, RecordContext, TaskState } from '../state/contract.ts'
import type { AppParts } from './app-parts.ts'
import { BoundedReader } from './bounded-reader.ts'
import type { TaskStates } from './task-states.ts'
import type { PlannedTask } from './topic-plan.ts'

/** Records applied between two looks at the clock. */
const recordsPerStep = 1_000
const sliceMs = 20
/** What was applied is written after so long at the latest, or when it is much. */
const writeEveryMs = 1_000
const limitsEveryMs = 1_000

/** A state that is open, with what it needs to belong to a task. */
export interface OpenState {
  readonly state: TaskState
  readonly recordContext: RecordContext
  /** How many changelog records it has read as a standby. */
  readonly followedRecords: number
}

interface Followed {
  readonly standby: Standby
  readonly changelog: Changelog
  /** What is behind it is not for us yet. */
  limit: number
  /** Whether the fetcher reads it. */
  fetched: boolean
  /** What has come and is not applied yet. */
  batches: FetchedRecords[]
  /** Where the changelog ended, as far as was heard. */
  end: number
}

interface Standby {
  readonly planned: PlannedTask
  readonly state: TaskState
  readonly recordContext: RecordContext
  readonly followed: readonly Followed[]
  /** Meanwhile nothing is applied. */
  writing: Promise<void> | undefined
  dirty: boolean
  writtenMs: number
}

export class StandbyTasks {
  private readonly parts: AppParts
  private readonly states: TaskStates
  private readonly openFetcher: () => Fetcher
  /** Only who has standbys needs one. */
  private fetcher: Fetcher | undefined
  private readonly standbys = new Map<string, Standby>()
  private refreshing = false
  private refreshedMs = Number.NEGATIVE_INFINITY
  private failure: unknown
  /** The one that the next slice begins with. */
  private next = 0
  private recordsOfGone = 0

  constructor(parts: AppParts, states: TaskStates, openFetcher: () => Fetcher) {
    this.parts = parts
    this.states = states
    this.openFetcher = openFetcher
  }

  /** By task. */
  get all(): readonly { readonly planned: PlannedTask; readonly state: TaskState; readonly lag: number }[] {
    return [...this.standbys.values()].map(({ planned, state, followed }) => ({ planned, state, lag: followed.reduce(addLag, 0) }))
  }

  ids(): readonly string[] {
    return [...this.standbys.keys()]
  }

  /** Changelog records that were applied so far. */
  get records(): number {
    return [...this.standbys.values()].reduce((sum, { state }) => sum + state.restore.records, this.recordsOfGone)
  }

  /** By task: the sum of the offsets that it has reached in its internal changelogs. */
  offsetSums(): Readonly<Record<string, number>> {
    const sumOf = ({ state, followed }: Standby): number =>
      followed.reduce((sum, { changelog: { sourceTopic, topic } }) => {
        return sourceTopic ? sum : sum + Math.max(0, state.restore.position(topic))
      }, 0)
    return Object.fromEntries([...this.standbys].map(([id, standby]) => [id, sumOf(standby)]))
  }

  /** Closes all but those of these tasks. Before tasks are opened: another thread of this process may be waiting for a folder. */
  async keep(ids: readonly string[]): Promise<void> {
    for (const id of this.ids()) if (!ids.includes(id)) await this.close(id)
  }

  /** Hands a state over to the task that it was a standby of; undefined if there is none. */
  async promote(id: string): Promise<OpenState | undefined> {
    const standby = this.standbys.get(id)
    if (standby === undefined) return undefined
    this.forget(id)
    const { state, recordContext } = standby
    await standby.writing
    await state.restore.write()
    this.recordsOfGone += state.restore.records
    this.parts.logger.log('info', `Task ${id} goes on with the state of its standby.`, { task: id })
    return { state, recordContext, followedRecords: state.restore.records }
  }

  /** Opens those that are new here; false if it was interrupted. */
  async open(planned: readonly PlannedTask[], statesCount: number, interrupted: () => boolean): Promise<boolean> {
    const opened: Standby[] = []
    for (const task of planned) {
      if (this.standbys.has(task.id)) continue
      const recordContext = { timestamp: -1, headers: noHeaders }
      const state = await this.states.open(task, recordContext, statesCount, interrupted)
      if (state === undefined) return false
      const standby = standbyOf(task, state, recordContext, this.parts.clock.monotonicMs())
      this.standbys.set(task.id, standby)
      opened.push(standby)
    }
    if (opened.length === 0) return true
    this.parts.logger.log('info', `Following ${opened.length} more standby tasks.`, { tasks: opened.map(({ planned: { id } }) => id) })
    await this.begin(opened.flatMap(({ followed }) => followed))
    this.refreshedMs = Number.NEGATIVE_INFINITY
    this.assign()
    return true
  }

  /** Takes in, for a slice of time, what has arrived; says whether there was anything. Throws what went wrong since the last time. */
  async apply(): Promise<boolean> {
    if (this.failure !== undefined) throw this.failure
    if (this.standbys.size === 0) return false
    this.refreshLimits()
    const followed = [...this.standbys.values()].flatMap((standby) => standby.followed)
    if (!followed.some(({ batches }) => batches.length > 0)) await this.take(followed)
    const applied = this.applySlice(followed)
    for (const standby of this.standbys.values()) if (this.isWriteDue(standby)) this.write(standby)
    return applied
  }

  /** Rings the app when there is something to apply. */
  watch(): void {
    const { fetcher } = this
    if (fetcher !== undefined && this.standbys.size > 0) this.parts.wakeup.watch('standbys', () => fetcher.arrived())
  }

  /** Closes all, and then rejects with the first failure. */
  async closeAll(): Promise<void> {
    const failures: unknown[] = []
    for (const id of this.ids()) await this.close(id).catch((error: unknown) => failures.push(error))
    if (failures.length > 0) throw failures[0]
  }

  private async close(id: string): Promise<void> {
    const { state, writing, dirty } = this.standbys.get(id)!
    this.forget(id)
    this.recordsOfGone += state.restore.records
    try {
      await writing
      if (dirty) await state.restore.write()
      await this.parts.positions.write(id, state)
    } finally {
      await state.close()
    }
  }

  private forget(id: string): void {
    this.standbys.delete(id)
    this.assign()
  }

  /** Where each one goes on, or begins if the changelog is another one than it was. */
  private async begin(followed: readonly Followed[]): Promise<void> {
    const { admin } = this.parts
    const partitions = followed.map(({ changelog: { topic, partition } }) => ({ topic, partition }))
    const starts = await admin.startOffsets(partitions)
    const ends = await admin.endOffsets(partitions, { readCommitted: false })
    for (const one of followed) {
      const { changelog, standby } = one
      const of = (offsets: readonly PartitionOffset[]): PartitionOffset => offsets.find((offset) => isSamePartition(offset, changelog))!
      await standby.writing
      one.batches = []
      one.fetched = false
      one.end = of(ends).offset
      await standby.state.restore.begin(changelog.topic, of(starts).offset, of(ends).offset)
    }
  }

  private assign(): void {
    const followed = [...this.standbys.values()].flatMap((standby) => standby.followed)
    if (followed.length === 0 && this.fetcher === undefined) return
    this.fetcher ??= this.openFetcher()
    const wanted = followed.filter((one) => positionIn(one) < one.limit)
    this.fetcher.assign(
      wanted.map((one) => {
        const { topic, partition } = one.changelog
        return { topic, partition, offset: one.fetched ? whereItIs : one.standby.state.restore.position(topic) }
      }),
    )
    for (const one of followed) one.fetched = wanted.includes(one)
  }

  private async take(followed: readonly Followed[]): Promise<void> {
    const problems: FetchProblem[] = []
    for (const fetched of this.fetcher?.take() ?? []) {
      const one = followed.find(({ changelog }) => isSamePartition(changelog, fetched))
      if (one === undefined) continue
      if (fetched.kind === 'problem') {
        problems.push(fetched)
        continue
      }
      one.end = fetched.lastStableOffset
      one.batches.push(one.limit < one.end ? { ...fetched, reader: new BoundedReader(fetched.reader, one.limit) } : fetched)
    }
    if (problems.length > 0) await this.beginAgain(followed, problems)
  }

  private async beginAgain(followed: readonly Followed[], problems: readonly FetchProblem[]): Promise<void> {
    const deleted = problems.find(({ problem }) => problem === 'topic deleted')
    if (deleted !== undefined) throw new MillraceError('internal-topic-deleted', { topic: deleted.topic })
    for (const problem of problems) {
      const message = `The position of a standby in ${partitionName(problem)} is out of range; it begins again with what is left there.`
      this.parts.logger.log('warn', message, { topic: problem.topic, partition: problem.partition })
    }
    await this.begin(followed.filter(({ changelog }) => problems.some((problem) => isSamePartition(problem, changelog))))
    this.assign()
  }

  private applySlice(followed: readonly Followed[]): boolean {
    const { clock } = this.parts
    const deadlineMs = clock.monotonicMs() + sliceMs
    let applied = false
    let limited = false
    this.next++
    for (let turn = 0; turn < followed.length; turn++) {
      const one = followed[(this.next + turn) % followed.length]!
      const { standby, changelog, batches } = one
      const { restore } = standby.state
      while (batches.length > 0 && standby.writing === undefined && !restore.full && clock.monotonicMs() < deadlineMs) {
        applied = true
        standby.dirty = true
        if (!restore.apply(changelog.topic, batches[0]!.reader, recordsPerStep)) batches.shift()
      }
      // What the fetcher has read of it beyond its limit is to be read again.
      if (one.fetched && positionIn(one) >= one.limit) limited = true
    }
    if (limited) this.assign()
    return applied
  }

  private isWriteDue({ writing, dirty, writtenMs, state }: Standby): boolean {
    if (writing !== undefined || !dirty) return false
    return state.restore.full || this.parts.clock.monotonicMs() - writtenMs >= writeEveryMs
  }

  private write(standby: Standby): void {
    const { state, planned } = standby
    const { clock, wakeup, positions } = this.parts
    standby.dirty = false
    standby.writtenMs = clock.monotonicMs()
    const written = async (): Promise<void> => {
      await state.restore.write()
      await state.dropExpired()
      await positions.writeIfDue(planned.id, state)
    }
    standby.writing = written()
      .catch((error: unknown) => {
        this.failure ??= error
      })
      .finally(() => {
        standby.writing = undefined
        wakeup.ring()
      })
  }

  /** In the background: what the group has committed of source topics may have to wait for a transaction. */
  private refreshLimits(): void {
    const { clock, admin, applicationId, wakeup } = this.parts
    if (this.refreshing || clock.monotonicMs() - this.refreshedMs < limitsEveryMs) return
    const limited = [...this.standbys.values()].flatMap(({ followed }) => followed.filter(({ changelog }) => changelog.sourceTopic))
    if (limited.length === 0) return
    this.refreshing = true
    this.refreshedMs = clock.monotonicMs()
    const partitions = limited.map(({ changelog: { topic, partition } }) => ({ topic, partition }))
    admin
      .committed(applicationId, partitions)
      .then((committed) => {
        for (const one of limited) {
          const offset = committed.find((candidate) => isSamePartition(candidate, one.changelog))?.offset ?? -1
          if (offset <= one.limit) continue
          one.limit = offset
          // Batches end at the limit that there was when they came.
          one.batches = []
          one.fetched = false
        }
        this.assign()
      })
      .catch((error: unknown) => {
        this.failure ??= error
      })
      .finally(() => {
        this.refreshing = false
        wakeup.ring()
      })
  }
}

function standbyOf(planned: PlannedTask, state: TaskState, recordContext: RecordContext, nowMs: number): Standby {
  const followed: Followed[] = []
  const standby: Standby = { planned, state, recordContext, followed, writing: undefined, dirty: false, writtenMs: nowMs }
  for (const changelog of state.changelogs)
    followed.push({ standby, changelog, limit: changelog.sourceTopic ? -1 : Infinity, fetched: false, batches: [], end: 0 })
  return standby
}

function positionIn({ standby, changelog }: Followed): number {
  return standby.state.restore.position(changelog.topic)
}

function addLag(sum: number, one: Followed): number {
  return sum + Math.max(0, Math.min(one.end, one.limit < 0 ? one.end : one.limit) - Math.max(0, positionIn(one)))
}

// Brings the state of tasks up to its changelogs, by a fetcher of its own, in slices, so that heartbeats go on. It ends on positions reached, never on records
// seen: compaction and control records leave gaps. It can be broken off at any time and begun again where it stood.

import { MillraceError } from '../errors.ts'
import { type Admin, type FetchedRecords, type Fetcher, type FetchProblem, type PartitionOffset, whereItIs } from '../ports/broker.ts'
import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import { isSamePartition, type Offset, partitionName, type TopicPartition } from '../ports/record.ts'
import type { Changelog } from '../state/contract.ts'
import { BoundedReader } from './bounded-reader.ts'
import type { RunningTask } from './running-task.ts'
import type { Wakeup } from './wakeup.ts'

export interface RestorationParts {
  readonly admin: Admin
  readonly restoreFetcher: Fetcher
  readonly clock: Clock
  readonly logger: Logger
  readonly wakeup: Wakeup
}

/** Records applied between two looks at the clock. */
const recordsPerSlice = 2_000
const sliceMs = 50
const progressEveryMs = 10_000
/** How long to wait before looking again whether an open transaction has ended. */
const openTransactionWaitMs = 100
const sleepMs = 1_000

interface OwnedChangelog {
  readonly owner: RunningTask
  readonly changelog: Changelog
}

interface Restoring extends OwnedChangelog {
  readonly end: number
  /** What has come and is not applied yet. */
  readonly batches: FetchedRecords[]
}

export class Restoration {
  private readonly parts: RestorationParts
  private open: ReadonlyMap<string, Restoring> = new Map()

  constructor(parts: RestorationParts) {
    this.parts = parts
  }

  /** False if it was interrupted, which is looked at between slices. What was applied until then is written. */
  async restore(tasks: readonly RunningTask[], interrupted: () => boolean): Promise<boolean> {
    const { restoreFetcher: fetcher, clock, logger } = this.parts
    const changelogs = tasks.flatMap((owner) => owner.state.changelogs.map((changelog) => ({ owner, changelog })))
    if (changelogs.length === 0) return true
    const begun = await this.begin(changelogs, interrupted)
    if (begun === undefined) return false
    const open = new Map(begun.filter((one) => !isDone(one)).map((one) => [partitionName(one.changelog), one]))
    if (open.size === 0) return true
    this.open = open
    const startedMs = clock.monotonicMs()
    const before = recordsOf(tasks)
    logger.log('info', `Restoring ${open.size} changelog partitions, ${remaining(open)} records at most.`)
    fetcher.assign([...open.values()].map(toPosition))
    const complete = await this.run(open, interrupted)
    fetcher.assign([])
    for (const { state } of tasks) await state.restore.write()
    const seconds = ((clock.monotonicMs() - startedMs) / 1000).toFixed(1)
    const restored = recordsOf(tasks) - before
    logger.log('info', `${complete ? 'Restored' : 'Broke off restoring after'} ${restored} records in ${seconds} s.`, { restored })
    return complete
  }

  /** At most; less where compaction has left gaps. */
  get remainingRecords(): number {
    return remaining(this.open)
  }

  /** Of one task. */
  remainingOf(owner: RunningTask): number {
    return remaining(new Map([...this.open].filter(([, one]) => one.owner === owner)))
  }

  private async run(open: Map<string, Restoring>, interrupted: () => boolean): Promise<boolean> {
    const { restoreFetcher: fetcher, clock, logger, wakeup } = this.parts
    let progressDueMs = clock.monotonicMs() + progressEveryMs
    while (open.size > 0) {
      if (interrupted()) return false
      // What the fetcher holds meanwhile is limited by itself.
      if (![...open.values()].some(({ batches }) => batches.length > 0)) await this.take(open, interrupted)
      const applied = await this.applySlice(open)
      if (clock.monotonicMs() >= progressDueMs) {
        logger.log('info', `Restoring: ${remaining(open)} records left at most.`)
        progressDueMs += progressEveryMs
      }
      if (applied) await clock.turn()
      else if (open.size > 0) {
        wakeup.watch('restore', () => fetcher.arrived())
        await wakeup.sleep(sleepMs)
      }
    }
    return true
  }

  private async take(open: Map<string, Restoring>, interrupted: () => boolean): Promise<void> {
    const problems: FetchProblem[] = []
    for (const fetched of this.parts.restoreFetcher.take()) {
      const restoring = open.get(partitionName(fetched))
      if (restoring === undefined) continue
      if (fetched.kind === 'problem') problems.push(fetched)
      else restoring.batches.push(upTo(restoring.end, fetched))
    }
    if (problems.length > 0) await this.beginAgain(open, problems, interrupted)
  }

  /** A changelog whose records were deleted before they were read (by its retention) holds another state now: it is restored from its new beginning. */
  private async beginAgain(open: Map<string, Restoring>, problems: readonly FetchProblem[], interrupted: () => boolean): Promise<void> {
    const deleted = problems.find(({ problem }) => problem === 'topic deleted')
    if (deleted !== undefined) throw new MillraceError('internal-topic-deleted', { topic: deleted.topic })
    const again =
      (await this.begin(
        problems.map((problem) => open.get(partitionName(problem))!),
        interrupted,
      )) ?? []
    for (const { topic, partition } of problems)
      this.parts.logger.log(
        'warn',
        `The position in ${topic}-${partition} is out of range; restoring begins again with what is left of it.`,
        {
          topic,
          partition,
        },
      )
    for (const one of again) {
      if (isDone(one)) open.delete(partitionName(one.changelog))
      else open.set(partitionName(one.changelog), one)
    }
    const anew = new Set(again)
    this.parts.restoreFetcher.assign(
      [...open.values()].map((one) => (anew.has(one) ? toPosition(one) : { ...toPosition(one), offset: whereItIs })),
    )
  }

  /** Says whether there was anything to apply. */
  private async applySlice(open: Map<string, Restoring>): Promise<boolean> {
    const { clock } = this.parts
    const deadlineMs = clock.monotonicMs() + sliceMs
    let applied = false
    for (const [name, restoring] of open) {
      const { changelog, owner, batches } = restoring
      const { restore } = owner.state
      while (batches.length > 0 && clock.monotonicMs() < deadlineMs) {
        applied = true
        const { reader } = batches[0]!
        const mayHaveMore = restore.apply(changelog.topic, reader, recordsPerSlice)
        if (!mayHaveMore) batches.shift()
        if (restore.full) await restore.writeBehind()
      }
      if (isDone(restoring)) open.delete(name)
    }
    return applied
  }

  /** Finds where each one begins and ends. Undefined: interrupted. */
  private async begin(changelogs: readonly OwnedChangelog[], interrupted: () => boolean): Promise<readonly Restoring[] | undefined> {
    const partitions = changelogs.map(({ changelog: { topic, partition } }) => ({ topic, partition }))
    const starts = await this.parts.admin.startOffsets(partitions)
    // What a source topic has behind the committed offsets is input, and others may be writing it.
    const internal = partitions.filter((_, index) => !changelogs[index]!.changelog.sourceTopic)
    const ends = await this.stableEnds(internal, interrupted)
    if (ends === undefined) return undefined
    return await Promise.all(
      changelogs.map(async ({ owner, changelog }) => {
        const start = offsetOf(starts, changelog)
        const end = changelog.sourceTopic ? committedEnd(owner, changelog, start) : offsetOf(ends, changelog)
        await owner.state.restore.begin(changelog.topic, start, end)
        return { owner, changelog, end, batches: [] }
      }),
    )
  }

  /**
   * The ends, as soon as no transaction is open before them. The committed offsets are known by now: of the transactions that they belong to everything is in the log, though
   * perhaps not yet their ends. What a zombie goes on writing comes behind, and is never committed.
   */
  private async stableEnds(
    partitions: readonly TopicPartition[],
    interrupted: () => boolean,
  ): Promise<readonly PartitionOffset[] | undefined> {
    const { admin, wakeup } = this.parts
    if (partitions.length === 0) return []
    const high = await admin.endOffsets(partitions, { readCommitted: false })
    while (!interrupted()) {
      const stable = await admin.endOffsets(partitions, { readCommitted: true })
      if (high.every((end) => offsetOf(stable, end) >= end.offset)) return high
      await wakeup.sleep(openTransactionWaitMs)
    }
    return undefined
  }
}

function offsetOf(offsets: readonly PartitionOffset[], partition: TopicPartition): Offset {
  return offsets.find((offset) => isSamePartition(offset, partition))!.offset
}

function recordsOf(tasks: readonly RunningTask[]): number {
  return tasks.reduce((sum, { state }) => sum + state.restore.records, 0)
}

/** A source topic that serves as changelog holds state up to what is committed; behind that it is input. */
function committedEnd(owner: RunningTask, changelog: Changelog, logStart: Offset): Offset {
  return owner.committed.find((committed) => isSamePartition(committed, changelog))?.offset ?? logStart
}

function upTo(end: number, fetched: FetchedRecords): FetchedRecords {
  return fetched.lastStableOffset > end ? { ...fetched, reader: new BoundedReader(fetched.reader, end) } : fetched
}

function isDone({ owner, changelog, end }: Restoring): boolean {
  return owner.state.restore.position(changelog.topic) >= end
}

function toPosition({ owner, changelog: { topic, partition } }: Restoring): PartitionOffset {
  return { topic, partition, offset: owner.state.restore.position(topic) }
}

function remaining(open: ReadonlyMap<string, Restoring>): number {
  return [...open.values()].reduce((sum, { owner, changelog, end }) => sum + end - owner.state.restore.position(changelog.topic), 0)
}

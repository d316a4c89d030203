// Brings the state of tasks up to its changelogs, by a fetcher of its own, in slices, so that heartbeats go on. It ends on positions reached, never on records
// seen: compaction and control records leave gaps. It can be broken off at any time and begun again where it stood.

import type { Admin, Fetched, FetchedRecords, Fetcher, PartitionOffset } from '../ports/broker.ts'
import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import type { Offset, TopicPartition } from '../ports/record.ts'
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
    const open = new Map(begun.filter((one) => !isDone(one)).map((one) => [nameOf(one.changelog), one]))
    if (open.size === 0) return true
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

  private async run(open: Map<string, Restoring>, interrupted: () => boolean): Promise<boolean> {
    const { restoreFetcher: fetcher, clock, logger, wakeup } = this.parts
    let progressDueMs = clock.monotonicMs() + progressEveryMs
    while (open.size > 0) {
      if (interrupted()) return false
      // What the fetcher holds meanwhile is limited by itself.
      if (![...open.values()].some(({ batches }) => batches.length > 0)) for (const fetched of fetcher.take()) take(open, fetched)
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
        if (restore.full) await restore.write()
      }
      if (isDone(restoring)) open.delete(name)
    }
    return applied
  }

  /** Finds where each one begins and ends. Undefined: interrupted. */
  private async begin(changelogs: readonly OwnedChangelog[], interrupted: () => boolean): Promise<readonly Restoring[] | undefined> {
    const partitions = changelogs.map(({ changelog: { topic, partition } }) => ({ topic, partition }))
    const starts = await this.parts.admin.startOffsets(partitions)
    const ends = await this.stableEnds(partitions, interrupted)
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

  /** The ends behind which no transaction is open: what it will have written belongs to the state too. */
  private async stableEnds(
    partitions: readonly TopicPartition[],
    interrupted: () => boolean,
  ): Promise<readonly PartitionOffset[] | undefined> {
    const { admin, wakeup } = this.parts
    while (!interrupted()) {
      const stable = await admin.endOffsets(partitions, { readCommitted: true })
      const high = await admin.endOffsets(partitions, { readCommitted: false })
      if (high.every((end) => offsetOf(stable, end) >= end.offset)) return stable
      await wakeup.sleep(openTransactionWaitMs)
    }
    return undefined
  }
}

function offsetOf(offsets: readonly PartitionOffset[], { topic, partition }: TopicPartition): Offset {
  return offsets.find((offset) => offset.topic === topic && offset.partition === partition)!.offset
}

function recordsOf(tasks: readonly RunningTask[]): number {
  return tasks.reduce((sum, { state }) => sum + state.restore.records, 0)
}

/** A source topic that serves as changelog holds state up to what is committed; behind that it is input. */
function committedEnd(owner: RunningTask, { topic, partition }: Changelog, logStart: Offset): Offset {
  return owner.committed.find((committed) => committed.topic === topic && committed.partition === partition)?.offset ?? logStart
}

function take(open: ReadonlyMap<string, Restoring>, fetched: Fetched): void {
  const restoring = open.get(nameOf(fetched))
  if (restoring === undefined) return
  if (fetched.kind === 'problem') throw new Error(`${nameOf(fetched)} while restoring: ${fetched.problem}`)
  const isBeyond = fetched.lastStableOffset > restoring.end
  restoring.batches.push(isBeyond ? { ...fetched, reader: new BoundedReader(fetched.reader, restoring.end) } : fetched)
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

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`
}

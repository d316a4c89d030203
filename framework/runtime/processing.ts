// The loop that all records go through while the group is at peace: take what arrived, process it in slices, commit in time, sleep when there is nothing to do.
// Operators are synchronous, so between two slices timers and sockets get their turn: heartbeats, fetches and acknowledgements never wait for more
// than a slice.

import type { GroupMember } from '../ports/broker.ts'
import type { AppParts } from './app-parts.ts'
import { type Committer, started } from './committer.ts'
import type { EndOfInput } from './end-of-input.ts'
import type { GlobalTables } from './global-tables.ts'
import type { LivePlan } from './live-plan.ts'
import { positionOf, type RunningTask } from './running-task.ts'
import type { StandbyTasks } from './standby-tasks.ts'
import type { TaskInputs } from './task-inputs.ts'
import type { TaskSet } from './task-set.ts'
import { WindowedStat } from './windowed-stat.ts'

const sliceMs = 50
const sleepMsMax = 1_000
/** Between two questions whether the other instances are at the end. */
const endCheckMs = 50

export interface ProcessingParts extends AppParts {
  readonly member: GroupMember
  readonly tasks: TaskSet
  readonly inputs: TaskInputs
  readonly committer: Committer
  readonly globals: GlobalTables | undefined
  readonly standbys: StandbyTasks
  /** Undefined: the input has no end. */
  readonly end: EndOfInput | undefined
  readonly live: LivePlan
}

export class Processing {
  /** When the first record was handed to a task. */
  firstRecordMs: number | undefined
  /** Time that tasks took to process records, and per record of each slice. */
  processMs = 0
  readonly latency = new WindowedStat()
  /** When the loop last turned, by the monotonic clock. */
  turnedMs = 0
  private readonly parts: ProcessingParts
  /** When to ask for another assignment, by the monotonic clock, because tasks wait for their state somewhere. */
  probeMs = Infinity
  /** The task that the next slice begins with, so that one with a long backlog does not keep the others waiting. */
  private next = 0
  /** Whether a commit waits for calls that are on their way. */
  private draining = false

  constructor(parts: ProcessingParts) {
    this.parts = parts
  }

  /** Returns when the input has ended (true), or when the group is no longer stable, another assignment is due, the topics have changed or `interrupted` says so. */
  async run(interrupted: () => boolean): Promise<boolean> {
    const { committer } = this.parts
    let ended: boolean
    try {
      ended = await this.turns(interrupted)
    } catch (error) {
      // Whoever goes on finds nothing under way.
      await committer.settled().catch(() => {})
      throw error
    }
    await committer.settled()
    return ended
  }

  private async turns(interrupted: () => boolean): Promise<boolean> {
    const { member, inputs, committer, producer, wakeup, clock, fetcher, tasks, globals, standbys, preparations } = this.parts
    wakeup.watch('member', () => member.changed())
    while (member.state === 'stable' && !interrupted()) {
      this.turnedMs = clock.monotonicMs()
      preparations.check()
      if (tasks.chosenWriters.areOpening) await tasks.chosenWriters.settled()
      const followed = (await globals?.apply()) === true
      const stoodBy = await standbys.apply()
      await inputs.take()
      for (const { task, connectors } of started(tasks.all)) connectors?.feed(task, wakeup)
      const delivered = this.deliver()
      const processed = this.processSlice()
      const punctuated = this.punctuate()
      producer.poll()
      inputs.resume()
      committer.check()
      if ((committer.isRequested || committer.dueInMs <= 0) && this.mayCommit()) await committer.begin()
      await committer.purgeIfDue()
      if ((await this.topicsHaveChanged()) || clock.monotonicMs() >= this.probeMs) return false
      if (processed > 0 || delivered > 0 || punctuated || followed || stoodBy) {
        await clock.turn()
        continue
      }
      if (await this.isAtEnd()) return true
      if (producer.full) wakeup.watch('producer', () => producer.drained())
      if (committer.isUnderWay) wakeup.watch('commit', () => committer.ended())
      globals?.watch()
      standbys.watch()
      wakeup.watch('fetcher', () => fetcher.arrived())
      await wakeup.sleep(this.sleepMs())
    }
    return false
  }

  /** Gives how many records were processed. */
  private processSlice(): number {
    const { clock, producer, inputs, tasks } = this.parts
    const running = started(tasks.all)
    const deadlineMs = clock.monotonicMs() + sliceMs
    let count = 0
    for (let turn = 0; turn < running.length && !producer.full && !tasks.chosenWriters.areOpening; turn++) {
      const one = running[(this.next + turn) % running.length]!
      if (!one.task.hasRecords || one.task.isHeldUp || this.draining || !inputs.mayProcess(one)) continue
      const startMs = clock.monotonicMs()
      this.firstRecordMs ??= startMs
      const processed = one.task.process(Infinity, deadlineMs, this.pauseOf(one))
      const endMs = clock.monotonicMs()
      this.measure(one, processed, startMs, endMs)
      count += processed
      if (endMs >= deadlineMs) break
    }
    this.next++
    return count
  }

  private measure({ task, endToEnd }: RunningTask, processed: number, startMs: number, endMs: number): void {
    if (processed === 0 || task === undefined) return
    this.processMs += endMs - startMs
    this.latency.add(endMs, (endMs - startMs) / processed, processed)
    endToEnd.add(endMs, this.parts.clock.now() - task.streamTime)
  }

  /** A task with several inputs stops when one more of them runs dry, because its next choice may depend on what comes there. */
  private pauseOf({ task, planned }: RunningTask): () => boolean {
    const { producer, settings, tasks } = this.parts
    const { chosenWriters } = tasks
    if (planned.inputs.length <= 1 || settings.maxTaskIdleMs < 0 || task === undefined)
      return () => producer.full || chosenWriters.areOpening
    const emptyAtStart = task.emptyInputs
    return () => producer.full || chosenWriters.areOpening || task.emptyInputs > emptyAtStart
  }

  private deliver(): number {
    return started(this.parts.tasks.all).reduce((sum, { task }) => sum + task.deliverResults(), 0)
  }

  private callsArePending(): boolean {
    return started(this.parts.tasks.all).some(({ task }) => task.pendingCalls > 0)
  }

  /**
   * Where the input has an end, others take what is committed for done: so nothing may be on its way then. It is waited for, and nothing new is taken
   * meanwhile.
   */
  private mayCommit(): boolean {
    this.draining = this.parts.end !== undefined && this.callsArePending()
    return !this.draining
  }

  private punctuate(): boolean {
    let punctuated = false
    for (const { task } of started(this.parts.tasks.all)) if (task.punctuateWallClock()) punctuated = true
    return punctuated
  }

  /** What ends is read as it was at the start. */
  private async topicsHaveChanged(): Promise<boolean> {
    const { live, end } = this.parts
    return end === undefined && live.dueInMs <= 0 && (await live.refresh())
  }

  private async isAtEnd(): Promise<boolean> {
    const { end, inputs, committer, tasks } = this.parts
    if (end === undefined || !inputs.areAtEnd || this.callsArePending()) return false
    for (const running of started(tasks.all)) {
      if (end.isOver(running.planned, (input) => positionOf(running, input))) running.task.endInput()
    }
    // What has waited for the end may have set off calls.
    if (this.callsArePending()) return false
    await committer.commit(true)
    return inputs.areAtEnd && (await end.reached())
  }

  private sleepMs(): number {
    const { clock, settings, committer, tasks, end } = this.parts
    let durationMs = Math.min(sleepMsMax, Math.max(1, settings.lingerMs), committer.dueInMs)
    if (end !== undefined) durationMs = Math.min(durationMs, endCheckMs)
    for (const { task, idleSinceMs } of started(tasks.all)) {
      durationMs = Math.min(durationMs, task.nextWallClockMs - clock.now(), task.nextRetryMs - clock.monotonicMs())
      if (idleSinceMs !== undefined) durationMs = Math.min(durationMs, idleSinceMs + settings.maxTaskIdleMs - clock.monotonicMs())
    }
    return Math.max(0, durationMs)
  }
}

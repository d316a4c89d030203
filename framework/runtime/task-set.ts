// The tasks that this instance owns. A task that stays through a rebalance is not touched; one that goes is closed, one that comes is opened, or was followed here
// as a standby, restored and started. All of what they counted is kept when they are closed.

import type { DropReason } from '../operators/dropped-records.ts'
import { type CommittedOffset, type PartitionOffset, whereItIs } from '../ports/broker.ts'
import { isSamePartition, noHeaders, type TopicPartition } from '../ports/record.ts'
import type { WindowedTaskStores } from '../state/windowed-contract.ts'
import type { AppParts } from './app-parts.ts'
import { ChosenWriters } from './chosen-writers.ts'
import { resetOffsets } from './offset-reset.ts'
import type { RunningTask } from './running-task.ts'
import type { OpenState, StandbyTasks } from './standby-tasks.ts'
import { Task } from './task.ts'
import { TaskConnectors } from './task-connectors.ts'
import { taskSettings } from './task-settings.ts'
import type { TaskStates } from './task-states.ts'
import { writtenTopics } from './task-topics.ts'
import type { PlannedTask } from './topic-plan.ts'
import { WindowedStat } from './windowed-stat.ts'

export class TaskSet {
  private readonly parts: AppParts
  private readonly globals: () => WindowedTaskStores | undefined
  private readonly running = new Map<string, RunningTask>()
  private readonly states: TaskStates
  private readonly standbys: StandbyTasks
  /** Tasks opened and closed here so far. */
  opened = 0
  closed = 0
  private readonly closedTotals = new Totals()
  /** Of topics that records choose; shared by all tasks. */
  readonly chosenWriters: ChosenWriters

  /** `globals`: restored before the first task starts. */
  constructor(parts: AppParts, states: TaskStates, standbys: StandbyTasks, globals: () => WindowedTaskStores | undefined) {
    this.parts = parts
    this.states = states
    this.standbys = standbys
    this.globals = globals
    this.chosenWriters = new ChosenWriters(parts)
  }

  get all(): readonly RunningTask[] {
    return [...this.running.values()]
  }

  ids(): readonly string[] {
    return [...this.running.keys()]
  }

  /** Closes what is not assigned any more and opens the state of what is new. Gives false if it was interrupted. */
  async assign(assigned: readonly PlannedTask[], interrupted: () => boolean): Promise<boolean> {
    const partitions = assigned.flatMap(({ inputs, localInputs }) => [...inputs, ...localInputs])
    // What an earlier life of this instance has left open would have to time out before its offsets, and its changelogs, are known.
    await this.parts.producer.initialize()
    const committed = partitions.length === 0 ? [] : await this.parts.admin.committed(this.parts.applicationId, partitions)
    const planned = new Map(assigned.map((task) => [task.id, task]))
    for (const running of this.all) {
      const now = planned.get(running.planned.id)
      if (now === undefined || !readsTheSame(running.planned, now) || wentOnElsewhere(running, committed)) await this.close(running)
    }
    for (const planned of assigned) {
      if (this.running.has(planned.id)) continue
      const opened = await this.open(planned, committed, assigned.length, interrupted)
      if (opened === undefined) return false
      this.running.set(planned.id, opened)
      this.opened++
    }
    return true
  }

  /** Starts the tasks whose state is restored, and reads the inputs of all. */
  async start(): Promise<void> {
    const { fetcher } = this.parts
    const started = this.all.filter(({ task }) => task === undefined)
    for (const running of started) await this.createTask(running)
    const isNew = new Set(started)
    fetcher.assign(
      this.all.flatMap((running) => running.start.map((position) => (isNew.has(running) ? position : { ...position, offset: whereItIs }))),
    )
    // The fetcher may know their partitions from an earlier life here, and hold them paused.
    fetcher.resume(started.flatMap(({ start }) => start))
  }

  /** Without a commit: what is not committed is processed again, here or elsewhere. Closes all, and then rejects with the first failure. */
  async closeAll(): Promise<void> {
    const failures: unknown[] = []
    for (const running of this.all) await this.close(running).catch((error: unknown) => failures.push(error))
    this.parts.fetcher.assign([])
    await this.parts.producer.discard().catch((error: unknown) => failures.push(error))
    this.chosenWriters.forget()
    if (failures.length > 0) throw failures[0]
  }

  /** Of all tasks that have been here. */
  totals(): Totals {
    const totals = new Totals()
    totals.add(this.closedTotals)
    for (const running of this.all) totals.addTask(running)
    return totals
  }

  private async close(running: RunningTask): Promise<void> {
    this.running.delete(running.planned.id)
    this.closedTotals.addTask(running)
    this.closed++
    try {
      running.task?.close()
    } finally {
      await running.writing
      await this.closeConnectors(running)
      const { writeFailure } = running
      // The next commit would have failed for it. The changelog has all of it, so nothing is lost: whoever has the task next restores more.
      if (writeFailure !== undefined)
        this.parts.logger.log('warn', `The state of task ${running.planned.id} was not written: ${String(writeFailure)}`)
      await this.parts.positions.write(running.planned.id, running.state)
      await running.state.close()
    }
  }

  /** What a sink was given and has not flushed comes again, so a failure is only told. */
  private async closeConnectors({ planned, connectors }: RunningTask): Promise<void> {
    await connectors?.close().catch((error: unknown) => {
      this.parts.logger.log('warn', `While closing task ${planned.id}: ${error instanceof Error ? error.message : String(error)}`)
    })
  }

  private async open(
    planned: PlannedTask,
    allCommitted: readonly CommittedOffset[],
    tasksCount: number,
    interrupted: () => boolean,
  ): Promise<RunningTask | undefined> {
    const committed = allCommitted.filter((offset) =>
      [...planned.inputs, ...planned.localInputs].some((input) => isSamePartition(input, offset)),
    )
    const start = await this.startOf(planned.inputs, committed)
    const opened = (await this.standbys.promote(planned.id)) ?? (await this.openState(planned, tasksCount, interrupted))
    if (opened === undefined) return undefined
    return {
      ...opened,
      planned,
      committed,
      start,
      task: undefined,
      connectors: undefined,
      lastCommitted: undefined,
      writing: Promise.resolve(),
      writeFailure: undefined,
      paused: new Set(),
      endToEnd: new WindowedStat(),
      idleSinceMs: undefined,
    }
  }

  private async openState(planned: PlannedTask, tasksCount: number, interrupted: () => boolean): Promise<OpenState | undefined> {
    const recordContext = { timestamp: -1, headers: noHeaders }
    const state = await this.states.open(planned, recordContext, tasksCount, interrupted)
    return state === undefined ? undefined : { state, recordContext, followedRecords: 0 }
  }

  /** What the group has committed nothing of begins where the source's reset policy says. */
  private async startOf(inputs: readonly TopicPartition[], committed: readonly CommittedOffset[]): Promise<readonly PartitionOffset[]> {
    const fresh = inputs.filter((input) => !committed.some((offset) => isSamePartition(input, offset)))
    const reset = await resetOffsets(this.parts, fresh)
    return inputs.map((input) => {
      const { offset } = [...committed, ...reset].find((candidate) => isSamePartition(input, candidate))!
      return { ...input, offset }
    })
  }

  private async createTask(running: RunningTask): Promise<void> {
    const { planned, state, recordContext, committed, start } = running
    const { topology, applicationId, settings, producer, clock, logger, print } = this.parts
    const { deadLetterTopic } = settings
    const topics = [
      ...writtenTopics(topology, [planned.subTopology], applicationId),
      ...(deadLetterTopic === undefined ? [] : [deadLetterTopic]),
    ]
    const writers = new Map(await Promise.all(topics.map(async (topic) => [topic, await producer.writer(topic)] as const)))
    const globalStores = this.globals()
    const connectors = await TaskConnectors.open({
      topology,
      planned,
      committed,
      context: { applicationId, taskId: planned.id, logger, clock },
    })
    running.connectors = connectors
    running.task = new Task({
      id: planned.id,
      applicationId,
      topology,
      subTopologies: [planned.subTopology],
      inputs: planned.inputs,
      runsLocalInputs: planned.localInputs.length > 0,
      state,
      ...(globalStores === undefined ? {} : { globalStores }),
      recordContext,
      writer: (topic) => writers.get(topic)!,
      sinkWriters: connectors.sinkWriters,
      withWriter: (topic, use) => this.chosenWriters.use(topic, use),
      awaitReady: (ready, goOn) => this.parts.preparations.await(ready, goOn),
      committed: [...committed, ...start.filter((input) => !committed.some((offset) => isSamePartition(offset, input))).map(uncommitted)],
      settings: taskSettings(settings),
      clock,
      logger,
      print,
      cursor: this.parts.cursor,
    })
  }
}

/** Counts of tasks, over their whole life here. */
export class Totals {
  recordsIn = 0
  recordsOut = 0
  processed = 0
  punctuations = 0
  restoredRecords = 0
  readonly dropped = new Map<DropReason, number>()

  addTask(running: RunningTask): void {
    const { task } = running
    this.restoredRecords += restoredOf(running)
    if (task === undefined) return
    this.recordsIn += task.recordsIn
    this.recordsOut += task.recordsOut
    this.processed += task.processed
    this.punctuations += task.punctuations
    this.addDropped(task.dropped.counts())
  }

  add(other: Totals): void {
    this.recordsIn += other.recordsIn
    this.recordsOut += other.recordsOut
    this.processed += other.processed
    this.punctuations += other.punctuations
    this.restoredRecords += other.restoredRecords
    this.addDropped(other.dropped)
  }

  private addDropped(counts: ReadonlyMap<DropReason, number>): void {
    for (const [reason, count] of counts) this.dropped.set(reason, (this.dropped.get(reason) ?? 0) + count)
  }
}

/** What was read as a standby was not waited for. */
export function restoredOf({ state, followedRecords }: RunningTask): number {
  return state.restore.records - followedRecords
}

/** A start by the reset policy is committed with the first commit: a second start goes on from there, whatever the policy would say then. */
function uncommitted(start: PartitionOffset): CommittedOffset {
  return { ...start, metadata: '' }
}

/** A pattern may match more topics than before, or fewer. */
function readsTheSame(before: PlannedTask, now: PlannedTask): boolean {
  return (
    before.inputs.length === now.inputs.length && before.inputs.every((input) => now.inputs.some((other) => isSamePartition(other, input)))
  )
}

/** Whether somebody else has committed further: this instance was out of the group for a while without noticing, and its task is of the past. */
function wentOnElsewhere(
  { planned, committed: atStart, lastCommitted = atStart }: RunningTask,
  committed: readonly CommittedOffset[],
): boolean {
  const offsetIn = (offsets: readonly CommittedOffset[], input: TopicPartition): number | undefined =>
    offsets.find((offset) => isSamePartition(input, offset))?.offset
  return [...planned.inputs, ...planned.localInputs].some((input) => {
    const ours = offsetIn(lastCommitted, input) ?? offsetIn(atStart, input)
    return offsetIn(committed, input) !== ours
  })
}

// The tables and stores that every instance has whole: a task of their own, fed by all partitions of their topics. They are read from the first record to the
// end before any other task starts, and followed from then on (Kafka Streams: GlobalStreamThread). They belong to no member of the group: nothing of them is
// committed. They lie in memory, and are read anew at each start.

import { MillraceError } from '../errors.ts'
import { type FetchedRecords, type Fetcher, type FetchProblem, type TopicWriter, whereItIs } from '../ports/broker.ts'
import { isSamePartition, noHeaders, partitionName, type TopicPartition } from '../ports/record.ts'
import { CacheBudget } from '../state/cached-rows.ts'
import type { TaskState } from '../state/contract.ts'
import { MemoryBudget } from '../state/memory-budget.ts'
import { openTaskState } from '../state/open-task-state.ts'
import type { WindowedTaskStores } from '../state/windowed-contract.ts'
import type { AppParts } from './app-parts.ts'
import { Task } from './task.ts'
import { taskSettings } from './task-settings.ts'

const taskId = 'global'
const sliceMs = 50
const sleepMs = 1_000

interface Opened {
  readonly state: TaskState
  readonly task: Task
}

export class GlobalTables {
  private readonly parts: AppParts
  private readonly fetcher: Fetcher
  private readonly inputs: readonly TopicPartition[]
  private readonly memoryBudget: MemoryBudget
  private opened: Opened | undefined
  /** Of the producer that the app has now. */
  private deadLetters: TopicWriter | undefined
  private isRestored = false

  /** `inputs`: all partitions of the topics that they are read from. */
  constructor(parts: AppParts, fetcher: Fetcher, inputs: readonly TopicPartition[]) {
    this.parts = parts
    this.fetcher = fetcher
    this.inputs = inputs
    this.memoryBudget = new MemoryBudget('globalTableBytesMax', 'Global tables', parts.settings.globalTableBytesMax)
  }

  /** For queries: undefined until all that the topics held at the start is read. */
  get restored(): TaskState | undefined {
    return this.isRestored ? this.opened?.state : undefined
  }

  /** For tasks to read. */
  get stores(): WindowedTaskStores {
    return this.running.state
  }

  /** Opens them and reads what the topics hold now; false if it was interrupted. */
  async restore(interrupted: () => boolean): Promise<boolean> {
    const { admin, logger, wakeup, clock, preparations } = this.parts
    this.opened = await this.open()
    const starts = await admin.startOffsets(this.inputs)
    const ends = await admin.endOffsets(this.inputs, { readCommitted: true })
    const filled = ends.filter((end) => starts.some((start) => isSamePartition(start, end) && start.offset < end.offset))
    logger.log('info', `Reading the global tables: ${filled.length} partitions with records.`)
    this.fetcher.assign(starts)
    const { task } = this.opened
    while (filled.some(({ topic, partition, offset }) => task.position(topic, partition) < offset)) {
      if (interrupted()) return false
      preparations.check()
      if (await this.apply()) {
        await clock.turn()
        continue
      }
      this.watch()
      await wakeup.sleep(sleepMs)
    }
    this.isRestored = true
    return true
  }

  /** Takes in, for a slice of time, what has arrived; says whether there was anything. */
  async apply(): Promise<boolean> {
    const { task, state } = this.running
    if (!task.hasRecords) for (const fetched of this.fetcher.take()) await this.give(task, fetched)
    if (!task.hasRecords) return false
    task.process(Infinity, this.parts.clock.monotonicMs() + sliceMs)
    task.committed()
    await state.commit()
    return true
  }

  /** Rings the app when there is something to apply. */
  watch(): void {
    this.parts.wakeup.watch('global tables', () => this.fetcher.arrived())
  }

  /** The app has another producer, perhaps, and who writes by the old one writes to nobody. */
  async reopenWriters(): Promise<void> {
    const { settings, producer } = this.parts
    if (this.deadLetters !== undefined) this.deadLetters = await producer.writer(settings.deadLetterTopic!)
  }

  async close(): Promise<void> {
    this.opened?.task.close()
    await this.opened?.state.close()
    this.opened = undefined
  }

  private get running(): Opened {
    if (this.opened === undefined) throw new Error('the global tables are not open')
    return this.opened
  }

  private async give(task: Task, fetched: FetchedRecords | FetchProblem): Promise<void> {
    if (fetched.kind === 'records') {
      task.addRecords(fetched)
      return
    }
    const { topic, partition, problem } = fetched
    const { admin, logger, topology } = this.parts
    if (problem === 'topic deleted')
      throw new MillraceError('topology-topics-missing', { topology: topology.name, missing: `The topic ${topic} was deleted.` })
    const [start] = await admin.startOffsets([{ topic, partition }])
    logger.log('warn', `The position in ${partitionName(fetched)} is out of range; going on at offset ${start!.offset}.`, {
      topic,
      partition,
    })
    task.skipTo(fetched, start!.offset)
    this.fetcher.assign(this.inputs.map((input) => (isSamePartition(input, fetched) ? start! : { ...input, offset: whereItIs })))
  }

  private async open(): Promise<Opened> {
    const { topology, applicationId, settings, engines, clock, logger, print, producer } = this.parts
    const subTopologies = topology.subTopologies.filter(({ global }) => global)
    const recordContext = { timestamp: -1, headers: noHeaders }
    const state = await openTaskState({
      stateDir: settings.stateDir,
      applicationId,
      taskId,
      partition: 0,
      stores: subTopologies.flatMap(({ stores }) => stores.map((name) => ({ ...topology.stores.get(name)!, persistent: false }))),
      engines,
      // Who looks something up sees each change at once.
      cacheBudget: new CacheBudget(0),
      memoryBudget: this.memoryBudget,
      suppressBudget: this.memoryBudget,
      uncommittedBytesMax: settings.uncommittedBytesMax,
      context: recordContext,
      logger,
      changelogWriter: (topic) => producer.writer(topic),
    })
    const { deadLetterTopic } = settings
    if (deadLetterTopic !== undefined) this.deadLetters = await producer.writer(deadLetterTopic)
    const task = new Task({
      id: taskId,
      applicationId,
      topology,
      subTopologies: subTopologies.map(({ id }) => id),
      inputs: this.inputs,
      runsLocalInputs: false,
      state,
      recordContext,
      writer: () => this.deadLetters!,
      awaitReady: (ready, goOn) => this.parts.preparations.await(ready, goOn),
      committed: [],
      settings: taskSettings(settings),
      clock,
      logger,
      print,
      cursor: this.parts.cursor,
    })
    return { state, task }
  }
}

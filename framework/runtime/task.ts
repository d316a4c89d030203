// A task: some sub-topologies on one partition, with their stores. It chooses the next record by timestamp across its inputs, runs it to the end,
// synchronously, and knows what may be committed. It fetches nothing, waits for nothing and commits nothing itself: the app does (and the test driver).
//
// Used so:  addRecords* → process → … → flushCaches, then the producer's flush, commit(committable()), committed() → …

import { matchesTopic } from '../graph/topic-pattern.ts'
import { inputTopics, type SourceNode, type TopicRef, topicName } from '../graph/topology.ts'
import { DroppedRecords } from '../operators/dropped-records.ts'
import { type Failures, SourceBytes } from '../operators/failures.ts'
import { UndecodableError } from '../operators/flow-record.ts'
import type { Flow, Operator, Outlet } from '../operators/operator.ts'
import { type EmitIntervals, type OperatorEnvironment, SharedParts, type TaskWork } from '../operators/operator-environment.ts'
import { PriorityQueue } from '../operators/priority-queue.ts'
import { ProcessorMetrics } from '../operators/processor-metrics.ts'
import { Retries, type RetryPolicy } from '../operators/retries.ts'
import { Sink } from '../operators/sink.ts'
import { SinkTo } from '../operators/sink-to.ts'
import { StreamTimes, unknownTime } from '../operators/stream-times.ts'
import type { CommittedOffset, FetchedRecords } from '../ports/broker.ts'
import type { SourceRecord } from '../ports/connector.ts'
import { asOffset, asTimestamp, isSamePartition, partitionName, type Timestamp, type TopicPartition } from '../ports/record.ts'
import { ByteBuffer } from '../serdes/byte-buffer.ts'
import { taskFolder } from '../state/state-folder.ts'
import type { WindowedTaskStores } from '../state/windowed-contract.ts'
import { AsyncResults, asyncCalls } from './async-results.ts'
import { endInput, inputEndedName, saysEnd, sourceEndedName } from './bounded-input.ts'
import { ClockLooks } from './clock-looks.ts'
import { decodeCommitMetadata, encodeTaskMetadata } from './commit-metadata.ts'
import { ElementsQueue } from './elements-queue.ts'
import type { InputQueue } from './input-queue.ts'
import { PartitionQueue } from './partition-queue.ts'
import { Punctuations } from './punctuation.ts'
import { SourceQueue } from './source-queue.ts'
import { globalStoreNames, storesWithGlobals } from './stores-with-globals.ts'
import { taskFailures } from './task-failures.ts'
import { buildTaskGraph } from './task-graph.ts'
import type { TaskOptions } from './task-options.ts'
import { positionTopic } from './task-topics.ts'

const defaultRetries: RetryPolicy = { retriesMax: 5, backoffMs: 100, backoffMsMax: 10_000 }
const noEmitIntervals: EmitIntervals = { closedWindowsMs: 0, unmatchedMs: 0 }

export class Task {
  readonly id: string
  readonly dropped = new DroppedRecords()
  /** Records taken from users' topics, elements and sources. */
  recordsIn = 0
  /** Records processed, of repartition topics too. */
  processed = 0
  /** Punctuations that have run. */
  punctuations = 0
  /** Set by a processor that asks for a commit; cleared by `committed`. */
  commitRequested = false
  private readonly options: TaskOptions
  private readonly queues = new Map<string, PartitionQueue>()
  private readonly elements: ElementsQueue[] = []
  /** By the name of the node. */
  private readonly sources = new Map<string, SourceQueue>()
  private readonly byTime = new PriorityQueue<InputQueue>((queue) => queue.headTimestamp)
  private readonly streamTimes = new StreamTimes()
  private readonly clockLooks = new ClockLooks()
  private readonly failures: Failures
  private readonly source = new SourceBytes()
  /** Undefined: nothing is tried again. */
  private readonly retries: Retries | undefined
  /** The input whose head is not done yet, because it is tried again. */
  private held: InputQueue | undefined
  readonly operators: readonly Operator[]
  /** Those with calls on their way. */
  private readonly asyncResults: AsyncResults
  private readonly sourceNodes: readonly { readonly node: SourceNode; readonly outlet: Outlet }[]
  private readonly byStreamTime = new Punctuations()
  private readonly byWallClock = new Punctuations()
  private streamTimeMs = -1
  /** What users' processors count. */
  readonly metrics = new ProcessorMetrics()
  private closed = false
  /** Whether anything was done since the last commit. */
  private dirty = false
  /** Whether the log says already that there are too many stream times. */
  private toldOfTimes = false

  constructor(options: TaskOptions) {
    this.id = options.id
    this.options = options
    this.failures = taskFailures(options, this.dropped, this.source, (source) => this.sourceNodes.some(({ node }) => node === source))
    const { retries = defaultRetries } = options.settings
    this.retries = this.failures.mayRetry ? new Retries(retries, this.failures, () => options.clock.monotonicMs()) : undefined
    this.restoreTimes(options.committed)
    const environment: OperatorEnvironment = {
      applicationId: options.applicationId,
      taskId: options.id,
      appConfigs: options.settings.appConfigs ?? {},
      stateDir: taskFolder({ stateDir: options.settings.stateDir ?? '', applicationId: options.applicationId, taskId: options.id }),
      metrics: this.metrics,
      stores: storesOf(options),
      storeSpecs: options.topology.stores,
      globalStores: globalStoreNames(options.topology),
      dropped: this.dropped,
      failures: this.failures,
      streamTimes: this.streamTimes,
      scratch: new ByteBuffer(),
      writer: (topic) => options.writer(topicName(options.applicationId, topic)),
      withWriter: options.withWriter ?? ((topic, use) => use(options.writer(topic))),
      sinkWriter: (node) => options.sinkWriters!.get(node)!,
      print: options.print,
      recordContext: options.recordContext,
      shared: new SharedParts(),
      emitIntervals: options.settings.emitIntervals ?? noEmitIntervals,
      work: this.work(),
      calls: asyncCalls(options),
    }
    const { sources, operators } = buildTaskGraph(options.topology, options.subTopologies, environment, {
      retries: this.retries,
      cursor: options.cursor,
    })
    this.operators = operators
    this.asyncResults = new AsyncResults(operators, this.retries, options.cursor)
    this.sourceNodes = sources
    for (const { node, outlet } of sources) this.addInputs(node, outlet)
  }

  // ------------------------------------------------------------------------------------------------------------- input

  /**
   * Reads a further topic by the source whose pattern it matches; false if there is none. For tests, whose topics come to be when something is written to
   * them: the topology of an app is bound to topics before its tasks are made.
   */
  addTopic(input: TopicPartition): boolean {
    for (const { node, outlet } of this.sourceNodes) {
      if (node.input.kind !== 'pattern' || !matchesTopic(node.input.pattern, input.topic)) continue
      this.addPartition(input, { name: input.topic, internal: false }, node, outlet)
      return true
    }
    return false
  }

  /** Takes what was fetched of one of its inputs. Bounded by who fetches: it pauses a partition by `bufferedBytes`. */
  addRecords(fetched: FetchedRecords): void {
    const queue = this.queues.get(partitionName(fetched))
    if (queue === undefined) throw new Error(`task ${this.id} does not read ${partitionName(fetched)}`)
    if (queue.add(fetched)) this.byTime.offer(queue)
  }

  /** Takes what a source that is no topic gave. Throws an Error that says what is wrong with it. */
  addSourceRecords(node: string, records: readonly SourceRecord<unknown, unknown>[]): void {
    const queue = this.sources.get(node)!
    if (records.length > 0) this.streamTimes.of(sourceEndedName(queue.topic)).ms = unknownTime
    if (queue.add(records)) this.byTime.offer(queue)
  }

  /** How many records of a source that is no topic have come and are not processed. */
  sourceBacklog(node: string): number {
    return this.sources.get(node)?.size ?? 0
  }

  /** A source will give nothing more. When all of it is processed the next commit says so. */
  endSource(node: string): void {
    const queue = this.sources.get(node)!
    const ended = this.streamTimes.of(sourceEndedName(queue.topic))
    if (queue.ready || ended.ms === 1) return
    ended.ms = 1
    this.dirty = true
  }

  /** Records of an input before `offset` that have not come were deleted: nothing waits for them. */
  skipTo(input: TopicPartition, offset: number): void {
    this.queues.get(partitionName(input))?.skipTo(offset)
  }

  /** Bytes of an input that have come and are not all processed. */
  bufferedBytes(topic: string, partition: number): number {
    return this.queues.get(partitionName({ topic, partition }))?.bufferedBytes ?? 0
  }

  /** Whether an input has no record to choose: the app may wait for one (max.task.idle.ms), so that the choice by timestamp is right. */
  isEmpty(topic: string, partition: number): boolean {
    return this.queues.get(partitionName({ topic, partition }))?.ready !== true
  }

  /** How many of its partitions have no record to choose. */
  get emptyInputs(): number {
    let count = 0
    for (const queue of this.queues.values()) if (!queue.ready) count++
    return count
  }

  /** Where reading an input goes on; -1 if nothing of it came yet. */
  position(topic: string, partition: number): number {
    return this.inputQueues().find((queue) => queue.topic === topic && queue.partition === partition)?.position ?? -1
  }

  /** Whether there is a record to process, or one that is tried again. */
  get hasRecords(): boolean {
    return this.byTime.size > 0 || this.retries?.areWaiting === true
  }

  /** When a record is tried again, by the monotonic clock; until then the task processes none. Infinity if there is none to try. */
  get nextRetryMs(): number {
    return this.retries?.nextDueMs ?? Infinity
  }

  /** Records sent to users' topics and to sinks that are none. */
  get recordsOut(): number {
    const isOutput = (operator: Operator): operator is Sink | SinkTo =>
      (operator instanceof Sink && operator.external) || operator instanceof SinkTo
    return this.operators.filter(isOutput).reduce((sum, { sent }) => sum + sent, 0)
  }

  // -------------------------------------------------------------------------------------------------------- processing

  /**
   * Processes records until there are none, or `recordsMax`, or the clock's monotonic time reaches `deadlineMs`, or `pause` says so (looked at after each
   * record), or a commit is wanted. Gives how many. Stream-time punctuations run as soon as they are due. Throws `callback-failed`,
   * `record-undecodable` and what stores and writers throw; then the task can only be closed.
   */
  process(recordsMax: number, deadlineMs: number, pause: () => boolean = () => false): number {
    const { byTime, clockLooks } = this
    const { state, clock } = this.options
    clockLooks.begin(clock.monotonicMs())
    let count = 0
    if (this.hasRecords) this.streamTimes.of(inputEndedName).ms = unknownTime
    while (count < recordsMax) {
      if (this.retries?.areWaiting === true) {
        this.retries.run()
        if (!this.isHeadDone()) break
      } else {
        const queue = byTime.poll()
        if (queue === undefined) break
        if (!this.processHead(queue)) break
      }
      if (this.streamTimeMs >= this.byStreamTime.nextDueMs) this.byStreamTime.run(this.streamTimeMs, this.punctuate)
      count++
      if (pause() || state.commitWanted || this.commitRequested || this.isHeldUp) break
      if (!clockLooks.due) continue
      const nowMs = clock.monotonicMs()
      clockLooks.looked(nowMs)
      if (nowMs >= deadlineMs) break
    }
    this.options.cursor?.rests()
    return count
  }

  /** Sends what has come of calls to the outside; gives of how many records. */
  deliverResults(): number {
    const count = this.asyncResults.deliver()
    if (count > 0) this.dirty = true
    return count
  }

  /** How many records wait for something outside. */
  get pendingCalls(): number {
    return this.asyncResults.pending
  }

  /** Whether no further record should be taken before some that wait for something outside are done. */
  get isHeldUp(): boolean {
    return this.asyncResults.areFull
  }

  /** Runs what is due by wall clock; says whether anything was. */
  punctuateWallClock(): boolean {
    return this.byWallClock.run(this.options.clock.now(), this.punctuate)
  }

  /** When the next wall-clock punctuation is due; Infinity if there is none. */
  get nextWallClockMs(): number {
    return this.byWallClock.nextDueMs
  }

  /** Highest timestamp taken; -1 before the first record. */
  get streamTime(): Timestamp {
    return asTimestamp(this.streamTimeMs)
  }

  // ------------------------------------------------------------------------------------------------------------ commit

  /** Before a commit: what waits in the record caches goes to changelog and downstream. */
  flushCaches(): void {
    // A commit holds whole records: what is tried again is tried now.
    this.settleRetries()
    this.options.state.flushCaches()
    this.settleRetries()
    this.asyncResults.beforeCommit()
  }

  /** Whether a commit would say anything new. */
  get commitNeeded(): boolean {
    return this.dirty
  }

  /** The positions of all inputs that have one, with stream times. Elements have the topic `<application id>-<name>-elements`, sources that are none `…-source`. */
  committable(): readonly CommittedOffset[] {
    const queues = this.inputQueues().filter(({ position }) => position >= 0)
    const partitionTimes = queues.map(({ partitionTimeMs }) => partitionTimeMs)
    const { texts, left } = encodeTaskMetadata(partitionTimes, this.streamTimes.snapshot(), saysEnd)
    if (left > 0 && !this.toldOfTimes) {
      this.toldOfTimes = true
      const lost = `${left} operators of task ${this.id} cannot keep their stream times in commits`
      this.options.logger.log(
        'warn',
        `${lost}: after a restart they take late records for new ones. Fewer windows and joins in one sub-topology help.`,
      )
    }
    return queues.map(({ topic, partition, position }, index) => ({
      topic,
      partition,
      offset: asOffset(position),
      metadata: texts[index]!,
    }))
  }

  /** The commit of what `committable` gave is done. */
  committed(): void {
    this.dirty = false
    this.commitRequested = false
  }

  /** Nothing will come any more: what waits for time to pass is sent, once. */
  endInput(afterEach: () => void = () => this.flushCaches()): void {
    if (this.inputEnded) return
    endInput(this.operators, afterEach)
    this.streamTimes.of(inputEndedName).ms = 1
    this.dirty = true
  }

  /** Whether `endInput` was called, here or before the last commit. */
  get inputEnded(): boolean {
    return this.streamTimes.of(inputEndedName).ms === 1
  }

  /** Closes the users' processors, all of them, then throws what the first one threw. Stores and writers are closed by who opened them. */
  close(): void {
    this.closed = true
    const failures: unknown[] = []
    for (const operator of this.operators) {
      try {
        operator.close?.()
      } catch (error) {
        failures.push(this.failures.ofClosing(error, operator.name))
      }
    }
    if (failures.length > 0) throw failures[0]
  }

  // ------------------------------------------------------------------------------------------------------------- parts

  /** False if the record is to be tried again before the next one. */
  private processHead(queue: InputQueue): boolean {
    const timestamp = queue.headTimestamp
    if (timestamp > queue.partitionTimeMs) queue.partitionTimeMs = timestamp
    if (timestamp > this.streamTimeMs) this.streamTimeMs = timestamp
    const record = queue.head()
    this.dirty = true
    this.source.workOn(record)
    this.options.cursor?.takes(queue, record.origin.offset)
    try {
      if (this.options.settings.validate === 'always') {
        record.keyCell.get()
        record.valueCell.get()
      }
      queue.outlet.forward(record)
    } catch (error) {
      if (!(error instanceof UndecodableError)) throw error
      // What was done before they were read stays done.
      this.failures.handleUndecodable(error, record)
    }
    if (this.retries === undefined) this.finishHead(queue)
    else {
      this.held = queue
      return this.isHeadDone()
    }
    return true
  }

  private finishHead(queue: InputQueue): void {
    this.processed++
    if (queue.external) this.recordsIn++
    queue.advance()
    if (queue.ready) this.byTime.offer(queue)
  }

  /** Finishes the record that was held, if nothing of it is tried again any more. */
  private isHeadDone(): boolean {
    const { held } = this
    if (this.retries?.areWaiting === true) return false
    this.held = undefined
    if (held !== undefined) this.finishHead(held)
    return true
  }

  private settleRetries(): void {
    if (this.retries?.areWaiting !== true) return
    this.retries.settle()
    this.isHeadDone()
  }

  /** A record whose timestamp callback threw: as if a callback of its source had, by the same policies. */
  private leaveOutUntimed(error: unknown, node: string, record: Flow): void {
    this.source.workOn(record)
    try {
      this.failures.handle(error, node, record)
    } catch (told) {
      if (!(told instanceof UndecodableError)) throw told
      this.failures.handleUndecodable(told, record)
    }
  }

  private readonly punctuate = (node: string, run: () => void): void => {
    this.dirty = true
    this.punctuations++
    const { cursor } = this.options
    cursor?.enters(cursor.numberOf(node))
    try {
      run()
    } catch (error) {
      this.failures.handlePunctuation(error, node)
    }
  }

  private inputQueues(): readonly InputQueue[] {
    return [...this.queues.values(), ...this.elements, ...this.sources.values()]
  }

  private addInputs(node: SourceNode, outlet: Outlet): void {
    const { applicationId, inputs, runsLocalInputs, clock } = this.options
    if (node.input.kind === 'elements' || node.input.kind === 'source') {
      if (!runsLocalInputs) return
      const topic = positionTopic(applicationId, node)
      const position = this.committedPosition(topic)
      if (node.input.kind === 'source') {
        this.sources.set(node.name, new SourceQueue({ node: node.name, topic, position, outlet, clock }))
        return
      }
      const queue = new ElementsQueue(topic, node.input.elements, position, outlet, clock)
      this.elements.push(queue)
      if (queue.ready) this.byTime.offer(queue)
      return
    }
    for (const ref of inputTopics(node.input)) {
      const name = topicName(applicationId, ref)
      for (const input of inputs.filter(({ topic }) => topic === name)) this.addPartition(input, ref, node, outlet)
    }
  }

  private addPartition(input: TopicPartition, ref: TopicRef, node: SourceNode, outlet: Outlet): void {
    const queue = new PartitionQueue(
      input,
      {
        key: node.key,
        value: node.value,
        external: !ref.internal,
        outlet,
        timing: node.timing ?? {},
        clock: this.options.clock,
        onTimestampFailure: (error, record) => this.leaveOutUntimed(error, node.name, record),
        onMissing: (ready) => this.options.awaitReady(ready, () => this.resume(queue)),
      },
      this.dropped,
    )
    const committed = this.options.committed.find((offset) => isSamePartition(offset, input))
    if (committed !== undefined) {
      queue.position = committed.offset
      queue.partitionTimeMs = decodeCommitMetadata(committed.metadata).partitionTimeMs
    }
    this.queues.set(partitionName(input), queue)
  }

  private resume(queue: PartitionQueue): void {
    if (!this.closed && queue.resume()) this.byTime.offer(queue)
  }

  private committedPosition(topic: string): number {
    return this.options.committed.find((committed) => committed.topic === topic)?.offset ?? 0
  }

  private restoreTimes(committed: readonly CommittedOffset[]): void {
    for (const { metadata } of committed) {
      const { partitionTimeMs, times } = decodeCommitMetadata(metadata)
      this.streamTimeMs = Math.max(this.streamTimeMs, partitionTimeMs)
      for (const [name, ms] of times) this.streamTimes.restore(name, ms)
    }
  }

  private work(): TaskWork {
    const task = this
    return {
      get streamTime() {
        return task.streamTime
      },
      get wallClock() {
        return task.options.clock.now()
      },
      requestCommit() {
        task.commitRequested = true
      },
      schedule: (node, { everyMs, by, startMs }, punctuate) =>
        by === 'streamTime'
          ? task.byStreamTime.add(node, startMs ?? 0, everyMs, punctuate)
          : task.byWallClock.add(node, startMs ?? task.options.clock.now() + everyMs, everyMs, punctuate),
    }
  }
}

function storesOf({ state, globalStores, topology }: TaskOptions): WindowedTaskStores {
  return globalStores === undefined ? state : storesWithGlobals(state, globalStores, globalStoreNames(topology))
}

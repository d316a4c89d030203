// Runs a topology in a test: without a broker, without waiting, all sub-topologies in one task on one partition. It is the engine that runs in
// production; only what it reads from and writes to is replaced. Each record that is piped in is processed at once with all its consequences, in the order of
// Kafka Streams' TopologyTestDriver: take a record, run it through, punctuate, flush the caches, put what was written to internal topics on their queues.

import type { TopologyDefinition } from '../../framework/dsl/topology-definition.ts'
import type { StoreSpec } from '../../framework/graph/operator-spec.ts'
import { matchesTopic } from '../../framework/graph/topic-pattern.ts'
import { inputTopics, type SinkNode, type SourceNode, type Topology, topicName } from '../../framework/graph/topology.ts'
import type { CommittedOffset } from '../../framework/ports/broker.ts'
import type { SourceRecord } from '../../framework/ports/connector.ts'
import { silentLogger } from '../../framework/ports/logger.ts'
import { asOffset, noHeaders, type StreamRecord } from '../../framework/ports/record.ts'
import type { Serde } from '../../framework/ports/serde.ts'
import type { ByKind, QueryableStoreKind, ReadOnlyKeyValueStore, ReadOnlyWindowStore, StateEngine } from '../../framework/ports/store.ts'
import { boundedSubTopologies } from '../../framework/runtime/bounded-input.ts'
import { openSerdes } from '../../framework/runtime/open-serdes.ts'
import { withSeenValues } from '../../framework/runtime/seen-values.ts'
import { serdeFolder } from '../../framework/runtime/state-directory.ts'
import { globalStoreNames, storesWithGlobals } from '../../framework/runtime/stores-with-globals.ts'
import { Task } from '../../framework/runtime/task.ts'
import type { TaskSettings } from '../../framework/runtime/task-options.ts'
import { readTopics } from '../../framework/runtime/task-topics.ts'
import { CacheBudget } from '../../framework/state/cached-rows.ts'
import type { RecordContext, Row, TaskState } from '../../framework/state/contract.ts'
import { MemoryBudget } from '../../framework/state/memory-budget.ts'
import { openTaskState } from '../../framework/state/open-task-state.ts'
import type { WindowedTaskStores } from '../../framework/state/windowed-contract.ts'
import { memory } from '../../plugins/store-memory/index.ts'
import { type CapturedRecord, CapturingTopics, fetched } from './captured-records.ts'
import type {
  DeclaredName,
  InputKey,
  InputTopic,
  InputValue,
  OutputKey,
  OutputTopic,
  OutputValue,
  StoreKey,
  StoreName,
  StoreValue,
  UndeclaredName,
} from './declared-topics.ts'
import { TestConnectors } from './test-connectors.ts'
import { type InputOptions, type OutputRecord, type OutputSerdes, TestInputTopic, TestOutputTopic } from './test-topics.ts'
import { VirtualClock } from './virtual-clock.ts'
import { bytesOf, isReadable, WrittenRecords } from './written-records.ts'

/** A test has what memory there is. */
const unlimited = new MemoryBudget('none', 'State', Infinity)

export interface TestDriverOptions {
  /** Default: the topology's name. */
  readonly applicationId?: string
  /** Wall-clock time at the start; it stands still until advanced. Default: 0. */
  readonly startMs?: number
  /** How much the record cache holds; with 0 every update is sent on. Default: 0. A commit follows each record, so a cache merges what one record sets off. */
  readonly cacheBytesMax?: number
  /** Where persistent stores lie, and in which folder. Default: in memory. */
  readonly state?: { readonly engine: StateEngine; readonly folder: string }
  readonly settings?: Partial<TaskSettings>
}

const partition = 0
const taskId = '0_0'
const globalTaskId = 'global'
const recordsPerRestoreStep = 1000

/**
 * A topology in a test. `Name` is that of the topology: by it the topics and stores have their types, where millrace-env.d.ts declares them.
 *
 * @example
 * ```ts
 * import { topology } from 'millrace'
 * import { TopologyTestDriver } from 'millrace/testkit'
 *
 * // In a project it is imported from ../topologies/upper.ts.
 * const upper = topology('upper', (builder) => {
 *   builder.stream<string, string>('in').mapValues((value) => value.toUpperCase()).to('out')
 * })
 *
 * const driver = await TopologyTestDriver.open(upper)
 * driver.inputTopic('in').pipe('fruit', 'apple', { timestamp: 5 })
 * const { key, value, timestamp } = driver.outputTopic('out').read()
 * ```
 */
export class TopologyTestDriver<Name extends string = string> {
  readonly applicationId: string
  readonly topology: Topology
  /** What print() wrote. */
  readonly printed: string[] = []
  readonly clock: VirtualClock
  private readonly options: TestDriverOptions
  private readonly topics = new CapturingTopics()
  /** What each topic holds, by offset: what was piped in, and what was written. */
  private readonly logs = new Map<string, CapturedRecord[]>()
  /** All records that were written, internal topics and changelogs too. */
  private readonly written = new WrittenRecords()
  /** What a task waits for outside. */
  private readonly awaited = new Set<Promise<void>>()
  private readonly connectors: TestConnectors
  private readonly recordContext: RecordContext = { timestamp: 0, headers: noHeaders }
  /** Those that match a pattern are added when something is written to them. */
  private inputs = new Set<string>()
  private globalInputs: ReadonlySet<string> = new Set()
  private state!: TaskState
  private globalState!: TaskState
  private allStores!: WindowedTaskStores
  private task!: Task
  /** Keeps the global tables. */
  private globalTask!: Task

  private constructor(topology: Topology, options: TestDriverOptions) {
    this.topology = topology
    this.options = options
    this.applicationId = options.applicationId ?? topology.name
    this.clock = new VirtualClock(options.startMs ?? 0)
    this.connectors = new TestConnectors(topology, { applicationId: this.applicationId, taskId, clock: this.clock })
  }

  /** Builds the topology and opens its state. Elements of the program are processed at once; if there is no other input, its end closes windows. */
  static async open<Name extends string = string>(
    definition: TopologyDefinition<Name> | Topology,
    options: TestDriverOptions = {},
  ): Promise<TopologyTestDriver<DeclaredName<Name>>> {
    const driver = new TopologyTestDriver<DeclaredName<Name>>('build' in definition ? definition.build() : definition, options)
    await driver.start([])
    driver.run()
    await driver.endIfBounded()
    return driver
  }

  /** A topic to pipe records into. Throws if the topology does not read it. */
  inputTopic<Topic extends InputTopic<Name>>(topic: Topic): TestInputTopic<InputKey<Name, Topic>, InputValue<Name, Topic>> {
    this.source(topic)
    return new TestInputTopic(topic, {
      wallClockMs: () => this.clock.now(),
      pipe: (key, value, options) => this.pipe(topic, key, value, options),
    })
  }

  /** A topic to read records from. With serdes it may be any topic, else one that a sink of the topology writes; throws if none does. */
  outputTopic<K, V>(topic: string, serdes: OutputSerdes<K, V>): TestOutputTopic<K, V>
  outputTopic<K, V>(topic: UndeclaredName<Name>): TestOutputTopic<K, V>
  outputTopic<Topic extends OutputTopic<Name>>(topic: Topic): TestOutputTopic<OutputKey<Name, Topic>, OutputValue<Name, Topic>>
  outputTopic<K, V>(topic: string, serdes: OutputSerdes<K, V> = {}): TestOutputTopic<K, V> {
    return new TestOutputTopic<K, V>(topic, this.written.read(topic, this.outputSerdes(topic, serdes)))
  }

  /** Processes one record and all that comes of it. Serdes are those of the source that reads the topic. */
  pipe<Topic extends InputTopic<Name>>(
    topic: Topic,
    key: InputKey<Name, Topic>,
    value: InputValue<Name, Topic>,
    options: InputOptions = {},
  ): void {
    const source = this.source(topic)
    this.pipeBytes(topic, bytesOf(source.key, key), bytesOf(source.value, value), options)
  }

  pipeBytes(
    topic: string,
    key: Buffer | null,
    value: Buffer | null,
    { timestamp = this.clock.now(), headers = noHeaders }: InputOptions = {},
  ): void {
    if (!this.reads(topic) && !this.globalInputs.has(topic)) throw new Error(`the topology ${this.topology.name} reads no topic ${topic}`)
    const source = this.source(topic)
    if (!isReadable(source.key, key) || !isReadable(source.value, value))
      throw new Error(
        `what reading this record of ${topic} takes (a schema) is not there yet: await driver.prepare(topic, key, value) before`,
      )
    this.arrive({ topic, key, value, timestamp, headers })
    this.run()
  }

  /** Fetches what reading these bytes takes, such as their schema from a schema registry, so that they can be piped in. An app does so by itself, between records. */
  async prepare(topic: string, key: Buffer | null, value: Buffer | null): Promise<void> {
    const source = this.source(topic)
    for (const [serde, bytes] of [
      [source.key, key],
      [source.value, value],
    ] as const) {
      if (bytes !== null && !isReadable(serde, bytes)) await serde.prepare?.(bytes, 0, bytes.length)
    }
  }

  /** What was written to a topic since the last call, read by the serdes of the sink that writes it, or by those given. */
  output<K, V>(topic: string, serdes: OutputSerdes<K, V>): OutputRecord<K, V>[]
  output<K, V>(topic: UndeclaredName<Name>): OutputRecord<K, V>[]
  output<Topic extends OutputTopic<Name>>(topic: Topic): OutputRecord<OutputKey<Name, Topic>, OutputValue<Name, Topic>>[]
  output<K, V>(topic: string, serdes: OutputSerdes<K, V> = {}): OutputRecord<K, V>[] {
    return this.outputTopic(topic, serdes).readAll()
  }

  /** All records written to a topic, from the start, as bytes; of all topics if none is named. */
  outputBytes(topic?: string): readonly CapturedRecord[] {
    return this.written.of(topic)
  }

  /** Gives the topology records as if its source, which is no topic and is not opened, had read them; `node` is the name of the source's node. */
  pipeSource<K, V>(node: string, records: readonly SourceRecord<K, V>[]): void {
    this.connectors.source(node)
    this.task.addSourceRecords(node, records)
    this.run()
  }

  /**
   * Opens a source that is no topic and gives the topology what it reads: to its end, or until `recordsMax` have been given. The wall clock goes on while the source waits for
   * it, and is standing still while it waits for something else. Resolves with the number of records.
   */
  async readSource(node: string, { recordsMax = Infinity }: { readonly recordsMax?: number } = {}): Promise<number> {
    return await this.connectors.read(node, {
      recordsMax,
      pipe: (records) => this.pipeSource(node, records),
      advance: (durationMs) => this.advanceWallClock(durationMs),
    })
  }

  /** What was handed to a sink that is no topic since the last call; it is opened only if it is in memory. `node` is the name of the sink's node. */
  sinkRecords<K, V>(node: string): StreamRecord<K, V>[] {
    return this.connectors.take(node) as StreamRecord<K, V>[]
  }

  /** Moves the wall clock on; runs what is due then, at most once each. */
  advanceWallClock(durationMs: number): void {
    this.clock.advance(durationMs)
    this.task.punctuateWallClock()
    this.flush()
    this.run()
  }

  /**
   * Waits for all promises of `mapAsync`, with what comes of their results. A timeout and the delay before another attempt pass with the wall clock, so move that on where a call
   * has failed.
   */
  async settled(): Promise<void> {
    while (this.task.pendingCalls > 0) {
      await Promise.race(this.awaited)
      this.deliver()
    }
  }

  /** Sends on what promises of `mapAsync` have given by now, without waiting for others. */
  deliver(): void {
    this.task.deliverResults()
    this.flush()
    this.run()
  }

  /** Writes out what waits in record caches and buffers: the driver does so after each record, but not after one that failed. */
  flush(): void {
    this.task.flushCaches()
    this.task.committed()
    this.collect()
  }

  /** Commits, as the app does from time to time: afterwards the state engine has all that was done. */
  async commit(): Promise<void> {
    this.flush()
    this.globalTask.flushCaches()
    for (const [task, state] of this.tasks()) await state.commit(new Map(task.committable().map(({ topic, offset }) => [topic, offset])))
  }

  get dropped(): Task['dropped'] {
    return this.task.dropped
  }

  /** The rows of a table or an aggregation, by key. */
  rows<K, V>(store: UndeclaredName<Name>): ReadOnlyKeyValueStore<K, Row<V>>
  rows<Store extends StoreName<Name, 'timestampedKeyValue'>>(
    store: Store,
  ): ReadOnlyKeyValueStore<StoreKey<Name, Store>, Row<StoreValue<Name, Store>>>
  rows<K, V>(store: string): ReadOnlyKeyValueStore<K, Row<V>> {
    return this.seen<K, V, 'timestampedKeyValue'>(store, 'timestampedKeyValue', this.allStores.rows<V>(store).readOnly<K>())
  }

  /** The rows of a windowed aggregation. */
  windowRows<K, V>(store: UndeclaredName<Name>): ReadOnlyWindowStore<K, Row<V>>
  windowRows<Store extends StoreName<Name, 'window'>>(
    store: Store,
  ): ReadOnlyWindowStore<StoreKey<Name, Store>, Row<StoreValue<Name, Store>>>
  windowRows<K, V>(store: string): ReadOnlyWindowStore<K, Row<V>> {
    return this.seen<K, V, 'timestampedWindow'>(store, 'timestampedWindow', this.allStores.windowRows<V>(store).readOnly<K>())
  }

  /** All stores, as operators see them. */
  get stores(): WindowedTaskStores {
    return this.allStores
  }

  /** A store of the Processor API. */
  keyValueStore<K, V>(store: UndeclaredName<Name>): ReadOnlyKeyValueStore<K, V>
  keyValueStore<Store extends StoreName<Name, 'keyValue'>>(
    store: Store,
  ): ReadOnlyKeyValueStore<StoreKey<Name, Store>, StoreValue<Name, Store>>
  keyValueStore<K, V>(store: string): ReadOnlyKeyValueStore<K, V> {
    return this.seen<K, V, 'keyValue'>(store, 'keyValue', this.allStores.keyValue<K, V>(store))
  }

  /** Of named aggregators the results, as `App.store` and state queries give them. */
  private seen<K, V, Kind extends QueryableStoreKind>(store: string, kind: Kind, view: ByKind<K, V>[Kind]): ByKind<K, V>[Kind] {
    const seen = this.topology.stores.get(store)?.seen
    return seen === undefined ? view : withSeenValues<K, V, Kind>(view, kind, seen.of)
  }

  /** Commits, closes and opens everything anew from what was committed, as a restart of the app does. Processors start from their init. */
  async restart(): Promise<void> {
    const committed = [...this.task.committable(), ...this.globalTask.committable()]
    await this.close()
    await this.start(committed)
    this.run()
    await this.endIfBounded()
  }

  /** Commits and closes. */
  async close(): Promise<void> {
    await this.commit()
    for (const [task, state] of this.tasks()) {
      task.close()
      await state.close()
    }
  }

  // ------------------------------------------------------------------------------------------------------------- parts

  private async start(committed: readonly CommittedOffset[]): Promise<void> {
    const { applicationId, topology } = this
    const { state } = this.options
    const folder = state === undefined ? undefined : serdeFolder(state.folder, applicationId)
    await openSerdes(topology, { applicationId, folder, logger: silentLogger })
    const partOf = (global: boolean) => topology.subTopologies.filter((subTopology) => subTopology.global === global).map(({ id }) => id)
    const globalNames = globalStoreNames(topology)
    const specs = [...topology.stores.values()]
    const patterned = [...this.inputs]
    this.inputs = new Set(readTopics(topology, partOf(false), applicationId))
    this.globalInputs = new Set(readTopics(topology, partOf(true), applicationId))
    this.globalState = await this.openState(
      globalTaskId,
      specs.filter(({ name }) => globalNames.has(name)),
    )
    this.state = await this.openState(
      taskId,
      specs.filter(({ name }) => !globalNames.has(name)),
    )
    await this.restore(this.state, committed)
    await this.restore(this.globalState, committed)
    await this.connectors.open()
    this.allStores = storesWithGlobals(this.state, this.globalState, globalNames)
    const ofGlobals = committed.filter(({ topic }) => this.globalInputs.has(topic))
    const ofTask = committed.filter(({ topic }) => !this.globalInputs.has(topic))
    this.globalTask = this.makeTask(globalTaskId, this.globalState, partOf(true), this.globalInputs, ofGlobals)
    this.task = this.makeTask(taskId, this.state, partOf(false), this.inputs, ofTask)
    for (const topic of patterned) this.reads(topic)
  }

  private tasks(): readonly (readonly [Task, TaskState])[] {
    return [
      [this.task, this.state],
      [this.globalTask, this.globalState],
    ]
  }

  /** Without topics to pipe records into, nothing comes behind the elements. */
  private async endIfBounded(): Promise<void> {
    const subTopologies = this.topology.subTopologies.filter(({ global }) => !global)
    const bounded = boundedSubTopologies(this.topology)
    if (!subTopologies.every(({ id }) => bounded.has(id))) return
    await this.settled()
    this.task.endInput(() => {
      this.flush()
      this.run()
    })
  }

  private makeTask(
    id: string,
    state: TaskState,
    subTopologies: readonly number[],
    inputs: ReadonlySet<string>,
    committed: readonly CommittedOffset[],
  ): Task {
    return new Task({
      id,
      applicationId: this.applicationId,
      topology: this.topology,
      subTopologies,
      inputs: [...inputs].map((topic) => ({ topic, partition })),
      runsLocalInputs: true,
      state,
      ...(id === globalTaskId ? {} : { globalStores: this.globalState }),
      recordContext: this.recordContext,
      writer: (topic) => this.topics.writer(topic),
      sinkWriters: this.connectors.sinkWriters(),
      awaitReady: (ready, goOn) => this.await(ready, goOn),
      committed,
      settings: {
        deserializationExceptionHandler: 'fail',
        processingExceptionHandler: 'fail',
        productionExceptionHandler: 'fail',
        ...this.options.settings,
      },
      clock: this.clock,
      logger: silentLogger,
      print: (line) => this.printed.push(line),
    })
  }

  private async openState(task: string, stores: readonly StoreSpec[]): Promise<TaskState> {
    const { options } = this
    const { memory: memoryEngine } = memory().stores as { readonly memory: StateEngine }
    return await openTaskState({
      applicationId: this.applicationId,
      taskId: task,
      stateDir: options.state?.folder ?? '',
      partition,
      stores,
      engines: { persistent: options.state?.engine ?? memoryEngine, memory: memoryEngine },
      cacheBudget: new CacheBudget(options.cacheBytesMax ?? 0),
      memoryBudget: unlimited,
      suppressBudget: unlimited,
      uncommittedBytesMax: Infinity,
      context: this.recordContext,
      logger: silentLogger,
      changelogWriter: async (topic) => this.topics.writer(topic),
    })
  }

  private await(ready: Promise<void>, goOn: () => void): void {
    const waiting = ready.then(goOn).finally(() => this.awaited.delete(waiting))
    this.awaited.add(waiting)
  }

  private run(): void {
    while (this.task.hasRecords) {
      this.task.process(1, Infinity)
      this.flush()
    }
  }

  /** Keeps what was written; what the topology reads itself goes on the queues, in the order of writing. */
  private collect(): void {
    for (const record of this.topics.take()) {
      this.written.add(record)
      this.arrive(record)
    }
  }

  private arrive(record: CapturedRecord): void {
    const log = this.log(record.topic)
    log.push(record)
    const records = fetched(record.topic, [record], log.length - 1)
    if (this.reads(record.topic)) this.task.addRecords(records)
    if (!this.globalInputs.has(record.topic)) return
    // Global tables are brought up to date at once, not in the order of timestamps.
    this.globalTask.addRecords(records)
    this.globalTask.process(1, Infinity)
  }

  /** Whether the task reads a topic, by its name or from now on by a pattern that it matches. */
  private reads(topic: string): boolean {
    if (this.inputs.has(topic)) return true
    if (!this.task.addTopic({ topic, partition })) return false
    this.inputs.add(topic)
    return true
  }

  private log(topic: string): CapturedRecord[] {
    let log = this.logs.get(topic)
    if (log === undefined) {
      log = []
      this.logs.set(topic, log)
    }
    return log
  }

  /** Brings the stores up to their changelogs, as the app does before a task runs. */
  private async restore(state: TaskState, committed: readonly CommittedOffset[]): Promise<void> {
    const { changelogs, restore } = state
    for (const { topic, sourceTopic } of changelogs) {
      const log = this.log(topic)
      const end = sourceTopic ? (committed.find((offset) => offset.topic === topic)?.offset ?? 0) : log.length
      const position = await restore.begin(topic, asOffset(0), asOffset(end))
      const { reader } = fetched(topic, log.slice(position, end), position)
      while (restore.apply(topic, reader, recordsPerRestoreStep)) if (restore.full) await restore.write()
    }
    await restore.write()
  }

  private source(topic: string): SourceNode {
    for (const node of this.topology.nodes.values()) {
      if (node.kind !== 'source') continue
      if (inputTopics(node.input).some((ref) => this.nameOf(ref) === topic)) return node
      if (node.input.kind === 'pattern' && matchesTopic(node.input.pattern, topic)) return node
    }
    throw new Error(`the topology ${this.topology.name} reads no topic ${topic}`)
  }

  private outputSerdes<K, V>(topic: string, given: OutputSerdes<K, V>): { readonly key: Serde<K>; readonly value: Serde<V> } {
    const sink = this.sink(topic)
    const key = (given.key ?? sink?.key) as Serde<K> | undefined
    const value = (given.value ?? sink?.value) as Serde<V> | undefined
    if (key === undefined || value === undefined) throw new Error(`no sink writes ${topic}: give serdes to read it by`)
    return { key, value }
  }

  /** The one that writes the topic, else the only one that chooses its topics by the record. */
  private sink(topic: string): SinkNode | undefined {
    const sinks = [...this.topology.nodes.values()].filter((node) => node.kind === 'sink')
    const choosing = sinks.filter(({ topicOf }) => topicOf !== undefined)
    const named = sinks.find((node) => node.topicOf === undefined && this.nameOf(node.topic) === topic)
    return named ?? (choosing.length === 1 ? choosing[0] : undefined)
  }

  private nameOf(ref: SinkNode['topic']): string {
    return topicName(this.applicationId, ref)
  }
}

// An app: one member of its group, with the tasks it is assigned, from start to end. Its states are in app-state.ts; the work is done by its parts: TaskSet opens and
// closes tasks, Restoration brings state up to date, Processing moves records, Committer commits. Only the app decides which of them is at work.

import type { Settings } from '../config.ts'
import { isMillraceError, MillraceError } from '../errors.ts'
import { hasPatterns } from '../graph/bind-topics.ts'
import type { Manifest } from '../graph/manifest.ts'
import type { Topology } from '../graph/topology.ts'
import type { DropReason } from '../operators/dropped-records.ts'
import type { Broker, GroupMember } from '../ports/broker.ts'
import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import type { MetricsReporter } from '../ports/metrics.ts'
import type { QueryableStoreKind, StateEngine } from '../ports/store.ts'
import type { TaskState } from '../state/contract.ts'
import { AppHealth } from './app-health.ts'
import { AppMetrics } from './app-metrics.ts'
import type { AppParts } from './app-parts.ts'
import { type AppState, mayFollow } from './app-state.ts'
import { threadName, transactional, transactionalIdOf } from './client-names.ts'
import { Committer } from './committer.ts'
import { DepartedProducers } from './departed-producers.ts'
import { EndOfInput } from './end-of-input.ts'
import { GlobalTables } from './global-tables.ts'
import { type AssignmentMessage, decodeAssignment, serversByTask } from './group-messages.ts'
import { GroupPlan } from './group-plan.ts'
import { LivePlan } from './live-plan.ts'
import { openSerdes } from './open-serdes.ts'
import { Preparations } from './preparations.ts'
import { Processing } from './processing.ts'
import { checkVersion } from './recorded-manifest.ts'
import { refusedBy } from './refused-records.ts'
import { Reporters } from './reporters.ts'
import { Restoration } from './restoration.ts'
import { StandbyTasks } from './standby-tasks.ts'
import { serdeFolder } from './state-directory.ts'
import { StatePositions } from './state-positions.ts'
import { StateRequests } from './state-requests.ts'
import { type QuerySource, type ReadStore, type StoreDescription, StoreQueries, type StoreQuery } from './store-queries.ts'
import { isFenced, StreamsProducer } from './streams-producer.ts'
import { TaskInputs } from './task-inputs.ts'
import { TaskSet } from './task-set.ts'
import { TaskStates } from './task-states.ts'
import { type PlannedTask, sourceTopics, type TopicPlan } from './topic-plan.ts'
import { Wakeup } from './wakeup.ts'
import { WorkCursor } from './work-cursor.ts'

export interface AppOptions {
  readonly topology: Topology
  /** Recorded in Kafka, and compared with what another version has recorded there. Default: neither. */
  readonly manifest?: Manifest
  readonly applicationId: string
  /** Told apart by it from other processes of the app, at the same time and before. */
  readonly processId: string
  /** Its number among the stream threads of its process, from 1; undefined: it has no other. */
  readonly thread?: number
  readonly settings: Settings
  readonly broker: Broker
  readonly engines: { readonly persistent: StateEngine; readonly memory: StateEngine }
  readonly clock: Clock
  readonly logger: Logger
  /** Takes the lines of print(). */
  readonly print: (line: string) => void
  /** Ends where the source topics end at the start. An app that has bounded sources only ends with them anyway. */
  readonly untilEnd: boolean
  readonly onState?: (state: AppState) => void
  /** Started before the app connects, closed when it has ended. Default: none. */
  readonly reporters?: readonly MetricsReporter[]
  /** Whether what it is at can be seen from another thread. Default: where `healthPort` is set. */
  readonly isWatched?: boolean
}

export interface AppTotals {
  readonly recordsIn: number
  readonly recordsOut: number
  readonly restoredRecords: number
  readonly droppedRecords: ReadonlyMap<DropReason, number>
  /** From the first record handed to a task until all outputs were acknowledged and offsets committed. */
  readonly seconds: number
}

export class App {
  private current: AppState = 'created'
  private readonly options: AppOptions
  private readonly wakeup: Wakeup
  private readonly metrics: AppMetrics
  private readonly health: AppHealth
  private readonly reporters: Reporters
  /**
   * A store to read while the app runs, as one of its kinds (Kafka Streams: KafkaStreams#store, QueryableStoreTypes). Throws `store-not-queryable`, and
   * `store-unavailable` while the app rebalances, restores or is closed; so do reads later on, when it has come to that. Rows of several partitions come one
   * partition behind the other.
   */
  readonly store: ReadStore
  /** The same by requests as they come over HTTP. */
  readonly questions: StateRequests
  private readonly queries: StoreQueries
  /** Of the run that is on; undefined before it has looked at the broker. */
  private opened: Opened | undefined
  private stopping = false

  constructor(options: AppOptions) {
    const { settings } = options
    if (settings.streamThreads > 1 && options.thread === undefined)
      throw new MillraceError('not-supported', { what: 'streamThreads above 1 in one App', instead: 'Run what was built, or start more.' })
    this.options = options
    this.wakeup = new Wakeup(options.clock)
    this.metrics = new AppMetrics(threadName(options), () => this.current, options.clock)
    const { isWatched = settings.healthPort !== undefined } = options
    const cursor = isWatched ? new WorkCursor() : undefined
    this.health = new AppHealth(options.clock, settings, () => this.current, cursor)
    this.queries = new StoreQueries(() => this.querySource())
    this.questions = new StateRequests(this.queries)
    this.reporters = new Reporters(options.reporters ?? [], { ...options, health: this.health, state: this.questions })
    this.store = ((name: string, kind: QueryableStoreKind, query?: StoreQuery) => this.queries.store(name, kind, query)) as ReadStore
  }

  /** All stores that can be queried, with the partitions that are here now. */
  get stores(): readonly StoreDescription[] {
    return this.queries.all
  }

  get state(): AppState {
    return this.current
  }

  /** Finishes the current records, commits and ends; `run` then resolves. */
  stop(): void {
    this.stopping = true
    this.wakeup.ring()
  }

  /** Runs until `stop`, until the input ends, or until something fails; then it rejects, with nothing more committed. */
  async run(): Promise<AppTotals> {
    const { broker } = this.options
    try {
      this.enter('starting')
      await this.reporters.start(this.metrics)
      await broker.connect()
      const totals = await new Run(
        this.options,
        this.wakeup,
        () => this.stopping,
        (state) => this.enter(state),
        this.metrics,
        (opened) => {
          this.opened = opened
        },
        this.health,
      ).run()
      await broker.close()
      this.enter('closed')
      return totals
    } catch (error) {
      await broker.close().catch((cause: unknown) => this.log('debug', `While closing after a failure: ${String(cause)}`))
      this.enter('failed')
      throw error
    } finally {
      await this.reporters.close()
    }
  }

  private querySource(): QuerySource {
    const { opened, current: state } = this
    if (opened === undefined)
      return { topology: this.options.topology, state, tasks: [], planned: [], servers: new Map(), globals: undefined }
    const active = opened.tasks.all.map(({ planned, state, task }) => ({ planned, state, running: task !== undefined, standby: false }))
    const standbys = opened.standbys.all.map(({ planned, state }) => ({ planned, state, running: false, standby: true }))
    const tasks = [...active, ...standbys].map(({ planned: { id, partition }, ...place }) => ({ id, partition, ...place }))
    return { topology: opened.topology(), state, tasks, planned: opened.planned(), servers: opened.servers(), globals: opened.globals() }
  }

  private enter(state: AppState): void {
    if (!mayFollow(this.current, state)) throw new Error(`an app does not go from ${this.current} to ${state}`)
    this.log('debug', `The app is ${state}.`)
    this.current = state
    this.health.stateChanged()
    this.options.onState?.(state)
  }

  private log(level: 'debug', message: string): void {
    this.options.logger.log(level, message)
  }
}

/** What of a run can be queried. */
interface Opened {
  readonly tasks: TaskSet
  readonly standbys: StandbyTasks
  topology(): Topology
  planned(): readonly PlannedTask[]
  servers(): ReadonlyMap<string, string>
  globals(): TaskState | undefined
}

/** One run of an app, with everything it opens. */
class Run {
  private readonly options: AppOptions
  private readonly parts: AppParts
  private readonly tasks: TaskSet
  private readonly states: TaskStates
  private readonly standbys: StandbyTasks
  private readonly live: LivePlan
  /** Of other instances, by task that runs there: as of the last assignment. */
  private servers: ReadonlyMap<string, string> = new Map()
  private readonly departed: DepartedProducers
  /** Undefined if the topology has none, and until their partitions are known. */
  private globals: GlobalTables | undefined
  private readonly restoration: Restoration
  private readonly isStopping: () => boolean
  private readonly enter: (state: AppState) => void
  private readonly metrics: AppMetrics
  private readonly health: AppHealth

  constructor(
    options: AppOptions,
    wakeup: Wakeup,
    isStopping: () => boolean,
    enter: (state: AppState) => void,
    metrics: AppMetrics,
    opened: (opened: Opened) => void,
    health: AppHealth,
  ) {
    const { broker, settings, applicationId, clock, engines } = options
    this.options = options
    this.isStopping = isStopping
    this.enter = enter
    this.metrics = metrics
    this.health = health
    const client = threadName(options)
    const bufferBytesMax = settings.fetchBufferBytesMax
    const live = new LivePlan({ ...options, definition: options.topology, admin: broker.admin })
    this.live = live
    this.parts = {
      ...options,
      // Bound to the topics that the broker has now.
      get topology() {
        return live.topology
      },
      admin: broker.admin,
      wakeup,
      preparations: new Preparations(wakeup),
      positions: new StatePositions({ stateDir: settings.stateDir, applicationId, clock, durable: engines.persistent.supports.durable }),
      cursor: health.work,
      fetcher: broker.fetcher({ clientId: `${client}-consumer`, readCommitted: true, bufferBytesMax }),
      restoreFetcher: broker.fetcher({ clientId: `${client}-restore-consumer`, readCommitted: true, bufferBytesMax }),
      producer: new StreamsProducer({
        broker,
        groupId: applicationId,
        groupInstanceId: settings.groupInstanceId,
        producer: {
          clientId: `${client}-producer`,
          lingerMs: settings.lingerMs,
          bufferBytesMax: settings.producerBufferBytesMax,
          compression: settings.compression,
          ...transactional(options),
          onRefused: (refused) => refusedBy(this.tasks.all, refused),
        },
      }),
    }
    this.states = new TaskStates(this.parts)
    const standbyFetcher = { clientId: `${client}-standby-restore-consumer`, readCommitted: true, bufferBytesMax }
    this.standbys = new StandbyTasks(this.parts, this.states, () => broker.fetcher(standbyFetcher))
    this.tasks = new TaskSet(this.parts, this.states, this.standbys, () => this.globals?.stores)
    this.restoration = new Restoration(this.parts)
    this.departed = new DepartedProducers(this.parts)
    opened({
      tasks: this.tasks,
      standbys: this.standbys,
      topology: () => live.topology,
      planned: () => live.tasks,
      servers: () => this.servers,
      globals: () => this.globals?.restored,
    })
  }

  async run(): Promise<AppTotals> {
    const { admin, applicationId, clock } = this.parts
    const { live } = this
    const recordVersion = await this.checkVersion()
    await live.refresh()
    const { plan, topology } = live
    await openSerdes(topology, { applicationId, folder: this.serdeFolder(), logger: this.parts.logger })
    await recordVersion()
    this.globals = this.globalTables(plan)
    const ends = this.ends()
    const end = ends ? await EndOfInput.now({ admin, topology, applicationId, tasks: plan.tasks }) : undefined
    const groupPlan = this.groupPlan()
    const member = this.member(groupPlan)
    const inputs = new TaskInputs(this.parts, end, live)
    const committer = new Committer(this.parts, this.tasks, member)
    const { restoration, tasks, states, standbys, globals } = this
    const processing = new Processing({ ...this.parts, member, tasks, inputs, committer, globals, standbys, end, live })
    this.metrics.parts = { tasks, states, standbys, inputs, committer, member, processing, restoration }
    this.health.parts = { tasks, inputs, member, restoration, processing, producer: this.parts.producer }
    try {
      await this.globals?.restore(this.isStopping)
      let ended = false
      while (!ended && !this.isStopping()) ended = await this.oneGeneration(member, inputs, processing, committer)
      this.enter('closing')
      if (member.state === 'stable' || member.state === 'rebalancing') await this.unlessFenced(() => committer.commit())
      const endedMs = clock.monotonicMs()
      await committer.written()
      await this.close(member)
      return this.totals((endedMs - (processing.firstRecordMs ?? endedMs)) / 1000)
    } catch (error) {
      await this.shutOthersDown(error, member, groupPlan)
      // What fails while closing after a failure must not hide it.
      await this.close(member).catch((cause: unknown) => this.parts.logger.log('debug', `While closing after a failure: ${String(cause)}`))
      throw error
    }
  }

  /** Before anything is made or read: another version than the one that has run may not keep its state. */
  private checkVersion(): Promise<() => Promise<void>> {
    const { manifest, topology, broker, applicationId, settings, clock } = this.options
    if (manifest === undefined || (sourceTopics(topology).length === 0 && !hasPatterns(topology))) return Promise.resolve(async () => {})
    const { allowedChanges: allowed, replicationFactor } = settings
    return checkVersion({ broker, applicationId, manifest, allowed, replicationFactor, nowMs: clock.now() })
  }

  /** What serdes keep has to live as long as the state that was written with it. */
  private serdeFolder(): string | undefined {
    const { engines, settings, applicationId } = this.parts
    return engines.persistent.supports.durable ? serdeFolder(settings.stateDir, applicationId) : undefined
  }

  /** Whether the app is to end with its input. */
  private ends(): boolean {
    const { topology, untilEnd } = this.options
    const endless = [...topology.nodes.values()].find(
      (node) => node.kind === 'source' && node.input.kind === 'source' && !node.input.source.bounded,
    )
    if (untilEnd && endless !== undefined)
      throw new MillraceError('not-supported', {
        what: `--until-end with ${endless.name}, a source without an end`,
        instead: 'Stop the app by SIGTERM.',
      })
    return untilEnd || (sourceTopics(topology).length === 0 && !hasPatterns(topology) && endless === undefined)
  }

  private async close(member: GroupMember): Promise<void> {
    try {
      await this.standbys.closeAll()
    } finally {
      try {
        await this.tasks.closeAll()
        await this.globals?.close()
      } finally {
        await member.leave()
      }
    }
  }

  /** From an assignment to the next rebalance; says whether the input has ended. */
  private async oneGeneration(member: GroupMember, inputs: TaskInputs, processing: Processing, committer: Committer): Promise<boolean> {
    this.enter('rebalancing')
    if (member.state === 'lost') await this.giveUp()
    const interrupted = (): boolean => this.isStopping() || member.state !== 'stable'
    const assigned = await this.join(member)
    if (assigned === undefined) return false
    this.servers = serversByTask(assigned, this.parts.settings.applicationServer)
    // The leader may have seen topics that this member has not.
    await this.live.refresh()
    const { plan } = this.live
    const planned = plan.tasks.filter(({ id }) => assigned.tasks.includes(id))
    // Leaving them would leave their partitions unread, and nobody would know.
    if (planned.length < assigned.tasks.length) throw unknownTasks(this.parts.applicationId, assigned.tasks, plan)
    this.tellAssigned(assigned, plan)
    const standbys = plan.tasks.filter(({ id }) => assigned.standbys.includes(id))
    await this.standbys.keep([...assigned.tasks, ...assigned.standbys])
    const [isAssigned] = await Promise.all([this.tasks.assign(planned, interrupted), this.departed.fence(assigned.producers)])
    if (!isAssigned) return false
    this.enter('restoring')
    const unrestored = this.tasks.all.filter(({ task }) => task === undefined)
    if (!(await this.restoration.restore(unrestored, interrupted))) return false
    await this.tasks.start()
    if (!(await this.standbys.open(standbys, planned.length + standbys.length, interrupted))) return false
    processing.probeMs = this.parts.clock.monotonicMs() + (assigned.probeInMs ?? Infinity)
    await inputs.follow(this.tasks.all)
    this.enter('running')
    try {
      if (await processing.run(interrupted)) return true
      // The group waits for this member: what is done is committed, so that whoever has the tasks next goes on behind it.
      if (member.state === 'rebalancing' || member.state === 'stable') await committer.commit()
    } catch (error) {
      if (!isFenced(error)) throw error
      this.parts.logger.log('warn', error.message)
      await this.giveUp()
    }
    return false
  }

  private tellAssigned({ tasks, standbys }: Assigned, plan: TopicPlan): void {
    const also = standbys.length === 0 ? '' : `, and ${standbys.length} standbys`
    this.parts.logger.log('info', `Assigned ${tasks.length} of ${plan.tasks.length} tasks${also}.`, { tasks, standbys })
  }

  /** Others have gone on without this instance: what it did since its last commit was in vain. */
  private async giveUp(): Promise<void> {
    // They write with the producer that may be no more.
    await this.standbys.closeAll()
    await this.tasks.closeAll()
    await this.globals?.reopenWriters()
  }

  /** Undefined if the app is to stop before there is an assignment. */
  private async join(member: GroupMember): Promise<Assigned | undefined> {
    const { wakeup } = this.parts
    let failure: unknown
    let assigned: Assigned | undefined
    const joining = member
      .join()
      .then(({ assignment, generation, memberId }) => {
        this.parts.producer.membership = { generation, memberId }
        assigned = decodeAssignment(assignment)
      })
      .catch((error: unknown) => {
        failure = error
      })
    wakeup.watch('joining', () => joining)
    while (assigned === undefined && failure === undefined && !this.isStopping()) await wakeup.sleep(joinSleepMs)
    if (assigned === undefined && failure === undefined) {
      await member.leave()
      await joining
      return undefined
    }
    if (failure !== undefined) throw failure
    if ((assigned as Assigned | undefined)?.shutdown === true)
      throw new MillraceError('application-shutdown', { group: this.parts.applicationId })
    return assigned
  }

  private globalTables({ globalInputs }: TopicPlan): GlobalTables | undefined {
    if (globalInputs.length === 0) return undefined
    const { broker, settings, applicationId } = this.options
    const bufferBytesMax = settings.fetchBufferBytesMax
    const fetcher = broker.fetcher({ clientId: `${applicationId}-GlobalStreamThread-consumer`, readCommitted: true, bufferBytesMax })
    return new GlobalTables(this.parts, fetcher, globalInputs)
  }

  private groupPlan(): GroupPlan {
    const { live, tasks, standbys, options } = this
    const { processId, thread = 1 } = options
    return new GroupPlan({ ...this.parts, processId, thread, transactionalId: transactionalIdOf(options), live, tasks, standbys })
  }

  private member(plan: GroupPlan): GroupMember {
    const { settings, applicationId } = this.parts
    return this.options.broker.member({
      clientId: `${threadName(this.options)}-consumer`,
      groupId: applicationId,
      ...(settings.groupInstanceId === undefined ? {} : { groupInstanceId: settings.groupInstanceId }),
      sessionTimeoutMs: settings.sessionTimeoutMs,
      rebalanceTimeoutMs: settings.rebalanceTimeoutMs,
      heartbeatIntervalMs: settings.heartbeatIntervalMs,
      // Not Kafka Streams' own word, `stream`: the broker keeps members apart that could not read each other's messages, and neither breaks the other.
      protocol: 'millrace',
      subscription: () => plan.subscription(),
      assign: (members) => plan.assign(members),
    })
  }

  /** Where that is the policy: the group is told by joining it once more, so that each member hears of it with its next assignment. */
  private async shutOthersDown(error: unknown, member: GroupMember, plan: GroupPlan): Promise<void> {
    const { settings, clock, logger } = this.parts
    const isMember = member.state === 'stable' || member.state === 'rebalancing'
    if (settings.uncaughtExceptionHandler !== 'shutdown-application' || !isMember || isMillraceError(error, 'application-shutdown')) return
    logger.log('error', 'This instance has failed, and asks all others to end.')
    plan.asksForShutdown = true
    // Whoever does not come within a session is not waited for.
    const patience = new Promise<void>((resolve) => clock.after(settings.sessionTimeoutMs, resolve))
    const joined = member.join().catch((cause: unknown) => logger.log('warn', `The others were not asked to end: ${String(cause)}`))
    await Promise.race([joined, patience])
  }

  private async unlessFenced(commit: () => Promise<void>): Promise<void> {
    try {
      await commit()
    } catch (error) {
      if (!isFenced(error)) throw error
      this.parts.logger.log('warn', error.message)
    }
  }

  private totals(seconds: number): AppTotals {
    const { recordsIn, recordsOut, restoredRecords, dropped } = this.tasks.totals()
    return { recordsIn, recordsOut, restoredRecords, droppedRecords: dropped, seconds }
  }
}

const joinSleepMs = 1_000

type Assigned = Omit<AssignmentMessage, 'partitions'>

function unknownTasks(group: string, assigned: readonly string[], plan: TopicPlan): MillraceError {
  const known = new Set(plan.tasks.map(({ id }) => id))
  return new MillraceError('assignment-unknown', { group, tasks: assigned.filter((id) => !known.has(id)).join(', ') })
}

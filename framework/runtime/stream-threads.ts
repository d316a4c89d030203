// The stream threads of an app: worker threads, each an app of its own with one member of the group, its own tasks and its own producer (Kafka Streams: StreamThread,
// KafkaStreams). Here they are started, stopped, replaced or given up when one fails, and seen as one app from outside. They share nothing but the state folder, in which
// a task's folder is open in one of them.

import type { Settings } from '../config.ts'
import type { Topology } from '../graph/topology.ts'
import type { Clock } from '../ports/clock.ts'
import type { Health, HealthReport } from '../ports/health.ts'
import type { Logger } from '../ports/logger.ts'
import type { Metric, Metrics, MetricsReporter } from '../ports/metrics.ts'
import type { AppTotals } from './app.ts'
import { stateMetrics } from './app-metrics.ts'
import type { AppState } from './app-state.ts'
import { threadName } from './client-names.ts'
import { Reporters } from './reporters.ts'
import type { ReadStore, StoreDescription } from './store-queries.ts'
import { globalStoreNames } from './stores-with-globals.ts'
import { ThreadLoops } from './thread-loops.ts'
import type { FromThread, ThreadLink } from './thread-messages.ts'
import { ThreadQuestions } from './thread-questions.ts'
import { ThreadStores } from './thread-stores.ts'

/** Before a thread takes the place of one that has failed: what failed at once would fail for ever, and as fast as it can. */
const replaceAfterMs = 1_000

export interface StreamThreadsOptions {
  readonly applicationId: string
  readonly topology: Topology
  readonly settings: Settings
  readonly clock: Clock
  readonly logger: Logger
  readonly reporters: readonly MetricsReporter[]
  readonly onState?: (state: AppState) => void
  /** Starts the thread of this number. */
  readonly open: (thread: number) => ThreadLink
}

interface Thread {
  readonly number: number
  readonly link: ThreadLink
  state: AppState
  report: { readonly metrics: readonly Metric[]; readonly health: HealthReport } | undefined
  reportedMs: number
  isStopping: boolean
}

/** A stream thread failed, and the app with it. */
export class ThreadFailure extends Error {
  readonly exitCode: number

  constructor(message: string, exitCode: number) {
    super(message)
    this.exitCode = exitCode
  }
}

/** As whom the app is seen if its threads are in different states: the first of these that one of them is in. */
const seenFirst: readonly AppState[] = ['starting', 'rebalancing', 'restoring', 'created', 'closing', 'running', 'failed', 'closed']

export class StreamThreads {
  private readonly options: StreamThreadsOptions
  /**
   * As `App.store`: the thread that has the row is asked, and this one waits for its answer, up to some 50 ms under load. Keys and values are copies: of objects of a class the
   * fields.
   */
  readonly store: ReadStore
  private readonly ownStores: ThreadStores
  private readonly questions: ThreadQuestions
  private readonly loops = new ThreadLoops()
  private readonly reporters: Reporters
  private readonly threads = new Map<number, Thread>()
  private readonly totals: AppTotals[] = []
  private current: AppState = 'created'
  private enteredMs: number
  private stopping = false
  private hasRun = false
  private othersStarted = false
  private failure: ThreadFailure | undefined
  /** Threads that are to take the place of failed ones. */
  private replacements = 0
  private settle: () => void = () => {}

  constructor(options: StreamThreadsOptions) {
    this.options = options
    this.enteredMs = options.clock.monotonicMs()
    const { applicationId, logger, clock, settings } = options
    const health: Health = { read: () => this.health(), work: undefined, onLoop: (begins) => this.loops.onLoop(begins) }
    const globals = globalStoreNames(options.topology)
    const after = clock.after.bind(clock)
    this.questions = new ThreadQuestions({ threads: () => this.living, isGlobal: (store) => globals.has(store), after })
    this.ownStores = new ThreadStores(options.topology, () => this.living.map(({ link }) => link))
    this.store = this.ownStores.store
    this.reporters = new Reporters(options.reporters, { applicationId, logger, clock, settings, health, state: this.questions })
  }

  get state(): AppState {
    return this.current
  }

  /** The numbers of those that live. */
  get numbers(): readonly number[] {
    return [...this.threads.keys()].sort((left, right) => left - right)
  }

  /** All stores that can be queried, with the partitions that are in this process now. */
  get stores(): readonly StoreDescription[] {
    return this.ownStores.stores
  }

  private get living(): readonly Thread[] {
    return [...this.threads.values()].sort((left, right) => left.number - right.number)
  }

  /** Until all have ended: by themselves, by `stop`, or because one has failed; then it rejects with ThreadFailure, the others having committed. */
  async run(): Promise<AppTotals> {
    const ended = new Promise<void>((resolve) => {
      this.settle = resolve
    })
    try {
      const metrics: Metrics = { read: () => this.metrics() }
      await this.reporters.start(metrics)
      // The others start when it is known that they may: the first one has looked whether the topics and the recorded version allow it.
      if (!this.stopping) this.start(1)
      else this.settle()
      await ended
    } finally {
      await this.reporters.close()
    }
    if (this.failure !== undefined) throw this.failure
    return sumOf(this.totals)
  }

  /** Each finishes its current records, commits and ends. */
  stop(): void {
    this.stopping = true
    for (const thread of this.threads.values()) this.end(thread)
    this.settleIfDone()
  }

  /**
   * One thread more, which joins the group (KafkaStreams#addStreamThread). Gives its number, the smallest that is free; undefined if the app does not run. What threads
   * share of memory by the settings is not divided anew.
   */
  addStreamThread(): number | undefined {
    if (this.stopping || this.failure !== undefined || this.threads.size === 0) return undefined
    return this.start(this.freeNumber())
  }

  /** One thread less: the last one commits and leaves the group, and the others take its tasks over (KafkaStreams#removeStreamThread). Gives its number; undefined if there is but one. */
  removeStreamThread(): number | undefined {
    const staying = [...this.threads.values()].filter(({ isStopping }) => !isStopping)
    const last = staying.sort((left, right) => left.number - right.number).at(-1)
    if (last === undefined || staying.length < 2) return undefined
    this.end(last)
    return last.number
  }

  private freeNumber(): number {
    let number = 1
    while (this.threads.has(number)) number++
    return number
  }

  private start(number: number): number {
    const link = this.options.open(number)
    const nowMs = this.options.clock.monotonicMs()
    const thread: Thread = { number, link, state: 'created', report: undefined, reportedMs: nowMs, isStopping: false }
    this.threads.set(number, thread)
    link.listen((message) => this.take(thread, message))
    return number
  }

  private end(thread: Thread): void {
    if (thread.isStopping) return
    thread.isStopping = true
    thread.link.send({ kind: 'stop' })
  }

  private take(thread: Thread, message: FromThread): void {
    switch (message.kind) {
      case 'state':
        thread.state = message.state
        thread.reportedMs = this.options.clock.monotonicMs()
        if (message.state === 'rebalancing') this.startOthers()
        if (message.state === 'running') this.hasRun = true
        break
      case 'report':
        thread.report = message
        thread.reportedMs = this.options.clock.monotonicMs()
        break
      case 'answer':
      case 'piece':
        this.questions.take(message)
        return
      case 'watched':
      case 'name':
        this.loops.take(thread.number, threadName({ applicationId: this.options.applicationId, thread: thread.number }), message)
        return
      case 'ended':
        this.totals.push(message.totals)
        this.forget(thread)
        break
      case 'failed':
        this.forget(thread)
        this.failed(thread, message)
        break
    }
    this.look()
    this.settleIfDone()
  }

  private forget({ number }: Thread): void {
    this.threads.delete(number)
    this.questions.gone(number)
    this.loops.gone(number)
  }

  /** Once, when the first one has come through its start. */
  private startOthers(): void {
    if (this.othersStarted || this.stopping || this.failure !== undefined) return
    this.othersStarted = true
    for (let number = 2; number <= this.options.settings.streamThreads; number++) if (!this.threads.has(number)) this.start(number)
  }

  private failed({ number }: Thread, { message, exitCode }: Extract<FromThread, { kind: 'failed' }>): void {
    const { logger, clock, settings } = this.options
    const problem = message.split('\n')[0]!
    // What has never run is set up wrongly, and would fail again.
    if (settings.uncaughtExceptionHandler === 'replace-thread' && this.hasRun && !this.stopping && this.failure === undefined) {
      logger.log('error', `Stream thread ${number} has failed, and another takes its place: ${problem}`, { thread: number })
      this.replacements++
      clock.after(replaceAfterMs, () => {
        this.replacements--
        if (!this.stopping && this.failure === undefined && !this.threads.has(number)) this.start(number)
        this.settleIfDone()
      })
      return
    }
    this.failure ??= new ThreadFailure(problem, exitCode)
    if (this.threads.size > 0 && !this.stopping)
      logger.log('error', `Stream thread ${number} has failed; the others commit and end.`, { thread: number })
    for (const thread of this.threads.values()) this.end(thread)
  }

  private settleIfDone(): void {
    if (this.threads.size === 0 && this.replacements === 0) {
      this.enter(this.failure === undefined ? 'closed' : 'failed')
      this.settle()
    }
  }

  private look(): void {
    const states = new Set([...this.threads.values()].map(({ state }) => state))
    const state = seenFirst.find((one) => states.has(one))
    if (state !== undefined) this.enter(state)
  }

  private enter(state: AppState): void {
    if (state === this.current) return
    this.current = state
    this.enteredMs = this.options.clock.monotonicMs()
    this.options.onState?.(state)
  }

  private metrics(): readonly Metric[] {
    const ofThreads = [...this.threads.values()].flatMap(
      ({ report }) => report?.metrics.filter(({ group }) => group !== 'stream-metrics') ?? [],
    )
    return [...stateMetrics(this.current), ...ofThreads]
  }

  /** Of the thread that is worst off. */
  private health(): HealthReport {
    const nowMs = this.options.clock.monotonicMs()
    const reports = [...this.threads.values()].flatMap(({ report, reportedMs }) => {
      return report === undefined ? [] : [{ ...report.health, silentMs: nowMs - reportedMs }]
    })
    const groups = reports.flatMap(({ group, silentMs }) =>
      group === undefined ? [] : [{ ...group, heartbeatAgeMs: group.heartbeatAgeMs + silentMs }],
    )
    const [group] = groups.sort(
      (left, right) => Number(left.state === 'stable') - Number(right.state === 'stable') || right.heartbeatAgeMs - left.heartbeatAgeMs,
    )
    const restores = reports.flatMap(({ restore }) => restore ?? [])
    const turns = reports.flatMap(({ turnAgeMs, silentMs }) => (turnAgeMs === undefined ? [] : [turnAgeMs + silentMs]))
    return {
      state: this.current,
      forMs: nowMs - this.enteredMs,
      group,
      tasks: reports.reduce((sum, { tasks }) => sum + tasks, 0),
      restore: restores.length === 0 ? undefined : { remainingRecords: restores.reduce((sum, one) => sum + one.remainingRecords, 0) },
      turnAgeMs: turns.length === 0 ? undefined : Math.max(...turns),
      stuckTasks: reports.flatMap(({ stuckTasks }) => stuckTasks),
    }
  }
}

/** What each thread has of what the app may take of memory (Kafka Streams divides these, too). Its name in the group is its own. */
export function settingsOfThread(settings: Settings, thread: number): Settings {
  const share = (bytes: number, min: number): number => Math.max(min, Math.floor(bytes / settings.streamThreads))
  const { groupInstanceId } = settings
  return {
    ...settings,
    cacheBytesMax: share(settings.cacheBytesMax, 0),
    uncommittedBytesMax: share(settings.uncommittedBytesMax, 1),
    inputBufferBytesMax: share(settings.inputBufferBytesMax, 1_024),
    fetchBufferBytesMax: share(settings.fetchBufferBytesMax, 1_024),
    producerBufferBytesMax: share(settings.producerBufferBytesMax, 1_024),
    memoryStoreBytesMax: share(settings.memoryStoreBytesMax, 1),
    // Each thread has all of them.
    globalTableBytesMax: share(settings.globalTableBytesMax, 1),
    suppressBytesMax: share(settings.suppressBytesMax, 1),
    groupInstanceId: groupInstanceId === undefined ? undefined : `${groupInstanceId}-${thread}`,
    healthPort: undefined,
  }
}

function sumOf(totals: readonly AppTotals[]): AppTotals {
  const dropped = new Map<Parameters<AppTotals['droppedRecords']['get']>[0], number>()
  for (const { droppedRecords } of totals)
    for (const [reason, count] of droppedRecords) dropped.set(reason, (dropped.get(reason) ?? 0) + count)
  const sum = (of: (one: AppTotals) => number): number => totals.reduce((all, one) => all + of(one), 0)
  return {
    recordsIn: sum(({ recordsIn }) => recordsIn),
    recordsOut: sum(({ recordsOut }) => recordsOut),
    restoredRecords: sum(({ restoredRecords }) => restoredRecords),
    droppedRecords: dropped,
    seconds: Math.max(0, ...totals.map(({ seconds }) => seconds)),
  }
}

// The windows of several grouped streams with one aggregate. What Kafka Streams has is as there: an operator for each group, all on one store. All else is one operator for
// all groups together (cogroup-as-one.ts).

import type { EmitStrategy, OperatorSpec } from '../graph/operator-spec.ts'
import type {
  CountWindow,
  GlobalWindow,
  SessionWindow,
  SlidingWindow,
  TimeWindow,
  UnlimitedWindow,
  Windowed,
  WindowTiming,
} from '../graph/window-spec.ts'
import { sessionWindowed } from '../serdes/windowed.ts'
import { requireFold, requireFunction } from './arguments.ts'
import type { Merger } from './callbacks.ts'
import { aggregateCogroup, type Cogroup } from './cogroup.ts'
import { addMember, cogroupAsOne, type Member, sessionOfMembers, triggerOfMembers } from './cogroup-as-one.ts'
import { CountWindowedKStream } from './count-windowed-kstream.ts'
import type { EmitEvery } from './emit-every.ts'
import type { KStream } from './kstream.ts'
import { KTable } from './ktable.ts'
import { retentionOf, windowStore } from './materialize.ts'
import type { NameOptions, ValueOptions, WindowedValueOptions } from './options.ts'
import { SessionWindowedKStream } from './session-windowed-kstream.ts'
import { timeWindowPlan } from './time-window-plan.ts'
import { TimeWindowedKStream } from './time-windowed-kstream.ts'
import { type Late, type LateBranch, lateBranch, timingOf } from './window-aside.ts'

/** What is said of the windows of a cogroup besides how they are cut. */
interface Sent {
  readonly timing: WindowTiming
  readonly emit: EmitStrategy | EmitEvery
  readonly late: LateBranch | undefined
}

/** Whether Kafka Streams has such windows of a cogroup. */
function isOfEachGroup({ timing, emit, late }: Sent): boolean {
  return emit === 'updates' && late === undefined && timing.closes === undefined && timing.time === undefined
}

/** The late records of all groups. */
function lateOf<K, V>(members: Cogroup, build: (late: KStream<K, Late<V>>) => void, options: NameOptions): LateBranch {
  const [first] = members.members.keys()
  const unwrap: OperatorSpec = {
    kind: 'mapValues',
    mapper: (late) => ({ value: (late as Late<Member>).value.value, lateMs: (late as Late<Member>).lateMs }),
  }
  return lateBranch(first!, build, options, unwrap)
}

/** Kafka Streams: `TimeWindowedCogroupedKStream`. */
export class TimeWindowedCogroupedKStream<K, A> {
  private readonly members: Cogroup
  private readonly window: TimeWindow | SlidingWindow | UnlimitedWindow
  private readonly emit: EmitStrategy | EmitEvery
  private readonly lateBranch: LateBranch | undefined

  /** @internal */
  constructor(members: Cogroup, window: TimeWindow | SlidingWindow | UnlimitedWindow, emit: EmitStrategy | EmitEvery, late?: LateBranch) {
    this.members = members
    this.window = window
    this.emit = emit
    this.lateBranch = late
  }

  /**
   * Takes the late records of all groups as one stream, with how late each is, as `TimeWindowedKStream.late`. V is what their values are: the union of those of the groups.
   *
   * @example
   * ```ts
   * import { topology, tumbling } from 'millrace'
   *
   * export default topology('scores', (builder) => {
   *   const clicks = builder.stream<string, string>('clicks').groupByKey()
   *   const orders = builder.stream<string, number>('orders').groupByKey()
   *   const both = clicks.cogroup((score: number) => score + 1).cogroup(orders, (score, amount) => score + amount)
   *   const hourly = both.windowedBy(tumbling('1h', { grace: '5m' })).late<string | number>((late) => late.to('late'))
   *   hourly.aggregate(() => 0).toStream().to('hourly-scores')
   * })
   * ```
   */
  late<V = unknown>(build: (late: KStream<K, Late<V>>) => void, options: NameOptions = {}): TimeWindowedCogroupedKStream<K, A> {
    const { members, window, emit } = this
    const [first] = members.members.keys()
    requireFunction(first!.graph, 'TimeWindowedCogroupedKStream.late', 'function of the late records', build)
    return new TimeWindowedCogroupedKStream(members, window, emit, lateOf(members, build, options))
  }

  /**
   * Folds the values of each key and window. Late records and those with a null key are dropped, and counted; null values only by sliding windows.
   *
   * Kafka Streams: `TimeWindowedCogroupedKStream.aggregate`.
   *
   * @example
   * ```ts
   * import { topology, tumbling } from 'millrace'
   *
   * export default topology('scores', (builder) => {
   *   const clicks = builder.stream<string, string>('clicks').groupByKey()
   *   const orders = builder.stream<string, number>('orders').groupByKey()
   *   const both = clicks.cogroup((score: number) => score + 1).cogroup(orders, (score, amount) => score + amount)
   *   both.windowedBy(tumbling('1h', { grace: '5m' })).aggregate(() => 0).toStream().to('hourly-scores')
   * })
   * ```
   */
  aggregate(initializer: () => A, options: WindowedValueOptions<A> = {}): KTable<Windowed<K>, A, never> {
    const [first] = this.members.members.keys()
    requireFold(first!.graph, 'TimeWindowedCogroupedKStream.aggregate', { initializer }, options)
    const { members, window, emit, lateBranch } = this
    if (!isOfEachGroup({ timing: timingOf(window), emit, late: lateBranch })) {
      const group = cogroupAsOne(members, { options, dropsNull: window.kind === 'sliding' })
      return new TimeWindowedKStream<K, Member>(group, window, emit, lateBranch).aggregate(initializer, addMember(), options)
    }
    const plan = timeWindowPlan(first!, window, 'updates', options)
    const flow = aggregateCogroup(members, {
      initializer,
      options,
      value: options.value,
      store: (named, key, value) => windowStore(named, key, value, plan.shape),
      operator: (store, aggregation, { sendsOldValues }) => plan.operator(store, aggregation, sendsOldValues),
      resultKey: plan.resultKey,
      traits: plan.traits,
    })
    return new KTable(flow)
  }
}

/** Kafka Streams: `SessionWindowedCogroupedKStream`. */
export class SessionWindowedCogroupedKStream<out K, out A> {
  private readonly members: Cogroup
  private readonly window: SessionWindow
  private readonly emit: EmitStrategy | EmitEvery
  private readonly lateBranch: LateBranch | undefined

  /** @internal */
  constructor(members: Cogroup, window: SessionWindow, emit: EmitStrategy | EmitEvery, late?: LateBranch) {
    this.members = members
    this.window = window
    this.emit = emit
    this.lateBranch = late
  }

  /**
   * Takes the late records of all groups, those of closed sessions, as one stream, with how late each is.
   *
   * @example
   * ```ts
   * import { session, topology } from 'millrace'
   *
   * export default topology('scores', (builder) => {
   *   const clicks = builder.stream<string, string>('clicks').groupByKey()
   *   const orders = builder.stream<string, number>('orders').groupByKey()
   *   const both = clicks.cogroup((score: number) => score + 1).cogroup(orders, (score, amount) => score + amount)
   *   const visits = both.windowedBy(session('10m')).late<string | number>((late) => late.to('late'))
   *   visits.aggregate(() => 0, (left, right) => left + right).toStream().to('visit-scores')
   * })
   * ```
   */
  late<V = unknown>(build: (late: KStream<K, Late<V>>) => void, options: NameOptions = {}): SessionWindowedCogroupedKStream<K, A> {
    const { members, window, emit } = this
    const [first] = members.members.keys()
    requireFunction(first!.graph, 'SessionWindowedCogroupedKStream.late', 'function of the late records', build)
    return new SessionWindowedCogroupedKStream(members, window, emit, lateOf(members, build, options))
  }

  /**
   * Folds the values of each session; `merger` makes one aggregate of those of two sessions that grow together, whose rows are deleted (a null value
   * each) before the new one is sent. Late records and those with a null key are dropped, and counted; null values are not.
   *
   * Kafka Streams: `SessionWindowedCogroupedKStream.aggregate`.
   *
   * @example
   * ```ts
   * import { session, topology } from 'millrace'
   *
   * export default topology('scores', (builder) => {
   *   const clicks = builder.stream<string, string>('clicks').groupByKey()
   *   const orders = builder.stream<string, number>('orders').groupByKey()
   *   const both = clicks.cogroup((score: number) => score + 1).cogroup(orders, (score, amount) => score + amount)
   *   both.windowedBy(session('10m')).aggregate(() => 0, (left, right) => left + right).toStream().to('visit-scores')
   * })
   * ```
   */
  aggregate(initializer: () => A, merger: Merger<K, A>, options: WindowedValueOptions<A> = {}): KTable<Windowed<K>, A> {
    const { members, window, emit, lateBranch } = this
    const [first] = members.members.keys()
    requireFold(first!.graph, 'SessionWindowedCogroupedKStream.aggregate', { initializer, merger }, options)
    if (window.gapOf !== undefined || !isOfEachGroup({ timing: window, emit, late: lateBranch })) {
      const group = cogroupAsOne(members, { options, dropsNull: false })
      const cut = new SessionWindowedKStream<K, Member>(group, sessionOfMembers(window), emit, lateBranch)
      return cut.aggregate(initializer, addMember(), merger, options)
    }
    const retentionMs = retentionOf(first!, options, window.gapMs + window.graceMs)
    const merge = merger as (left: unknown, right: unknown, key: unknown) => unknown
    const flow = aggregateCogroup(members, {
      initializer,
      options,
      value: options.value,
      store: (named, key, value) => windowStore(named, key, value, { kind: 'session', retentionMs }),
      operator: (store, aggregation, { sendsOldValues }) => ({
        kind: 'sessionAggregate',
        store,
        window,
        aggregation,
        merger: merge,
        sendsOldValues,
        emit: 'updates',
      }),
      resultKey: (key) => sessionWindowed(key),
      traits: { closesAfterMs: window.gapMs + window.graceMs },
    })
    return new KTable(flow)
  }
}

/** Windows of records, which count those of all groups together, and global windows. */
export class CountWindowedCogroupedKStream<out K, out A> {
  private readonly members: Cogroup
  private readonly window: CountWindow | GlobalWindow
  private readonly emit: EmitStrategy

  /** @internal */
  constructor(members: Cogroup, window: CountWindow | GlobalWindow, emit: EmitStrategy) {
    this.members = members
    this.window = window
    this.emit = emit
  }

  /**
   * Folds the values of each window, in the order in which the records of all groups are taken; sent as by `CountWindowedKStream.aggregate`.
   *
   * @example
   * ```ts
   * import { topology, tumblingCount } from 'millrace'
   *
   * export default topology('scores', (builder) => {
   *   const clicks = builder.stream<string, string>('clicks').groupByKey()
   *   const orders = builder.stream<string, number>('orders').groupByKey()
   *   const both = clicks.cogroup((score: number) => score + 1).cogroup(orders, (score, amount) => score + amount)
   *   both.windowedBy(tumblingCount(10, { orAfter: '1m' })).aggregate(() => 0).to('scores-of-ten')
   * })
   * ```
   */
  aggregate(initializer: () => A, options: ValueOptions<A> = {}): KStream<Windowed<K>, A> {
    const { members, window, emit } = this
    const [first] = members.members.keys()
    requireFold(first!.graph, 'CountWindowedCogroupedKStream.aggregate', { initializer }, options)
    const group = cogroupAsOne(members, { options, dropsNull: false })
    const ofMembers = window.kind === 'global' ? triggerOfMembers(window) : window
    return new CountWindowedKStream<K, Member>(group, ofMembers, emit).aggregate(initializer, addMember<K, A>(), options)
  }
}

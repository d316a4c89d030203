// Several grouped streams with one aggregate, and its windows.

import type { LogicalGraph } from '../graph/logical-graph.ts'
import type { Aggregation } from '../graph/operator-spec.ts'
import type { SessionWindow, SlidingWindow, TimeWindow, UnlimitedWindow, Windowed } from '../graph/window-spec.ts'
import { sessionWindowed } from '../serdes/windowed.ts'
import { requireFlow, requireFold, requireFunction, requireWindow } from './arguments.ts'
import type { Adder, Merger } from './callbacks.ts'
import { aggregateCogroup, type Cogroup } from './cogroup.ts'
import type { KGroupedStream } from './kgrouped-stream.ts'
import { KTable } from './ktable.ts'
import { retentionOf, rowStore, windowStore } from './materialize.ts'
import type { ValueOptions, WindowedValueOptions } from './options.ts'
import { checkSessionWindow, checkWindow, timeWindowPlan } from './time-window-plan.ts'

/**
 * Groups of several streams that are folded into one aggregate, each by its own adder. Null keys and null values are dropped, as by `aggregate`.
 *
 * Kafka Streams: `CogroupedKStream` (KIP-150).
 */
export class CogroupedKStream<out K, out A> {
  private readonly members: Cogroup

  /** @internal */
  constructor(members: Cogroup) {
    this.members = members
  }

  /**
   * Adds another group, folded in by an adder of its own. It is an error to add the same one twice.
   *
   * Kafka Streams: `CogroupedKStream.cogroup`.
   *
   * @example
   * ```ts
   * import { topology } from 'millrace'
   *
   * export default topology('scores', (builder) => {
   *   const clicks = builder.stream<string, string>('clicks').groupByKey()
   *   const orders = builder.stream<string, number>('orders').groupByKey()
   *   const both = clicks.cogroup((score: number) => score + 1).cogroup(orders, (score, amount) => score + amount)
   *   both.aggregate(() => 0).toStream().to('scores')
   * })
   * ```
   */
  cogroup<V>(group: KGroupedStream<K, V>, adder: Adder<K, V, A>): CogroupedKStream<K, A> {
    requireFlow(this.graph, 'CogroupedKStream.cogroup', 'group', group, 'a grouped stream')
    requireFunction(this.graph, 'CogroupedKStream.cogroup', 'adder', adder)
    const members = new Map(this.members.members).set(group.flow, adder as Aggregation['adder'])
    return new CogroupedKStream({ members, parents: new Map() })
  }

  /**
   * Folds the values of all groups, in the order in which the records are taken. Records with a null key or value are dropped, and counted. An adder
   * that gives null deletes the row.
   *
   * Kafka Streams: `CogroupedKStream.aggregate`.
   *
   * @example
   * ```ts
   * import { topology } from 'millrace'
   *
   * export default topology('scores', (builder) => {
   *   const clicks = builder.stream<string, string>('clicks').groupByKey()
   *   const orders = builder.stream<string, number>('orders').groupByKey()
   *   const both = clicks.cogroup((score: number) => score + 1).cogroup(orders, (score, amount) => score + amount)
   *   both.aggregate(() => 0, { store: 'scores' }).toStream().to('scores')
   * })
   * ```
   */
  aggregate(initializer: () => A, options: ValueOptions<A> = {}): KTable<K, A, never> {
    requireFold(this.graph, 'CogroupedKStream.aggregate', { initializer }, options)
    const flow = aggregateCogroup(this.members, {
      initializer,
      options,
      value: options.value,
      store: rowStore,
      operator: (store, aggregation, { sendsOldValues }) => ({ kind: 'aggregate', store, aggregation, sendsOldValues }),
      resultKey: (key) => key,
    })
    return new KTable(flow)
  }

  /**
   * Cuts the records of all groups into the same windows. Each group has its own stream time, by which its records are late.
   *
   * Kafka Streams: `CogroupedKStream.windowedBy`.
   *
   * @example
   * ```ts
   * import { session, topology, tumbling } from 'millrace'
   *
   * export default topology('scores', (builder) => {
   *   const clicks = builder.stream<string, string>('clicks').groupByKey()
   *   const orders = builder.stream<string, number>('orders').groupByKey()
   *   const both = clicks.cogroup((score: number) => score + 1).cogroup(orders, (score, amount) => score + amount)
   *   both.windowedBy(tumbling('1h')).aggregate(() => 0).toStream().to('hourly-scores')
   *   both.windowedBy(session('10m')).aggregate(() => 0, (left, right) => left + right).toStream().to('visit-scores')
   * })
   * ```
   */
  windowedBy(window: TimeWindow | SlidingWindow | UnlimitedWindow): TimeWindowedCogroupedKStream<K, A>
  windowedBy(window: SessionWindow): SessionWindowedCogroupedKStream<K, A>
  windowedBy(
    window: TimeWindow | SlidingWindow | UnlimitedWindow | SessionWindow,
  ): TimeWindowedCogroupedKStream<K, A> | SessionWindowedCogroupedKStream<K, A> {
    const kinds = ['time', 'sliding', 'unlimited', 'session']
    requireWindow(this.graph, 'CogroupedKStream.windowedBy', window, kinds, 'tumbling(), hopping(), sliding() or session()')
    const [first] = this.members.members.keys()
    if (window.kind === 'session') checkSessionWindow(first!, window)
    else checkWindow(first!, window, 'updates')
    if (window.kind !== 'unlimited' && (window.closes !== undefined || window.time !== undefined)) {
      const remedy = 'Merge the streams and aggregate one, or leave `closes` and `time` out.'
      first!.graph.problems.report(first!.name, 'windows of cogrouped streams close by stream time only.', remedy)
    }
    if (window.kind === 'session') return new SessionWindowedCogroupedKStream(this.members, window)
    return new TimeWindowedCogroupedKStream(this.members, window)
  }

  private get graph(): LogicalGraph {
    const [first] = this.members.members.keys()
    return first!.graph
  }
}

/** Kafka Streams: `TimeWindowedCogroupedKStream`. */
export class TimeWindowedCogroupedKStream<K, A> {
  private readonly members: Cogroup
  private readonly window: TimeWindow | SlidingWindow | UnlimitedWindow

  /** @internal */
  constructor(members: Cogroup, window: TimeWindow | SlidingWindow | UnlimitedWindow) {
    this.members = members
    this.window = window
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
    const plan = timeWindowPlan(first!, this.window, 'updates', options)
    const flow = aggregateCogroup(this.members, {
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

  /** @internal */
  constructor(members: Cogroup, window: SessionWindow) {
    this.members = members
    this.window = window
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
    const { window } = this
    const [first] = this.members.members.keys()
    requireFold(first!.graph, 'SessionWindowedCogroupedKStream.aggregate', { initializer, merger }, options)
    const retentionMs = retentionOf(first!, options, window.gapMs + window.graceMs)
    const merge = merger as (left: unknown, right: unknown, key: unknown) => unknown
    const flow = aggregateCogroup(this.members, {
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

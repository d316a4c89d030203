// Several grouped streams with one aggregate.

import type { LogicalGraph } from '../graph/logical-graph.ts'
import type { Aggregation } from '../graph/operator-spec.ts'
import type { CountWindow, GlobalWindow, SessionWindow, SlidingWindow, TimeWindow, UnlimitedWindow } from '../graph/window-spec.ts'
import { requireFlow, requireFold, requireFunction, requireOptions, requireWindow } from './arguments.ts'
import type { Adder } from './callbacks.ts'
import { type AnyWindow, checkWindow } from './check-window.ts'
import { aggregateCogroup, type Cogroup } from './cogroup.ts'
import { strategyOf } from './emit-every.ts'
import type { KGroupedStream } from './kgrouped-stream.ts'
import { KTable } from './ktable.ts'
import { rowStore } from './materialize.ts'
import type { CountEmitOptions, EmitOptions, ValueOptions } from './options.ts'
import { CountWindowedCogroupedKStream, SessionWindowedCogroupedKStream, TimeWindowedCogroupedKStream } from './windowed-cogroups.ts'

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
   * Cuts the records of all groups into the same windows: all those that `KGroupedStream.windowedBy` takes. Windows that are closed by stream time and send each change are
   * as in Kafka Streams, where each group has its own stream time, by which its records are late; all others, and those with `late()`, have one of all groups together.
   *
   * Kafka Streams: `CogroupedKStream.windowedBy`.
   *
   * @example
   * ```ts
   * import { idle, session, topology, tumbling, tumblingCount } from 'millrace'
   *
   * export default topology('scores', (builder) => {
   *   const clicks = builder.stream<string, string>('clicks').groupByKey()
   *   const orders = builder.stream<string, number>('orders').groupByKey()
   *   const both = clicks.cogroup((score: number) => score + 1).cogroup(orders, (score, amount) => score + amount)
   *   both.windowedBy(tumbling('1h')).aggregate(() => 0).toStream().to('hourly-scores')
   *   both.windowedBy(session('10m'), { emit: 'final' }).aggregate(() => 0, (left, right) => left + right).toStream().to('visit-scores')
   *   both.windowedBy(tumbling('1m', { closes: idle('30s') }), { emit: 'final' }).aggregate(() => 0).toStream().to('scores-by-minute')
   *   both.windowedBy(tumblingCount(10)).aggregate(() => 0).to('scores-of-ten')
   * })
   * ```
   */
  windowedBy(window: TimeWindow | SlidingWindow | UnlimitedWindow, options?: EmitOptions): TimeWindowedCogroupedKStream<K, A>
  windowedBy(window: SessionWindow, options?: EmitOptions): SessionWindowedCogroupedKStream<K, A>
  windowedBy(window: CountWindow, options?: CountEmitOptions): CountWindowedCogroupedKStream<K, A>
  windowedBy(window: GlobalWindow): CountWindowedCogroupedKStream<K, A>
  windowedBy(
    window: AnyWindow,
    options: EmitOptions = {},
  ): TimeWindowedCogroupedKStream<K, A> | SessionWindowedCogroupedKStream<K, A> | CountWindowedCogroupedKStream<K, A> {
    const kinds = ['time', 'sliding', 'unlimited', 'session', 'count', 'global']
    requireWindow(this.graph, 'CogroupedKStream.windowedBy', window, kinds, 'tumbling(), hopping(), sliding() or session()')
    requireOptions(this.graph, 'CogroupedKStream.windowedBy', options)
    const { emit = 'updates' } = options
    const [first] = this.members.members.keys()
    checkWindow(first!, window, strategyOf(emit))
    switch (window.kind) {
      case 'time':
      case 'unlimited':
      case 'sliding':
        return new TimeWindowedCogroupedKStream(this.members, window, emit)
      case 'session':
        return new SessionWindowedCogroupedKStream(this.members, window, emit)
      case 'count':
      case 'global':
        return new CountWindowedCogroupedKStream(this.members, window, strategyOf(options.emit ?? 'final'))
    }
  }

  private get graph(): LogicalGraph {
    const [first] = this.members.members.keys()
    return first!.graph
  }
}

// A stream grouped by its keys, ready to be aggregated or windowed.

import type { Aggregation } from '../graph/operator-spec.ts'
import type { CountWindow, GlobalWindow, SessionWindow, SlidingWindow, TimeWindow, UnlimitedWindow } from '../graph/window-spec.ts'
import { long } from '../serdes/serdes.ts'
import { structuredJson } from '../serdes/structured-json.ts'
import { aggregateStream, type GroupFlow } from './aggregate-stream.ts'
import { counting, folding, foldingByName, reducing } from './aggregations.ts'
import type { Aggregated, Aggregators } from './aggregators.ts'
import { requireAggregate, requireFold, requireFunction, requireOptions, requireWindow } from './arguments.ts'
import type { Adder, Reducer } from './callbacks.ts'
import { checkWindow } from './check-window.ts'
import { CogroupedKStream } from './cogrouped-kstream.ts'
import { CountWindowedKStream } from './count-windowed-kstream.ts'
import { strategyOf } from './emit-every.ts'
import type { AnySerde } from './flow.ts'
import { KTable } from './ktable.ts'
import { rowStore } from './materialize.ts'
import type { AggregatorsOptions, CountEmitOptions, EmitOptions, StatefulOptions, ValueOptions } from './options.ts'
import { SessionWindowedKStream } from './session-windowed-kstream.ts'
import { TimeWindowedKStream } from './time-windowed-kstream.ts'

/** Records with equal keys, together. Records with a null key or a null value are dropped by the aggregations, and counted as dropped. */
export class KGroupedStream<out K, out V> {
  /** @internal */
  readonly flow: GroupFlow

  /** @internal */
  constructor(group: GroupFlow) {
    this.flow = group
  }

  /**
   * How many records each key has had. The store holds Java's long.
   *
   * Kafka Streams: `KGroupedStream.count`.
   *
   * @example
   * ```ts
   * import { topology } from 'millrace'
   *
   * export default topology('visits', (builder) => {
   *   builder.stream<string, string>('visits').groupByKey().count().toStream().to('visits-by-page')
   * })
   * ```
   */
  count(options: StatefulOptions = {}): KTable<K, number, never> {
    requireOptions(this.flow.graph, 'KGroupedStream.count', options)
    return this.table('KSTREAM-AGGREGATE-', counting, options, long())
  }

  /**
   * Folds the values of a key into one of the same type: the first value is the first aggregate.
   *
   * Kafka Streams: `KGroupedStream.reduce`.
   *
   * @example
   * ```ts
   * import { topology } from 'millrace'
   *
   * export default topology('longest', (builder) => {
   *   const words = builder.stream<string, string>('words')
   *   words.groupByKey().reduce((longest, word) => (word.length > longest.length ? word : longest)).toStream().to('longest')
   * })
   * ```
   */
  reduce(reducer: Reducer<K, V>, options: StatefulOptions = {}): KTable<K, V, never> {
    requireFold(this.flow.graph, 'KGroupedStream.reduce', { reducer }, options)
    return this.table('KSTREAM-REDUCE-', reducing(reducer), options, this.flow.value)
  }

  /**
   * Folds the values of a key: `aggregate(() => initial, (aggregate, value, key) => next)`, or by named aggregators, several in one pass:
   * `aggregate({ flights: count(), meanDelay: mean((flight) => flight.delay) })`.
   *
   * Kafka Streams: `KGroupedStream.aggregate`.
   *
   * @example
   * ```ts
   * import { count, mean, topology } from 'millrace'
   *
   * interface Flight { origin: string; delay: number }
   *
   * export default topology('delays', (builder) => {
   *   const flights = builder.stream<string, Flight>('flights')
   *   const byOrigin = flights.groupBy((flight) => flight.origin)
   *   byOrigin.aggregate({ flights: count(), meanDelay: mean((flight) => flight.delay) }).toStream().to('delays')
   *   byOrigin.aggregate(() => 0, (worst, flight) => Math.max(worst, flight.delay)).toStream().to('worst-delays')
   * })
   * ```
   */
  aggregate<A extends Aggregators<V>>(aggregators: A, options?: AggregatorsOptions<Aggregated<A>>): KTable<K, Aggregated<A>, never>
  aggregate<A>(initializer: () => A, adder: Adder<K, V, A>, options?: ValueOptions<A>): KTable<K, A, never>
  aggregate<A>(
    initial: (() => A) | Aggregators<V>,
    adder?: Adder<K, V, A> | AggregatorsOptions<A>,
    options: ValueOptions<A> = {},
  ): KTable<K, A, never> {
    requireAggregate(this.flow.graph, 'KGroupedStream.aggregate', initial, { adder }, options)
    if (typeof initial === 'function')
      return this.table('KSTREAM-AGGREGATE-', folding(initial, adder as Adder<K, V, A>), options, options.value)
    return this.table(
      'KSTREAM-AGGREGATE-',
      foldingByName(initial),
      (adder as AggregatorsOptions<A> | undefined) ?? {},
      structuredJson(),
      null,
    )
  }

  /**
   * Begins one aggregate of several groups: this one is folded in by `adder`, others are added by `cogroup`.
   *
   * Kafka Streams: `KGroupedStream.cogroup` (KIP-150).
   *
   * @example
   * ```ts
   * import { topology } from 'millrace'
   *
   * export default topology('balances', (builder) => {
   *   const deposits = builder.stream<string, number>('deposits').groupByKey()
   *   const withdrawals = builder.stream<string, number>('withdrawals').groupByKey()
   *   const balances = deposits
   *     .cogroup((balance: number, amount) => balance + amount)
   *     .cogroup(withdrawals, (balance, amount) => balance - amount)
   *     .aggregate(() => 0)
   *   balances.toStream().to('balances')
   * })
   * ```
   */
  cogroup<A>(adder: Adder<K, V, A>): CogroupedKStream<K, A> {
    requireFunction(this.flow.graph, 'KGroupedStream.cogroup', 'adder', adder)
    const members = new Map([[this.flow, adder as Aggregation['adder']]])
    return new CogroupedKStream({ members, parents: new Map() })
  }

  /**
   * Cuts the records of each key into windows: of time (`tumbling`, `hopping`, `sliding`, `unlimited`), of activity (`session`) or of records
   * (`tumblingCount`, `slidingCount`), or into one that a trigger sends (`globalWindow`). With `emit: 'final'` only the last result of a window is sent, once it is closed: when its grace is over by stream
   * time, or as its `closes` says. With `emit: every('10s')` results are sent once in a while.
   *
   * Kafka Streams: `KGroupedStream.windowedBy`, `emitStrategy` (KIP-825).
   *
   * @example
   * ```ts
   * import { topology, tumbling } from 'millrace'
   *
   * export default topology('hourly', (builder) => {
   *   const clicks = builder.stream<string, string>('clicks').groupByKey()
   *   clicks.windowedBy(tumbling('1h', { grace: '5m' }), { emit: 'final' }).count().toStream().to('hourly-clicks')
   * })
   * ```
   */
  windowedBy(window: TimeWindow | SlidingWindow | UnlimitedWindow, options?: EmitOptions): TimeWindowedKStream<K, V>
  windowedBy(window: SessionWindow, options?: EmitOptions): SessionWindowedKStream<K, V>
  windowedBy(window: CountWindow, options?: CountEmitOptions): CountWindowedKStream<K, V>
  windowedBy(window: GlobalWindow): CountWindowedKStream<K, V>
  windowedBy(
    window: TimeWindow | SlidingWindow | UnlimitedWindow | SessionWindow | CountWindow | GlobalWindow,
    options: EmitOptions = {},
  ): TimeWindowedKStream<K, V> | SessionWindowedKStream<K, V> | CountWindowedKStream<K, V> {
    const kinds = ['time', 'sliding', 'unlimited', 'session', 'count', 'global']
    requireWindow(this.flow.graph, 'KGroupedStream.windowedBy', window, kinds, 'tumbling(), hopping(), sliding() or session()')
    requireOptions(this.flow.graph, 'KGroupedStream.windowedBy', options)
    const { emit = 'updates' } = options
    checkWindow(this.flow, window, strategyOf(emit))
    switch (window.kind) {
      case 'time':
      case 'unlimited':
      case 'sliding':
        return new TimeWindowedKStream(this.flow, window, emit)
      case 'session':
        return new SessionWindowedKStream(this.flow, window, emit)
      case 'count':
      case 'global':
        return new CountWindowedKStream(this.flow, window, strategyOf(options.emit ?? 'final'))
    }
  }

  private table<R, D extends null>(
    prefix: 'KSTREAM-AGGREGATE-' | 'KSTREAM-REDUCE-',
    aggregation: Aggregation,
    options: AggregatorsOptions<R>,
    value: AnySerde | null | undefined,
    resultValue?: null,
  ): KTable<K, R, D> {
    const flow = aggregateStream(this.flow, {
      prefix,
      aggregation,
      options,
      value,
      resultValue,
      seenSerde: options.result as AnySerde | undefined,
      store: rowStore,
      operator: (store, { sendsOldValues }) => ({ kind: 'aggregate', store, aggregation, sendsOldValues }),
      resultKey: (key) => key,
    })
    return new KTable(flow)
  }
}

// A grouped stream cut into windows of time, of one size or sliding.

import type { Aggregation, EmitStrategy } from '../graph/operator-spec.ts'
import type { SlidingWindow, TimeWindow, UnlimitedWindow, Windowed } from '../graph/window-spec.ts'
import type { Elements } from '../serdes/elements.ts'
import { long } from '../serdes/serdes.ts'
import { structuredJson } from '../serdes/structured-json.ts'
import { aggregateStream, type GroupFlow } from './aggregate-stream.ts'
import { counting, folding, foldingByName, reducing } from './aggregations.ts'
import type { Aggregated, Aggregators } from './aggregators.ts'
import { requireAggregate, requireFold, requireFunction, requireOptions } from './arguments.ts'
import type { Adder, Reducer } from './callbacks.ts'
import { type EmitEvery, emittedEvery, strategyOf } from './emit-every.ts'
import type { AnySerde } from './flow.ts'
import type { KStream } from './kstream.ts'
import { KTable } from './ktable.ts'
import { windowStore } from './materialize.ts'
import type { NameOptions, WindowedAggregatorsOptions, WindowedElementsOptions, WindowedOptions, WindowedValueOptions } from './options.ts'
import { timeWindowPlan } from './time-window-plan.ts'
import { type Late, type LateBranch, lateBranch, timingOf } from './window-aside.ts'
import { applyStep, elementsPlan, type WindowFunction } from './window-elements.ts'

/**
 * Aggregations by key and window. Each record updates every window that its timestamp is in, unless that window is closed: its end and grace lie behind the
 * greatest timestamp that the operator has seen. Such late records, and those with a null key, are dropped and counted. Null values are not dropped, but by sliding windows.
 * Each update gives a new row of the table, with the key `{ key, start, end }`.
 */
export class TimeWindowedKStream<out K, out V> {
  private readonly group: GroupFlow
  private readonly window: TimeWindow | SlidingWindow | UnlimitedWindow
  private readonly emit: EmitStrategy | EmitEvery
  private readonly lateBranch: LateBranch | undefined

  /** @internal */
  constructor(group: GroupFlow, window: TimeWindow | SlidingWindow | UnlimitedWindow, emit: EmitStrategy | EmitEvery, late?: LateBranch) {
    this.group = group
    this.window = window
    this.emit = emit
    this.lateBranch = late
  }

  /**
   * Takes the late records of the aggregation that follows, those whose windows are all closed when they come, as a stream of their own, with how late each
   * is. They count as dropped all the same. Without it they are only counted.
   *
   * @example
   * ```ts
   * import { topology, tumbling } from 'millrace'
   *
   * export default topology('clicks-by-minute', (builder) => {
   *   const clicks = builder.stream<string, string>('clicks').groupByKey().windowedBy(tumbling('1m', { grace: '10s' }))
   *   clicks.late((late) => late.to('late-clicks')).count().toStream().to('clicks-by-minute')
   * })
   * ```
   */
  late(build: (late: KStream<K, Late<V>>) => void, options: NameOptions = {}): TimeWindowedKStream<K, V> {
    requireFunction(this.group.graph, 'TimeWindowedKStream.late', 'function of the late records', build)
    return new TimeWindowedKStream(this.group, this.window, this.emit, lateBranch(this.group, build, options))
  }

  /**
   * How many records each key has in each window, null values included (sliding windows leave those out). The store holds Java's long.
   *
   * Kafka Streams: `TimeWindowedKStream.count`.
   *
   * @example
   * ```ts
   * import { topology, tumbling } from 'millrace'
   *
   * export default topology('clicks-by-minute', (builder) => {
   *   builder.stream<string, string>('clicks').groupByKey().windowedBy(tumbling('1m')).count().toStream().to('clicks-by-minute')
   * })
   * ```
   */
  count(options: WindowedOptions = {}): KTable<Windowed<K>, number, never> {
    requireOptions(this.group.graph, 'TimeWindowedKStream.count', options)
    return this.table('KSTREAM-AGGREGATE-', counting, options, long())
  }

  /**
   * Folds the values of a key and window into one of the same type; the first value is the first aggregate.
   *
   * Kafka Streams: `TimeWindowedKStream.reduce`.
   *
   * @example
   * ```ts
   * import { hopping, topology } from 'millrace'
   *
   * export default topology('highest', (builder) => {
   *   const readings = builder.stream<string, number>('readings').groupByKey()
   *   readings.windowedBy(hopping('1h', { advance: '10m' })).reduce((highest, value) => Math.max(highest, value)).toStream().to('highest')
   * })
   * ```
   */
  reduce(reducer: Reducer<K, V>, options: WindowedOptions = {}): KTable<Windowed<K>, V, never> {
    requireFold(this.group.graph, 'TimeWindowedKStream.reduce', { reducer }, options)
    return this.table('KSTREAM-REDUCE-', reducing(reducer), options, this.group.value)
  }

  /**
   * Folds the values of a key and window, as `KGroupedStream.aggregate` those of a key.
   *
   * Kafka Streams: `TimeWindowedKStream.aggregate`.
   *
   * @example
   * ```ts
   * import { max, topology, tumbling } from 'millrace'
   *
   * export default topology('peaks', (builder) => {
   *   const readings = builder.stream<string, number>('readings')
   *   const hourly = readings.groupByKey().windowedBy(tumbling('1h'))
   *   hourly.aggregate({ peak: max((value) => value) }).toStream((_value, windowed) => windowed.key).to('peaks')
   * })
   * ```
   */
  aggregate<A extends Aggregators<V>>(
    aggregators: A,
    options?: WindowedAggregatorsOptions<Aggregated<A>>,
  ): KTable<Windowed<K>, Aggregated<A>, never>
  aggregate<A>(initializer: () => A, adder: Adder<K, V, A>, options?: WindowedValueOptions<A>): KTable<Windowed<K>, A, never>
  aggregate<A>(
    initial: (() => A) | Aggregators<V>,
    adder?: Adder<K, V, A> | WindowedAggregatorsOptions<A>,
    options: WindowedValueOptions<A> = {},
  ): KTable<Windowed<K>, A, never> {
    requireAggregate(this.group.graph, 'TimeWindowedKStream.aggregate', initial, { adder }, options)
    if (typeof initial === 'function')
      return this.table('KSTREAM-AGGREGATE-', folding(initial, adder as Adder<K, V, A>), options, options.value)
    return this.table(
      'KSTREAM-AGGREGATE-',
      foldingByName(initial),
      (adder as WindowedAggregatorsOptions<A> | undefined) ?? {},
      structuredJson(),
      null,
    )
  }

  /**
   * Calls a function with all elements of a window, in the order in which they came, with the start and end of the window and the key. It is called for each result that is sent: with
   * `emit: 'final'` once, when the window is closed. What it gives is the row of the table; the store keeps the elements. Null values are elements too, but of sliding windows.
   *
   * All elements of a window are one row of the store: where an aggregator will do, it is cheaper. A window is full at `elementsMax` or `bytesMax`; `whenFull` says what happens then.
   *
   * Flink: `WindowedStream.process` with a `ProcessWindowFunction`, or `apply`.
   *
   * @example
   * ```ts
   * import { topology, tumbling } from 'millrace'
   *
   * export default topology('medians', (builder) => {
   *   const readings = builder.stream<string, number>('readings').groupByKey()
   *   const medians = readings.windowedBy(tumbling('1h', { grace: '5m' }), { emit: 'final' }).apply((celsius, { start, end }, sensor) => {
   *     const median = [...celsius].sort((a, b) => a - b)[Math.floor(celsius.length / 2)]
   *     return { sensor, from: start, to: end, median }
   *   })
   *   medians.toStream().to('medians')
   * })
   * ```
   */
  apply<R>(apply: WindowFunction<K, V, R>, options: WindowedElementsOptions = {}): KTable<Windowed<K>, R, never> {
    const plan = elementsPlan(this.group, 'TimeWindowedKStream.apply', apply, options)
    const { mapper, options: named } = applyStep(apply, options)
    return this.table<Elements, never>('KSTREAM-AGGREGATE-', plan.aggregation, options, plan.value).mapValues(
      mapper as (list: Elements, windowed: Windowed<K>) => R,
      named,
    )
  }

  private table<R, D extends null>(
    prefix: 'KSTREAM-AGGREGATE-' | 'KSTREAM-REDUCE-',
    aggregation: Aggregation,
    options: WindowedAggregatorsOptions<R>,
    value: AnySerde | null | undefined,
    resultValue?: null,
  ): KTable<Windowed<K>, R, D> {
    const plan = timeWindowPlan(this.group, this.window, strategyOf(this.emit), options)
    const flow = aggregateStream(this.group, {
      prefix,
      aggregation,
      options,
      value,
      resultValue,
      seenSerde: options.result as AnySerde | undefined,
      countBurnsName: this.window.kind !== 'sliding',
      traits: plan.traits,
      store: (named, key, stored) => windowStore(named, key, stored, plan.shape),
      aside: { window: timingOf(this.window), late: this.lateBranch, shownMs: plan.shownMs },
      operator: (store, { sendsOldValues }, aside) => plan.operator(store, aggregation, sendsOldValues, aside),
      resultKey: plan.resultKey,
    })
    return new KTable(emittedEvery(flow, this.emit))
  }
}

// A grouped stream cut into sessions.

import type { EmitStrategy } from '../graph/operator-spec.ts'
import type { SessionWindow, Windowed } from '../graph/window-spec.ts'
import type { Elements } from '../serdes/elements.ts'
import { long } from '../serdes/serdes.ts'
import { structuredJson } from '../serdes/structured-json.ts'
import { sessionWindowed } from '../serdes/windowed.ts'
import { aggregateStream, type GroupFlow } from './aggregate-stream.ts'
import { countingSessions, foldingSessions, foldingSessionsByName, reducingSessions, type SessionAggregation } from './aggregations.ts'
import type { Aggregated, Aggregators } from './aggregators.ts'
import { requireAggregate, requireFold, requireFunction, requireOptions } from './arguments.ts'
import type { Adder, Merger, Reducer } from './callbacks.ts'
import { type EmitEvery, emittedEvery, strategyOf } from './emit-every.ts'
import type { AnySerde } from './flow.ts'
import type { KStream } from './kstream.ts'
import { KTable } from './ktable.ts'
import { windowStore } from './materialize.ts'
import type { NameOptions, WindowedAggregatorsOptions, WindowedElementsOptions, WindowedOptions, WindowedValueOptions } from './options.ts'
import { closesAtEnd } from './time-window-plan.ts'
import { type Late, type LateBranch, lateBranch, retentionAndShown } from './window-aside.ts'
import { applyStep, elementsPlan, sessionElements, type WindowFunction } from './window-elements.ts'

/**
 * Aggregations by key and session. When a record makes two sessions one, theirs are deleted (a null value under each old key) and the new one is sent.
 * Records of closed sessions and with a null key are dropped and counted. Null values are not dropped.
 */
export class SessionWindowedKStream<out K, out V> {
  private readonly group: GroupFlow
  private readonly window: SessionWindow
  private readonly emit: EmitStrategy | EmitEvery
  private readonly lateBranch: LateBranch | undefined

  /** @internal */
  constructor(group: GroupFlow, window: SessionWindow, emit: EmitStrategy | EmitEvery, late?: LateBranch) {
    this.group = group
    this.window = window
    this.emit = emit
    this.lateBranch = late
  }

  /**
   * Takes the late records of the aggregation that follows, those of closed sessions, as a stream of their own, with how late each is. They count as dropped
   * all the same. Without it they are only counted.
   *
   * @example
   * ```ts
   * import { session, topology } from 'millrace'
   *
   * export default topology('visits', (builder) => {
   *   const pages = builder.stream<string, string>('pages').groupByKey().windowedBy(session('30m', { grace: '1m' }))
   *   pages.late((late) => late.to('late-pages')).count().toStream().to('pages-by-visit')
   * })
   * ```
   */
  late(build: (late: KStream<K, Late<V>>) => void, options: NameOptions = {}): SessionWindowedKStream<K, V> {
    requireFunction(this.group.graph, 'SessionWindowedKStream.late', 'function of the late records', build)
    return new SessionWindowedKStream(this.group, this.window, this.emit, lateBranch(this.group, build, options))
  }

  /**
   * How many records each session has, null values included. The store holds Java's long.
   *
   * Kafka Streams: `SessionWindowedKStream.count`.
   *
   * @example
   * ```ts
   * import { session, topology } from 'millrace'
   *
   * export default topology('visits', (builder) => {
   *   builder.stream<string, string>('pages').groupByKey().windowedBy(session('30m')).count().toStream().to('pages-by-visit')
   * })
   * ```
   */
  count(options: WindowedOptions = {}): KTable<Windowed<K>, number> {
    requireOptions(this.group.graph, 'SessionWindowedKStream.count', options)
    return this.table('KSTREAM-AGGREGATE-', countingSessions, options, long())
  }

  /**
   * Folds the values of a session into one of the same type; sessions that grow together are merged by the same reducer.
   *
   * Kafka Streams: `SessionWindowedKStream.reduce`.
   *
   * @example
   * ```ts
   * import { session, topology } from 'millrace'
   *
   * export default topology('longest', (builder) => {
   *   const pages = builder.stream<string, string>('pages').groupByKey().windowedBy(session('30m'))
   *   pages.reduce((longest, page) => (page.length > longest.length ? page : longest)).toStream().to('longest-page')
   * })
   * ```
   */
  reduce(reducer: Reducer<K, V>, options: WindowedOptions = {}): KTable<Windowed<K>, V> {
    requireFold(this.group.graph, 'SessionWindowedKStream.reduce', { reducer }, options)
    return this.table('KSTREAM-REDUCE-', reducingSessions(reducer), options, this.group.value)
  }

  /**
   * Folds the values of a session, by named aggregators or by an initializer, an adder and a merger for sessions that grow together.
   *
   * Kafka Streams: `SessionWindowedKStream.aggregate`.
   *
   * @example
   * ```ts
   * import { session, topology } from 'millrace'
   *
   * export default topology('paths', (builder) => {
   *   const pages = builder.stream<string, string>('pages-by-visitor')
   *   const paths = pages.groupByKey().windowedBy(session('30m')).aggregate(
   *     () => '',
   *     (path, page) => `${path}/${page}`,
   *     (left, right) => left + right,
   *   )
   *   paths.toStream().to('paths')
   * })
   * ```
   */
  aggregate<A extends Aggregators<V>>(
    aggregators: A,
    options?: WindowedAggregatorsOptions<Aggregated<A>>,
  ): KTable<Windowed<K>, Aggregated<A>>
  aggregate<A>(initializer: () => A, adder: Adder<K, V, A>, merger: Merger<K, A>, options?: WindowedValueOptions<A>): KTable<Windowed<K>, A>
  aggregate<A>(
    initial: (() => A) | Aggregators<V>,
    second?: Adder<K, V, A> | WindowedAggregatorsOptions<A>,
    merger?: Merger<K, A>,
    options: WindowedValueOptions<A> = {},
  ): KTable<Windowed<K>, A> {
    requireAggregate(this.group.graph, 'SessionWindowedKStream.aggregate', initial, { adder: second, merger }, options)
    if (typeof initial !== 'function') {
      const aggregation = foldingSessionsByName(initial, this.group)
      return this.table(
        'KSTREAM-AGGREGATE-',
        aggregation,
        (second as WindowedAggregatorsOptions<A> | undefined) ?? {},
        structuredJson(),
        null,
      )
    }
    const folding = foldingSessions(initial, second as Adder<K, V, A>, merger as Merger<K, A>)
    return this.table('KSTREAM-AGGREGATE-', folding, options, options.value)
  }

  /**
   * Calls a function with all elements of a session, in the order in which they came also where sessions have grown together, with the start and end of the session and the key. As
   * `TimeWindowedKStream.apply`.
   *
   * @example
   * ```ts
   * import { session, topology } from 'millrace'
   *
   * export default topology('visits', (builder) => {
   *   const pages = builder.stream<string, string>('pages').groupByKey()
   *   const visits = pages
   *     .windowedBy(session('30m'), { emit: 'final' })
   *     .apply((path, { start, end }) => ({ path, lastedMs: end - start }), { elementsMax: 500, whenFull: 'dropNewest' })
   *   visits.toStream().to('visits')
   * })
   * ```
   */
  apply<R>(apply: WindowFunction<K, V, R>, options: WindowedElementsOptions = {}): KTable<Windowed<K>, R> {
    const plan = elementsPlan(this.group, 'SessionWindowedKStream.apply', apply, options)
    const { mapper, options: named } = applyStep(apply, options)
    return this.table<Elements>('KSTREAM-AGGREGATE-', sessionElements(plan), options, plan.value).mapValues(
      mapper as (list: Elements, windowed: Windowed<K>) => R,
      named,
    )
  }

  private table<R>(
    prefix: 'KSTREAM-AGGREGATE-' | 'KSTREAM-REDUCE-',
    { aggregation, merger }: SessionAggregation,
    options: WindowedAggregatorsOptions<R>,
    value: AnySerde | null | undefined,
    resultValue?: null,
  ): KTable<Windowed<K>, R> {
    const { window } = this
    const emit = strategyOf(this.emit)
    // With a gap in their ends, sessions reach into the future by as much, and time with them.
    const keptMs = window.gapMs + window.graceMs + (window.gapOf === undefined ? 0 : 1)
    const leastMs = closesAtEnd(window) ? Number.MAX_SAFE_INTEGER : keptMs
    const { retentionMs: leastKeptMs, shownMs } = retentionAndShown(this.group, emit, options, leastMs)
    // In Kafka Streams what the store shows decides which sessions take records: it hides one that ends exactly its gap and grace ago, which still takes them, and the next
    // record of its time would write over it, unless it is in a record cache; with a longer retention it shows closed ones, which grow again.
    const asJava = this.group.graph.naming === 'kafka-streams'
    const retentionMs = asJava ? leastKeptMs : Math.min(leastKeptMs + 1, Number.MAX_SAFE_INTEGER)
    const shape = { kind: 'session', retentionMs, ...(emit === 'final' ? { neverCached: true, timeOrdered: true } : {}) } as const
    const flow = aggregateStream(this.group, {
      prefix,
      aggregation,
      options,
      value,
      resultValue,
      seenSerde: options.result as AnySerde | undefined,
      traits: { closesAfterMs: window.graceMs + (window.gapOf === undefined ? window.gapMs : 0) },
      store: (named, key, stored) => windowStore(named, key, stored, shape),
      aside: { window, late: this.lateBranch, shownMs },
      operator: (store, { sendsOldValues }, aside) => ({
        kind: 'sessionAggregate',
        store,
        window,
        aggregation,
        merger,
        sendsOldValues,
        emit,
        ...(asJava ? {} : { closedGrowNoMore: true }),
        ...(aside === undefined ? {} : { aside }),
      }),
      resultKey: (key) => sessionWindowed(key),
    })
    return new KTable(emittedEvery(flow, this.emit))
  }
}

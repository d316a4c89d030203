// A grouped stream cut into windows of n records of a key.

import type { Aggregation, EmitStrategy, StoreSpec } from '../graph/operator-spec.ts'
import type { CountWindow, GlobalWindow, Windowed } from '../graph/window-spec.ts'
import type { Elements } from '../serdes/elements.ts'
import { long } from '../serdes/serdes.ts'
import { structuredJson } from '../serdes/structured-json.ts'
import { sessionWindowed, timeWindowed } from '../serdes/windowed.ts'
import { aggregateStream, type GroupFlow } from './aggregate-stream.ts'
import { folding, foldingByName, mergeableCounting, reducing } from './aggregations.ts'
import type { Aggregated, Aggregators } from './aggregators.ts'
import { requireAggregate, requireFold, requireOptions } from './arguments.ts'
import type { Adder, Reducer } from './callbacks.ts'
import type { AnySerde } from './flow.ts'
import type { KStream } from './kstream.ts'
import { changelogOf, type NamedStore, rowStore, windowStore } from './materialize.ts'
import type { ElementsOptions, StatefulOptions, ValueOptions } from './options.ts'
import { applyStep, elementsPlan, type WindowFunction } from './window-elements.ts'

/**
 * Aggregations by key and window of n records. A result is sent once, when its window ends, with the latest timestamp of its records; windows that never end send
 * nothing, unless they are sent at the end of the input, or emit updates. Records with a null key are dropped and counted. There is no counterpart in
 * Kafka Streams.
 */
export class CountWindowedKStream<out K, out V> {
  private readonly group: GroupFlow
  private readonly window: CountWindow | GlobalWindow
  private readonly emit: EmitStrategy

  /** @internal */
  constructor(group: GroupFlow, window: CountWindow | GlobalWindow, emit: EmitStrategy) {
    this.group = group
    this.window = window
    this.emit = emit
  }

  /**
   * How many records each full window has: the size of the windows. Records with a null key are dropped, and counted; null values are not.
   *
   * @example
   * ```ts
   * import { topology, tumblingCount } from 'millrace'
   *
   * export default topology('tens', (builder) => {
   *   builder.stream<string, string>('clicks').groupByKey().windowedBy(tumblingCount(10)).count().to('tens-of-clicks')
   * })
   * ```
   */
  count(options: StatefulOptions = {}): KStream<Windowed<K>, number> {
    requireOptions(this.group.graph, 'CountWindowedKStream.count', options)
    return this.stream('KSTREAM-AGGREGATE-', mergeableCounting, options, long())
  }

  /**
   * Folds the values of a window into one of the same type. Records with a null key are dropped, and counted; null values are not.
   *
   * @example
   * ```ts
   * import { topology, tumblingCount } from 'millrace'
   *
   * export default topology('best-of-three', (builder) => {
   *   const throws = builder.stream<string, number>('throws').groupByKey().windowedBy(tumblingCount(3))
   *   throws.reduce((best, metres) => Math.max(best, metres)).to('best-of-three')
   * })
   * ```
   */
  reduce(reducer: Reducer<K, V>, options: StatefulOptions = {}): KStream<Windowed<K>, V> {
    requireFold(this.group.graph, 'CountWindowedKStream.reduce', { reducer }, options)
    return this.stream('KSTREAM-REDUCE-', reducing(reducer), options, this.group.value)
  }

  /**
   * Folds the values of a window, as `KGroupedStream.aggregate` those of a key. Records with a null key are dropped, and counted; null values are not.
   *
   * @example
   * ```ts
   * import { mean, slidingCount, topology } from 'millrace'
   *
   * export default topology('moving-mean', (builder) => {
   *   const readings = builder.stream<string, number>('readings').groupByKey().windowedBy(slidingCount(5, { step: 1 }))
   *   readings.aggregate({ mean: mean((value) => value) }).to('moving-mean')
   * })
   * ```
   */
  aggregate<A extends Aggregators<V>>(aggregators: A, options?: StatefulOptions): KStream<Windowed<K>, Aggregated<A>>
  aggregate<A>(initializer: () => A, adder: Adder<K, V, A>, options?: ValueOptions<A>): KStream<Windowed<K>, A>
  aggregate<A>(
    initial: (() => A) | Aggregators<V>,
    adder?: Adder<K, V, A> | StatefulOptions,
    options: ValueOptions<A> = {},
  ): KStream<Windowed<K>, A> {
    requireAggregate(this.group.graph, 'CountWindowedKStream.aggregate', initial, { adder }, options)
    if (typeof initial === 'function')
      return this.stream('KSTREAM-AGGREGATE-', folding(initial, adder as Adder<K, V, A>), options, options.value)
    return this.stream('KSTREAM-AGGREGATE-', foldingByName(initial), (adder as StatefulOptions | undefined) ?? {}, structuredJson(), null)
  }

  /**
   * Calls a function with all elements of a window, in the order in which they came, with the numbers of its first record and of the one after its last, and the key. Of a global
   * window it is called when its trigger fires. As `TimeWindowedKStream.apply`.
   *
   * @example
   * ```ts
   * import { slidingCount, topology } from 'millrace'
   *
   * export default topology('rises', (builder) => {
   *   const prices = builder.stream<string, number>('prices').groupByKey()
   *   const rises = prices.windowedBy(slidingCount(3, { step: 1 })).apply(([a = 0, b = 0, c = 0], { start }) => ({ from: start, rising: a < b && b < c }))
   *   rises.filter(({ rising }) => rising).to('rises')
   * })
   * ```
   */
  apply<R>(apply: WindowFunction<K, V, R>, options: ElementsOptions = {}): KStream<Windowed<K>, R> {
    const plan = elementsPlan(this.group, 'CountWindowedKStream.apply', apply, options)
    const { mapper, options: named } = applyStep(apply, options)
    return this.stream<Elements>('KSTREAM-AGGREGATE-', plan.aggregation, options, plan.value).mapValues(
      mapper as (list: Elements, windowed: Windowed<K>) => R,
      named,
    )
  }

  private stream<R>(
    prefix: 'KSTREAM-AGGREGATE-' | 'KSTREAM-REDUCE-',
    aggregation: Aggregation,
    options: StatefulOptions,
    value: AnySerde | null | undefined,
    resultValue?: null,
  ): KStream<Windowed<K>, R> {
    const { window, emit } = this
    const common = { prefix, aggregation, options, value, resultValue }
    if (window.kind === 'global') {
      const { state: _table, ...flow } = aggregateStream(this.group, {
        ...common,
        store: (named, key, stored) => ({ ...rowStore(named, key, stored), kind: 'globalWindow' }),
        operator: (store) => ({ kind: 'globalWindowAggregate', store, window, aggregation }),
        resultKey: (key) => sessionWindowed(key) as AnySerde,
      })
      return flow.make.stream({ ...flow, changedKey: false, joinRepartition: null })
    }
    // Windows of which some are not full end where they end; all others have one size.
    const { size, step, partial, orAfter, sendsAtEnd } = window
    const varies = partial === true || orAfter !== undefined || sendsAtEnd === true
    const inPanes = emit === 'final' && aggregation.merger !== undefined && size / step > openWindowsMax
    const { state: _table, ...flow } = aggregateStream(this.group, {
      ...common,
      store: (named, key, stored) => ({ ...rowStore(named, key, stored), kind: 'countWindow' }),
      furtherStores: (named, key, stored) => (inPanes ? [paneStore(named, key, stored)] : []),
      operator: (store) => ({
        kind: 'countWindowAggregate',
        store,
        ...(inPanes ? { panes: panesOf(store) } : {}),
        window,
        aggregation,
        emit,
      }),
      resultKey: (key) => (varies ? sessionWindowed(key) : timeWindowed(key, size)) as AnySerde,
    })
    return flow.make.stream({ ...flow, changedKey: false, joinRepartition: null })
  }
}

/** Of so many that overlap, each aggregate is kept by itself, all in one row; of more, each record would write all of them anew. */
const openWindowsMax = 4

function panesOf(store: string): string {
  return `${store}-panes`
}

/** A row for each piece of a key that windows are put together from: their numbers go round, so that a new one takes the place of the oldest. */
function paneStore({ graph, name, options }: NamedStore, key: AnySerde, value: AnySerde): StoreSpec {
  const { persistent, logging } = options
  const kept = { ...(persistent === undefined ? {} : { persistent }), ...(logging === undefined ? {} : { logging }), caching: false }
  const shape = { kind: 'window', retentionMs: Number.MAX_SAFE_INTEGER, windowSizeMs: 1 } as const
  const settings = { 'cleanup.policy': 'compact' }
  const store = windowStore({ graph, name: panesOf(name), queryable: false, options: kept }, key, value, shape)
  return { ...store, changelog: changelogOf(store.name, logging, settings) }
}

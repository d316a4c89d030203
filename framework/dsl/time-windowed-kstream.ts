// A grouped stream cut into windows of time, of one size or sliding.

import type { Aggregation, EmitStrategy, OperatorSpec } from '../graph/operator-spec.ts'
import type { SlidingWindow, TimeWindow, Windowed } from '../graph/window-spec.ts'
import { json, long } from '../serdes/serdes.ts'
import { timeWindowed } from '../serdes/windowed.ts'
import { aggregateStream, type GroupFlow } from './aggregate-stream.ts'
import { counting, folding, foldingByName, reducing } from './aggregations.ts'
import type { Aggregated, Aggregators } from './aggregators.ts'
import type { Adder, Reducer } from './callbacks.ts'
import type { AnySerde } from './flow.ts'
import { KTable } from './ktable.ts'
import { retentionOf, windowStore } from './materialize.ts'
import type { WindowedOptions, WindowedValueOptions } from './options.ts'

/**
 * Aggregations by key and window. Each record updates every window that its timestamp is in, unless that window is closed: its end and grace lie behind the
 * greatest timestamp that the operator has seen. Such late records, and those with a null key, are dropped and counted. Null values are not dropped.
 * Each update gives a new row of the table, with the key `{ key, start, end }`.
 */
export class TimeWindowedKStream<K, V> {
  private readonly group: GroupFlow
  private readonly window: TimeWindow | SlidingWindow
  private readonly emit: EmitStrategy

  /** @internal */
  constructor(group: GroupFlow, window: TimeWindow | SlidingWindow, emit: EmitStrategy) {
    this.group = group
    this.window = window
    this.emit = emit
    checkWindow(group, window)
  }

  /** How many records each key has in each window. Kafka Streams: `TimeWindowedKStream.count`. */
  count(options: WindowedOptions = {}): KTable<Windowed<K>, number, never> {
    return this.table('KSTREAM-AGGREGATE-', counting, options, long())
  }

  /** Folds the values of a key and window into one of the same type; the first value is the first aggregate. Kafka Streams: `TimeWindowedKStream.reduce`. */
  reduce(reducer: Reducer<K, V>, options: WindowedOptions = {}): KTable<Windowed<K>, V, never> {
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
  aggregate<A extends Aggregators<V>>(aggregators: A, options?: WindowedOptions): KTable<Windowed<K>, Aggregated<A>, never>
  aggregate<A>(initializer: () => A, adder: Adder<K, V, A>, options?: WindowedValueOptions<A>): KTable<Windowed<K>, A, never>
  aggregate<A>(
    initial: (() => A) | Aggregators<V>,
    adder?: Adder<K, V, A> | WindowedOptions,
    options: WindowedValueOptions<A> = {},
  ): KTable<Windowed<K>, A, never> {
    if (typeof initial === 'function')
      return this.table('KSTREAM-AGGREGATE-', folding(initial, adder as Adder<K, V, A>), options, options.value)
    return this.table('KSTREAM-AGGREGATE-', foldingByName(initial), (adder as WindowedOptions | undefined) ?? {}, json(), null)
  }

  private table<R, D extends null>(
    prefix: 'KSTREAM-AGGREGATE-' | 'KSTREAM-REDUCE-',
    aggregation: Aggregation,
    options: WindowedOptions,
    value: AnySerde | null | undefined,
    resultValue?: null,
  ): KTable<Windowed<K>, R, D> {
    const { window, emit } = this
    const retentionMs = this.retentionMs(options)
    const windowSizeMs = sizeMsOf(window)
    const sliding = window.kind === 'sliding'
    const timeOrdered = emit === 'close' ? { timeOrdered: true } : {}
    const shape = { kind: 'window', retentionMs, windowSizeMs, ...(sliding ? { rangesByKey: true } : {}), ...timeOrdered } as const
    const operatorOf = (store: string, sendsOldValues: boolean): OperatorSpec =>
      window.kind === 'sliding'
        ? { kind: 'slidingAggregate', store, window, aggregation, sendsOldValues, emit }
        : { kind: 'windowAggregate', store, window, aggregation, sendsOldValues, emit }
    const flow = aggregateStream(this.group, {
      prefix,
      aggregation,
      options,
      value,
      resultValue,
      countBurnsName: !sliding,
      traits: { closesAfterMs: window.graceMs },
      store: (named, key, stored) => windowStore(named, key, stored, { ...shape, neverCached: sliding && emit === 'close' }),
      operator: (store, { sendsOldValues }) => operatorOf(store, sendsOldValues),
      resultKey: (key) => timeWindowed(key, windowSizeMs),
    })
    return new KTable(flow)
  }

  private retentionMs(options: WindowedOptions): number {
    const { window } = this
    // To make a sliding window, the windows up to two differences before are looked up.
    const least = (window.kind === 'sliding' ? 2 * window.differenceMs : window.sizeMs) + window.graceMs
    return retentionOf(this.group, options, least)
  }
}

function sizeMsOf(window: TimeWindow | SlidingWindow): number {
  return window.kind === 'sliding' ? window.differenceMs : window.sizeMs
}

function checkWindow({ graph, name }: GroupFlow, window: TimeWindow | SlidingWindow): void {
  const check = (holds: boolean, problem: string, remedy: string) => {
    if (!holds) graph.problems.report(name, problem, remedy)
  }
  if (window.kind === 'sliding') {
    check(window.differenceMs >= 0, `a window cannot be ${window.differenceMs} ms long.`, 'Give a difference of 0 or more.')
  } else {
    const { sizeMs, advanceMs } = window
    check(sizeMs > 0, `a window of ${sizeMs} ms has no room.`, 'Give a size of more than 0.')
    const advances = sizeMs <= 0 || (advanceMs > 0 && advanceMs <= sizeMs)
    const remedy = 'Advance by more than 0 and at most the size.'
    check(advances, `a window of ${sizeMs} ms cannot advance by ${advanceMs} ms.`, remedy)
  }
  check(window.graceMs >= 0, `a grace of ${window.graceMs} ms is in the past.`, 'Give a grace of 0 or more.')
}

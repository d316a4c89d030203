// A grouped stream cut into windows of time.

import type { Aggregation } from '../graph/operator-spec.ts'
import type { TimeWindow, Windowed } from '../graph/window-spec.ts'
import { json, long } from '../serdes/serdes.ts'
import { timeWindowed } from '../serdes/windowed.ts'
import { aggregateStream, type GroupFlow } from './aggregate-stream.ts'
import { counting, folding, foldingByName, reducing } from './aggregations.ts'
import type { Aggregated, Aggregators } from './aggregators.ts'
import type { Adder, Reducer } from './callbacks.ts'
import { durationMs } from './duration.ts'
import type { AnySerde } from './flow.ts'
import { KTable } from './ktable.ts'
import { windowStore } from './materialize.ts'
import type { WindowedOptions, WindowedValueOptions } from './options.ts'

/**
 * Aggregations by key and window. Each record updates every window that its timestamp is in, unless that window is closed: its end and grace lie behind the
 * greatest timestamp that the operator has seen. Such late records, and those with a null key, are dropped and counted. Null values are not dropped.
 * Each update gives a new row of the table, with the key `{ key, start, end }`.
 */
export class TimeWindowedKStream<K, V> {
  private readonly group: GroupFlow
  private readonly window: TimeWindow

  /** @internal */
  constructor(group: GroupFlow, window: TimeWindow) {
    this.group = group
    this.window = window
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
    const { window } = this
    const retentionMs = this.retentionMs(options)
    const flow = aggregateStream(this.group, {
      prefix,
      aggregation,
      options,
      value,
      resultValue,
      store: (named, key, stored) => windowStore(named, key, stored, { kind: 'window', retentionMs, windowSizeMs: window.sizeMs }),
      operator: (store, { sendsOldValues }) => ({ kind: 'windowAggregate', store, window, aggregation, sendsOldValues, emit: 'updates' }),
      resultKey: (key) => timeWindowed(key, window.sizeMs),
    })
    return new KTable(flow)
  }

  private retentionMs({ store, name }: WindowedOptions): number {
    const { sizeMs, graceMs } = this.window
    const least = sizeMs + graceMs
    const given = typeof store === 'object' ? store.retention : undefined
    if (given === undefined) return least
    const retentionMs = durationMs(given)
    if (retentionMs < least) {
      const problem = `a retention of ${retentionMs} ms is less than the window's size and grace, ${least} ms.`
      this.group.graph.problems.report(name ?? this.group.name, problem, 'Give a longer retention, or none.')
    }
    return retentionMs
  }
}

function checkWindow({ graph, name }: GroupFlow, { sizeMs, advanceMs, graceMs }: TimeWindow): void {
  const check = (holds: boolean, problem: string, remedy: string) => {
    if (!holds) graph.problems.report(name, problem, remedy)
  }
  check(sizeMs > 0, `a window of ${sizeMs} ms has no room.`, 'Give a size of more than 0.')
  check(
    sizeMs <= 0 || (advanceMs > 0 && advanceMs <= sizeMs),
    `a window of ${sizeMs} ms cannot advance by ${advanceMs} ms.`,
    'Advance by more than 0 and at most the size.',
  )
  check(graceMs >= 0, `a grace of ${graceMs} ms is in the past.`, 'Give a grace of 0 or more.')
}

// A table: for each key its latest value.

import { LogicalNode } from '../graph/logical-graph.ts'
import type { Callback, StoreSpec } from '../graph/operator-spec.ts'
import { type FilteredTable, type MappedTable, sendOldValues } from '../graph/table-state.ts'
import type { Mapper, Predicate } from './callbacks.ts'
import { type AnySerde, addStep, requireSerde, type TableFlow } from './flow.ts'
import type { KStream } from './kstream.ts'
import { rowStore, storeOptions } from './materialize.ts'
import type { NameOptions, StatefulOptions, StoreOption, ValueOptions } from './options.ts'

/**
 * A table of the latest value of each key; a null value deletes a row. `Deleted` is null where rows can be deleted (tables read from topics, filtered ones) and
 * never where they cannot (counts and other aggregates), so that `toStream()` says whether null must be expected.
 */
export class KTable<K, V, Deleted extends null = null> {
  /** @internal */
  readonly flow: TableFlow

  /** @internal */
  constructor(flow: TableFlow) {
    this.flow = flow
  }

  /**
   * The rows for which the predicate holds. A row that no longer does is deleted downstream. The predicate is not asked about deletions.
   *
   * Kafka Streams: `KTable.filter`. With a store the result can be queried; without one it is computed when needed.
   *
   * @example
   * ```ts
   * import { topology } from 'millrace'
   *
   * export default topology('big-cities', (builder) => {
   *   const inhabitants = builder.table<string, number>('inhabitants')
   *   inhabitants.filter((count) => count > 1_000_000).toStream().to('big-cities')
   * })
   * ```
   */
  filter(predicate: Predicate<K, V>, options: StatefulOptions = {}): KTable<K, V> {
    return this.filtered(predicate, false, options)
  }

  /** The rows for which the predicate does not hold. Kafka Streams: `KTable.filterNot`. */
  filterNot(predicate: Predicate<K, V>, options: StatefulOptions = {}): KTable<K, V> {
    return this.filtered(predicate, true, options)
  }

  /**
   * A table of the same keys with other values. The mapper is not asked about deletions. It may be called again for a row, whenever the row is read.
   *
   * Kafka Streams: `KTable.mapValues`.
   *
   * @example
   * ```ts
   * import { topology } from 'millrace'
   *
   * export default topology('greetings', (builder) => {
   *   builder.table<string, string>('names').mapValues((name) => `Hello, ${name}`).toStream().to('greetings')
   * })
   * ```
   */
  mapValues<R>(mapper: Mapper<K, V, R>, options: ValueOptions<R> = {}): KTable<K, R, Deleted> {
    const { graph, state, key } = this.flow
    const store = this.storeName('KTABLE-MAPVALUES-', options)
    const name = graph.names.orGenerated(options.name, 'KTABLE-MAPVALUES-')
    const mapped: MappedTable = { kind: 'mapValues', of: state, store, mapper: mapper as Callback<R>, sendsOldValues: false }
    const value = options.value ?? null
    const spec = store === null ? null : this.store(store, name, value, options.store)
    const operator = () => ({ kind: 'tableMapValues', mapper: mapped.mapper, store, sendsOldValues: mapped.sendsOldValues }) as const
    const node = new LogicalNode(name, { kind: 'processor', operator, store: spec, connects: [] })
    graph.add(this.flow.node, node)
    return new KTable({ ...this.flow, name, node, key, value, state: mapped })
  }

  /**
   * The changes of the table as a stream; with a selector, under another key. A deletion is a null value.
   *
   * Kafka Streams: `KTable.toStream`.
   *
   * @example
   * ```ts
   * import { topology, tumbling } from 'millrace'
   *
   * export default topology('counts', (builder) => {
   *   const counts = builder.stream<string, string>('clicks').groupByKey().windowedBy(tumbling('1m')).count()
   *   counts.toStream((_count, windowed) => windowed.key).to('counts')
   * })
   * ```
   */
  toStream<NewKey>(selector: Mapper<K, V | Deleted, NewKey>, options?: NameOptions): KStream<NewKey, V | Deleted>
  toStream(options?: NameOptions): KStream<K, V | Deleted>
  toStream<NewKey>(
    selector?: Mapper<K, V | Deleted, NewKey> | NameOptions,
    options: NameOptions = {},
  ): KStream<K, V | Deleted> | KStream<NewKey, V | Deleted> {
    const given = typeof selector === 'object' ? selector : options
    const { state: _table, ...flow } = this.flow
    const name = flow.graph.names.orGenerated(given.name, 'KTABLE-TOSTREAM-')
    const changes = addStep({ ...flow, changedKey: false, joinRepartition: null }, { name, operator: { kind: 'toStream' } })
    const stream = flow.make.stream<K, V | Deleted>(changes)
    return typeof selector === 'function' ? stream.selectKey(selector as Mapper<K, V | Deleted, NewKey>) : stream
  }

  private filtered(predicate: Predicate<K, V>, negate: boolean, options: StatefulOptions): KTable<K, V> {
    const { graph, state, value } = this.flow
    const store = this.storeName('KTABLE-FILTER-', options)
    const name = graph.names.orGenerated(options.name, 'KTABLE-FILTER-')
    const test = predicate as Callback<boolean>
    // With a stored parent, old values tell which rows were there, so that no needless deletions are sent.
    const sendsOldValues = sendOldValues(state, false)
    const filtered: FilteredTable = { kind: 'filter', of: state, store, predicate: test, negate, sendsOldValues }
    const spec = store === null ? null : this.store(store, name, value, options.store)
    const operator = () => ({ kind: 'tableFilter', predicate: test, negate, store, sendsOldValues: filtered.sendsOldValues }) as const
    const node = new LogicalNode(name, { kind: 'processor', operator, store: spec, connects: [] })
    graph.add(this.flow.node, node)
    return new KTable({ ...this.flow, name, node, state: filtered })
  }

  /** Only a named store is kept; an unnamed one uses up a generated name and no more. */
  private storeName(prefix: string, options: StatefulOptions): string | null {
    if (options.store === undefined) return null
    const { name } = storeOptions(options.store)
    if (name === undefined) this.flow.graph.names.store(prefix)
    return name ?? null
  }

  private store(name: string, node: string, value: AnySerde | null, store: StoreOption | undefined): StoreSpec {
    const serdes = [requireSerde(this.flow, node, 'key', this.flow.key), requireSerde(this.flow, node, 'value', value)] as const
    return rowStore({ name, queryable: true, options: storeOptions(store) }, ...serdes)
  }
}

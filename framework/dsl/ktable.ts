// A table: for each key its latest value.

import { givesVersioned, LogicalNode } from '../graph/logical-graph.ts'
import type { Callback, Joiner as JoinerSpec, JoinType } from '../graph/operator-spec.ts'
import type { ValueTransformer } from '../graph/processor.ts'
import { queryableStoreOf, sendOldValues } from '../graph/table-state.ts'
import { type ApplyOptions, type OperatorContext, operatorContext } from './apply.ts'
import { requireFlow, requireFunction, requireOptions } from './arguments.ts'
import type { ForeignKey, Joiner, Mapper, Predicate } from './callbacks.ts'
import { addStep, type TableFlow } from './flow.ts'
import { joinByForeignKey } from './foreign-key-join.ts'
import { KGroupedTable } from './kgrouped-table.ts'
import type { KStream } from './kstream.ts'
import type {
  ForeignKeyJoinOptions,
  NameOptions,
  StatefulOptions,
  SuppressOptions,
  TransformerOptions,
  ValueOptions,
  WriteOptions,
} from './options.ts'
import { suppressTable } from './suppress.ts'
import { filterTable, type MapOptions, mapTable, transformTable } from './table-steps.ts'
import { joinTables, type TableJoinOptions } from './table-table-join.ts'

/**
 * A table of the latest value of each key; a null value deletes a row. `Deleted` is null where rows can be deleted (tables read from topics, filtered ones) and
 * never where they cannot (counts and other aggregates), so that `toStream()` says whether null must be expected.
 */
export class KTable<out K, out V, out Deleted extends null = null> {
  /** @internal */
  readonly flow: TableFlow

  /** @internal */
  constructor(flow: TableFlow) {
    this.flow = flow
  }

  /**
   * The name of the store in which the rows can be queried: undefined if the table has none that was given a name.
   *
   * Kafka Streams: `KTable.queryableStoreName`.
   *
   * @example
   * ```ts
   * import { topology } from 'millrace'
   *
   * export default topology('queryable', (builder) => {
   *   const cities = builder.table<string, string>('cities', { store: 'cities' })
   *   console.assert(cities.queryableStoreName === 'cities')
   * })
   * ```
   */
  get queryableStoreName(): string | undefined {
    return queryableStoreOf(this.flow.state)
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
    requireStep(this.flow, 'KTable.filter', 'predicate', predicate, options)
    return new KTable(filterTable(this.flow, predicate as Callback<boolean>, false, options))
  }

  /**
   * The rows for which the predicate does not hold. A row that no longer passes is deleted downstream. The predicate is not asked about deletions.
   *
   * Kafka Streams: `KTable.filterNot`.
   *
   * @example
   * ```ts
   * import { topology } from 'millrace'
   *
   * export default topology('open-orders', (builder) => {
   *   const orders = builder.table<string, { paid: boolean }>('orders')
   *   orders.filterNot((order) => order.paid).toStream().to('open-orders')
   * })
   * ```
   */
  filterNot(predicate: Predicate<K, V>, options: StatefulOptions = {}): KTable<K, V> {
    requireStep(this.flow, 'KTable.filterNot', 'predicate', predicate, options)
    return new KTable(filterTable(this.flow, predicate as Callback<boolean>, true, options))
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
    requireStep(this.flow, 'KTable.mapValues', 'mapper', mapper, options)
    return new KTable(mapTable(this.flow, mapper as Callback<R>, options as MapOptions))
  }

  /**
   * As `mapValues`, but the mapper is asked about deletions too, with null for the value; what it gives for them is a row like others, unless it is null. With
   * `stores` it is not a mapper but makes one, a `ValueTransformer`, which has a context and opens those stores.
   *
   * Kafka Streams: `KTable.transformValues`.
   *
   * @example
   * ```ts
   * import { topology } from 'millrace'
   *
   * export default topology('states', (builder) => {
   *   const cities = builder.table<string, string>('cities')
   *   cities.transformValues((city) => city ?? '(gone)').toStream().to('states')
   * })
   * ```
   */
  transformValues<R>(supplier: () => ValueTransformer<K, V, R>, options: TransformerOptions<R>): KTable<K, R>
  transformValues<R>(mapper: Mapper<K, V | null, R>, options?: ValueOptions<R>): KTable<K, R>
  transformValues<R>(mapper: unknown, options: ValueOptions<R> | TransformerOptions<R> = {}): KTable<K, R> {
    requireStep(this.flow, 'KTable.transformValues', 'mapper', mapper, options)
    return new KTable(transformTable(this.flow, mapper, options as MapOptions))
  }

  /**
   * Groups the rows by another key; the selector gives that key, and the value that is to be aggregated, as a pair. When a row changes, its old value is
   * taken out of its group and the new one put into its own; a deleted row only leaves. Rows whose new key or value is null are in no group. Both travel
   * over a repartition topic, so where the group changes, they may arrive at different times.
   *
   * Kafka Streams: `KTable.groupBy`.
   *
   * @example
   * ```ts
   * import { topology } from 'millrace'
   *
   * export default topology('teams', (builder) => {
   *   const players = builder.table<string, { team: string; score: number }>('players')
   *   players.groupBy((player) => [player.team, player.score]).count().toStream().to('team-sizes')
   * })
   * ```
   */
  groupBy<NewKey, NewValue>(
    selector: Mapper<K, V, readonly [NewKey, NewValue]>,
    options: WriteOptions<NewKey, NewValue> = {},
  ): KGroupedTable<NewKey, NewValue> {
    const { make, graph, sources, state } = this.flow
    requireStep(this.flow, 'KTable.groupBy', 'selector', selector, options)
    const name = graph.names.orGenerated(options.name, 'KTABLE-SELECT-')
    const pairs = selector as Callback<readonly [unknown, unknown]>
    const operator = () => ({ kind: 'tableGroupBy', versioned: givesVersioned(this.flow.node), selector: pairs }) as const
    const node = new LogicalNode(name, { kind: 'processor', operator, store: () => null, connects: [] })
    graph.add(this.flow.node, node)
    sendOldValues(state, true)
    const { key = null, value = null } = options
    return new KGroupedTable({ make, graph, name, node, sources, key, value, groupName: options.name, repartition: null })
  }

  /**
   * Joins the rows of both tables that have the same key; a change on either side gives a new row. Where one side has no row there is none. Both tables must
   * be partitioned alike.
   *
   * Given what key of the other table a row belongs to, joins each row of this table with that one row of the other; a change of the other's row gives
   * a new row for each one of this table that belongs to it. The tables may be partitioned as they like. A row whose foreign key is null has none.
   *
   * Kafka Streams: `KTable.join`.
   *
   * @example
   * ```ts
   * import { topology } from 'millrace'
   *
   * export default topology('profiles', (builder) => {
   *   const names = builder.table<string, string>('names')
   *   const cities = builder.table<string, string>('cities')
   *   names.join(cities, (name, city) => ({ name, city })).toStream().to('profiles')
   *
   *   const orders = builder.table<string, { customer: string; amount: number }>('orders')
   *   orders.join(names, (order) => order.customer, (order, name) => ({ ...order, name })).toStream().to('named-orders')
   * })
   * ```
   */
  join<KO, T, R>(
    other: KTable<KO, T>,
    foreignKey: ForeignKey<K, V, KO>,
    joiner: (left: V, right: T) => R,
    options?: ForeignKeyJoinOptions<K, V, KO, T, R>,
  ): KTable<K, R>
  join<T, R>(other: KTable<K, T>, joiner: Joiner<K, V, T, R>, options?: ValueOptions<R>): KTable<K, R>
  join(other: object, ...rest: JoinArguments): KTable<K, never> {
    return new KTable(joinAny(this.flow, 'KTable.join', other, 'inner', rest))
  }

  /**
   * As `join`, but a row of this table without one of the other is joined with null. A deletion on this side deletes the result.
   *
   * Kafka Streams: `KTable.leftJoin`.
   *
   * @example
   * ```ts
   * import { topology } from 'millrace'
   *
   * export default topology('customers-with-address', (builder) => {
   *   const customers = builder.table<string, { name: string; city: string }>('customers')
   *   const addresses = builder.table<string, string>('addresses')
   *   const cities = builder.table<string, { country: string }>('cities')
   *   customers.leftJoin(addresses, ({ name }, address) => ({ name, address: address ?? 'unknown' })).toStream().to('addressed')
   *   customers.leftJoin(cities, ({ city }) => city, ({ name }, city) => ({ name, country: city?.country ?? '?' })).toStream().to('located')
   * })
   * ```
   */
  leftJoin<KO, T, R>(
    other: KTable<KO, T>,
    foreignKey: ForeignKey<K, V, KO>,
    joiner: (left: V, right: T | null) => R,
    options?: ForeignKeyJoinOptions<K, V, KO, T, R>,
  ): KTable<K, R>
  leftJoin<T, R>(other: KTable<K, T>, joiner: Joiner<K, V, T | null, R>, options?: ValueOptions<R>): KTable<K, R>
  leftJoin(other: object, ...rest: JoinArguments): KTable<K, never> {
    return new KTable(joinAny(this.flow, 'KTable.leftJoin', other, 'left', rest))
  }

  /**
   * As `join`, but a row of either table without one of the other is joined with null. The result is deleted when both sides have no row.
   *
   * Kafka Streams: `KTable.outerJoin`.
   *
   * @example
   * ```ts
   * import { topology } from 'millrace'
   *
   * export default topology('stock', (builder) => {
   *   const ordered = builder.table<string, number>('ordered')
   *   const stored = builder.table<string, number>('stored')
   *   ordered.outerJoin(stored, (due, there) => (there ?? 0) - (due ?? 0)).toStream().to('free-stock')
   * })
   * ```
   */
  outerJoin<T, R>(other: KTable<K, T>, joiner: Joiner<K, V | null, T | null, R>, options: ValueOptions<R> = {}): KTable<K, R> {
    requireFlow(this.flow.graph, 'KTable.outerJoin', 'other table', other, 'a table')
    requireStep(this.flow, 'KTable.outerJoin', 'joiner', joiner, options)
    return new KTable(joinTables(this.flow, other.flow, 'outer', joiner as JoinerSpec, options as TableJoinOptions))
  }

  /**
   * Holds back changes: of a windowed table until its windows close, so that each gives one final result; of any table for a time, so that quick changes
   * of a row become one. Time is stream time: nothing is sent while nothing comes.
   *
   * Kafka Streams: `KTable.suppress` (KIP-328).
   *
   * @example
   * ```ts
   * import { topology, tumbling } from 'millrace'
   *
   * export default topology('hourly', (builder) => {
   *   const hourly = builder.stream<string, string>('clicks').groupByKey().windowedBy(tumbling('1h', { grace: '5m' })).count()
   *   hourly.suppress({ until: 'windowCloses' }).toStream().to('final-counts')
   * })
   * ```
   */
  suppress(options: SuppressOptions): KTable<K, V, Deleted> {
    requireOptions(this.flow.graph, 'KTable.suppress', options)
    return new KTable(suppressTable(this.flow, options))
  }

  /**
   * Applies an operator: a function that is given this table and adds what it likes to it. As `KStream.apply`.
   *
   * @example
   * ```ts
   * import { type KTable, topology } from 'millrace'
   *
   * export default topology('without-test-cities', (builder) => {
   *   const withoutTests = (table: KTable<string, string>) => table.filterNot((city) => city.startsWith('test'))
   *   builder.table<string, string>('cities').apply(withoutTests).toStream().to('real-cities')
   * })
   * ```
   */
  apply<R>(operator: (table: KTable<K, V, Deleted>, context: OperatorContext<K, V>) => R, options: ApplyOptions<K, V> = {}): R {
    return operator(this, operatorContext(this.flow, options, 'KTABLE-APPLY-'))
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
    if (selector !== undefined && typeof selector !== 'object') requireFunction(this.flow.graph, 'KTable.toStream', 'selector', selector)
    const given = typeof selector === 'object' ? selector : options
    requireOptions(this.flow.graph, 'KTable.toStream', given)
    const { state: _table, ...flow } = this.flow
    const name = flow.graph.names.orGenerated(given.name, 'KTABLE-TOSTREAM-')
    const changes = addStep({ ...flow, changedKey: false, joinRepartition: null }, { name, operator: { kind: 'toStream' } })
    const stream = flow.make.stream<K, V | Deleted>(changes)
    return typeof selector === 'function' ? stream.selectKey(selector as Mapper<K, V | Deleted, NewKey>) : stream
  }
}

/** What stands behind the other table: a joiner and options, or a foreign key, a joiner and options. */
type JoinArguments = readonly unknown[]

function joinAny(
  flow: TableFlow,
  call: string,
  table: object,
  type: Exclude<JoinType, 'outer'>,
  [second, third, fourth]: JoinArguments,
): TableFlow {
  requireFlow(flow.graph, call, 'other table', table, 'a table')
  requireStep(
    flow,
    call,
    typeof third === 'function' ? 'foreign key' : 'joiner',
    second,
    (typeof third === 'function' ? fourth : third) ?? {},
  )
  const other = (table as KTable<unknown, unknown>).flow
  if (typeof third !== 'function') return joinTables(flow, other, type, second as JoinerSpec, (third ?? {}) as TableJoinOptions)
  const options = (fourth ?? {}) as ForeignKeyJoinOptions<unknown, unknown, unknown, unknown, unknown>
  return joinByForeignKey(flow, other, second as ForeignKey<unknown, unknown, unknown>, third as JoinerSpec, type === 'left', options)
}

function requireStep({ graph }: TableFlow, call: string, what: string, callback: unknown, options: unknown): void {
  requireFunction(graph, call, what, callback)
  requireOptions(graph, call, options)
}

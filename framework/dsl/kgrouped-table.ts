// A table grouped by other keys: each row is a value of one group.

import { LogicalNode } from '../graph/logical-graph.ts'
import type { Aggregation, TableAggregation } from '../graph/operator-spec.ts'
import type { AggregateTable } from '../graph/table-state.ts'
import { changed } from '../serdes/changed.ts'
import { long } from '../serdes/serdes.ts'
import { structuredJson } from '../serdes/structured-json.ts'
import { seenOf } from './aggregate-stream.ts'
import { foldingTableByName } from './aggregations.ts'
import type { Aggregated, Aggregators } from './aggregators.ts'
import { requireAggregate, requireFold, requireOptions } from './arguments.ts'
import type { Adder, Reducer } from './callbacks.ts'
import { type AnySerde, type Flow, requireSerde } from './flow.ts'
import type { KTable } from './ktable.ts'
import { isVersioned, nameStore, rowStore } from './materialize.ts'
import type { AggregatorsOptions, StatefulOptions, ValueOptions } from './options.ts'

export interface TableGroupFlow extends Flow {
  readonly groupName: string | undefined
  repartition: LogicalNode | null
}

/**
 * Rows with equal group keys, together. When a row changes, its old value is taken out of its group and the new one folded into its own, so that
 * aggregates follow the table; of the two the old one may come later where the group changes. Rows whose group key or value is null are in no group.
 */
export class KGroupedTable<out K, out V> {
  private readonly group: TableGroupFlow

  /** @internal */
  constructor(group: TableGroupFlow) {
    this.group = group
  }

  /**
   * How many rows each group has.
   *
   * Kafka Streams: `KGroupedTable.count`.
   *
   * @example
   * ```ts
   * import { topology } from 'millrace'
   *
   * export default topology('residents', (builder) => {
   *   const cityOf = builder.table<string, string>('city-of-person')
   *   cityOf.groupBy((city, person) => [city, person]).count().toStream().to('residents')
   * })
   * ```
   */
  count(options: StatefulOptions = {}): KTable<K, number, never> {
    requireOptions(this.group.graph, 'KGroupedTable.count', options)
    const add: Aggregation['adder'] = (count) => (count as number) + 1
    const subtract: Aggregation['adder'] = (count) => (count as number) - 1
    const aggregation = { kind: 'count', initializer: () => 0, adder: add, subtractor: subtract, result: null } as const
    return this.table('KTABLE-AGGREGATE-', aggregation, options, long())
  }

  /**
   * Folds the values of a group into one of the same type; `subtractor` takes an old value out again. The first value of a group is its first aggregate.
   *
   * Kafka Streams: `KGroupedTable.reduce`.
   *
   * @example
   * ```ts
   * import { topology } from 'millrace'
   *
   * export default topology('stock', (builder) => {
   *   const shelves = builder.table<string, { product: string; pieces: number }>('shelves')
   *   const products = shelves.groupBy((shelf) => [shelf.product, shelf.pieces])
   *   products.reduce((sum, pieces) => sum + pieces, (sum, pieces) => sum - pieces).toStream().to('stock')
   * })
   * ```
   */
  reduce(adder: Reducer<K, V>, subtractor: Reducer<K, V>, options: StatefulOptions = {}): KTable<K, V, never> {
    requireFold(this.group.graph, 'KGroupedTable.reduce', { adder, subtractor }, options)
    const aggregation: TableAggregation = {
      kind: 'reduce',
      initializer: null,
      adder: adder as Aggregation['adder'],
      subtractor: subtractor as Aggregation['adder'],
      result: null,
    }
    return this.table('KTABLE-REDUCE-', aggregation, options, this.group.value)
  }

  /**
   * Folds the values of a group; `subtractor` takes an old value out again. Or by named aggregators that can remove, several in one pass; then a group
   * whose last row is gone is deleted.
   *
   * Kafka Streams: `KGroupedTable.aggregate`.
   *
   * @example
   * ```ts
   * import { count, mean, topology } from 'millrace'
   *
   * export default topology('team-scores', (builder) => {
   *   const players = builder.table<string, { team: string; score: number }>('players')
   *   const teams = players.groupBy((player) => [player.team, player.score])
   *   teams.aggregate(() => 0, (total, score) => total + score, (total, score) => total - score).toStream().to('team-scores')
   *   teams.aggregate({ players: count(), meanScore: mean((score) => score) }).toStream().to('team-means')
   * })
   * ```
   */
  aggregate<A extends Aggregators<V>>(aggregators: A, options?: AggregatorsOptions<Aggregated<A>>): KTable<K, Aggregated<A>>
  aggregate<A>(initializer: () => A, adder: Adder<K, V, A>, subtractor: Adder<K, V, A>, options?: ValueOptions<A>): KTable<K, A, never>
  aggregate<A>(
    initializer: (() => A) | Aggregators<V>,
    adder?: Adder<K, V, A> | AggregatorsOptions<A>,
    subtractor?: Adder<K, V, A>,
    options: ValueOptions<A> = {},
  ): KTable<K, A, never> {
    requireAggregate(this.group.graph, 'KGroupedTable.aggregate', initializer, { adder, subtractor }, options)
    if (typeof initializer !== 'function') {
      const aggregation = foldingTableByName(initializer, this.group)
      return this.table('KTABLE-AGGREGATE-', aggregation, (adder as AggregatorsOptions<A> | undefined) ?? {}, structuredJson(), null)
    }
    const aggregation: TableAggregation = {
      kind: 'aggregate',
      initializer,
      adder: adder as Aggregation['adder'],
      subtractor: subtractor as Aggregation['adder'],
      result: null,
    }
    return this.table('KTABLE-AGGREGATE-', aggregation, options, options.value)
  }

  private table<R>(
    prefix: 'KTABLE-AGGREGATE-' | 'KTABLE-REDUCE-',
    aggregation: TableAggregation,
    options: AggregatorsOptions<R>,
    valueSerde: AnySerde | null | undefined,
    resultValue?: null,
  ): KTable<K, R, never> {
    const { make, graph } = this.group
    // Kafka Streams names the store of a reduce after aggregate.
    const named = nameStore(graph, options.store, options.name, 'KTABLE-AGGREGATE-')
    const sinkName = graph.names.suffixedOrGenerated(options.name, '-sink', 'KSTREAM-SINK-')
    const sourceName = graph.names.suffixedOrGenerated(options.name, '-source', 'KSTREAM-SOURCE-')
    const name = graph.names.orGenerated(options.name, prefix)
    const key = requireSerde(this.group, name, 'key', this.group.key)
    const value = requireSerde(this.group, name, 'value', valueSerde)
    const repartition = this.repartitioned(sinkName, sourceName, `${this.group.groupName ?? named.name}-repartition`)
    const state: AggregateTable = {
      kind: 'aggregate',
      store: named.name,
      queryable: named.queryable,
      result: aggregation.result,
      sendsOldValues: false,
    }
    const operator = () => ({ kind: 'tableAggregate', store: named.name, aggregation, sendsOldValues: state.sendsOldValues }) as const
    const store = { ...rowStore(named, key, value), ...seenOf(aggregation, options.result as AnySerde | undefined) }
    const node = new LogicalNode(
      name,
      { kind: 'processor', operator, store: () => store, connects: [] },
      { versioned: isVersioned(options.store) },
    )
    graph.add(repartition, node)
    return make.table<K, R, never>({
      make,
      graph,
      name,
      node,
      key,
      value: resultValue === undefined ? value : resultValue,
      sources: new Set([repartition.name]),
      state,
    })
  }

  /** Aggregations of a group that was named share its repartition topic. */
  private repartitioned(sinkName: string, sourceName: string, topic: string): LogicalNode {
    const { graph, groupName, node } = this.group
    const key = requireSerde(this.group, sourceName, 'key', this.group.key)
    const value = changed(requireSerde(this.group, sourceName, 'value', this.group.value)) as AnySerde
    const fresh = new LogicalNode(sourceName, { kind: 'tableRepartition', topic, sinkName, key, value })
    if (this.group.repartition === null || groupName === undefined) this.group.repartition = fresh
    graph.add(node, this.group.repartition)
    return this.group.repartition
  }
}

// A stream being split: branches are added one by one, and taken out together.

import { LogicalNode } from '../graph/logical-graph.ts'
import type { Callback } from '../graph/operator-spec.ts'
import { requireFunction, requireOptions } from './arguments.ts'
import type { Predicate, TypePredicate } from './callbacks.ts'
import { addStep, type StreamFlow } from './flow.ts'
import type { KStream } from './kstream.ts'
import type { NameOptions } from './options.ts'

interface Branch {
  readonly child: string
  readonly predicate: Callback<boolean> | null
}

/** Each record goes to the first branch whose predicate holds, else to the default branch, else nowhere. */
export class BranchedKStream<out K, out V, out Branches extends readonly unknown[] = []> {
  private readonly source: StreamFlow
  private readonly splitter: StreamFlow
  private readonly branches: Branch[] = []
  private readonly streams: unknown[] = []

  /** @internal */
  constructor(source: StreamFlow, options: NameOptions) {
    this.source = source
    const name = source.graph.names.orGenerated(options.name, 'KSTREAM-BRANCH-')
    const { branches } = this
    // Read when the topology is written: branches come later.
    this.splitter = addStep(source, { name, operator: () => ({ kind: 'branch', branches }) })
  }

  /**
   * Adds a branch: of the records that fit none of the branches before it, those for which the predicate holds, null keys and null values too. A
   * predicate that narrows the type narrows the branch's.
   *
   * Kafka Streams: `BranchedKStream.branch`, `Branched`.
   *
   * @example
   * ```ts
   * import { topology } from 'millrace'
   *
   * export default topology('by-size', (builder) => {
   *   const orders = builder.stream<string, number>('orders')
   *   const [large, middle] = orders.split().branch((amount) => amount > 1000).branch((amount) => amount > 100).noDefaultBranch()
   *   large.to('large-orders')
   *   middle.to('middle-orders')
   * })
   * ```
   */
  branch<S extends V>(predicate: TypePredicate<K, V, S>, options?: NameOptions): BranchedKStream<K, V, [...Branches, KStream<K, S>]>
  branch(predicate: Predicate<K, V>, options?: NameOptions): BranchedKStream<K, V, [...Branches, KStream<K, V>]>
  branch(predicate: Predicate<K, V>, options: NameOptions = {}): BranchedKStream<K, V, [...Branches, KStream<K, V>]> {
    requireFunction(this.source.graph, 'BranchedKStream.branch', 'predicate', predicate)
    requireOptions(this.source.graph, 'BranchedKStream.branch', options)
    this.add(options.name ?? String(this.branches.length + 1), predicate as Callback<boolean>)
    return this as unknown as BranchedKStream<K, V, [...Branches, KStream<K, V>]>
  }

  /**
   * Ends the splitting: the branches in order, and behind them one for all other records.
   *
   * Kafka Streams: `BranchedKStream.defaultBranch`.
   *
   * @example
   * ```ts
   * import { topology } from 'millrace'
   *
   * export default topology('by-size', (builder) => {
   *   const [large, others] = builder.stream<string, number>('orders').split().branch((amount) => amount > 1000).defaultBranch()
   *   large.to('large-orders')
   *   others.to('other-orders')
   * })
   * ```
   */
  defaultBranch(options: NameOptions = {}): [...Branches, KStream<K, V>] {
    requireOptions(this.source.graph, 'BranchedKStream.defaultBranch', options)
    this.add(options.name ?? '0', null)
    return this.streams as [...Branches, KStream<K, V>]
  }

  /**
   * Ends the splitting: the branches in order. Records that fit none are left out.
   *
   * Kafka Streams: `BranchedKStream.noDefaultBranch`.
   *
   * @example
   * ```ts
   * import { topology } from 'millrace'
   *
   * export default topology('large', (builder) => {
   *   const [large] = builder.stream<string, number>('orders').split().branch((amount) => amount > 1000).noDefaultBranch()
   *   large.to('large-orders')
   * })
   * ```
   */
  noDefaultBranch(): Branches {
    return this.streams as unknown as Branches
  }

  private add(suffix: string, predicate: Callback<boolean> | null): void {
    const { graph, make } = this.source
    const child = `${this.splitter.name}${suffix}`
    // Kafka Streams makes a name here that nobody sees.
    graph.names.processor(child)
    this.branches.push({ child, predicate })
    const node = new LogicalNode(child, { kind: 'processor', operator: () => ({ kind: 'pass' }), store: () => null, connects: [] })
    graph.add(this.splitter.node, node)
    this.streams.push(make.stream<K, V>({ ...this.source, name: child, node, joinRepartition: null }))
  }
}

// What apply() hands to an operator besides the stream or table: what only the compiler or the builder can give.

import type { Serde } from '../ports/serde.ts'
import { addStore } from './add-store.ts'
import type { Flow } from './flow.ts'
import type { AddStoreOptions, WriteOptions } from './options.ts'

/** Of `apply()`: the serdes are those of the keys and values that the operator is given, derived from their types. */
export interface ApplyOptions<K, V> extends WriteOptions<K, V> {}

/**
 * For a reusable operator: how to name what it adds, and what it needs to store what it is given.
 *
 * @example
 * ```ts
 * import { type KStream, type OperatorContext, topology } from 'millrace'
 *
 * export default topology('without-repeats', (builder) => {
 *   const counted = <V>(stream: KStream<string, V>, { name }: OperatorContext<string, V>) =>
 *     stream.groupByKey({ name: `${name}-by-key` }).count({ name, store: `${name}-counts` })
 *   builder.stream<string, string>('words').apply(counted).toStream().to('counts')
 * })
 * ```
 */
export interface OperatorContext<K, V> {
  /**
   * What the operator is called: the name of the variable that holds its result, or that of the options. One node of it should have this name, others, stores
   * and internal topics names that begin with it and a hyphen. Where the compiler gives none (in functions and loops, or with `naming:
   * 'kafka-streams'`) it is a numbered one, which is only counted if it is asked for.
   */
  readonly name: string
  /** undefined: the type cannot travel, or is not known. */
  readonly key: Serde<NonNullable<K>> | undefined
  readonly value: Serde<NonNullable<V>> | undefined
  /** As `builder.addStore`, for `process()` and `processValues()` inside of the operator. */
  addStore<StoreKey, StoreValue>(name: string, options: AddStoreOptions<StoreKey, StoreValue>): void
}

export function operatorContext<K, V>(flow: Flow, options: ApplyOptions<K, V>, prefix: string): OperatorContext<K, V> {
  const { graph } = flow
  let name = options.name
  return {
    get name() {
      name ??= graph.names.processor(prefix)
      return name
    },
    key: options.key ?? ((flow.key ?? undefined) as Serde<NonNullable<K>> | undefined),
    value: options.value ?? ((flow.value ?? undefined) as Serde<NonNullable<V>> | undefined),
    addStore: (store, storeOptions) => addStore(graph, store, storeOptions as AddStoreOptions<unknown, unknown>),
  }
}

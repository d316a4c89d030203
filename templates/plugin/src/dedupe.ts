// An operator: lets a record through unless the one before it under the same key was equal in what counts.

import { type FixedKeyProcessor, type KeyValueStore, type KStream, type OperatorContext, string } from 'millrace'

export interface DedupeOptions<V> {
  /** What counts: two records are equal if this is. */
  readonly by: (value: V) => string
}

/** For `stream.apply(dedupe({ by: … }))`. What it keeps has the name of the variable that holds its result. */
export function dedupe<K, V>({ by }: DedupeOptions<V>) {
  return (stream: KStream<K, V>, { name, key, addStore }: OperatorContext<K, V>): KStream<K, V> => {
    const last = `${name}-last`
    addStore<K, string>(last, { key, value: string() })
    return stream.processValues<V>(() => new Dedupe<K, V>(last, by), { name, stores: [last] })
  }
}

class Dedupe<K, V> implements FixedKeyProcessor<K, V, V> {
  readonly #store: string
  readonly #by: (value: V) => string
  #last!: KeyValueStore<K, string>
  #forward!: (value: V) => void

  constructor(store: string, by: (value: V) => string) {
    this.#store = store
    this.#by = by
  }

  init(context: Parameters<NonNullable<FixedKeyProcessor<K, V, V>['init']>>[0]): void {
    this.#last = context.store(this.#store)
    this.#forward = (value) => context.forward({ value })
  }

  process({ key, value }: { readonly key: K; readonly value: V }): void {
    const now = this.#by(value)
    if (this.#last.get(key) === now) return
    this.#last.put(key, now)
    this.#forward(value)
  }
}

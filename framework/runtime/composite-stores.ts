// The stores of one name in all tasks of an instance, read as one: a row by its key is looked for in each, a range is that of one task behind that of another
// (Kafka Streams: CompositeReadOnlyKeyValueStore and its siblings). Which tasks there are is asked anew at each call, and while a range is walked, whether
// the task that it is in is still here.

import type {
  ByKind,
  QueryableStoreKind,
  ReadOnlyKeyValueStore,
  ReadOnlySessionStore,
  ReadOnlyVersionedStore,
  ReadOnlyWindowStore,
} from '../ports/store.ts'

/** Each throws what the caller should see where the store cannot be read now. */
export interface StorePlaces<S> {
  /** Those in which the store is, now. */
  stores(): readonly S[]
  /** Called before each row of a range: throws if the store has gone meanwhile. */
  check(store: S): void
}

/** `first`: the first place that has something has the answer. `each`: one place behind another. `sum`: all together. */
export type How = 'first' | 'each' | 'sum'
type Methods<S> = Readonly<Record<Exclude<keyof S, 'name'>, How>>

const keyValue: Methods<ReadOnlyKeyValueStore<unknown, unknown>> = {
  get: 'first',
  range: 'each',
  reverseRange: 'each',
  all: 'each',
  reverseAll: 'each',
  prefixScan: 'each',
  approximateNumEntries: 'sum',
}

const window: Methods<ReadOnlyWindowStore<unknown, unknown>> = {
  fetch: 'first',
  fetchRange: 'each',
  backwardFetchRange: 'each',
  fetchKeys: 'each',
  backwardFetchKeys: 'each',
  fetchAll: 'each',
  backwardFetchAll: 'each',
  all: 'each',
  backwardAll: 'each',
}

const session: Methods<ReadOnlySessionStore<unknown, unknown>> = {
  fetchSession: 'first',
  fetch: 'each',
  backwardFetch: 'each',
  findSessions: 'each',
  backwardFindSessions: 'each',
  findSessionsOfKeys: 'each',
  backwardFindSessionsOfKeys: 'each',
  fetchKeys: 'each',
  backwardFetchKeys: 'each',
  findSessionsEnding: 'each',
  all: 'each',
  backwardAll: 'each',
}

const versioned: Methods<ReadOnlyVersionedStore<unknown, unknown>> = { get: 'first', getAsOf: 'first', history: 'each' }

/** All that a kind of store can be asked, and how the answers of several places become one. */
export const methodsOf: { readonly [Kind in QueryableStoreKind]: Readonly<Record<string, How>> } = {
  keyValue,
  timestampedKeyValue: keyValue,
  window,
  timestampedWindow: window,
  session,
  versioned,
}

type AnyStore = Readonly<Record<string, (...args: readonly unknown[]) => unknown>>

export function compositeStore<K, V, Kind extends QueryableStoreKind>(
  name: string,
  kind: Kind,
  places: StorePlaces<ByKind<K, V>[Kind]>,
): ByKind<K, V>[Kind] {
  const all = places as unknown as StorePlaces<AnyStore>
  const methods = Object.entries(methodsOf[kind]).map(([method, how]) => [method, callOf(method, how, all)] as const)
  return { name, ...Object.fromEntries(methods) } as unknown as ByKind<K, V>[Kind]
}

function callOf(method: string, how: How, places: StorePlaces<AnyStore>): (...args: readonly unknown[]) => unknown {
  const call = (store: AnyStore, args: readonly unknown[]): unknown => store[method]!(...args)
  switch (how) {
    case 'first':
      return (...args) => {
        for (const store of places.stores()) {
          const found = call(store, args)
          if (found !== undefined) return found
        }
        return undefined
      }
    case 'each':
      return (...args) => {
        // Now, not when the first row is asked for.
        const stores = places.stores()
        return walk(places, stores, (store) => call(store, args) as Iterable<unknown>)
      }
    case 'sum':
      return (...args) => places.stores().reduce((sum, store) => sum + (call(store, args) as number), 0)
  }
}

function* walk(
  places: StorePlaces<AnyStore>,
  stores: readonly AnyStore[],
  rowsOf: (store: AnyStore) => Iterable<unknown>,
): Generator<unknown> {
  for (const store of stores) {
    places.check(store)
    for (const row of rowsOf(store)) {
      yield row
      places.check(store)
    }
  }
}

// A store as readers outside of its topology see it: of named aggregators their results, where the store holds what they work with. All else is as it is in the store.

import type { ByKind, QueryableStoreKind } from '../ports/store.ts'
import { methodsOf } from './composite-stores.ts'

type Seen = (stored: unknown) => unknown
type AnyStore = Readonly<Record<string, (...args: readonly unknown[]) => unknown>>

/** Methods that give one value, or none; all others but the count give rows. */
const ofOneKey: ReadonlySet<string> = new Set(['get', 'getAsOf', 'fetch', 'fetchSession'])

export function withSeenValues<K, V, Kind extends QueryableStoreKind>(
  store: ByKind<K, V>[Kind],
  kind: Kind,
  seen: Seen,
): ByKind<K, V>[Kind] {
  const all = store as unknown as AnyStore
  const one = hasTimestamps(kind)
    ? (row: unknown) => ({ ...(row as object), value: seen((row as { readonly value: unknown }).value) })
    : seen
  // A version says nothing of its key.
  const row = kind === 'versioned' ? one : (pair: unknown) => [(pair as [unknown])[0], one((pair as [unknown, unknown])[1])]
  const wrapped = Object.keys(methodsOf[kind]).map((method) => {
    if (method === 'approximateNumEntries') return [method, (...args: readonly unknown[]) => all[method]!(...args)] as const
    // A session store's `fetch` gives all sessions of a key.
    if (ofOneKey.has(method) && !(kind === 'session' && method === 'fetch'))
      return [method, (...args: readonly unknown[]) => mapped(all[method]!(...args), one)] as const
    return [method, (...args: readonly unknown[]) => rows(all[method]!(...args) as Iterable<unknown>, row)] as const
  })
  return { name: all.name, ...Object.fromEntries(wrapped) } as unknown as ByKind<K, V>[Kind]
}

function hasTimestamps(kind: QueryableStoreKind): boolean {
  return kind === 'timestampedKeyValue' || kind === 'timestampedWindow' || kind === 'versioned'
}

function mapped(found: unknown, one: Seen): unknown {
  return found === undefined ? undefined : one(found)
}

function* rows(found: Iterable<unknown>, row: Seen): Generator<unknown> {
  for (const one of found) yield row(one)
}

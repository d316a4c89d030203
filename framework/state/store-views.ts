// A store as queries see it: read only, and without a trace. A query may come between any two records, so a look must not move what the record cache evicts next,
// nor what an LRU map forgets (Kafka Streams: CachingKeyValueStore keeps what the stream thread reads, and no other).

import type { StoreSpec } from '../graph/operator-spec.ts'
import type { ByKind, QueryableStoreKind } from '../ports/store.ts'
import type { RowForm } from './kept-row.ts'
import { KeyValueView } from './key-value-view.ts'
import type { Rows } from './rows.ts'
import { SessionView } from './session-view.ts'
import type { TimedRows } from './timed-rows.ts'
import type { VersionedRowStore } from './versioned-contract.ts'
import { ProcessorVersionedStore } from './versioned-view.ts'
import { WindowView } from './window-view.ts'

/** By the kinds as which it can be queried; none for what only operators can read. */
export type StoreViews = { readonly [Kind in QueryableStoreKind]?: ByKind<unknown, unknown>[Kind] }

interface Shown {
  readonly value: unknown
  readonly timestamp: number
}

const justValue = ({ value }: Shown): unknown => value
const withTimestamp = ({ value, timestamp }: Shown) => ({ value, timestamp })

export function rowViews({ name, kind, key: keySerde }: StoreSpec, form: RowForm<unknown>, rows: Rows<unknown>): StoreViews {
  const parts = { name, keySerde, form, rows: { ...peeking(rows), put: refuse } }
  if (kind === 'keyValue') return { keyValue: new KeyValueView(parts, justValue) }
  if (kind !== 'timestampedKeyValue') return {}
  return { keyValue: new KeyValueView(parts, justValue), timestampedKeyValue: new KeyValueView(parts, withTimestamp) }
}

export function timedViews({ name, kind, key: keySerde, windowSizeMs = 0 }: StoreSpec, timed: TimedRows<unknown>): StoreViews {
  const parts = { name, keySerde, timed: timed.peeking(), windowSizeMs }
  switch (kind) {
    case 'session':
      return { session: new SessionView(parts, justValue) }
    case 'window':
      return { window: new WindowView(parts, justValue), timestampedWindow: new WindowView(parts, withTimestamp) }
    default:
      return { window: new WindowView(parts, justValue) }
  }
}

/** Its face for processors can write; the type keeps queries from it, and each look goes past no cache. */
export function versionedViews({ key }: StoreSpec, rows: VersionedRowStore<unknown>): StoreViews {
  const { name } = rows
  const store = new ProcessorVersionedStore(key, rows, { timestamp: 0, headers: [] })
  return {
    versioned: {
      name,
      get: (rowKey) => store.get(rowKey),
      getAsOf: (rowKey, time) => store.getAsOf(rowKey, time),
      history: (rowKey, from, to) => store.history(rowKey, from, to),
    },
  }
}

function peeking(rows: Rows<unknown>): Omit<Rows<unknown>, 'put'> {
  const peek: Rows<unknown>['peek'] = (identity, time) => rows.peek(identity, time)
  return { get: peek, peek, range: (options) => rows.range(options), ofKey: (range) => rows.ofKey(range) }
}

function refuse(): never {
  throw new Error('a view for queries does not write')
}

// What the graph knows of a table while the topology is built: whether it has a store, and whether its changes carry the old value. What comes
// later decides: a join makes a source table keep its rows, a grouping asks for old values. Read only when the topology is written.
// Kafka Streams: KTableImpl.valueGetterSupplier and enableSendingOldValues.

import type { Callback, Joiner, JoinType, RowMapper, TableView } from './operator-spec.ts'

interface SendsOldValues {
  sendsOldValues: boolean
}

/** A topic or a stream read as a table. It has a store if somebody reads it. */
export interface SourceTable extends SendsOldValues {
  readonly kind: 'source'
  readonly store: string
  /** Whether the author has named the store. */
  readonly queryable: boolean
  materialized: boolean
}

export interface AggregateTable extends SendsOldValues {
  readonly kind: 'aggregate'
  readonly store: string
  /** Whether the author has named the store. */
  readonly queryable: boolean
  /** What is seen of a stored aggregate, where that is not the aggregate itself. */
  readonly result: ((aggregate: unknown) => unknown) | null
}

export interface FilteredTable extends SendsOldValues {
  readonly kind: 'filter'
  readonly of: TableState
  readonly store: string | null
  readonly predicate: Callback<boolean>
  readonly negate: boolean
}

export interface MappedTable extends SendsOldValues {
  readonly kind: 'mapValues'
  readonly of: TableState
  readonly store: string | null
  readonly mapper: Callback<unknown>
}

/** As mapValues, but the mapper sees null values too. */
export interface TransformedTable extends SendsOldValues {
  readonly kind: 'transformValues'
  readonly of: TableState
  readonly store: string | null
  readonly mapper: RowMapper
}

export interface JoinedTable extends SendsOldValues {
  readonly kind: 'join'
  readonly type: JoinType
  readonly left: TableState
  readonly right: TableState
  readonly joiner: Joiner
  readonly store: string | null
}

/** Changes of a table, held back. */
export interface SuppressedTable {
  readonly kind: 'suppress'
  readonly of: TableState
  readonly store: string
}

export type TableState = SuppressedTable | SourceTable | AggregateTable | FilteredTable | MappedTable | TransformedTable | JoinedTable

/** The store under which a table can be queried: only one that its author has named (Kafka Streams: KTable.queryableStoreName). */
export function queryableStoreOf(table: TableState): string | undefined {
  switch (table.kind) {
    case 'source':
    case 'aggregate':
      return table.queryable ? table.store : undefined
    case 'suppress':
      return undefined
    default:
      return table.store ?? undefined
  }
}

/** How the rows of a table are read; a source table is stored from then on. */
export function viewOf(table: TableState): TableView {
  switch (table.kind) {
    case 'source':
      table.materialized = true
      return { kind: 'store', store: table.store }
    case 'aggregate': {
      const stored: TableView = { kind: 'store', store: table.store }
      const { result } = table
      return result === null ? stored : { kind: 'mapValues', of: stored, mapper: (aggregate) => result(aggregate) }
    }
    case 'filter':
      if (table.store !== null) return { kind: 'store', store: table.store }
      return { kind: 'filter', of: viewOf(table.of), predicate: table.predicate, negate: table.negate }
    case 'mapValues':
      if (table.store !== null) return { kind: 'store', store: table.store }
      return { kind: 'mapValues', of: viewOf(table.of), mapper: table.mapper }
    case 'transformValues':
      if (table.store !== null) return { kind: 'store', store: table.store }
      return { kind: 'transformValues', of: viewOf(table.of), mapper: table.mapper }
    case 'suppress':
      return { kind: 'suppress', of: viewOf(table.of), store: table.store }
    case 'join': {
      const { type, store, joiner } = table
      return store === null
        ? { kind: 'join', type, left: viewOf(table.left), right: viewOf(table.right), joiner }
        : { kind: 'store', store }
    }
  }
}

/** The stores that a reader of the view needs. */
export function storesOf(view: TableView): readonly string[] {
  switch (view.kind) {
    case 'store':
      return [view.store]
    case 'filter':
    case 'mapValues':
    case 'transformValues':
      return storesOf(view.of)
    case 'join':
      return [...storesOf(view.left), ...storesOf(view.right)]
    case 'suppress':
      return [view.store, ...storesOf(view.of)]
  }
}

/** Asks that changes carry old values; gives whether they will. `force` makes a source table stored for it. */
export function sendOldValues(table: TableState, force: boolean): boolean {
  switch (table.kind) {
    case 'source':
      if (!force && !table.materialized) return false
      table.materialized = true
      table.sendsOldValues = true
      return true
    case 'aggregate':
      table.sendsOldValues = true
      return true
    case 'filter':
    case 'mapValues':
    case 'transformValues':
      if (table.store !== null || sendOldValues(table.of, force)) table.sendsOldValues = true
      return table.sendsOldValues
    case 'suppress':
      return sendOldValues(table.of, force)
    case 'join':
      sendOldValues(table.left, true)
      sendOldValues(table.right, true)
      table.sendsOldValues = true
      return true
  }
}

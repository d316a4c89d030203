// Tables made of one table, row by row. Kafka Streams: KTableImpl.doFilter, doMapValues, doTransformValues.

import { givesVersioned, LogicalNode } from '../graph/logical-graph.ts'
import type { Callback, OperatorSpec, RowMapper, StoreSpec } from '../graph/operator-spec.ts'
import type { ValueTransformerSupplier } from '../graph/processor.ts'
import { type FilteredTable, type MappedTable, sendOldValues, type TableState, type TransformedTable } from '../graph/table-state.ts'
import { checkSupplier } from './check-supplier.ts'
import { type AnySerde, requireSerde, type TableFlow } from './flow.ts'
import { isVersioned, rowStore, storeOptions } from './materialize.ts'
import type { StatefulOptions } from './options.ts'

export function filterTable(flow: TableFlow, predicate: Callback<boolean>, negate: boolean, options: StatefulOptions): TableFlow {
  const { store, name } = names(flow, 'KTABLE-FILTER-', options)
  // With a stored parent, old values tell which rows were there, so that no needless deletions are sent.
  const sendsOldValues = sendOldValues(flow.state, false)
  const state: FilteredTable = { kind: 'filter', of: flow.state, store, predicate, negate, sendsOldValues }
  const operator = () =>
    ({ kind: 'tableFilter', versioned: givesVersioned(flow.node), predicate, negate, store, sendsOldValues: state.sendsOldValues }) as const
  return addTable(flow, { name, store, state, operator, value: flow.value }, options)
}

export interface MapOptions extends StatefulOptions {
  readonly value?: AnySerde | undefined
}

export function mapTable(flow: TableFlow, mapper: Callback<unknown>, options: MapOptions): TableFlow {
  const { store, name } = names(flow, 'KTABLE-MAPVALUES-', options)
  const state: MappedTable = { kind: 'mapValues', of: flow.state, store, mapper, sendsOldValues: false }
  const operator = () => ({ kind: 'tableMapValues', mapper, store, sendsOldValues: state.sendsOldValues }) as const
  return addTable(flow, { name, store, state, operator, value: options.value ?? null }, options)
}

export function transformTable(
  flow: TableFlow,
  callback: unknown,
  options: MapOptions & { readonly stores?: readonly string[] },
): TableFlow {
  // Unlike in the other two, an unnamed store uses up no generated name.
  const store = storeOptions(options.store).name ?? null
  const name = flow.graph.names.orGenerated(options.name, 'KTABLE-TRANSFORMVALUES-')
  const { stores } = options
  const supplier = callback as ValueTransformerSupplier
  if (stores !== undefined) checkSupplier(flow.graph, name, supplier)
  const mapper: RowMapper = stores === undefined ? (callback as Callback<unknown>) : { supplier, stores, node: name }
  const state: TransformedTable = { kind: 'transformValues', of: flow.state, store, mapper, sendsOldValues: false }
  const operator = () => ({ kind: 'tableTransformValues', mapper, store, sendsOldValues: state.sendsOldValues }) as const
  return addTable(flow, { name, store, state, operator, value: options.value ?? null, connects: stores ?? [] }, options)
}

/** Only a named store is kept; an unnamed one uses up a generated name and no more. */
function names({ graph }: TableFlow, prefix: string, options: StatefulOptions): { readonly store: string | null; readonly name: string } {
  const { name: store } = storeOptions(options.store)
  if (options.store !== undefined && store === undefined) graph.names.store(prefix)
  return { store: store ?? null, name: graph.names.orGenerated(options.name, prefix) }
}

interface TableStep {
  readonly name: string
  readonly store: string | null
  readonly state: TableState
  readonly operator: () => OperatorSpec
  readonly value: AnySerde | null
  readonly connects?: readonly string[]
}

function addTable(flow: TableFlow, { name, store, state, operator, value, connects = [] }: TableStep, options: StatefulOptions): TableFlow {
  const spec = store === null ? null : storeOf(flow, name, store, value, options)
  const traits = options.store === undefined ? {} : { versioned: isVersioned(options.store) }
  const node = new LogicalNode(name, { kind: 'processor', operator, store: () => spec, connects }, traits)
  flow.graph.add(flow.node, node)
  return { ...flow, name, node, value, state }
}

function storeOf(flow: TableFlow, node: string, name: string, value: AnySerde | null, { store }: StatefulOptions): StoreSpec {
  const key = requireSerde(flow, node, 'key', flow.key)
  return rowStore({ graph: flow.graph, name, queryable: true, options: storeOptions(store) }, key, requireSerde(flow, node, 'value', value))
}

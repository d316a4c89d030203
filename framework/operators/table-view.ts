// Reads a row of a table by key: from its store, or computed from the row of the table that it comes from (Kafka Streams: KTableValueGetter).

import type { TableView } from '../graph/operator-spec.ts'
import type { Windowed } from '../graph/window-spec.ts'
import { noHeaders } from '../ports/record.ts'
import type { Row } from '../state/contract.ts'
import { joinValues, onRecord } from './callback.ts'
import { Cell, FlowRecord, noOrigin } from './flow-record.ts'
import { binaryKey, binaryKeyOf } from './key-bytes.ts'
import type { Flow } from './operator.ts'
import { type OperatorEnvironment, storeSpec } from './operator-environment.ts'
import { runMapper } from './row-mapper.ts'
import { tableStore } from './table-store.ts'

/** `asOf`: the row as it was then, if the view is versioned (`isVersioned`). */
export type RowReader = (key: Cell<unknown>, asOf?: number) => Row<unknown> | undefined

export function rowReader(view: TableView, environment: OperatorEnvironment): RowReader {
  switch (view.kind) {
    case 'store':
      return storeReader(view.store, environment)
    case 'filter': {
      const read = rowReader(view.of, environment)
      const predicate = onRecord(view.predicate)
      return (key, asOf) => {
        const row = read(key, asOf)
        return row !== undefined && Boolean(predicate(rowRecord(key, row.value, row.timestamp))) !== view.negate ? row : undefined
      }
    }
    case 'mapValues': {
      const read = rowReader(view.of, environment)
      const mapper = onRecord(view.mapper)
      return (key, asOf) => {
        const row = read(key, asOf)
        return row === undefined ? undefined : rowOf(mapper(rowRecord(key, row.value, row.timestamp)), row.timestamp)
      }
    }
    case 'transformValues': {
      const read = rowReader(view.of, environment)
      const mapper = runMapper(view.mapper, environment)
      return (key, asOf) => {
        const row = read(key, asOf)
        const timestamp = row?.timestamp ?? unknownTime
        return rowOf(mapper.map(rowRecord(key, row?.value ?? null, timestamp)), timestamp)
      }
    }
    case 'join':
      return joinReader(view, environment)
    case 'suppress':
      return suppressReader(view, environment)
  }
}

function storeReader(name: string, environment: OperatorEnvironment): RowReader {
  const { kind, key: serde } = storeSpec(environment, name)
  const { scratch, stores } = environment
  if (kind === 'window') {
    const store = stores.windowRows(name)
    return (cell) => {
      const { key, start } = cell.get() as Windowed<unknown>
      return store.get(binaryKey(key, serde, scratch), start)
    }
  }
  if (kind === 'session') {
    const store = stores.sessionRows(name)
    return (cell) => {
      const { key, start, end } = cell.get() as Windowed<unknown>
      return rowOf(store.get(binaryKey(key, serde, scratch), start, end), end)
    }
  }
  const store = tableStore(name, environment)
  return (key, asOf) => {
    const binary = binaryKeyOf(key, serde, scratch)
    return asOf !== undefined && store.getAsOf !== undefined ? store.getAsOf(binary, asOf) : store.get(binary)
  }
}

/** Whether rows can be read as they were at a time. A join of versioned tables is not versioned (KIP-914). */
export function isVersioned(view: TableView, environment: OperatorEnvironment): boolean {
  switch (view.kind) {
    case 'store':
      return storeSpec(environment, view.store).kind === 'versioned'
    case 'join':
    case 'suppress':
      return false
    default:
      return isVersioned(view.of, environment)
  }
}

function suppressReader(view: TableView & { readonly kind: 'suppress' }, environment: OperatorEnvironment): RowReader {
  const read = rowReader(view.of, environment)
  const buffer = environment.stores.suppressBuffer(view.store)
  const serde = storeSpec(environment, view.store).key
  return (key) => {
    const prior = buffer.priorValue(binaryKeyOf(key, serde, environment.scratch))
    return prior === undefined ? read(key) : rowOf(prior.value, unknownTime)
  }
}

function joinReader(view: TableView & { readonly kind: 'join' }, environment: OperatorEnvironment): RowReader {
  const { type } = view
  const left = rowReader(view.left, environment)
  const right = rowReader(view.right, environment)
  const join = joinValues(view.joiner)
  return (key) => {
    const leftRow = left(key)
    if (leftRow === undefined && type !== 'outer') return undefined
    const rightRow = right(key)
    if (rightRow === undefined && (type === 'inner' || leftRow === undefined)) return undefined
    const timestamp = Math.max(leftRow?.timestamp ?? unknownTime, rightRow?.timestamp ?? unknownTime)
    return rowOf(join(leftRow?.value ?? null, rightRow?.value ?? null, key), timestamp)
  }
}

const unknownTime = -1

function rowOf(value: unknown, timestamp: number): Row<unknown> | undefined {
  return value === null || value === undefined ? undefined : { value, timestamp }
}

function rowRecord(key: Cell<unknown>, value: unknown, timestamp: number): Flow {
  return new FlowRecord(key, Cell.of(value), timestamp, noHeaders, noOrigin)
}

// Reads a row of a table by key: from its store, or computed from the row of the table that it comes from (Kafka Streams: KTableValueGetter).

import type { TableView } from '../graph/operator-spec.ts'
import { noHeaders } from '../ports/record.ts'
import type { BinaryKey, Row } from '../state/contract.ts'
import { onRecord } from './callback.ts'
import { Cell, FlowRecord, noOrigin } from './flow-record.ts'
import type { Flow } from './operator.ts'
import type { OperatorEnvironment } from './operator-environment.ts'
import { nullIfUndefined } from './stream-operators.ts'

/** The key comes twice: as the bytes to look it up by, and as a cell for callbacks that want it. */
export type RowReader = (key: BinaryKey, keyCell: Cell<unknown>) => Row<unknown> | undefined

export function rowReader(view: TableView, environment: OperatorEnvironment): RowReader {
  switch (view.kind) {
    case 'store': {
      const store = environment.stores.rows(view.store)
      return (key) => store.get(key)
    }
    case 'filter': {
      const read = rowReader(view.of, environment)
      const predicate = onRecord(view.predicate)
      return (key, keyCell) => {
        const row = read(key, keyCell)
        return row !== undefined && Boolean(predicate(rowRecord(keyCell, row))) !== view.negate ? row : undefined
      }
    }
    case 'mapValues': {
      const read = rowReader(view.of, environment)
      const mapper = onRecord(view.mapper)
      return (key, keyCell) => {
        const row = read(key, keyCell)
        if (row === undefined) return undefined
        const value = nullIfUndefined(mapper(rowRecord(keyCell, row)))
        return value === null ? undefined : { value, timestamp: row.timestamp }
      }
    }
  }
}

/** The store in which the view's keys are looked up. */
export function storeOf(view: TableView): string {
  return view.kind === 'store' ? view.store : storeOf(view.of)
}

function rowRecord(key: Cell<unknown>, row: Row<unknown>): Flow {
  return new FlowRecord(key, Cell.of(row.value), row.timestamp, noHeaders, noOrigin)
}

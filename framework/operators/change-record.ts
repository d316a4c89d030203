// A change of a table's row on its way: the value in flight is a Change.

import type { Headers } from '../ports/record.ts'
import { Cell, type Change, FlowRecord, type Origin } from './flow-record.ts'

export type ChangeFlow = FlowRecord<unknown, Change<unknown>>

export function changeRecord(
  key: Cell<unknown>,
  newValue: unknown,
  oldValue: unknown,
  timestamp: number,
  headers: Headers,
  origin: Origin,
  isLatest = true,
): ChangeFlow {
  return new FlowRecord(key, Cell.of<Change<unknown>>({ newValue, oldValue, isLatest }), timestamp, headers, origin)
}

// The late records of a windowed aggregation, on their way aside: each with how late it is. A record is late if all its windows are closed.

import { Cell, FlowRecord } from './flow-record.ts'
import type { Flow, Outlet } from './operator.ts'

/** Where a windowed aggregation sends its results, and its late records; undefined: nowhere. */
export interface WindowOutlets {
  readonly results: Outlet
  readonly late: Outlet | undefined
}

export class LateRecords {
  private readonly outlet: Outlet

  constructor(outlet: Outlet) {
    this.outlet = outlet
  }

  send(record: Flow, lateMs: number): void {
    const value = Cell.of<unknown>({ value: record.value, lateMs })
    this.outlet.forward(new FlowRecord(record.keyCell, value, record.timestamp, record.headers, record.origin))
  }
}

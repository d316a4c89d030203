// Aggregation of a grouped stream in windows of n records of a key: window i holds the records i * step to i * step + size - 1 of its key. Each window's
// aggregate is sent once, when its last record has come; its key tells the numbers of its first record and of the one after its last. Records without
// key are left out; those without a value count, as in windows of time.

import type { Aggregation } from '../graph/operator-spec.ts'
import type { CountWindow } from '../graph/window-spec.ts'
import type { Serde } from '../ports/serde.ts'
import type { ByteBuffer } from '../serdes/byte-buffer.ts'
import type { CountWindowState, RowStore } from '../state/contract.ts'
import type { DroppedRecords } from './dropped-records.ts'
import { Cell, FlowRecord } from './flow-record.ts'
import { type Fold, foldOf } from './fold.ts'
import { binaryKeyOf } from './key-bytes.ts'
import type { Flow, Operator, Outlet } from './operator.ts'
import { type OperatorEnvironment, storeSpec } from './operator-environment.ts'

export class CountWindowAggregate implements Operator {
  readonly name: string
  private readonly outlet: Outlet
  private readonly store: RowStore<CountWindowState<unknown>>
  private readonly key: Serde<unknown>
  private readonly window: CountWindow
  private readonly fold: Fold
  private readonly scratch: ByteBuffer
  private readonly dropped: DroppedRecords

  constructor(
    name: string,
    outlet: Outlet,
    spec: { readonly store: string; readonly window: CountWindow; readonly aggregation: Aggregation },
    environment: OperatorEnvironment,
  ) {
    this.name = name
    this.outlet = outlet
    this.store = environment.stores.rows(spec.store)
    this.key = storeSpec(environment, spec.store).key
    this.window = spec.window
    this.fold = foldOf(spec.aggregation)
    this.scratch = environment.scratch
    this.dropped = environment.dropped
  }

  process(record: Flow): void {
    if (record.keyCell.isNull) {
      this.dropped.add('null-key')
      return
    }
    const { store, fold } = this
    const { size, step } = this.window
    const key = binaryKeyOf(record.keyCell, this.key, this.scratch)
    const row = store.get(key)
    const number = row?.value.records ?? 0
    const open = [...(row?.value.aggregates ?? [])]
    if (number % step === 0) open.push(fold.initial())
    const aggregates = open.map((aggregate) => fold.add(aggregate, record))
    // A step is never beyond the size, so a window is open; the oldest is full when this was its last record.
    const oldestStart = (Math.floor(number / step) - aggregates.length + 1) * step
    const full = number + 1 === oldestStart + size
    const result = full ? aggregates.shift() : null
    const timestamp = Math.max(record.timestamp, row?.timestamp ?? record.timestamp)
    store.put(key, { records: number + 1, aggregates }, timestamp, record.headers)
    if (!full) return
    const windowed = Cell.of({ key: record.key, start: oldestStart, end: oldestStart + size })
    this.outlet.forward(new FlowRecord(windowed, Cell.of(fold.visible(result)), timestamp, record.headers, record.origin))
  }
}

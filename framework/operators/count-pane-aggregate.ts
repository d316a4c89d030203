// Windows of n records of which many overlap, put together from panes: pieces of as many records as divide both the size and the step. A record changes one
// pane; the aggregate of a window is that of its panes, merged when it ends. So the changelog gets a few bytes a record, where the aggregates of all
// open windows would be written anew each time. What is sent is the same as by CountWindowAggregate, as far as merging is exact.

import type { Aggregation } from '../graph/operator-spec.ts'
import type { CountWindow } from '../graph/window-spec.ts'
import { noHeaders } from '../ports/record.ts'
import type { Serde } from '../ports/serde.ts'
import type { ByteBuffer } from '../serdes/byte-buffer.ts'
import type { BinaryKey, CountWindowState, RowStore } from '../state/contract.ts'
import type { RangedWindowRowStore } from '../state/windowed-contract.ts'
import type { DroppedRecords } from './dropped-records.ts'
import { Cell, FlowRecord, noOrigin } from './flow-record.ts'
import { type Fold, foldOf } from './fold.ts'
import { binaryKey, binaryKeyOf } from './key-bytes.ts'
import type { Flow, Operator, Outlet } from './operator.ts'
import { type OperatorEnvironment, storeSpec } from './operator-environment.ts'

export class CountPaneAggregate implements Operator {
  readonly name: string
  private readonly outlet: Outlet
  /** Of each key the number of its records, and the pane that is not full. */
  private readonly store: RowStore<CountWindowState<unknown>>
  /** The full panes of a key, each in the place of its number modulo how many a window has. */
  private readonly panes: RangedWindowRowStore<unknown>
  private readonly key: Serde<unknown>
  private readonly window: CountWindow
  private readonly paneSize: number
  private readonly fold: Fold
  private readonly merge: (left: unknown, right: unknown) => unknown
  private readonly scratch: ByteBuffer
  private readonly dropped: DroppedRecords

  constructor(
    name: string,
    outlet: Outlet,
    spec: { readonly store: string; readonly panes: string; readonly window: CountWindow; readonly aggregation: Aggregation },
    environment: OperatorEnvironment,
  ) {
    this.name = name
    this.outlet = outlet
    this.store = environment.stores.rows(spec.store)
    this.panes = environment.stores.windowRows(spec.panes)
    this.key = storeSpec(environment, spec.store).key
    this.window = spec.window
    this.paneSize = greatestCommonDivisor(spec.window.size, spec.window.step)
    this.fold = foldOf(spec.aggregation, name, environment)
    this.merge = spec.aggregation.merger!
    this.scratch = environment.scratch
    this.dropped = environment.dropped
  }

  process(record: Flow): void {
    if (record.keyCell.isNull) {
      this.dropped.add('null-key')
      return
    }
    const { store, fold, paneSize } = this
    const key = binaryKeyOf(record.keyCell, this.key, this.scratch)
    const row = store.get(key)
    const records = (row?.value.records ?? 0) + 1
    const base = row?.value.firstStart ?? 0
    const pane = fold.add(row?.value.aggregates[0] ?? fold.initial(), record)
    const timestamp = Math.max(record.timestamp, row?.timestamp ?? record.timestamp)
    const passed = records - base
    const full = passed % paneSize === 0
    if (full && this.endsAt(passed)) {
      const start = passed - this.window.size
      const aggregate = this.panesBetween(key, start, passed - paneSize).reduceRight((right, left) => this.merge(left, right), pane)
      this.send(record.key, base + start, records, aggregate, timestamp, record)
    }
    if (full) this.panes.put(key, this.placeOf(passed / paneSize - 1), pane, timestamp, record.headers, record.origin)
    store.put(key, stateOf(records, base, full ? [] : [pane]), timestamp, record.headers, record.origin)
  }

  /** What is in windows that are not full is sent, if it is to be; the next window begins with the next record, should more come one day. */
  endOfInput(): void {
    if (this.window.sendsAtEnd !== true) return
    const { paneSize } = this
    const { step, size, partial } = this.window
    for (const [key, { value, timestamp }] of [...this.store.readOnly<unknown>().all()]) {
      const { records, firstStart: base, aggregates } = value
      const binary = binaryKey(key, this.key, this.scratch)
      const passed = records - base
      // Nothing has come since its windows were sent by an earlier end: that of an input that has grown, or one whose commit the app did not live to see.
      if (passed === 0) continue
      // Of the windows that have begun, the first that has not ended.
      const first = partial === true ? step - size : 0
      const ended = Math.max(0, Math.floor((passed - size - first) / step) + 1)
      for (let start = first + ended * step; start < passed; start += step) {
        const panes = [...this.panesBetween(binary, start, passed - (passed % paneSize)), ...aggregates]
        this.send(key, base + start, records, panes.reduce(this.merge), timestamp, undefined)
      }
      this.store.put(binary, stateOf(records, records, []), timestamp, noHeaders)
    }
  }

  /** Whether a window ends when so many records have passed since the windows began. */
  private endsAt(passed: number): boolean {
    const { size, step, partial } = this.window
    if (partial === true) return passed % step === 0
    return passed >= size && (passed - size) % step === 0
  }

  /** The panes between two numbers of records; before 0 there are none. */
  private panesBetween(key: BinaryKey, start: number, end: number): unknown[] {
    const panes: unknown[] = []
    for (let pane = Math.max(0, start / this.paneSize); pane < end / this.paneSize; pane++)
      panes.push(this.panes.get(key, this.placeOf(pane))!.value)
    return panes
  }

  private placeOf(pane: number): number {
    return pane % (this.window.size / this.paneSize)
  }

  private send(key: unknown, start: number, end: number, aggregate: unknown, timestamp: number, record: Flow | undefined): void {
    const windowed = Cell.of<unknown>({ key, start: Math.max(0, start), end })
    const value = Cell.of(this.fold.visible(aggregate))
    this.outlet.forward(new FlowRecord(windowed, value, timestamp, record?.headers ?? noHeaders, record?.origin ?? noOrigin))
  }
}

function stateOf(records: number, firstStart: number, aggregates: readonly unknown[]): CountWindowState<unknown> {
  return { records, firstStart, dueMs: -1, aggregates }
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b)
}

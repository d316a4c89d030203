// The results of a windowed aggregation, kept in a window store, and their way on: each update at once, or when the record cache lets go of it, or all
// windows of a range when they are closed. Shared by windows of fixed times and sliding ones.

import type { EmitStrategy } from '../graph/operator-spec.ts'
import type { Headers } from '../ports/record.ts'
import type { Serde } from '../ports/serde.ts'
import type { ByteBuffer } from '../serdes/byte-buffer.ts'
import { timeWindowed } from '../serdes/windowed.ts'
import type { BinaryKey, Row } from '../state/contract.ts'
import type { RangedWindowRowStore } from '../state/windowed-contract.ts'
import { changeRecord } from './change-record.ts'
import { Cell, noOrigin, type Origin } from './flow-record.ts'
import type { Fold } from './fold.ts'
import { binaryKeyOf, cellOf } from './key-bytes.ts'
import type { Flow, Outlet } from './operator.ts'
import { type OperatorEnvironment, storeSpec } from './operator-environment.ts'
import { WindowedKeys } from './windowed-keys.ts'

export interface WindowRowsOptions {
  readonly store: string
  readonly windowSizeMs: number
  readonly fold: Fold
  readonly sendsOldValues: boolean
  readonly emit: EmitStrategy
  readonly outlet: Outlet
  readonly environment: OperatorEnvironment
  /** The end of the window that starts at a time, of windows of different sizes. Default: all have one size. */
  readonly endOf?: ((start: number) => number) | undefined
}

export class WindowRows {
  private readonly store: RangedWindowRowStore<unknown>
  private readonly key: Serde<unknown>
  private readonly windowedKeys: WindowedKeys
  private readonly options: WindowRowsOptions
  private readonly fold: Fold
  private readonly outlet: Outlet
  private readonly scratch: ByteBuffer
  private readonly sendsUpdates: boolean

  constructor(options: WindowRowsOptions) {
    const { store, environment, emit } = options
    this.store = environment.stores.windowRows(store)
    this.key = storeSpec(environment, store).key
    this.windowedKeys = new WindowedKeys(timeWindowed(this.key, options.windowSizeMs) as Serde<unknown>)
    this.options = options
    this.fold = options.fold
    this.outlet = options.outlet
    this.scratch = environment.scratch
    this.sendsUpdates = emit === 'updates' && !this.store.cached
    if (emit === 'updates' && this.store.cached) this.store.onChange(this.sendChange, options.sendsOldValues)
  }

  keyOf(record: Flow): BinaryKey {
    return binaryKeyOf(record.keyCell, this.key, this.scratch)
  }

  get(key: BinaryKey, start: number): Row<unknown> | undefined {
    return this.store.get(key, start)
  }

  /** A key's windows that start between two times, both included, by start. */
  range(key: BinaryKey, startFrom: number, startTo: number, options?: { readonly reverse: boolean }) {
    return [...this.store.range(key, startFrom, startTo, options)]
  }

  put(record: Flow, key: BinaryKey, start: number, newAggregate: unknown, oldAggregate: unknown, timestamp: number): void {
    const { fold, options } = this
    this.store.put(key, start, newAggregate, newAggregate === null ? record.timestamp : timestamp, record.headers, record.origin)
    if (!this.sendsUpdates) return
    const oldValue = options.sendsOldValues ? fold.visible(oldAggregate) : null
    const windowed = this.windowed(record.key, start)
    this.outlet.forward(changeRecord(windowed, fold.visible(newAggregate), oldValue, timestamp, record.headers, record.origin))
  }

  /** Sends the windows that start between two times; the record is the one that closed them. */
  sendAll(record: Flow, startFrom: number, startTo: number): void {
    for (const [key, start, row] of [...this.store.rangeAll(startFrom, startTo)]) {
      const windowed = this.windowedOf(key, start)
      this.outlet.forward(changeRecord(windowed, this.fold.visible(row.value), null, row.timestamp, record.headers, record.origin))
    }
  }

  /** The start of the first window that starts at a time or later; undefined if there is none. */
  firstStart(from: number): number | undefined {
    for (const [, start] of this.store.rangeAll(from, Number.MAX_SAFE_INTEGER)) return start
    return undefined
  }

  private readonly sendChange = (
    key: BinaryKey,
    start: number,
    newValue: unknown,
    oldValue: unknown,
    timestamp: number,
    headers: Headers,
    origin: Origin = noOrigin,
  ): void => {
    const { fold } = this
    const windowed = this.windowedOf(key, start)
    this.outlet.forward(changeRecord(windowed, fold.visible(newValue), fold.visible(oldValue), timestamp, headers, origin))
  }

  private windowed(key: unknown, start: number): Cell<unknown> {
    const { endOf, windowSizeMs } = this.options
    return Cell.of({ key, start, end: endOf === undefined ? start + windowSizeMs : endOf(start) })
  }

  /** As bytes where they are those of a topic, which have no end. */
  private windowedOf(key: BinaryKey, start: number): Cell<unknown> {
    if (this.options.endOf === undefined) return this.windowedKeys.cell(key, start)
    return this.windowed(cellOf(key, this.key).get(), start)
  }
}

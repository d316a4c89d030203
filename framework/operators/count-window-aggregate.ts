// Aggregation of a grouped stream in windows of n records of a key: window i holds the records i * step to i * step + size - 1 of its key. Each window's
// aggregate is sent once, when its last record has come, or when its time is over; its key tells the numbers of its first record and of the one after
// its last. Records without key are left out; those without a value count, as in windows of time. A window is sent before it is forgotten: dies the app in between, at least
// once sends it twice, and never not at all.

import type { Aggregation, EmitStrategy } from '../graph/operator-spec.ts'
import type { CountWindow } from '../graph/window-spec.ts'
import { type Headers, noHeaders } from '../ports/record.ts'
import type { Serde } from '../ports/serde.ts'
import type { ByteBuffer } from '../serdes/byte-buffer.ts'
import type { BinaryKey, CountWindowState, RowStore } from '../state/contract.ts'
import type { DroppedRecords } from './dropped-records.ts'
import { Cell, FlowRecord, noOrigin, type Origin } from './flow-record.ts'
import { type Fold, foldOf } from './fold.ts'
import { binaryKey, binaryKeyOf, cellOf } from './key-bytes.ts'
import type { Flow, Operator, Outlet } from './operator.ts'
import { type OperatorEnvironment, storeSpec } from './operator-environment.ts'
import { type StreamTime, streamTimeName } from './stream-times.ts'
import { WindowTimers } from './window-timers.ts'

export class CountWindowAggregate implements Operator {
  readonly name: string
  private readonly outlet: Outlet
  private readonly store: RowStore<CountWindowState<unknown>>
  private readonly key: Serde<unknown>
  private readonly window: CountWindow
  private readonly emit: EmitStrategy
  private readonly fold: Fold
  private readonly scratch: ByteBuffer
  private readonly dropped: DroppedRecords
  private readonly environment: OperatorEnvironment
  private readonly streamTime: StreamTime
  /** When windows end that are not full by then. */
  private readonly timers: WindowTimers | undefined

  constructor(
    name: string,
    outlet: Outlet,
    spec: { readonly store: string; readonly window: CountWindow; readonly aggregation: Aggregation; readonly emit: EmitStrategy },
    environment: OperatorEnvironment,
  ) {
    const { orAfter } = spec.window
    this.name = name
    this.outlet = outlet
    this.store = environment.stores.rows(spec.store)
    this.key = storeSpec(environment, spec.store).key
    this.window = spec.window
    this.emit = spec.emit
    this.fold = foldOf(spec.aggregation, name, environment)
    this.scratch = environment.scratch
    this.dropped = environment.dropped
    this.environment = environment
    this.streamTime = environment.streamTimes.of(streamTimeName(name))
    this.timers = orAfter === undefined ? undefined : new WindowTimers(name, orAfter.by, environment.work, this.endEarly)
  }

  open(): void {
    if (this.timers === undefined) return
    for (const [key, { value }] of this.store.readOnly<unknown>().all()) {
      if (value.dueMs >= 0) this.timers.set(binaryKey(key, this.key, this.scratch), value.dueMs)
    }
  }

  process(record: Flow): void {
    if (record.keyCell.isNull) {
      this.dropped.add('null-key')
      return
    }
    this.passTime(record.timestamp)
    const { store, fold, timers } = this
    const { size, step } = this.window
    const key = binaryKeyOf(record.keyCell, this.key, this.scratch)
    const row = store.get(key)
    const { records, firstStart, dueMs, aggregates: before } = row?.value ?? this.between(0)
    const open = [...before]
    // Windows that begin with this record, or would have begun before the first.
    while (firstStart + open.length * step <= records) open.push(fold.initial())
    const aggregates = open.map((aggregate) => fold.add(aggregate, record))
    const timestamp = Math.max(record.timestamp, row?.timestamp ?? record.timestamp)
    const full = firstStart + size === records + 1
    const next: CountWindowState<unknown> = full
      ? { records: records + 1, firstStart: firstStart + step, dueMs: -1, aggregates: aggregates.slice(1) }
      : { records: records + 1, firstStart, dueMs: timers === undefined || dueMs >= 0 ? dueMs : this.dueAt(), aggregates }
    const sent = this.emit === 'updates' ? aggregates : full ? aggregates.slice(0, 1) : []
    for (const [index, aggregate] of sent.entries()) {
      const start = firstStart + index * step
      this.send(record.key, start, start + size, aggregate, timestamp, record.headers, record.origin)
    }
    store.put(key, next, timestamp, record.headers, record.origin)
    timers?.set(key, next.dueMs < 0 ? undefined : next.dueMs)
  }

  /** What is in windows that are not full is sent, if it is to be; the next window begins with the next record, should more come one day. */
  endOfInput(): void {
    if (this.window.sendsAtEnd !== true) return
    for (const [key, { value, timestamp }] of [...this.store.readOnly<unknown>().all()]) {
      for (const [index, aggregate] of this.emit === 'updates' ? [] : value.aggregates.entries()) {
        const start = value.firstStart + index * this.window.step
        this.send(key, start, value.records, aggregate, timestamp, noHeaders, noOrigin)
      }
      if (value.aggregates.length > 0) this.putEnded(binaryKey(key, this.key, this.scratch), value, timestamp)
    }
  }

  /** What is kept of a key when no window is open. */
  private between(records: number): CountWindowState<unknown> {
    const { size, step, partial } = this.window
    return { records, firstStart: records + (partial === true ? step - size : 0), dueMs: -1, aggregates: [] }
  }

  /** Time passes before the record that brings it comes into a window. */
  private passTime(timestamp: number): void {
    if (this.window.orAfter?.by !== 'eventTime') return
    if (timestamp > this.streamTime.ms) this.streamTime.ms = timestamp
    this.timers!.run(this.streamTime.ms)
  }

  private dueAt(): number {
    const { ms, by } = this.window.orAfter!
    return ms + (by === 'eventTime' ? this.streamTime.ms : this.environment.work.wallClock)
  }

  /** Only windows that do not overlap end early, so there is one. */
  private readonly endEarly = (key: BinaryKey): void => {
    const row = this.store.get(key)
    if (row === undefined || row.value.aggregates.length === 0) return
    const { value, timestamp } = row
    const [aggregate] = value.aggregates
    if (this.emit !== 'updates')
      this.send(cellOf(key, this.key).get(), value.firstStart, value.records, aggregate, timestamp, noHeaders, noOrigin)
    this.putEnded(key, value, timestamp)
  }

  private putEnded(key: BinaryKey, { records }: CountWindowState<unknown>, timestamp: number): void {
    this.store.put(key, this.between(records), timestamp, noHeaders)
  }

  private send(key: unknown, start: number, end: number, aggregate: unknown, timestamp: number, headers: Headers, origin: Origin): void {
    const windowed = Cell.of<unknown>({ key, start: Math.max(0, start), end })
    this.outlet.forward(new FlowRecord(windowed, Cell.of(this.fold.visible(aggregate)), timestamp, headers, origin))
  }
}

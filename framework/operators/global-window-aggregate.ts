// Aggregation of a grouped stream in one window for each key, whose trigger says when the result is sent and when the window begins anew. The trigger's state and
// its timer lie in the row of the key, beside the aggregate: what was decided is in the changelog with what it was decided of.

import type { Aggregation } from '../graph/operator-spec.ts'
import type { GlobalWindow, TriggerDecision } from '../graph/window-spec.ts'
import { type Headers, noHeaders } from '../ports/record.ts'
import type { Serde } from '../ports/serde.ts'
import type { ByteBuffer } from '../serdes/byte-buffer.ts'
import type { BinaryKey, GlobalWindowState, RowStore } from '../state/contract.ts'
import type { DroppedRecords } from './dropped-records.ts'
import { Cell, FlowRecord, noOrigin, type Origin } from './flow-record.ts'
import { type Fold, foldOf } from './fold.ts'
import { binaryKey, binaryKeyOf, cellOf } from './key-bytes.ts'
import type { Flow, Operator, Outlet } from './operator.ts'
import { type OperatorEnvironment, storeSpec, type TaskWork } from './operator-environment.ts'
import { type StreamTime, streamTimeName } from './stream-times.ts'
import { WindowTimers } from './window-timers.ts'

export class GlobalWindowAggregate implements Operator {
  readonly name: string
  private readonly outlet: Outlet
  private readonly store: RowStore<GlobalWindowState<unknown>>
  private readonly key: Serde<unknown>
  private readonly window: GlobalWindow
  private readonly fold: Fold
  private readonly scratch: ByteBuffer
  private readonly dropped: DroppedRecords
  private readonly work: TaskWork
  private readonly streamTime: StreamTime
  private readonly timers: WindowTimers

  constructor(
    name: string,
    outlet: Outlet,
    spec: { readonly store: string; readonly window: GlobalWindow; readonly aggregation: Aggregation },
    environment: OperatorEnvironment,
  ) {
    this.name = name
    this.outlet = outlet
    this.store = environment.stores.rows(spec.store)
    this.key = storeSpec(environment, spec.store).key
    this.window = spec.window
    this.fold = foldOf(spec.aggregation, name, environment)
    this.scratch = environment.scratch
    this.dropped = environment.dropped
    this.work = environment.work
    this.streamTime = environment.streamTimes.of(streamTimeName(name))
    this.timers = new WindowTimers(name, spec.window.trigger.by, environment.work, this.onTimer)
  }

  open(): void {
    if (this.window.trigger.onTimer === undefined) return
    for (const [key, { value }] of this.store.readOnly<unknown>().all()) {
      if (value.timerMs >= 0) this.timers.set(binaryKey(key, this.key, this.scratch), value.timerMs)
    }
  }

  process(record: Flow): void {
    if (record.keyCell.isNull) {
      this.dropped.add('null-key')
      return
    }
    const { trigger } = this.window
    if (record.timestamp > this.streamTime.ms) this.streamTime.ms = record.timestamp
    // Time passes before the record that brings it comes into a window.
    if (trigger.by === 'eventTime') this.timers.run(this.streamTime.ms)
    const key = binaryKeyOf(record.keyCell, this.key, this.scratch)
    const row = this.store.get(key)
    const before = row?.value ?? { records: 0, firstStart: 0, timerMs: -1, trigger: trigger.initial, aggregate: null }
    const aggregate = this.fold.add(before.aggregate ?? this.fold.initial(), record)
    const state = { ...before, records: before.records + 1, aggregate }
    const decision = trigger.onRecord(before.trigger, {
      key: record.key,
      value: record.value,
      timestamp: record.timestamp,
      timeMs: trigger.by === 'eventTime' ? this.streamTime.ms : this.work.wallClock,
      records: state.records - state.firstStart,
      timerMs: before.timerMs < 0 ? null : before.timerMs,
    })
    const timestamp = Math.max(record.timestamp, row?.timestamp ?? record.timestamp)
    this.apply(key, state, decision, timestamp, record.headers, record.origin)
  }

  private readonly onTimer = (key: BinaryKey, timeMs: number): void => {
    const row = this.store.get(key)
    if (row === undefined) return
    const decision = this.window.trigger.onTimer!(row.value.trigger, timeMs)
    this.apply(key, { ...row.value, timerMs: -1 }, decision, row.timestamp, noHeaders, noOrigin)
  }

  private apply(
    key: BinaryKey,
    state: GlobalWindowState<unknown>,
    decision: TriggerDecision<unknown>,
    timestamp: number,
    headers: Headers,
    origin: Origin,
  ): void {
    const { fire = false, purge = false } = decision
    const timerMs = decision.timerMs === undefined ? state.timerMs : (decision.timerMs ?? -1)
    const next = purge ? { ...state, firstStart: state.records, aggregate: null } : state
    // A window that has begun anew and has no record yet has no result. It is sent before the row says so: dies the app in between, at least once sends it twice.
    if (fire && state.records !== state.firstStart) {
      const windowed = Cell.of<unknown>({ key: cellOf(key, this.key).get(), start: state.firstStart, end: state.records })
      this.outlet.forward(new FlowRecord(windowed, Cell.of(this.fold.visible(state.aggregate)), timestamp, headers, origin))
    }
    this.store.put(key, { ...next, trigger: decision.state, timerMs }, timestamp, headers, origin)
    this.timers.set(key, timerMs < 0 ? undefined : timerMs)
  }
}

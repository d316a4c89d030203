// Aggregation of a grouped stream in windows of time, tumbling or hopping (Kafka Streams: KStreamWindowAggregate). A record counts in each window that
// spans its time and is not closed: a window closes when the operator's stream time, which every record with a key moves on, reaches its end
// and the grace. Records without a value count too.

import type { Aggregation } from '../graph/operator-spec.ts'
import type { AggregationWindow } from '../graph/window-spec.ts'
import type { Headers } from '../ports/record.ts'
import type { Serde } from '../ports/serde.ts'
import type { ByteBuffer } from '../serdes/byte-buffer.ts'
import type { BinaryKey, WindowRowStore } from '../state/contract.ts'
import { changeRecord } from './change-record.ts'
import type { DroppedRecords } from './dropped-records.ts'
import { Cell, noOrigin } from './flow-record.ts'
import { type Fold, foldOf } from './fold.ts'
import { binaryKeyOf } from './key-bytes.ts'
import type { Flow, Operator, Outlet } from './operator.ts'
import { type OperatorEnvironment, storeSpec } from './operator-environment.ts'
import type { StreamTime } from './stream-times.ts'

export class WindowAggregate implements Operator {
  readonly name: string
  private readonly outlet: Outlet
  private readonly store: WindowRowStore<unknown>
  private readonly key: Serde<unknown>
  private readonly window: AggregationWindow
  private readonly fold: Fold
  private readonly sendsOldValues: boolean
  private readonly scratch: ByteBuffer
  private readonly dropped: DroppedRecords
  private readonly streamTime: StreamTime

  constructor(
    name: string,
    outlet: Outlet,
    spec: {
      readonly store: string
      readonly window: AggregationWindow
      readonly aggregation: Aggregation
      readonly sendsOldValues: boolean
    },
    environment: OperatorEnvironment,
  ) {
    this.name = name
    this.outlet = outlet
    this.store = environment.stores.windowRows(spec.store)
    this.key = storeSpec(environment, spec.store).key
    this.window = spec.window
    this.fold = foldOf(spec.aggregation)
    this.sendsOldValues = spec.sendsOldValues
    this.scratch = environment.scratch
    this.dropped = environment.dropped
    this.streamTime = environment.streamTimes.of(name)
    if (this.store.cached) this.store.onChange(this.sendChange, spec.sendsOldValues)
  }

  process(record: Flow): void {
    if (record.keyCell.isNull) {
      this.dropped.add('null-key')
      return
    }
    const { streamTime } = this
    const { timestamp } = record
    const { sizeMs, advanceMs, graceMs } = this.window
    if (timestamp > streamTime.ms) streamTime.ms = timestamp
    const closedMs = streamTime.ms - graceMs
    const key = binaryKeyOf(record.keyCell, this.key, this.scratch)
    const firstStart = Math.floor(Math.max(0, timestamp - sizeMs + advanceMs) / advanceMs) * advanceMs
    for (let start = firstStart; start <= timestamp; start += advanceMs) {
      if (start + sizeMs > closedMs) this.update(record, key, start)
      else this.dropped.add('late')
    }
  }

  private update(record: Flow, key: BinaryKey, start: number): void {
    const { store, fold } = this
    const row = store.get(key, start)
    const oldAggregate = row === undefined ? fold.initial() : row.value
    const timestamp = row === undefined ? record.timestamp : Math.max(record.timestamp, row.timestamp)
    const newAggregate = fold.add(oldAggregate, record)
    store.put(key, start, newAggregate, newAggregate === null ? record.timestamp : timestamp, record.headers)
    if (store.cached) return
    const windowed = Cell.of({ key: record.key, start, end: start + this.window.sizeMs })
    const oldValue = this.sendsOldValues ? fold.visible(oldAggregate) : null
    this.outlet.forward(changeRecord(windowed, fold.visible(newAggregate), oldValue, timestamp, record.headers, record.origin))
  }

  private readonly sendChange = (
    key: BinaryKey,
    start: number,
    newValue: unknown,
    oldValue: unknown,
    timestamp: number,
    headers: Headers,
  ): void => {
    const { fold } = this
    const plain = this.key.read(Buffer.from(key, 'latin1'), 0, key.length)
    const windowed = Cell.of({ key: plain, start, end: start + this.window.sizeMs })
    this.outlet.forward(changeRecord(windowed, fold.visible(newValue), fold.visible(oldValue), timestamp, headers, noOrigin))
  }
}

// Holds back the changes of a table's rows, so that one goes on where there were many (Kafka Streams: KTableSuppressProcessorSupplier, KIP-328): until a
// window is closed, or for a time, or until the buffer is full. Time is the stream time of the records that come here.

import { MillraceError } from '../errors.ts'
import type { SuppressBuffer, SuppressUntil } from '../graph/operator-spec.ts'
import type { Windowed } from '../graph/window-spec.ts'
import type { Serde } from '../ports/serde.ts'
import type { ByteBuffer } from '../serdes/byte-buffer.ts'
import type { SuppressBufferStore } from '../state/windowed-contract.ts'
import { type ChangeFlow, changeRecord } from './change-record.ts'
import { binaryKeyOf, cellOf } from './key-bytes.ts'
import type { Flow, Operator, Outlet } from './operator.ts'
import { type OperatorEnvironment, storeSpec, type TaskWork } from './operator-environment.ts'
import { type StreamTime, streamTimeName } from './stream-times.ts'

export class Suppress implements Operator {
  readonly name: string
  private readonly outlet: Outlet
  private readonly store: SuppressBufferStore<unknown>
  private readonly key: Serde<unknown>
  private readonly until: SuppressUntil
  private readonly limits: SuppressBuffer
  private readonly taskId: string
  private readonly scratch: ByteBuffer
  private readonly streamTime: StreamTime
  private readonly work: TaskWork
  private look: { cancel(): void } | undefined
  private lookMs = Infinity

  constructor(
    name: string,
    outlet: Outlet,
    spec: { readonly store: string; readonly until: SuppressUntil; readonly buffer: SuppressBuffer },
    environment: OperatorEnvironment,
  ) {
    this.name = name
    this.outlet = outlet
    this.store = environment.stores.suppressBuffer(spec.store)
    this.key = storeSpec(environment, spec.store).key
    this.until = spec.until
    this.limits = spec.buffer
    this.taskId = environment.taskId
    this.scratch = environment.scratch
    this.streamTime = environment.streamTimes.of(streamTimeName(name))
    this.work = environment.work
  }

  process(record: Flow): void {
    const { streamTime, store, until } = this
    const { timestamp, headers } = record
    if (timestamp > streamTime.ms) streamTime.ms = timestamp
    const { newValue, oldValue } = (record as ChangeFlow).value
    const { topic, partition, offset } = record.origin
    const key = binaryKeyOf(record.keyCell, this.key, this.scratch)
    const time = this.timeOf(record)
    store.put(time, key, { newValue, oldValue, timestamp, headers, topic, partition, offset })
    const expiredMs = streamTime.ms - (until.kind === 'windowCloses' ? until.graceMs : until.waitMs)
    if (this.byWallClock) this.lookAtFirst()
    else while (store.firstTime <= expiredMs) this.sendFirst()
    if (this.isOverLimits()) this.makeRoom()
    store.checkMemory(this.taskId)
  }

  /** A buffer by the clock on the wall has its times in the changelog: what was due while the app was down is sent at once. */
  open(): void {
    if (this.byWallClock) this.lookAtFirst()
  }

  endOfInput(): void {
    while (this.store.records > 0) this.sendFirst()
  }

  private get byWallClock(): boolean {
    return this.until.kind === 'timeLimit' && this.until.by === 'wallClock'
  }

  private timeOf(record: Flow): number {
    if (this.until.kind === 'windowCloses') return Math.min((record.key as Windowed<unknown>).end, Number.MAX_SAFE_INTEGER)
    return this.byWallClock ? this.work.wallClock : record.timestamp
  }

  private lookAtFirst(): void {
    const dueMs = this.store.firstTime + (this.until.kind === 'timeLimit' ? this.until.waitMs : 0)
    if (dueMs >= this.lookMs || dueMs === Infinity) return
    this.look?.cancel()
    this.lookMs = dueMs
    this.look = this.work.schedule(this.name, { everyMs: Number.MAX_SAFE_INTEGER, by: 'wallClock', startMs: dueMs }, (now) => {
      this.look?.cancel()
      this.lookMs = Infinity
      const expiredMs = now - (this.until.kind === 'timeLimit' ? this.until.waitMs : 0)
      while (this.store.firstTime <= expiredMs) this.sendFirst()
      this.lookAtFirst()
    })
  }

  private isOverLimits(): boolean {
    const { recordsMax = Infinity, bytesMax = Infinity } = this.limits
    return this.store.records > recordsMax || this.store.bytes > bytesMax
  }

  private makeRoom(): void {
    if (this.limits.whenFull === 'shutDown') {
      const { recordsMax = 'no limit', bytesMax = 'no limit' } = this.limits
      const { records, bytes } = this.store
      throw new MillraceError('suppress-buffer-full', { node: this.name, task: this.taskId, records, recordsMax, bytes, bytesMax })
    }
    while (this.isOverLimits()) this.sendFirst()
  }

  /** It leaves the buffer when it has been sent: who looks meanwhile at what has been let through does not see it yet. */
  private sendFirst(): void {
    const first = this.store.first()
    if (first === undefined) return
    // Nothing of a window was sent before it closes, so there is nothing to delete downstream.
    if (first.newValue !== null || this.until.kind !== 'windowCloses') {
      const { newValue, oldValue, timestamp, headers, topic, partition, offset } = first
      this.outlet.forward(changeRecord(cellOf(first.key, this.key), newValue, oldValue, timestamp, headers, { topic, partition, offset }))
    }
    this.store.removeFirst()
  }
}

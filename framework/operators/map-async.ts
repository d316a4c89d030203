// A stream whose values come from outside: for each record a promise is made, so many at once, and its result goes on when the order allows. The task does not wait.
//
// A record whose call is on its way is state of the task (held-records.ts), and its call is made again when the task is restored, before anything else. So calls happen at
// least once, and results are in the same commit as the end of their record: once each under exactly-once.

import type { MapAsyncSpec } from '../graph/operator-spec.ts'
import { CallQueue, type Outcome } from './call-queue.ts'
import { nullIfUndefined } from './callback.ts'
import type { DroppedRecords } from './dropped-records.ts'
import type { Failures } from './failures.ts'
import { Cell, FlowRecord } from './flow-record.ts'
import { type HeldRecord, HeldRecords } from './held-records.ts'
import type { Flow, Operator, Outlet } from './operator.ts'
import type { AsyncOperator, OperatorEnvironment } from './operator-environment.ts'

export class MapAsync implements Operator, AsyncOperator {
  readonly name: string
  private readonly outlet: Outlet
  private readonly spec: MapAsyncSpec
  private readonly failures: Failures
  private readonly dropped: DroppedRecords
  private readonly records: HeldRecords
  private readonly queue: CallQueue

  constructor(name: string, outlet: Outlet, spec: MapAsyncSpec, environment: OperatorEnvironment) {
    this.name = name
    this.outlet = outlet
    this.spec = spec
    this.failures = environment.failures
    this.dropped = environment.dropped
    this.records = new HeldRecords(spec, environment)
    this.queue = new CallQueue(spec, environment.calls)
  }

  open(): void {
    for (const held of this.records.restore()) this.call(held)
  }

  process(record: Flow): void {
    this.call(this.records.hold(record))
  }

  get pending(): number {
    return this.records.size
  }

  get isFull(): boolean {
    return this.records.isFull
  }

  deliver(): number {
    const count = this.records.take(this.finish)
    this.queue.startMore()
    return count
  }

  beforeCommit(): void {
    this.records.beforeCommit()
  }

  close(): void {
    this.queue.close()
  }

  private call(held: HeldRecord): void {
    const { record } = held
    this.queue.add(
      (call) => this.spec.mapper(record.value, record.key, record, call),
      (outcome) => this.records.settle(held, outcome),
    )
  }

  private readonly finish = (record: Flow, outcome: Outcome): void => {
    if (outcome.kind === 'value') this.send(record, outcome.value)
    else this.fail(record, outcome.error)
  }

  private fail(record: Flow, error: unknown): void {
    const { onFailure } = this.spec
    if (onFailure === 'fail') this.failures.handle(error, this.name, record)
    else if (onFailure === 'skip') this.dropped.add('call-failed')
    else this.send(record, onFailure(error, record.value, record.key))
  }

  private send(record: Flow, value: unknown): void {
    this.outlet.forward(new FlowRecord(record.keyCell, Cell.of(nullIfUndefined(value)), record.timestamp, record.headers, record.origin))
  }
}

// An operator whose records wait for something outside: what mapAsync and lookup joins have in common. Calls are made by its queue, and what comes of them goes on in
// the order of the records that are held.

import type { AsyncCallSpec, CallFailure, HeldRecordsSpec } from '../graph/operator-spec.ts'
import { CallQueue, type Outcome } from './call-queue.ts'
import type { DroppedRecords } from './dropped-records.ts'
import type { Failures } from './failures.ts'
import { HeldRecords } from './held-records.ts'
import type { Flow, Operator, Outlet } from './operator.ts'
import type { AsyncOperator, OperatorEnvironment } from './operator-environment.ts'

type AsyncStepSpec = AsyncCallSpec & HeldRecordsSpec & { readonly onFailure: CallFailure }

export abstract class AsyncStep<Spec extends AsyncStepSpec> implements Operator, AsyncOperator {
  readonly name: string
  protected readonly outlet: Outlet
  protected readonly spec: Spec
  protected readonly dropped: DroppedRecords
  protected readonly records: HeldRecords
  protected readonly queue: CallQueue
  private readonly failures: Failures

  constructor(name: string, outlet: Outlet, spec: Spec, environment: OperatorEnvironment) {
    this.name = name
    this.outlet = outlet
    this.spec = spec
    this.dropped = environment.dropped
    this.records = new HeldRecords(spec, environment)
    this.queue = new CallQueue(spec, environment.calls)
    this.failures = environment.failures
  }

  abstract open(): void
  abstract process(record: Flow): void
  /** Sends what a record makes of what has come for it. */
  protected abstract send(record: Flow, value: unknown): void

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

  protected goOn(record: Flow, outcome: Outcome): void {
    const { onFailure } = this.spec
    if (outcome.kind === 'value') this.send(record, outcome.value)
    else if (onFailure === 'fail') throw outcome.error
    else if (onFailure === 'skip') this.dropped.add('call-failed')
    else this.send(record, onFailure(outcome.error, record.value, record.key))
  }

  /** Of a record that was held: nobody is above it to whom an error could go. */
  private readonly finish = (record: Flow, outcome: Outcome): void => {
    try {
      this.goOn(record, outcome)
    } catch (error) {
      this.failures.handle(error, this.name, record)
    }
  }
}

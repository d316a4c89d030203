// A stream whose values come from outside: for each record a promise is made, so many at once, and its result goes on when the order allows. The task does not wait.
//
// A record whose call is on its way is state of the task (held-records.ts), and its call is made again when the task is restored, before anything else. So calls happen at
// least once, and results are in the same commit as the end of their record: once each under exactly-once.

import type { MapAsyncSpec } from '../graph/operator-spec.ts'
import { AsyncStep } from './async-step.ts'
import { nullIfUndefined } from './callback.ts'
import type { HeldRecord } from './held-records.ts'
import type { Flow } from './operator.ts'

export class MapAsync extends AsyncStep<MapAsyncSpec> {
  override open(): void {
    for (const held of this.records.restore()) this.call(held)
  }

  override process(record: Flow): void {
    this.call(this.records.hold(record))
  }

  protected override send(record: Flow, value: unknown): void {
    this.outlet.forward(record.withValue(nullIfUndefined(value)))
  }

  private call(held: HeldRecord): void {
    const { record } = held
    this.queue.add(
      (call) => this.spec.mapper(record.value, record.key, record, call),
      (outcome) => this.records.settle(held, outcome),
    )
  }
}

// Joins each record with what is known outside about a key that the record names. What the cache has is joined at once; for the rest a call is made, so many at
// once, and records of one lookup key that wait share it. The task does not wait: records are held, and ordered, as those of mapAsync are (held-records.ts).

import type { LookupJoinSpec } from '../graph/operator-spec.ts'
import type { Counter } from '../graph/processor.ts'
import { CallQueue, type Outcome } from './call-queue.ts'
import { joinValues, nullIfUndefined, onRecord } from './callback.ts'
import type { DroppedRecords } from './dropped-records.ts'
import type { Failures } from './failures.ts'
import { type HeldRecord, HeldRecords } from './held-records.ts'
import { type CacheKey, cacheKey, LookupCache } from './lookup-cache.ts'
import type { Flow, Operator, Outlet } from './operator.ts'
import type { AsyncOperator, OperatorEnvironment } from './operator-environment.ts'

const nothing: Outcome = { kind: 'value', value: null }

export class LookupJoin implements Operator, AsyncOperator {
  readonly name: string
  private readonly outlet: Outlet
  private readonly spec: LookupJoinSpec
  private readonly keyOf: (record: Flow) => unknown
  private readonly join: ReturnType<typeof joinValues>
  private readonly failures: Failures
  private readonly dropped: DroppedRecords
  private readonly records: HeldRecords
  private readonly queue: CallQueue
  /** undefined: nothing is kept, and each record asks. */
  private readonly cache: LookupCache | undefined
  /** Who waits for a call that is on its way. */
  private readonly asked = new Map<CacheKey, HeldRecord[]>()
  private readonly hits: Counter
  private readonly shared: Counter
  private readonly misses: Counter

  constructor(name: string, outlet: Outlet, spec: LookupJoinSpec, environment: OperatorEnvironment) {
    this.name = name
    this.outlet = outlet
    this.spec = spec
    this.keyOf = onRecord(spec.keySelector)
    this.join = joinValues(spec.joiner)
    this.failures = environment.failures
    this.dropped = environment.dropped
    this.records = new HeldRecords(spec, environment)
    this.queue = new CallQueue(spec, environment.calls)
    const cache = spec.cache === null ? undefined : new LookupCache(spec.cache, () => environment.calls.monotonicMs())
    this.cache = cache
    const metrics = environment.metrics.of(name)
    this.hits = metrics.counter('lookup-hit-total', 'records for which the cache had an answer')
    this.shared = metrics.counter('lookup-shared-total', 'records that waited for the call of another one')
    this.misses = metrics.counter('lookup-miss-total', 'records for which a call was made')
    if (cache !== undefined) metrics.gauge('lookup-cache-entries', () => cache.size, 'answers that the cache has')
  }

  open(): void {
    for (const held of this.records.restore()) this.openHeld(held)
  }

  process(record: Flow): void {
    const key = nullIfUndefined(this.keyOf(record))
    if (key === null && !this.spec.left) {
      this.dropped.add('null-key')
      return
    }
    const known = key === null ? nothing : this.known(key)
    if (known !== undefined && !this.records.wouldWait(record)) this.goOn(record, known)
    else this.wait(this.records.hold(record), key, known)
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

  /** A record of a task that was here, or elsewhere, before. The selector may be another one by now: what it throws is what has come of the record. */
  private openHeld(held: HeldRecord): void {
    let key: unknown
    try {
      key = nullIfUndefined(this.keyOf(held.record))
    } catch (error) {
      this.records.settle(held, { kind: 'failure', error })
      return
    }
    this.wait(held, key, key === null ? nothing : this.known(key))
  }

  private known(key: unknown): Outcome | undefined {
    const known = this.cache?.get(cacheKey(key))
    if (known !== undefined) this.hits.add()
    return known
  }

  private wait(held: HeldRecord, key: unknown, known: Outcome | undefined): void {
    if (known !== undefined) this.records.settle(held, known)
    else if (this.cache === undefined) this.ask(key, (outcome) => this.records.settle(held, outcome))
    else this.askOnce(this.cache, key, held)
  }

  private askOnce(cache: LookupCache, key: unknown, held: HeldRecord): void {
    const name = cacheKey(key)
    const others = this.asked.get(name)
    if (others !== undefined) {
      this.shared.add()
      others.push(held)
      return
    }
    const waiting = [held]
    this.asked.set(name, waiting)
    this.ask(key, (outcome) => {
      this.asked.delete(name)
      cache.set(name, outcome)
      for (const one of waiting) this.records.settle(one, outcome)
    })
  }

  private ask(key: unknown, done: (outcome: Outcome) => void): void {
    this.misses.add()
    this.queue.add((call) => this.spec.lookup(key, call), done)
  }

  /** Of a record that was held: nobody is above it to whom an error could go. */
  private readonly finish = (record: Flow, outcome: Outcome): void => {
    try {
      this.goOn(record, outcome)
    } catch (error) {
      this.failures.handle(error, this.name, record)
    }
  }

  private goOn(record: Flow, outcome: Outcome): void {
    if (outcome.kind === 'value') {
      this.joinWith(record, outcome.value)
      return
    }
    const { onFailure } = this.spec
    if (onFailure === 'fail') throw outcome.error
    if (onFailure === 'skip') this.dropped.add('call-failed')
    else this.joinWith(record, onFailure(outcome.error, record.value, record.key))
  }

  private joinWith(record: Flow, found: unknown): void {
    const right = nullIfUndefined(found)
    if (right === null && !this.spec.left) return
    this.outlet.forward(record.withValue(this.join(record.value, right, record.keyCell)))
  }
}

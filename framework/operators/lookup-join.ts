// Joins each record with what is known outside about a key that the record names. What the cache has is joined at once; for the rest a call is made, so many at
// once, and records of one lookup key that wait share it. The task does not wait: records are held, and ordered, as those of mapAsync are (held-records.ts).

import type { LookupJoinSpec } from '../graph/operator-spec.ts'
import type { Counter } from '../graph/processor.ts'
import { AsyncStep } from './async-step.ts'
import type { Outcome } from './call-queue.ts'
import { joinValues, nullIfUndefined, onRecord } from './callback.ts'
import type { HeldRecord } from './held-records.ts'
import { type CacheKey, cacheKey, LookupCache } from './lookup-cache.ts'
import type { Flow, Outlet } from './operator.ts'
import type { OperatorEnvironment } from './operator-environment.ts'

const nothing: Outcome = { kind: 'value', value: null }

export class LookupJoin extends AsyncStep<LookupJoinSpec> {
  private readonly keyOf: (record: Flow) => unknown
  private readonly join: ReturnType<typeof joinValues>
  /** undefined: nothing is kept, and each record asks. */
  private readonly cache: LookupCache | undefined
  /** Who waits for a call that is on its way. */
  private readonly asked = new Map<CacheKey, HeldRecord[]>()
  private readonly hits: Counter
  private readonly shared: Counter
  private readonly misses: Counter

  constructor(name: string, outlet: Outlet, spec: LookupJoinSpec, environment: OperatorEnvironment) {
    super(name, outlet, spec, environment)
    this.keyOf = onRecord(spec.keySelector)
    this.join = joinValues(spec.joiner)
    const cache = spec.cache === null ? undefined : new LookupCache(spec.cache, () => environment.calls.monotonicMs())
    this.cache = cache
    const metrics = environment.metrics.of(name)
    this.hits = metrics.counter('lookup-hit-total', 'records for which the cache had an answer')
    this.shared = metrics.counter('lookup-shared-total', 'records that waited for the call of another one')
    this.misses = metrics.counter('lookup-miss-total', 'records for which a call was made')
    if (cache !== undefined) metrics.gauge('lookup-cache-entries', () => cache.size, 'answers that the cache has')
  }

  override open(): void {
    for (const held of this.records.restore()) this.openHeld(held)
  }

  override process(record: Flow): void {
    const key = nullIfUndefined(this.keyOf(record))
    if (key === null && !this.spec.left) {
      this.dropped.add('null-key')
      return
    }
    const known = key === null ? nothing : this.known(key)
    if (known !== undefined && !this.records.wouldWait(record)) this.goOn(record, known)
    else this.wait(this.records.hold(record), key, known)
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

  protected override send(record: Flow, found: unknown): void {
    const right = nullIfUndefined(found)
    if (right === null && !this.spec.left) return
    this.outlet.forward(record.withValue(this.join(record.value, right, record.keyCell)))
  }
}

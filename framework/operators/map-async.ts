// A stream whose values come from outside: for each record a promise is made, so many at once, and its result goes on when the order allows. The task does not wait.
//
// A record whose call is on its way is state of the task: at a commit those are written to a store, so that their offsets can be committed and nothing is lost, and
// they are called again when the task is restored, before anything else. So calls happen at least once, and results are in the same commit as the end of
// their record: once each under exactly-once.

import type { MapAsyncSpec } from '../graph/operator-spec.ts'
import type { PendingRecord } from '../serdes/pending-record.ts'
import { long } from '../serdes/serdes.ts'
import type { BinaryKey } from '../state/contract.ts'
import type { EntryStore } from '../state/keyed-contract.ts'
import { nullIfUndefined } from './callback.ts'
import type { DroppedRecords } from './dropped-records.ts'
import type { Failures } from './failures.ts'
import { Cell, FlowRecord, noOrigin } from './flow-record.ts'
import { binaryKey } from './key-bytes.ts'
import type { Flow, Operator, Outlet } from './operator.ts'
import type { AsyncCalls, AsyncOperator, OperatorEnvironment } from './operator-environment.ts'

type Outcome = { readonly kind: 'value'; readonly value: unknown } | { readonly kind: 'failure'; readonly error: unknown }

interface Pending {
  /** In the store. */
  readonly row: BinaryKey
  readonly record: Flow
  /** undefined: it has no key. */
  readonly key: BinaryKey | undefined
  started: boolean
  outcome: Outcome | undefined
  stored: boolean
}

const numbers = long()

/** How many records are held for each call that may run. */
const heldPerCall = 2

export class MapAsync implements Operator, AsyncOperator {
  readonly name: string
  private readonly outlet: Outlet
  private readonly spec: MapAsyncSpec
  private readonly environment: OperatorEnvironment
  private readonly store: EntryStore<PendingRecord>
  private readonly calls: AsyncCalls
  private readonly failures: Failures
  private readonly dropped: DroppedRecords
  /** Of the attempts that run. */
  private readonly aborts = new Set<AbortController>()
  private closed = false
  private held: Pending[] = []
  private running = 0
  private done = 0

  constructor(name: string, outlet: Outlet, spec: MapAsyncSpec, environment: OperatorEnvironment) {
    this.name = name
    this.outlet = outlet
    this.spec = spec
    this.environment = environment
    this.store = environment.stores.entries(spec.store)
    this.calls = environment.calls
    this.failures = environment.failures
    this.dropped = environment.dropped
  }

  /** Those that were on their way when the state was committed. */
  open(): void {
    for (const [row, { value }] of this.store.entries('')) {
      const { key, value: given, timestamp, headers } = value
      this.hold(row, FlowRecord.of(key, given, timestamp, headers, noOrigin), true)
    }
  }

  process(record: Flow): void {
    const row = binaryKey(this.store.nextNumber(), numbers, this.environment.scratch)
    // Read now: what it was read from is gone when the call is done.
    this.hold(row, FlowRecord.of(record.key, record.value, record.timestamp, record.headers, record.origin), false)
  }

  get pending(): number {
    return this.held.length
  }

  get isFull(): boolean {
    return this.held.length >= this.spec.concurrency * heldPerCall
  }

  deliver(): number {
    if (this.done === 0) return 0
    const { order } = this.spec
    const blocked = new Set<BinaryKey>()
    const left: Pending[] = []
    const ready: Pending[] = []
    for (const one of this.held) {
      const waits = (order === 'input' && left.length > 0) || (order === 'key' && one.key !== undefined && blocked.has(one.key))
      if (one.outcome !== undefined && !waits) ready.push(one)
      else {
        left.push(one)
        if (one.key !== undefined) blocked.add(one.key)
      }
    }
    this.held = left
    this.done -= ready.length
    for (const one of ready) this.finish(one)
    this.startMore()
    return ready.length
  }

  beforeCommit(): void {
    for (const one of this.held) {
      if (one.stored) continue
      one.stored = true
      const { key, value, timestamp, headers } = one.record
      this.store.put(one.row, { key, value, timestamp, headers }, timestamp)
    }
  }

  /** Those that are on their way are called again wherever the task goes on. */
  close(): void {
    this.closed = true
    for (const abort of this.aborts) abort.abort(new Error('the task is closed'))
  }

  private hold(row: BinaryKey, record: Flow, stored: boolean): void {
    const key = record.keyCell.isNull ? undefined : binaryKey(record.key, this.spec.key, this.environment.scratch)
    this.held.push({ row, record, key, started: false, outcome: undefined, stored })
    this.startMore()
  }

  private startMore(): void {
    if (this.running >= this.spec.concurrency) return
    for (const one of this.held) {
      if (one.started) continue
      one.started = true
      this.running++
      this.calls.start(this.call(one))
      if (this.running >= this.spec.concurrency) return
    }
  }

  /** Never rejects. */
  private async call(one: Pending): Promise<void> {
    one.outcome = await this.outcomeOf(one.record)
    this.running--
    this.done++
  }

  private async outcomeOf(record: Flow): Promise<Outcome> {
    const { attemptsMax, retryDelayMs } = this.spec
    for (let attempt = 1; ; attempt++) {
      try {
        return { kind: 'value', value: await this.attempt(record, attempt) }
      } catch (error) {
        if (attempt >= attemptsMax || this.closed) return { kind: 'failure', error }
        await new Promise<void>((resolve) => this.calls.after(retryDelayMs, resolve))
      }
    }
  }

  private async attempt(record: Flow, attempt: number): Promise<unknown> {
    const { mapper, timeoutMs } = this.spec
    const abort = new AbortController()
    const { signal } = abort
    this.aborts.add(abort)
    const timer = this.calls.after(timeoutMs, () => abort.abort(new Error(`no result within ${timeoutMs} ms`)))
    try {
      return await Promise.race([mapper(record.value, record.key, record, { attempt, signal }), rejection(signal)])
    } finally {
      timer.cancel()
      this.aborts.delete(abort)
    }
  }

  private finish({ record, outcome, row, stored }: Pending): void {
    if (stored) this.store.put(row, null, record.timestamp)
    if (outcome === undefined) return
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

function rejection(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

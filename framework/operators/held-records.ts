// Records that wait for something outside, until the order lets them go on.
//
// They are state of the task: at a commit they are written to a store, so that their offsets can be committed and nothing is lost, and are found there when the task
// is restored. A record's row goes in the same commit as what has become of it.

import type { HeldRecordsSpec } from '../graph/operator-spec.ts'
import type { PendingRecord } from '../serdes/pending-record.ts'
import { long } from '../serdes/serdes.ts'
import type { BinaryKey } from '../state/contract.ts'
import type { EntryStore } from '../state/keyed-contract.ts'
import type { Outcome } from './call-queue.ts'
import { FlowRecord, noOrigin } from './flow-record.ts'
import { binaryKey } from './key-bytes.ts'
import type { Flow } from './operator.ts'
import type { OperatorEnvironment } from './operator-environment.ts'

export interface HeldRecord {
  readonly record: Flow
}

interface Held extends HeldRecord {
  /** In the store. */
  readonly row: BinaryKey
  /** undefined: it has no key. */
  readonly key: BinaryKey | undefined
  outcome: Outcome | undefined
  stored: boolean
}

const numbers = long()

/** How many records are held for each call that may run. */
const heldPerCall = 2

export class HeldRecords {
  private readonly spec: HeldRecordsSpec
  private readonly environment: OperatorEnvironment
  private readonly store: EntryStore<PendingRecord>
  private held: Held[] = []
  private done = 0

  constructor(spec: HeldRecordsSpec, environment: OperatorEnvironment) {
    this.spec = spec
    this.environment = environment
    this.store = environment.stores.entries(spec.store)
  }

  /** Holds those that waited when the state was committed. */
  restore(): readonly HeldRecord[] {
    return [...this.store.entries('')].map(([row, { value }]) => {
      const { key, value: given, timestamp, headers } = value
      return this.add(row, FlowRecord.of(key, given, timestamp, headers, noOrigin), true)
    })
  }

  hold(record: Flow): HeldRecord {
    const row = binaryKey(this.store.nextNumber(), numbers, this.environment.scratch)
    // Read now: what it was read from is gone when the call is done.
    return this.add(row, FlowRecord.of(record.key, record.value, record.timestamp, record.headers, record.origin), false)
  }

  /** Says what has come for a record. It goes on with the next `take`. */
  settle(held: HeldRecord, outcome: Outcome): void {
    ;(held as Held).outcome = outcome
    this.done++
  }

  /** Whether a record would have to wait for one that is held. */
  wouldWait(record: Flow): boolean {
    if (this.held.length === 0 || this.spec.order === 'none') return false
    if (this.spec.order === 'input') return true
    const key = this.keyOf(record)
    return key !== undefined && this.held.some((one) => one.key === key)
  }

  get size(): number {
    return this.held.length
  }

  get isFull(): boolean {
    return this.held.length >= this.spec.concurrency * heldPerCall
  }

  /** Takes those that may go on, and hands each over with what has come for it; gives how many. */
  take(finish: (record: Flow, outcome: Outcome) => void): number {
    if (this.done === 0) return 0
    const { order } = this.spec
    const blocked = new Set<BinaryKey>()
    const left: Held[] = []
    const ready: Held[] = []
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
    for (const { record, outcome, row, stored } of ready) {
      if (stored) this.store.put(row, null, record.timestamp)
      finish(record, outcome as Outcome)
    }
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

  private add(row: BinaryKey, record: Flow, stored: boolean): HeldRecord {
    const held: Held = { row, record, key: this.keyOf(record), outcome: undefined, stored }
    this.held.push(held)
    return held
  }

  private keyOf(record: Flow): BinaryKey | undefined {
    return record.keyCell.isNull ? undefined : binaryKey(record.key, this.spec.key, this.environment.scratch)
  }
}

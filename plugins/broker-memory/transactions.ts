// The transactions of a memory cluster: who holds a transactional id, and what each open transaction has written and is to commit. As with Kafka an offset that
// a transaction carries is pending until it ends, and a transaction whose producer died stays open until its id is taken over or its time is up.

import { type Clock, type CommittedOffset, MillraceError, type Timer } from '../../framework/index.ts'
import type { GroupCoordinator } from './group-coordinator.ts'
import type { PartitionLog } from './partition-log.ts'

/** What a record knows of the transaction that it belongs to. */
export interface TransactionMark {
  readonly outcome: 'open' | 'committed' | 'aborted'
}

export class MemoryTransaction implements TransactionMark {
  outcome: TransactionMark['outcome'] = 'open'
  readonly logs = new Set<PartitionLog>()
  readonly offsets: { readonly group: GroupCoordinator; readonly offsets: readonly CommittedOffset[] }[] = []
}

/** One producer's hold on a transactional id, until another producer takes it. */
export class TransactionalProducer {
  readonly transactionalId: string
  readonly timeoutMs: number
  private readonly coordinator: TransactionCoordinator
  private current: MemoryTransaction | undefined
  private timer: Timer | undefined
  private fencedBy: string | undefined

  constructor(coordinator: TransactionCoordinator, transactionalId: string, timeoutMs: number) {
    this.coordinator = coordinator
    this.transactionalId = transactionalId
    this.timeoutMs = timeoutMs
  }

  /** The open transaction, begun if there is none. Throws `producer-fenced`. */
  transaction(): MemoryTransaction {
    this.check()
    if (this.current === undefined) {
      this.current = new MemoryTransaction()
      this.timer = this.coordinator.clock.after(this.timeoutMs, () => this.fence('the coordinator has given it up'))
    }
    return this.current
  }

  addOffsets(group: GroupCoordinator, memberId: string, generation: number, offsets: readonly CommittedOffset[]): void {
    const transaction = this.transaction()
    group.addPending(transaction, memberId, generation, offsets)
    transaction.offsets.push({ group, offsets })
  }

  end(outcome: 'committed' | 'aborted'): void {
    this.check()
    this.finish(outcome)
  }

  /** Its transaction is aborted, and whatever it does from now on is refused. */
  fence(why: string): void {
    this.fencedBy ??= why
    this.finish('aborted')
  }

  private finish(outcome: 'committed' | 'aborted'): void {
    const { current } = this
    this.timer?.cancel()
    this.current = undefined
    if (current === undefined) return
    current.outcome = outcome
    for (const log of current.logs) log.endTransaction(current)
    for (const { group, offsets } of current.offsets) group.endPending(current, outcome === 'committed' ? offsets : [])
    this.coordinator.ended()
  }

  private check(): void {
    const { transactionalId, timeoutMs, fencedBy: problem } = this
    if (problem !== undefined) throw new MillraceError('producer-fenced', { transactionalId, timeoutMs, problem })
  }
}

export class TransactionCoordinator {
  readonly clock: Clock
  readonly ended: () => void
  private readonly producers = new Map<string, TransactionalProducer>()

  /** `ended` is called after each transaction. */
  constructor(clock: Clock, ended: () => void) {
    this.clock = clock
    this.ended = ended
  }

  /** Who had the id before is fenced. */
  initialize(transactionalId: string, timeoutMs: number): TransactionalProducer {
    this.producers.get(transactionalId)?.fence('another producer has initialized it')
    const producer = new TransactionalProducer(this, transactionalId, timeoutMs)
    this.producers.set(transactionalId, producer)
    return producer
  }
}

// The transactions of the broker, by transactional id, durable in a journal. One node coordinates all of them and leads all partitions, so that an end is written at once;
// only a crash, or a full disk, can come in between, and then it is written when the broker is there again, or has room.
//
//   empty ──partitions or offsets are added──→ ongoing ──EndTxn, a newer producer, the timeout──→ ending ──all ends are written──→ empty
//
// From the line that says `ending` on, the outcome stands. Each producer has an epoch: who initializes an id raises it, and so does a transaction that takes too
// long; with an older one nothing can be written any more, neither here nor in the partitions, to which the newer epoch comes with the end.

import type { Clock, Timer } from '../../../../framework/index.ts'
import type { ProtocolErrorName } from '../../wire/error-codes.ts'
import type { BatchHeader } from '../../wire/record-batch.ts'
import type { Coordinator, OffsetToCommit } from '../groups/coordinator.ts'
import type { GenerationIdentity } from '../groups/group-answers.ts'
import { Journal } from '../log/journal.ts'
import type { LogReport } from '../log/partition-log.ts'
import type { Storage } from '../log/storage.ts'
import type { Catalogue } from '../topics/catalogue.ts'

const journalPath = 'transactions.journal'
const epochMax = 0x7ffe
/** What could not be written is tried again after this. */
const retryMs = 1_000

export interface TransactionLimits {
  readonly transactionalIdsMax: number
  /** Kafka: transaction.max.timeout.ms. */
  readonly timeoutMsMax: number
  /** An id of which nothing was heard for so long is forgotten (transactional.id.expiration.ms). */
  readonly forgottenAfterMs: number
}

export interface TransactionParts {
  readonly storage: Storage
  readonly catalogue: Catalogue
  readonly groups: Coordinator
  readonly clock: Clock
  readonly limits: TransactionLimits
  readonly report: LogReport
}

/** A producer, as it says itself. */
export interface ProducerClaim {
  readonly transactionalId: string
  readonly producerId: number
  readonly producerEpoch: number
}

type Partition = readonly [topic: string, partition: number]

/** One transactional id as it stands in the journal; its form outlives the process. */
interface TransactionFacts {
  readonly id: string
  readonly producerId: number
  readonly epoch: number
  readonly timeoutMs: number
  readonly state: 'empty' | 'ongoing' | 'ending'
  /** Of the transaction that ends, or has ended last. */
  readonly committed: boolean | null
  readonly partitions: readonly Partition[]
  readonly groups: readonly string[]
  /** When the transaction began, or the last one ended. */
  readonly sinceMs: number
  /** The epoch with which its producer asked for this one, and may ask again if the answer was lost. Absent once it has used this one, or if it named none. */
  readonly renewedEpoch?: number
}

type TransactionFact =
  | { readonly kind: 'transaction'; readonly transaction: TransactionFacts }
  | { readonly kind: 'forgotten'; readonly id: string }

export type Initialized =
  | { readonly error: 'NONE'; readonly producerId: number; readonly producerEpoch: number }
  | { readonly error: ProtocolErrorName }

export class TransactionCoordinator {
  readonly #parts: TransactionParts
  readonly #transactions = new Map<string, TransactionFacts>()
  readonly #byProducer = new Map<number, string>()
  readonly #timers = new Map<string, Timer>()
  readonly #journal: Journal<TransactionFact>

  /** Ends what was ending when the broker died. */
  constructor(parts: TransactionParts) {
    this.#parts = parts
    this.#journal = Journal.open(
      parts.storage,
      journalPath,
      (fact: TransactionFact) => this.#apply(fact),
      () => [...this.#transactions.values()].map((transaction) => ({ kind: 'transaction' as const, transaction })),
      parts.report,
    )
    for (const transaction of this.#transactions.values()) {
      if (transaction.state === 'ending') this.#tryToEnd(transaction.id)
      else if (transaction.state === 'ongoing') this.#startTimer(transaction)
    }
    this.#endWhatIsOver()
  }

  // ------------------------------------------------------------------------------------------------------------ producers

  /** A new epoch for the id; what it had open is aborted. `claimed`: who asks thinks to be this producer (KIP-360). */
  initialize(id: string, timeoutMs: number, claimed: { readonly producerId: number; readonly producerEpoch: number }): Initialized {
    const { limits, catalogue } = this.#parts
    if (id === '') return { error: 'INVALID_REQUEST' }
    if (timeoutMs <= 0 || timeoutMs > limits.timeoutMsMax) return { error: 'INVALID_TRANSACTION_TIMEOUT' }
    const before = this.#transactions.get(id)
    if (before === undefined) {
      if (claimed.producerId >= 0) return { error: 'INVALID_PRODUCER_ID_MAPPING' }
      this.#forgetSilent()
      if (this.#transactions.size >= limits.transactionalIdsMax) return { error: 'POLICY_VIOLATION' }
      const producerId = catalogue.nextProducerId()
      this.#note({ ...this.#idle(id, producerId, 0), timeoutMs })
      return { error: 'NONE', producerId, producerEpoch: 0 }
    }
    if (claimed.producerId >= 0) {
      const { producerId, epoch, renewedEpoch } = before
      const isSame = claimed.producerId === producerId
      if (isSame && claimed.producerEpoch === renewedEpoch) return { error: 'NONE', producerId, producerEpoch: epoch }
      if (!isSame || claimed.producerEpoch !== epoch) return { error: 'PRODUCER_FENCED' }
    }
    if (before.state === 'ongoing') this.#end({ ...before, epoch: before.epoch + 1 }, false)
    const now = this.#transactions.get(id)!
    if (now.state === 'ending') return { error: 'CONCURRENT_TRANSACTIONS' }
    const isWornOut = now.epoch >= epochMax
    const producerId = isWornOut ? catalogue.nextProducerId() : now.producerId
    const epoch = isWornOut ? 0 : now.epoch + 1
    const renewed = claimed.producerId >= 0 && !isWornOut ? { renewedEpoch: claimed.producerEpoch } : {}
    this.#note({ ...this.#idle(id, producerId, epoch), timeoutMs, ...renewed })
    return { error: 'NONE', producerId, producerEpoch: epoch }
  }

  // --------------------------------------------------------------------------------------------------------- transactions

  /** One error for each partition. */
  addPartitions(claim: ProducerClaim, partitions: readonly Partition[]): readonly ProtocolErrorName[] {
    const problem = this.#problemOf(claim)
    if (problem !== undefined) return partitions.map(() => problem)
    const isThere = partitions.map(([topic, partition]) => this.#parts.catalogue.log(topic, partition) !== undefined)
    if (isThere.includes(false)) return isThere.map((there) => (there ? 'OPERATION_NOT_ATTEMPTED' : 'UNKNOWN_TOPIC_OR_PARTITION'))
    this.#add(claim.transactionalId, partitions, [])
    return partitions.map(() => 'NONE')
  }

  addGroup(claim: ProducerClaim, groupId: string): ProtocolErrorName {
    const problem = this.#problemOf(claim)
    if (problem === undefined) this.#add(claim.transactionalId, [], [groupId])
    return problem ?? 'NONE'
  }

  /** One error for each offset. */
  commitOffsets(
    claim: ProducerClaim,
    groupId: string,
    identity: GenerationIdentity,
    offsets: readonly OffsetToCommit[],
  ): readonly ProtocolErrorName[] {
    const transaction = this.#transactions.get(claim.transactionalId)
    const isOpen = transaction?.state === 'ongoing' && transaction.groups.includes(groupId)
    const problem = this.#problemOf(claim) ?? (isOpen ? undefined : 'INVALID_TXN_STATE')
    if (problem !== undefined) return offsets.map(() => problem)
    return this.#parts.groups.commitInTransaction(groupId, identity, claim.producerId, offsets)
  }

  end(claim: ProducerClaim, committed: boolean): ProtocolErrorName {
    const problem = this.#problemOf(claim)
    if (problem !== undefined) return problem
    const transaction = this.#transactions.get(claim.transactionalId)!
    // Asked for again, because the first answer was lost.
    if (transaction.state === 'empty') return transaction.committed === committed ? 'NONE' : 'INVALID_TXN_STATE'
    this.#end(transaction, committed)
    return 'NONE'
  }

  /** Whether a transactional batch may be written to a partition. */
  produceProblem({ producerId, producerEpoch }: BatchHeader, topic: string, partition: number): ProtocolErrorName | undefined {
    const transaction = this.#transactions.get(this.#byProducer.get(producerId) ?? '')
    if (transaction === undefined) return 'INVALID_PRODUCER_ID_MAPPING'
    if (transaction.epoch !== producerEpoch) return 'INVALID_PRODUCER_EPOCH'
    const isIn = transaction.state === 'ongoing' && has(transaction.partitions, [topic, partition])
    return isIn ? undefined : 'INVALID_TXN_STATE'
  }

  close(): void {
    for (const timer of this.#timers.values()) timer.cancel()
    this.#journal.close()
  }

  #problemOf({ transactionalId, producerId, producerEpoch }: ProducerClaim): ProtocolErrorName | undefined {
    const transaction = this.#transactions.get(transactionalId)
    if (transaction === undefined || transaction.producerId !== producerId) return 'INVALID_PRODUCER_ID_MAPPING'
    if (transaction.epoch !== producerEpoch) return 'PRODUCER_FENCED'
    return transaction.state === 'ending' ? 'CONCURRENT_TRANSACTIONS' : undefined
  }

  #add(id: string, partitions: readonly Partition[], groups: readonly string[]): void {
    const { renewedEpoch: _, ...before } = this.#transactions.get(id)!
    const isOngoing = before.state === 'ongoing'
    const had = isOngoing ? before : { ...before, partitions: [], groups: [] }
    const added = {
      ...before,
      state: 'ongoing' as const,
      committed: null,
      partitions: [...had.partitions, ...partitions.filter((partition) => !has(had.partitions, partition))],
      groups: [...new Set([...had.groups, ...groups])],
      sinceMs: isOngoing ? before.sinceMs : this.#parts.clock.now(),
    }
    const isNew = !isOngoing || added.partitions.length + added.groups.length > had.partitions.length + had.groups.length
    if (isNew) this.#note(added)
    if (!isOngoing) this.#startTimer(added)
  }

  // ---------------------------------------------------------------------------------------------------------------- ending

  #end(transaction: TransactionFacts, committed: boolean): void {
    this.#timers.get(transaction.id)?.cancel()
    this.#timers.delete(transaction.id)
    this.#note({ ...transaction, state: 'ending', committed })
    this.#tryToEnd(transaction.id)
  }

  #tryToEnd(id: string): void {
    const transaction = this.#transactions.get(id)!
    const { producerId, epoch, committed, timeoutMs } = transaction
    const { catalogue, groups, clock } = this.#parts
    try {
      for (const [topic, partition] of transaction.partitions)
        catalogue.log(topic, partition)?.endTransaction(producerId, epoch, committed === true, clock.now())
      for (const groupId of transaction.groups) groups.endTransaction(groupId, producerId, committed === true)
      this.#note({ ...this.#idle(id, producerId, epoch), timeoutMs, committed })
    } catch (error) {
      this.#again(id, error, () => this.#tryToEnd(id))
    }
  }

  #startTimer(transaction: TransactionFacts): void {
    const { clock } = this.#parts
    const leftMs = Math.min(transaction.timeoutMs, Math.max(0, transaction.sinceMs + transaction.timeoutMs - clock.now()))
    this.#timers.set(
      transaction.id,
      clock.after(leftMs, () => this.#giveUp(transaction.id)),
    )
  }

  #giveUp(id: string): void {
    const transaction = this.#transactions.get(id)!
    try {
      this.#end({ ...transaction, epoch: transaction.epoch + 1 }, false)
    } catch (error) {
      this.#again(id, error, () => this.#giveUp(id))
    }
  }

  #again(id: string, error: unknown, run: () => void): void {
    const { clock, report } = this.#parts
    report(`The end of a transaction of ${id} could not be written: ${error instanceof Error ? error.message : error}`)
    this.#timers.set(id, clock.after(retryMs, run))
  }

  /**
   * Compaction leaves the ends of transactions out, of which only what was committed is left by then; should the broker die just then, a partition may believe one
   * to be open that has long ended.
   */
  #endWhatIsOver(): void {
    const { catalogue, clock } = this.#parts
    for (const { name, logs } of catalogue.topics()) {
      for (const [partition, log] of logs.entries()) {
        for (const producerId of log.openProducers) {
          const transaction = this.#transactions.get(this.#byProducer.get(producerId) ?? '')
          const isOpen = transaction !== undefined && transaction.state !== 'empty' && has(transaction.partitions, [name, partition])
          if (!isOpen) log.endTransaction(producerId, transaction?.epoch ?? 0, true, clock.now())
        }
      }
    }
  }

  // --------------------------------------------------------------------------------------------------------------- journal

  #idle(id: string, producerId: number, epoch: number): TransactionFacts {
    const sinceMs = this.#parts.clock.now()
    return { id, producerId, epoch, timeoutMs: 0, state: 'empty', committed: null, partitions: [], groups: [], sinceMs }
  }

  #forgetSilent(): void {
    const { clock, limits } = this.#parts
    for (const { id, state, sinceMs } of this.#transactions.values()) {
      if (state !== 'empty' || clock.now() - sinceMs < limits.forgottenAfterMs) continue
      this.#journal.append({ kind: 'forgotten', id })
      this.#apply({ kind: 'forgotten', id })
    }
  }

  #note(transaction: TransactionFacts): void {
    this.#journal.append({ kind: 'transaction', transaction })
    this.#apply({ kind: 'transaction', transaction })
  }

  #apply(fact: TransactionFact): void {
    const id = fact.kind === 'transaction' ? fact.transaction.id : fact.id
    const before = this.#transactions.get(id)
    if (before !== undefined) this.#byProducer.delete(before.producerId)
    this.#transactions.delete(id)
    if (fact.kind === 'forgotten') return
    this.#transactions.set(id, fact.transaction)
    this.#byProducer.set(fact.transaction.producerId, id)
  }
}

function has(partitions: readonly Partition[], [topic, partition]: Partition): boolean {
  return partitions.some((other) => other[1] === partition && other[0] === topic)
}

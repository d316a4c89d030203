// The Transactions of a KafkaProducer (KIP-98, KIP-447), in the protocol before KIP-890, which every broker speaks with who does not ask for more.
//
//   none ──first batch is due──→ AddPartitionsToTxn, then Produce ── … ──commit──→ AddOffsetsToTxn, TxnOffsetCommit, EndTxn ──→ none
//                                                                  └─abort──→ InitProducerId with what the producer is ──────→ none, in a new epoch
//
// An abort raises the epoch (KIP-360): what may still be on its way can then no longer arrive, and sequence numbers begin anew, so that nothing depends on which
// of the batches that were never acknowledged have been written.

import { type CommittedOffset, MillraceError, type TransactionOffsets, type Transactions } from '../../../framework/index.ts'
import { apis } from '../wire/apis.ts'
import { errorCode, errorName } from '../wire/error-codes.ts'
import type { ClusterClient } from './cluster-client.ts'
import { Coordinator, transactionKey } from './coordinator.ts'
import { check, RefusedRequest } from './faults.ts'
import { byTopic } from './topic-partitions.ts'

export interface ProducerId {
  readonly producerId: number
  readonly producerEpoch: number
}

/** What transactions need of their producer. */
export interface TransactionalBatches {
  /** From now on batches are stamped with this id, and sequences begin anew. */
  begin(id: ProducerId): void
  flush(): Promise<void>
  /** What is appended from now on belongs to the next transaction. */
  hold(): void
  /** The next transaction begins. */
  release(): void
  /** Forgets all that is not acknowledged, and resolves when nothing is on its way. */
  discard(): Promise<void>
}

interface PartitionInTransaction {
  readonly topic: string
  readonly partition: number
}

export interface TransactionOptions {
  readonly transactionalId: string
  readonly transactionTimeoutMs: number | undefined
}

/** Another one has the transactional id now, or the coordinator has given the transaction up. */
const fencedCodes: readonly number[] = [
  errorCode.PRODUCER_FENCED,
  errorCode.INVALID_PRODUCER_EPOCH,
  errorCode.INVALID_PRODUCER_ID_MAPPING,
  errorCode.INVALID_TXN_STATE,
  errorCode.UNKNOWN_PRODUCER_ID,
  errorCode.TRANSACTION_COORDINATOR_FENCED,
]

const memberFencedCodes: readonly number[] = [
  errorCode.UNKNOWN_MEMBER_ID,
  errorCode.ILLEGAL_GENERATION,
  errorCode.FENCED_INSTANCE_ID,
  errorCode.REBALANCE_IN_PROGRESS,
]

const noProducer: ProducerId = { producerId: -1, producerEpoch: -1 }
const timeoutMsDefault = 10_000
const groupsMax = 16

export class KafkaTransactions implements Transactions {
  open = false
  readonly #cluster: ClusterClient
  readonly #batches: TransactionalBatches
  readonly #transactionalId: string
  readonly #timeoutMs: number
  readonly #coordinator: Coordinator
  readonly #groups = new Map<string, Coordinator>()
  #id = noProducer
  /** One is being committed. */
  #ending = false
  /** Those that the coordinator knows to be in the transaction. */
  readonly #added = new Set<PartitionInTransaction>()

  constructor(cluster: ClusterClient, batches: TransactionalBatches, { transactionalId, transactionTimeoutMs }: TransactionOptions) {
    this.#cluster = cluster
    this.#batches = batches
    this.#transactionalId = transactionalId
    this.#timeoutMs = transactionTimeoutMs ?? timeoutMsDefault
    this.#coordinator = new Coordinator(cluster, transactionalId, transactionKey)
  }

  async initialize(): Promise<void> {
    await this.#initialize(noProducer)
  }

  /** Whether the coordinator may know of one that has not ended. */
  get begun(): boolean {
    return this.open || this.#ending
  }

  async commit({ groupId, offsets, ...member }: TransactionOffsets, committed?: () => void): Promise<void> {
    this.open = false
    this.#ending = true
    this.#batches.hold()
    // The order of records and offsets is all the same to the transaction.
    const results = await Promise.allSettled([this.#batches.flush(), this.#commitOffsets(groupId, member, offsets)])
    for (const result of results) if (result.status === 'rejected') throw result.reason
    if (this.#added.size > 0 || offsets.length > 0) {
      await this.#ask(async () => {
        const answer = await this.#coordinator.send(apis.endTxn, { ...this.#claim, committed: true })
        check(answer.errorCode, 'EndTxn', this.#transactionalId)
      })
    }
    this.#ended()
    committed?.()
    this.#batches.release()
  }

  async abort(): Promise<void> {
    if (!this.begun) return
    await this.#batches.discard()
    await this.#initialize(this.#id)
    this.open = false
    this.#ended()
  }

  /** One attempt to end what is open, for who closes. */
  async abandon(): Promise<void> {
    if (!this.begun) return
    const request = { ...this.#claim, transactionTimeoutMs: this.#timeoutMs }
    await this.#coordinator.send(apis.initProducerId, request)
  }

  // ---------------------------------------------------------------------------------------------------- for the producer

  has(partition: PartitionInTransaction): boolean {
    return this.#added.has(partition)
  }

  async add(partitions: readonly PartitionInTransaction[]): Promise<void> {
    const topics = byTopic(partitions, ({ partition }) => partition)
    await this.#ask(async () => {
      const { results } = await this.#coordinator.send(apis.addPartitionsToTxn, { ...this.#claim, topics })
      const all = results.flatMap(({ name, resultsByPartition }) => resultsByPartition.map((result) => ({ name, ...result })))
      // One that was not there stops all others, which say so only.
      const failed = all.filter(({ partitionErrorCode: code }) => code !== errorCode.NONE && code !== errorCode.OPERATION_NOT_ATTEMPTED)
      for (const { name, partitionErrorCode } of failed) check(partitionErrorCode, 'AddPartitionsToTxn', name)
    })
    for (const partition of partitions) this.#added.add(partition)
  }

  /** What a refused batch says of its producer; undefined if it says nothing of it. */
  fencedBy(code: number): MillraceError | undefined {
    const isFenced = fencedCodes.includes(code) || code === errorCode.OUT_OF_ORDER_SEQUENCE_NUMBER
    return isFenced ? this.#fenced(code) : undefined
  }

  // ----------------------------------------------------------------------------------------------------------- requests

  get #claim() {
    return { transactionalId: this.#transactionalId, ...this.#id }
  }

  async #initialize(claimed: ProducerId): Promise<void> {
    const request = { transactionalId: this.#transactionalId, transactionTimeoutMs: this.#timeoutMs, ...claimed }
    const id = await this.#ask(async () => {
      const { errorCode: code, producerId, producerEpoch } = await this.#coordinator.send(apis.initProducerId, request)
      check(code, 'InitProducerId', this.#transactionalId)
      return { producerId, producerEpoch }
    })
    this.#id = id
    this.#batches.begin(id)
  }

  #ended(): void {
    this.#ending = false
    this.#added.clear()
  }

  async #commitOffsets(groupId: string, member: Member, offsets: readonly CommittedOffset[]): Promise<void> {
    if (offsets.length === 0) return
    await this.#ask(async () => {
      const answer = await this.#coordinator.send(apis.addOffsetsToTxn, { ...this.#claim, groupId })
      check(answer.errorCode, 'AddOffsetsToTxn', groupId)
    })
    const group = this.#groupOf(groupId)
    const { generation: generationId, memberId, groupInstanceId = null } = member
    const topics = byTopic(offsets, ({ partition, offset, metadata }) => {
      return { partitionIndex: partition, committedOffset: offset, committedMetadata: metadata }
    })
    const request = { ...this.#claim, groupId, generationId, memberId, groupInstanceId, topics }
    await group.withRetries(async () => {
      const answer = await group.send(apis.txnOffsetCommit, request)
      for (const { name, partitions } of answer.topics) {
        for (const { partitionIndex, errorCode: code } of partitions) {
          const refused = new RefusedRequest(code, 'TxnOffsetCommit', `group ${groupId}, ${name}-${partitionIndex}`)
          if (memberFencedCodes.includes(code)) throw new MillraceError('member-fenced', { group: groupId, member: memberId }, refused)
          if (fencedCodes.includes(code)) throw this.#fenced(code, refused)
          if (code !== errorCode.NONE) throw refused
        }
      }
    })
  }

  #groupOf(groupId: string): Coordinator {
    const known = this.#groups.get(groupId)
    if (known !== undefined) return known
    if (this.#groups.size >= groupsMax) this.#groups.clear()
    const group = new Coordinator(this.#cluster, groupId)
    this.#groups.set(groupId, group)
    return group
  }

  /** The end of the last transaction is written behind our back: until it is, the coordinator takes nothing of the next one, for some milliseconds. */
  #ask<T>(attempt: () => Promise<T>): Promise<T> {
    const { clock, settings } = this.#cluster
    const deadlineMs = clock.monotonicMs() + settings.retryTimeoutMs
    return this.#coordinator.withRetries(async () => {
      for (;;) {
        try {
          return await attempt()
        } catch (error) {
          const code = error instanceof RefusedRequest ? error.code : errorCode.NONE
          if (fencedCodes.includes(code)) throw this.#fenced(code, error)
          if (code !== errorCode.CONCURRENT_TRANSACTIONS || clock.monotonicMs() >= deadlineMs) throw error
        }
        await new Promise<void>((resolve) => clock.after(settings.transactionBackoffMs, resolve))
      }
    })
  }

  #fenced(code: number, cause?: unknown): MillraceError {
    const details = { transactionalId: this.#transactionalId, timeoutMs: this.#timeoutMs, problem: `${errorName(code)}.` }
    return new MillraceError('producer-fenced', details, cause)
  }
}

type Member = Omit<TransactionOffsets, 'groupId' | 'offsets'>

// The producer of a stream thread, and how a commit reaches Kafka by the processing guarantee (Kafka Streams: StreamsProducer). At least once: what was written is
// acknowledged, then the group has the offsets. Exactly once: both are one transaction. A producer that was fenced is of no more use; the next one is opened in
// its place, so nobody keeps it, nor its writers, beyond the tasks that write with it.

import { isMillraceError, type MillraceError } from '../errors.ts'
import type { Broker, CommittedOffset, GroupMember, Producer, ProducerOptions, TopicWriter } from '../ports/broker.ts'

/** What a member is to its group since it joined last. */
export interface Membership {
  readonly generation: number
  readonly memberId: string
}

export interface StreamsProducerOptions {
  readonly broker: Broker
  /** Of the producer; with a transactional id: exactly once. */
  readonly producer: ProducerOptions
  readonly groupId: string
  readonly groupInstanceId: string | undefined
}

export interface StreamsCommit {
  readonly member: GroupMember
  readonly offsets: readonly CommittedOffset[]
  readonly beside: Promise<unknown> | undefined
  committed(): void
}

export class StreamsProducer {
  membership: Membership | undefined
  private readonly options: StreamsProducerOptions
  private producer: Producer
  private initialized = false
  private fenced = false

  constructor(options: StreamsProducerOptions) {
    this.options = options
    this.producer = options.broker.producer(options.producer)
  }

  /** Once the app has a place in its group: the broker aborts what an instance of the same transactional id has left open. */
  async initialize(): Promise<void> {
    if (this.initialized) return
    await this.producer.transactions?.initialize()
    this.initialized = true
  }

  writer(topic: string): Promise<TopicWriter> {
    return this.producer.writer(topic)
  }

  /** Whether a transaction has something to commit. */
  get open(): boolean {
    return this.producer.transactions?.open === true
  }

  /** Whether what is written while a commit is under way belongs to the next one: if nothing is awaited beside. */
  get commitsApart(): boolean {
    return this.producer.transactions !== undefined
  }

  get full(): boolean {
    return this.producer.full
  }

  drained(): Promise<void> {
    return this.producer.drained()
  }

  poll(): void {
    this.producer.poll()
  }

  /**
   * Resolves when all that was written and these offsets are Kafka's; `committed` is called then, while writers have nothing acknowledged beyond that. `beside` has to succeed
   * before the offsets count: what goes elsewhere than to Kafka. Rejects with `member-fenced` or `producer-fenced` if others have gone on without this instance.
   */
  async commit({ member, offsets, beside, committed }: StreamsCommit): Promise<void> {
    const { transactions } = this.producer
    if (transactions === undefined) {
      await Promise.all([this.producer.flush(), beside])
      await member.commit(offsets)
      committed()
      return
    }
    if (beside !== undefined) await beside
    try {
      await transactions.commit({ ...this.group(), offsets }, committed)
    } catch (error) {
      if (isMillraceError(error, 'producer-fenced')) this.fenced = true
      throw error
    }
  }

  /** Makes what was written since the last commit never have been, where Kafka can: exactly once. Its tasks have to be gone. */
  async discard(): Promise<void> {
    const { transactions } = this.producer
    if (transactions === undefined || !this.initialized) return
    if (!this.fenced) {
      await transactions.abort().catch((error: unknown) => {
        if (!isMillraceError(error, 'producer-fenced')) throw error
        this.fenced = true
      })
    }
    if (this.fenced) await this.renew()
  }

  private async renew(): Promise<void> {
    const { broker, producer } = this.options
    await this.producer.close()
    this.producer = broker.producer(producer)
    this.initialized = false
    this.fenced = false
  }

  private group(): { groupId: string; groupInstanceId?: string } & Membership {
    const { groupId, groupInstanceId } = this.options
    const { generation, memberId } = this.membership ?? { generation: -1, memberId: '' }
    return { groupId, generation, memberId, ...(groupInstanceId === undefined ? {} : { groupInstanceId }) }
  }
}

/** Whether others have gone on without this instance: what it did since its last commit, it did in vain. */
export function isFenced(error: unknown): error is MillraceError {
  return isMillraceError(error, 'member-fenced') || isMillraceError(error, 'producer-fenced')
}

// A transactional producer of bare requests, for tests of the embedded broker: each step by itself, and with whatever epoch and member a test likes.

import { expect } from 'vitest'
import { apis } from '../../../plugins/kafka/wire/apis.ts'
import { errorName } from '../../../plugins/kafka/wire/error-codes.ts'
import { RecordBatchReader } from '../../../plugins/kafka/wire/record-batch-reader.ts'
import { batchOf, recordOf } from './batches.ts'
import { RawClient } from './raw-client.ts'

export class TransactionalClient {
  readonly transactionalId: string
  readonly client: RawClient
  producerId = -1
  producerEpoch = -1
  private readonly sequences = new Map<number, number>()

  private constructor(client: RawClient, transactionalId: string) {
    this.client = client
    this.transactionalId = transactionalId
  }

  static async open(port: number, transactionalId = 'counts-1'): Promise<TransactionalClient> {
    return new TransactionalClient(await RawClient.open(port), transactionalId)
  }

  async initialize(transactionTimeoutMs = 60_000): Promise<string> {
    const { transactionalId } = this
    const answer = await this.client.ask(apis.initProducerId, 4, { transactionalId, transactionTimeoutMs })
    this.producerId = answer.producerId
    this.producerEpoch = answer.producerEpoch
    this.sequences.clear()
    return errorName(answer.errorCode)
  }

  async add(...partitions: readonly number[]): Promise<string> {
    const answer = await this.client.ask(apis.addPartitionsToTxn, 3, { ...this.claim, topics: [{ name: 'flights', partitions }] })
    return errorName(answer.results[0]!.resultsByPartition[0]!.partitionErrorCode)
  }

  /** Without a word to the coordinator. */
  async produce(partition: number, value: string): Promise<string> {
    const { transactionalId, producerId, producerEpoch } = this
    const baseSequence = this.sequences.get(partition) ?? 0
    const records = batchOf([recordOf('key', value)], { producerId, producerEpoch, baseSequence, transactional: true })
    const topicData = [{ name: 'flights', partitionData: [{ index: partition, records }] }]
    const answer = await this.client.ask(apis.produce, 9, { transactionalId, acks: -1, timeoutMs: 1000, topicData })
    const { errorCode } = answer.responses[0]!.partitionResponses[0]!
    if (errorCode === 0) this.sequences.set(partition, baseSequence + 1)
    return errorName(errorCode)
  }

  async write(partition: number, value: string): Promise<void> {
    expect(await this.add(partition)).toBe('NONE')
    expect(await this.produce(partition, value)).toBe('NONE')
  }

  async addGroup(): Promise<string> {
    return errorName((await this.client.ask(apis.addOffsetsToTxn, 3, { ...this.claim, groupId: 'group' })).errorCode)
  }

  async commitOffset(offset: number, member: { readonly generationId?: number; readonly memberId?: string } = {}): Promise<string> {
    const partitions = [{ partitionIndex: 0, committedOffset: offset, committedMetadata: '' }]
    const identity = { generationId: -1, memberId: '', groupInstanceId: null, ...member }
    const request = { ...this.claim, groupId: 'group', ...identity, topics: [{ name: 'flights', partitions }] }
    const answer = await this.client.ask(apis.txnOffsetCommit, 3, request)
    return errorName(answer.topics[0]!.partitions[0]!.errorCode)
  }

  async end(committed: boolean): Promise<string> {
    return errorName((await this.client.ask(apis.endTxn, 3, { ...this.claim, committed })).errorCode)
  }

  private get claim() {
    const { transactionalId, producerId, producerEpoch } = this
    return { transactionalId, producerId, producerEpoch }
  }
}

export async function createFlights(client: RawClient): Promise<void> {
  const topic = { name: 'flights', numPartitions: 2, replicationFactor: 1, assignments: [], configs: [] }
  await client.ask(apis.createTopics, 5, { topics: [topic], timeoutMs: 1000 })
}

/** What a reader of committed records gets, as the client reads it, and where its partition ends for it. */
export async function committedIn(
  client: RawClient,
  partition: number,
): Promise<{ readonly values: readonly string[]; readonly end: number }> {
  const limits = { replicaId: -1, maxWaitMs: 0, minBytes: 0, maxBytes: 10_000_000, isolationLevel: 1 }
  const partitions = [{ partition, fetchOffset: 0, partitionMaxBytes: 1_000_000 }]
  const answer = await client.ask(apis.fetch, 11, { ...limits, topics: [{ topic: 'flights', partitions }] })
  const { records, abortedTransactions, lastStableOffset } = answer.responses[0]!.partitions[0]!
  const reader = new RecordBatchReader(records!, 0, { abortedTransactions: abortedTransactions ?? [], checkCrc: true })
  const values: string[] = []
  while (reader.next()) values.push(reader.bytes.utf8Slice(reader.valueStart, reader.valueEnd))
  return { values, end: lastStableOffset }
}

/** The offset that the group has committed, or why it is not known. */
export async function committedOffset(client: RawClient, requireStable = true): Promise<number | string> {
  const topics = [{ name: 'flights', partitionIndexes: [0] }]
  const answer = await client.ask(apis.offsetFetch, 7, { groupId: 'group', topics, requireStable })
  const { errorCode, committedOffset: offset } = answer.topics[0]!.partitions[0]!
  return errorCode === 0 ? offset : errorName(errorCode)
}

// Appends to the logs of a memory cluster. As with Kafka, nothing is seen by others until it is sent: a crash loses what still waits.

import {
  type ByteTarget,
  type Headers,
  isMillraceError,
  MillraceError,
  murmur2,
  type Offset,
  type Producer,
  type ProducerOptions,
  type Serde,
  type TopicWriter,
  type TransactionOffsets,
  type Transactions,
} from '../../framework/index.ts'
import type { MemoryCluster } from './memory-cluster.ts'
import type { StoredRecord } from './partition-log.ts'
import type { MemoryTransaction, TransactionalProducer } from './transactions.ts'

interface WaitingRecord {
  readonly writer: MemoryTopicWriter
  readonly partition: number
  readonly record: StoredRecord
}

const transactionTimeoutMsDefault = 10_000

export class MemoryProducer implements Producer {
  private readonly cluster: MemoryCluster
  private readonly options: ProducerOptions
  private readonly writers = new Map<string, MemoryTopicWriter>()
  private waiting: WaitingRecord[] = []
  private waitingBytes = 0
  private waitingSinceMs = 0
  private closed = false
  /** A topic that was there when its writer was opened is gone: as with Kafka, nothing more is sent. */
  private failure: MillraceError | undefined
  readonly transactions?: MemoryTransactions

  constructor(cluster: MemoryCluster, options: ProducerOptions) {
    this.cluster = cluster
    this.options = options
    if (options.transactionalId !== undefined) this.transactions = new MemoryTransactions(this, cluster, options)
  }

  get full(): boolean {
    return this.waitingBytes > this.options.bufferBytesMax
  }

  async writer(topic: string): Promise<TopicWriter> {
    const known = this.writers.get(topic)
    if (known !== undefined) return known
    const { partitions, settings } = this.cluster.requireTopic(topic)
    const writer = new MemoryTopicWriter(topic, partitions, Number(settings.get('max.message.bytes')), (waiting) => this.add(waiting))
    this.writers.set(topic, writer)
    return writer
  }

  async drained(): Promise<void> {
    if (this.full) await this.flush()
  }

  poll(): void {
    if (this.waiting.length > 0 && this.cluster.clock.monotonicMs() - this.waitingSinceMs >= this.options.lingerMs) this.send()
  }

  async flush(): Promise<void> {
    this.send()
    if (this.failure !== undefined) throw this.failure
  }

  async close(): Promise<void> {
    if (this.transactions === undefined) this.send()
    else this.transactions.close()
    this.closed = true
  }

  /** What is open stays so, until its time is up. */
  crash(): void {
    this.discard()
    this.transactions?.crash()
    this.closed = true
  }

  get hasWaiting(): boolean {
    return this.waiting.length > 0
  }

  /** What was not sent yet never will be. */
  discard(): void {
    this.waiting = []
    this.waitingBytes = 0
  }

  private add(waiting: WaitingRecord): void {
    if (this.waiting.length === 0) this.waitingSinceMs = this.cluster.clock.monotonicMs()
    this.waiting.push(waiting)
    this.waitingBytes += waiting.record.bytes.length
  }

  /** Throws nothing: what fences the producer is told by the next flush. */
  private transaction(): MemoryTransaction | undefined {
    try {
      return this.transactions?.current()
    } catch (error) {
      if (!isMillraceError(error)) throw error
      this.failure = error
      return undefined
    }
  }

  private send(): void {
    if (this.closed || this.waiting.length === 0 || this.failure !== undefined) return
    const transaction = this.transaction()
    if (this.failure !== undefined) return
    const waiting = this.waiting
    this.waiting = []
    this.waitingBytes = 0
    for (const { writer, partition, record } of waiting) {
      const log = this.cluster.log(writer.topic, partition)
      if (log === undefined) this.failure ??= new MillraceError('topic-missing', { topic: writer.topic })
      if (this.failure !== undefined || log === undefined) return
      transaction?.logs.add(log)
      log.append(transaction === undefined ? record : { ...record, transaction })
      writer.sent(partition, log.endOffset)
    }
    for (const writer of this.writers.values()) writer.startBatch()
    this.cluster.changed()
  }
}

class MemoryTransactions implements Transactions {
  private readonly producer: MemoryProducer
  private readonly cluster: MemoryCluster
  private readonly options: ProducerOptions
  private held: TransactionalProducer | undefined
  private begun = false
  private crashed = false

  constructor(producer: MemoryProducer, cluster: MemoryCluster, options: ProducerOptions) {
    this.producer = producer
    this.cluster = cluster
    this.options = options
  }

  async initialize(): Promise<void> {
    const { transactionalId = '', transactionTimeoutMs = transactionTimeoutMsDefault } = this.options
    this.held = this.cluster.transactions.initialize(transactionalId, transactionTimeoutMs)
  }

  get open(): boolean {
    return this.begun || this.producer.hasWaiting
  }

  current(): MemoryTransaction {
    const transaction = this.holder.transaction()
    this.begun = true
    return transaction
  }

  async commit({ groupId, memberId, generation, offsets }: TransactionOffsets): Promise<void> {
    await this.producer.flush()
    if (!this.begun && offsets.length === 0) return
    if (offsets.length > 0) {
      this.begun = true
      this.holder.addOffsets(this.cluster.coordinator(groupId), memberId, generation, offsets)
      // As with Kafka a producer may die between the two requests.
      await this.cluster.clock.turn()
    }
    this.holder.end('committed')
    this.begun = false
  }

  async abort(): Promise<void> {
    this.producer.discard()
    if (this.begun) this.holder.end('aborted')
    this.begun = false
  }

  close(): void {
    this.producer.discard()
    if (this.begun) this.held?.fence('it was closed')
  }

  crash(): void {
    this.crashed = true
  }

  private get holder(): TransactionalProducer {
    if (this.crashed) throw new MillraceError('client-closed', { client: this.options.clientId })
    if (this.held === undefined) throw new Error('a transactional producer has to be initialized first')
    return this.held
  }
}

/** What Kafka counts for a record beside its key and value, about. */
const recordOverheadBytes = 70

class MemoryTopicWriter implements TopicWriter {
  readonly topic: string
  readonly partitions: number
  private readonly maxMessageBytes: number
  private readonly add: (waiting: WaitingRecord) => void
  private readonly acknowledgedOffsets = new Map<number, Offset>()
  private readonly scratch = new Scratch()
  private batch = 0

  constructor(topic: string, partitions: number, maxMessageBytes: number, add: (waiting: WaitingRecord) => void) {
    this.topic = topic
    this.partitions = partitions
    this.maxMessageBytes = maxMessageBytes
    this.add = add
  }

  /** Records with a null key go to the next partition from now on. */
  startBatch(): void {
    this.batch++
  }

  partitionOf(bytes: Uint8Array, keyStart: number, keyEnd: number): number {
    return (keyStart < 0 ? this.batch : murmur2(bytes, keyStart, keyEnd)) % this.partitions
  }

  append<V>(
    partition: number,
    timestamp: number,
    keyBytes: Uint8Array,
    keyStart: number,
    keyEnd: number,
    value: V | null,
    valueSerde: Pick<Serde<V>, 'write'>,
    headers: Headers,
  ): void {
    if (partition < 0 || partition >= this.partitions)
      throw new MillraceError('partition-missing', { topic: this.topic, partition, partitions: this.partitions })
    const { scratch } = this
    const keySize = keyStart < 0 ? 0 : keyEnd - keyStart
    scratch.end = 0
    scratch.reserve(keySize)
    if (keySize > 0) scratch.bytes.set(keyBytes.subarray(keyStart, keyEnd), 0)
    scratch.end = keySize
    if (value !== null) valueSerde.write(value, scratch)
    const sizeBytes = scratch.end + recordOverheadBytes
    if (sizeBytes > this.maxMessageBytes)
      throw new MillraceError('record-too-large', { sizeBytes, topic: this.topic, partition, maxBytes: this.maxMessageBytes, made: '' })
    const record = {
      timestamp,
      bytes: Buffer.from(scratch.bytes.subarray(0, scratch.end)),
      keySize,
      hasKey: keyStart >= 0,
      hasValue: value !== null,
      headers: headers.map(({ key, value }) => ({ key, value: value === null ? null : Buffer.from(value) })),
    }
    this.add({ writer: this, partition, record })
  }

  sent(partition: number, endOffset: Offset): void {
    this.acknowledgedOffsets.set(partition, endOffset)
  }

  acknowledged(partition: number): Offset | undefined {
    return this.acknowledgedOffsets.get(partition)
  }
}

class Scratch implements ByteTarget {
  bytes = Buffer.alloc(1024)
  end = 0

  reserve(sizeBytes: number): void {
    if (this.end + sizeBytes <= this.bytes.length) return
    const larger = Buffer.alloc(Math.max(this.end + sizeBytes, this.bytes.length * 2))
    this.bytes.copy(larger, 0, 0, this.end)
    this.bytes = larger
  }
}

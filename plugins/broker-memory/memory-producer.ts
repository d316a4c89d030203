// Appends to the logs of a memory cluster. As with Kafka, nothing is seen by others until it is sent: a crash loses what still waits.

import {
  type ByteTarget,
  type Headers,
  MillraceError,
  murmur2,
  type Offset,
  type Producer,
  type ProducerOptions,
  type Serde,
  type TopicWriter,
} from '../../framework/index.ts'
import type { MemoryCluster } from './memory-cluster.ts'
import { directNetwork, type MemoryNetwork } from './memory-network.ts'
import { MemoryTransactions } from './memory-transactions.ts'
import type { PartitionLog, StoredRecord } from './partition-log.ts'
import type { ProducerIdentity } from './transaction-coordinator.ts'

interface WaitingRecord {
  readonly writer: MemoryTopicWriter
  readonly partition: number
  readonly record: StoredRecord
}

/** What is sent at once. A request that comes twice is written once, as by an idempotent producer. */
interface Batch {
  readonly records: readonly WaitingRecord[]
  readonly sizeBytes: number
  /** Undefined: it belongs to no transaction. */
  readonly identity: ProducerIdentity | undefined
  written: boolean
}

export class MemoryProducer implements Producer {
  readonly transactions?: MemoryTransactions
  private readonly cluster: MemoryCluster
  private readonly network: MemoryNetwork
  private readonly options: ProducerOptions
  private readonly writers = new Map<string, MemoryTopicWriter>()
  private waiting: WaitingRecord[] = []
  private waitingBytes = 0
  private waitingSinceMs = 0
  /** Whether what is appended belongs to the next transaction, and waits in `held` until it begins. */
  private holds = false
  private held: WaitingRecord[] = []
  private heldBytes = 0
  private readonly onRelease = new Set<() => void>()
  private sentBytes = 0
  /** Settles when all that was sent has arrived, in its order; never rejects. */
  private sending: Promise<void> | undefined
  private closed = false
  /** A topic that was there when its writer was opened is gone, or the producer was fenced: as with Kafka, nothing more is sent. */
  private failure: unknown

  constructor(cluster: MemoryCluster, network: MemoryNetwork, options: ProducerOptions) {
    this.cluster = cluster
    this.network = network
    this.options = options
    const { transactionalId, transactionTimeoutMs } = options
    if (transactionalId === undefined) return
    this.transactions = new MemoryTransactions(cluster, network, { transactionalId, transactionTimeoutMs }, this)
  }

  get full(): boolean {
    return this.waitingBytes + this.heldBytes + this.sentBytes > this.options.bufferBytesMax
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
    while (this.full && this.holds && this.failure === undefined) await new Promise<void>((resolve) => this.onRelease.add(resolve))
    if (this.full) await this.flush()
  }

  poll(): void {
    if (this.waiting.length > 0 && this.cluster.clock.monotonicMs() - this.waitingSinceMs >= this.options.lingerMs) this.send()
  }

  async flush(): Promise<void> {
    this.send()
    await this.sending
    if (this.failure !== undefined) throw this.failure
  }

  hold(): void {
    this.holds = true
  }

  release(): void {
    this.holds = false
    const { held } = this
    this.forgetHeld()
    for (const waiting of held) this.wait(waiting)
    for (const resolve of this.onRelease) resolve()
    this.onRelease.clear()
  }

  async discard(): Promise<void> {
    this.forget()
    this.forgetHeld()
    await this.sending
  }

  async close(): Promise<void> {
    if (this.closed) return
    if (this.transactions === undefined) this.send()
    else await this.transactions.abort().catch(() => {})
    this.forget()
    this.forgetHeld()
    this.closed = true
  }

  crash(): void {
    this.transactions?.crash()
    this.forget()
    this.forgetHeld()
    this.closed = true
  }

  private forget(): void {
    this.waiting = []
    this.waitingBytes = 0
  }

  private forgetHeld(): void {
    this.held = []
    this.heldBytes = 0
  }

  private add(waiting: WaitingRecord): void {
    if (this.transactions !== undefined) {
      // Says so if it was not initialized.
      void this.transactions.identity
      this.transactions.open = true
    }
    if (!this.holds) {
      this.wait(waiting)
      return
    }
    this.held.push(waiting)
    this.heldBytes += waiting.record.bytes.length
  }

  private wait(waiting: WaitingRecord): void {
    if (this.waiting.length === 0) this.waitingSinceMs = this.cluster.clock.monotonicMs()
    this.waiting.push(waiting)
    this.waitingBytes += waiting.record.bytes.length
  }

  private send(): void {
    if (this.closed || this.waiting.length === 0) return
    const batch = { records: this.waiting, sizeBytes: this.waitingBytes, identity: this.transactions?.identity, written: false }
    this.forget()
    // A broker takes the batches of a producer in their order.
    if (this.network === directNetwork) this.deliver(batch)
    else this.sending = this.ship(batch, this.sending)
  }

  private async ship(batch: Batch, before: Promise<void> | undefined): Promise<void> {
    this.sentBytes += batch.sizeBytes
    await before
    await this.network
      .send('produce', () => this.deliver(batch))
      .catch((error: unknown) => {
        this.failure ??= error
      })
    this.sentBytes -= batch.sizeBytes
  }

  private deliver(batch: Batch): void {
    if (batch.written) return
    batch.written = true
    for (const { writer, partition, record } of batch.records) {
      const log = this.cluster.log(writer.topic, partition)
      if (log === undefined) this.failure ??= new MillraceError('topic-missing', { topic: writer.topic })
      if (this.failure !== undefined || log === undefined) return
      this.append(log, record, batch.identity)
      if (this.failure !== undefined) return
      writer.sent(partition, log.endOffset)
    }
    for (const writer of this.writers.values()) writer.startBatch()
    this.cluster.changed()
  }

  private append(log: PartitionLog, record: StoredRecord, identity: ProducerIdentity | undefined): void {
    try {
      if (identity === undefined) log.append(record)
      else this.cluster.transactions.append(identity, log, record)
    } catch (error) {
      this.failure ??= error
    }
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

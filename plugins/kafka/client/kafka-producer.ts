// The Producer of the Broker port: idempotent (KIP-98), with up to five requests on their way to each broker. Appending only writes into memory; batches are finished
// and sent by `poll`, `flush` and `drained`, and when one is full. While a broker has its five requests, batches grow instead of queueing up.
//
// A batch that cannot be delivered fails the producer for good: what was appended behind it may be there already, so going on would change the order. The owner goes back to
// its last commit.
//
// With a transactional id a batch is sent only once its partition is in the transaction, and a producer that the broker does not know is fenced instead of mended. While
// a transaction is being committed, what is appended is held back for the next one.

import { asOffset, MillraceError, type Producer, type ProducerOptions, type Timer, type TopicWriter } from '../../../framework/index.ts'
import { apis } from '../wire/apis.ts'
import { errorCode, errorName, isRetriable } from '../wire/error-codes.ts'
import type { BatchStamp } from '../wire/record-batch-writer.ts'
import type { ClusterClient } from './cluster-client.ts'
import { check, isAuthorizationCode, NoAnswer, RefusedRequest } from './faults.ts'
import { KafkaTopicWriter } from './kafka-topic-writer.ts'
import { KafkaTransactions, type ProducerId, type TransactionalBatches } from './kafka-transactions.ts'
import type { BatchSource, OutgoingPartition } from './outgoing-partition.ts'
import { onlyRecord, type ProduceBatch } from './produce-batch.ts'
import { Signal } from './signal.ts'
import { byTopic } from './topic-partitions.ts'

interface Shipment {
  readonly topic: string
  readonly partition: number
  readonly from: OutgoingPartition
  readonly batch: ProduceBatch
}

interface PartitionResult {
  readonly code: number
  readonly baseOffset: number
  readonly message: string | null
}

/** How long closing waits for an open transaction to be aborted. */
const abandonTimeoutMs = 3_000

/** The broker has forgotten this producer, or lost what it wrote; a new id mends it. */
const forgottenCodes: readonly number[] = [
  errorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
  errorCode.UNKNOWN_PRODUCER_ID,
  errorCode.INVALID_PRODUCER_ID_MAPPING,
  errorCode.INVALID_PRODUCER_EPOCH,
]

/** What a record is refused for by what it is, and would be again: of a batch of several it is not known which of them. */
const refusedCodes: readonly number[] = [
  errorCode.MESSAGE_TOO_LARGE,
  errorCode.RECORD_LIST_TOO_LARGE,
  errorCode.INVALID_RECORD,
  errorCode.INVALID_TIMESTAMP,
]

export class KafkaProducer implements Producer, BatchSource, TransactionalBatches {
  readonly transactions?: KafkaTransactions
  holds = false
  readonly #cluster: ClusterClient
  readonly #options: ProducerOptions
  readonly #writers = new Map<string, Promise<KafkaTopicWriter>>()
  readonly #partitions: OutgoingPartition[] = []
  /** Partitions that have something to send or on its way. */
  readonly #busy = new Set<OutgoingPartition>()
  readonly #requestsTo = new Map<number, number>()
  /** Memory of acknowledged batches, for the next ones. */
  readonly #spare: Buffer[] = []
  readonly #settled = new Signal()
  #id: Promise<ProducerId> | undefined
  #stamp: Omit<BatchStamp, 'baseSequence'> | undefined
  #renewing = false
  /** Partitions are being added to the transaction. */
  #adding = false
  /** `onRefused` is being asked: what it appends belongs to the transaction of what was refused. */
  #asking = false
  #bufferedBytes = 0
  #ordinal = 0
  #failure: Error | undefined
  /** Records that were left out. */
  #leftOut = 0
  #retryTimer: Timer | undefined
  #retries = 0
  #closed = false
  /** What is not acknowledged is about to be forgotten: nothing is sent meanwhile. */
  #discarding = false

  constructor(cluster: ClusterClient, options: ProducerOptions) {
    this.#cluster = cluster
    this.#options = options
    const { transactionalId, transactionTimeoutMs } = options
    if (transactionalId !== undefined) this.transactions = new KafkaTransactions(cluster, this, { transactionalId, transactionTimeoutMs })
  }

  async writer(topic: string): Promise<TopicWriter> {
    const known = this.#writers.get(topic)
    if (known !== undefined) return known
    const opening = this.#openWriter(topic)
    this.#writers.set(topic, opening)
    try {
      return await opening
    } catch (error) {
      this.#writers.delete(topic)
      throw error
    }
  }

  get full(): boolean {
    return this.#bufferedBytes > this.#options.bufferBytesMax
  }

  async drained(): Promise<void> {
    while (this.full) {
      if (this.#failure !== undefined) throw this.#failure
      // What is being filled has to go too: with many partitions it may be all there is.
      this.#dispatch(true)
      await this.#settled.next()
    }
  }

  poll(): void {
    if (this.#busy.size > 0) this.#dispatch(false)
  }

  async flush(): Promise<void> {
    for (let before = -1; before < this.#leftOut; ) {
      before = this.#leftOut
      for (const partition of this.#busy) this.#seal(partition)
      const last = this.#ordinal
      while (this.#failure === undefined && this.#hasUpTo(last)) {
        this.#dispatch(false)
        await this.#settled.next()
      }
      if (this.#failure !== undefined) throw this.#failure
      // Who was asked about a record may have written another one in its place, which belongs to what is flushed.
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#retryTimer?.cancel()
    await this.#abandonTransaction()
    this.#fail(new MillraceError('client-closed', { client: this.#options.clientId }))
    this.#cluster.close()
  }

  // ----------------------------------------------------------------------------------------------- for the transactions

  begin(id: ProducerId): void {
    this.#stamp = this.#stampOf(id)
    this.holds = false
    for (const partition of this.#partitions) partition.discard()
  }

  hold(): void {
    this.holds = true
  }

  release(): void {
    this.holds = false
    for (const partition of this.#busy) partition.release(this.#requireStamp())
    this.#settled.fire()
    this.#dispatch(false)
  }

  async discard(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    this.#discarding = true
    try {
      for (const partition of this.#busy) partition.waiting = true
      while (this.#adding || [...this.#busy].some(({ inFlight }) => inFlight.length > 0)) await this.#settled.next()
      for (const partition of this.#partitions) partition.discard()
      this.#busy.clear()
      this.#bufferedBytes = 0
    } finally {
      this.#discarding = false
    }
    if (this.#failure !== undefined) throw this.#failure
  }

  /** The coordinator would do it when the transaction has taken too long; nobody should have to wait for that. A broker that is gone is not waited for either. */
  async #abandonTransaction(): Promise<void> {
    if (this.transactions?.begun !== true) return
    const { clock } = this.#cluster
    let timer: Timer | undefined
    const patience = new Promise<void>((resolve) => {
      timer = clock.after(abandonTimeoutMs, resolve)
    })
    await Promise.race([this.transactions.abandon().catch(() => {}), patience])
    timer?.cancel()
  }

  // ---------------------------------------------------------------------------------------------------- for the writers

  get nowMs(): number {
    return this.#cluster.clock.monotonicMs()
  }

  memory(): Buffer {
    return this.#spare.pop() ?? Buffer.allocUnsafeSlow(16 * 1024)
  }

  nextOrdinal(): number {
    return ++this.#ordinal
  }

  /** A record was appended. */
  appended(partition: OutgoingPartition, sizeBytes: number): void {
    this.#bufferedBytes += sizeBytes
    this.#busy.add(partition)
    if (this.transactions !== undefined && !this.#asking) this.transactions.open = true
    if (partition.fillingBytes < this.#cluster.settings.batchBytes) return
    this.beginAnother(partition)
    this.#dispatch(false)
  }

  /** The batch that is being filled is full. */
  beginAnother(partition: OutgoingPartition): void {
    if (this.holds) partition.beginHeld()
    else this.#seal(partition)
  }

  #seal(partition: OutgoingPartition): void {
    partition.seal(this.#requireStamp())
  }

  async #openWriter(topic: string): Promise<KafkaTopicWriter> {
    const partitions = await this.#cluster.partitionsOf(topic)
    if (this.transactions === undefined) {
      this.#id ??= this.#newId()
      this.#stamp ??= this.#stampOf(await this.#id)
    }
    const writer = new KafkaTopicWriter(this, topic, partitions, this.#cluster.settings.maxRequestBytes)
    this.#partitions.push(...writer.outgoing)
    return writer
  }

  #requireStamp(): Omit<BatchStamp, 'baseSequence'> {
    // Without transactions there is no writer, and so nothing to write, before there is a stamp.
    if (this.#stamp === undefined) throw new MillraceError('producer-uninitialized', { transactionalId: this.#options.transactionalId })
    return this.#stamp
  }

  // ----------------------------------------------------------------------------------------------------------- sending

  /** Fills the free places of each broker's requests. */
  #dispatch(everything: boolean): void {
    if (this.#closed || this.#failure !== undefined || this.#renewing || this.#discarding) return
    const dueBeforeMs = everything ? Number.POSITIVE_INFINITY : this.nowMs - this.#options.lingerMs
    const byLeader = new Map<number, OutgoingPartition[]>()
    const toAdd: OutgoingPartition[] = []
    for (const partition of this.#busy) {
      if (partition.waiting || (partition.queue.length === 0 && !partition.isDue(dueBeforeMs))) continue
      if (this.transactions?.has(partition) === false) {
        toAdd.push(partition)
        continue
      }
      const leader = this.#cluster.leaderOf(partition.topic, partition.partition)
      if (leader === undefined) {
        partition.waiting = true
        this.#retryLater()
      } else byLeader.set(leader, [...(byLeader.get(leader) ?? []), partition])
    }
    for (const [leader, partitions] of byLeader) this.#fill(leader, partitions, dueBeforeMs)
    if (toAdd.length > 0 && !this.#adding) void this.#addToTransaction(toAdd)
  }

  /** Never rejects. Their batches are sent when the coordinator has them. */
  async #addToTransaction(partitions: readonly OutgoingPartition[]): Promise<void> {
    this.#adding = true
    try {
      // What is due by now is asked for in one request, and others with it that will be soon.
      const soon = [...this.#busy].filter((partition) => partition.hasMore)
      await this.transactions!.add([...new Set([...partitions, ...soon])].filter((partition) => !this.transactions!.has(partition)))
    } catch (error) {
      this.#fail(this.#cluster.asPortError(error))
    }
    this.#adding = false
    this.#settled.fire()
    this.#dispatch(false)
  }

  #fill(leader: number, partitions: readonly OutgoingPartition[], dueBeforeMs: number): void {
    const { inFlightRequestsMax, produceBytesMax } = this.#cluster.settings
    while ((this.#requestsTo.get(leader) ?? 0) < inFlightRequestsMax) {
      const shipments: Shipment[] = []
      let sizeBytes = 0
      for (const from of partitions) {
        if (from.hasGap) {
          if (from.inFlight.length > 0) continue
          from.closeGap(this.#requireStamp())
        }
        if (from.queue.length === 0 && from.isDue(dueBeforeMs)) this.#seal(from)
        const batch = sizeBytes < produceBytesMax ? from.send() : undefined
        if (batch === undefined) continue
        shipments.push({ topic: from.topic, partition: from.partition, from, batch })
        sizeBytes += batch.bytes.length
      }
      if (shipments.length === 0) return
      void this.#ship(leader, shipments)
    }
  }

  /** Never rejects: what did not arrive is sent again, or fails the producer. */
  async #ship(leader: number, shipments: readonly Shipment[]): Promise<void> {
    this.#requestsTo.set(leader, (this.#requestsTo.get(leader) ?? 0) + 1)
    let resultOf: (shipment: Shipment) => PartitionResult
    try {
      resultOf = await this.#request(leader, shipments)
    } catch (error) {
      if (!(error instanceof NoAnswer)) this.#fail(this.#cluster.asPortError(error))
      const message = error instanceof Error ? error.message : String(error)
      resultOf = () => ({ code: errorCode.NETWORK_EXCEPTION, baseOffset: -1, message })
    }
    this.#requestsTo.set(leader, (this.#requestsTo.get(leader) ?? 1) - 1)
    for (const shipment of shipments) this.#settle(shipment, resultOf(shipment))
    this.#settled.fire()
    if (this.#renewing) this.#renewWhenIdle()
    else this.#dispatch(false)
  }

  async #request(leader: number, shipments: readonly Shipment[]): Promise<(shipment: Shipment) => PartitionResult> {
    const { requestTimeoutMs } = this.#cluster.settings
    const topics = byTopic(shipments, ({ partition, batch }) => ({ index: partition, records: batch.bytes }))
    const answer = await this.#cluster.send(
      leader,
      apis.produce,
      {
        transactionalId: this.#options.transactionalId ?? null,
        acks: -1,
        timeoutMs: requestTimeoutMs,
        topicData: topics.map(({ name, partitions }) => ({ name, partitionData: partitions })),
      },
      requestTimeoutMs,
    )
    return ({ topic, partition }) => {
      const found = answer.responses.find(({ name }) => name === topic)?.partitionResponses.find(({ index }) => index === partition)
      if (found === undefined) return { code: errorCode.UNKNOWN_SERVER_ERROR, baseOffset: -1, message: 'the answer does not mention it' }
      return { code: found.errorCode, baseOffset: found.baseOffset, message: found.errorMessage }
    }
  }

  #settle({ from, batch }: Shipment, { code, baseOffset, message }: PartitionResult): void {
    if (code === errorCode.NONE || code === errorCode.DUPLICATE_SEQUENCE_NUMBER) {
      from.arrived(batch)
      // A duplicate was written before, by a request whose answer was lost; where, the broker no longer knows.
      if (baseOffset >= 0) from.acknowledged = asOffset(baseOffset + batch.records)
      this.#release(from, batch)
      this.#retries = 0
    } else if (refusedCodes.includes(code)) {
      if (batch.records > 1) from.returnedInHalves(batch, { ...this.#requireStamp(), baseSequence: batch.baseSequence })
      else this.#refused(from, batch, this.#deliveryFailure(from, batch, code, message))
    } else if (forgottenCodes.includes(code)) {
      // Behind a batch that has to be sent again, its followers come too early: they wait for it.
      const tooEarly = code === errorCode.OUT_OF_ORDER_SEQUENCE_NUMBER && (from.hasGap || from.hasBefore(batch))
      from.returned(batch)
      if (tooEarly) return
      const fenced = this.transactions?.fencedBy(code)
      if (fenced === undefined) this.#renewing = true
      else this.#fail(fenced)
    } else if (isRetriable(code) && this.nowMs - batch.createdAtMs < this.#cluster.settings.deliveryTimeoutMs) {
      from.returned(batch)
      from.waiting = true
      this.#retryLater()
    } else this.#fail(this.transactions?.fencedBy(code) ?? this.#deliveryFailure(from, batch, code, message))
  }

  #refused(from: OutgoingPartition, batch: ProduceBatch, error: Error): void {
    const attempt = (batch.refusals ?? 0) + 1
    let answer: 'fail' | 'leave-out' | 'retry' = 'fail'
    const { holds } = this
    this.holds = false
    this.#asking = true
    try {
      const { topic, partition } = from
      answer = this.#options.onRefused?.({ topic, partition, ...onlyRecord(batch), error, attempt }) ?? 'fail'
    } catch (decided) {
      this.#fail(decided instanceof Error ? decided : new Error(String(decided)))
      return
    } finally {
      this.holds = holds
      this.#asking = false
    }
    if (answer === 'fail') this.#fail(error)
    else if (answer === 'leave-out') {
      this.#leftOut++
      from.leftOut(batch)
      this.#release(from, batch)
    } else {
      from.returned(batch, { ...batch, refusals: attempt })
      from.waiting = true
      this.#retryLater()
    }
  }

  #release(from: OutgoingPartition, batch: ProduceBatch): void {
    this.#bufferedBytes -= batch.sizeBytes
    if (from.isIdle) this.#busy.delete(from)
    // As much as the buffer may hold is kept; what a burst took beyond is given back.
    const spareBytes = this.#spare.reduce((sum, { length }) => sum + length, 0)
    if (spareBytes + batch.memory.length <= this.#options.bufferBytesMax) this.#spare.push(batch.memory)
  }

  #deliveryFailure({ topic, partition }: OutgoingPartition, batch: ProduceBatch, code: number, message: string | null): Error {
    if (isAuthorizationCode(code) || code === errorCode.UNKNOWN_TOPIC_OR_PARTITION) {
      return this.#cluster.asPortError(new RefusedRequest(code, 'Produce', topic, message))
    }
    if (code === errorCode.MESSAGE_TOO_LARGE) {
      const maxBytes = 'that the topic allows'
      return new MillraceError('record-too-large', { topic, partition, sizeBytes: batch.bytes.length, maxBytes, made: '' })
    }
    const problem = message === null ? errorName(code) : `${errorName(code)} (${message})`
    return new MillraceError('delivery-failed', { topic, partition, records: batch.records, problem })
  }

  // ------------------------------------------------------------------------------------------------------ trying again

  #retryLater(): void {
    if (this.#retryTimer !== undefined || this.#closed) return
    const { retryBackoffMs, retryBackoffMsMax } = this.#cluster.settings
    const delayMs = Math.min(retryBackoffMs * 2 ** Math.min(this.#retries++, 10), retryBackoffMsMax)
    this.#retryTimer = this.#cluster.clock.after(delayMs, () => void this.#retry())
  }

  async #retry(): Promise<void> {
    const waiting = [...this.#busy].filter((partition) => partition.waiting)
    try {
      await this.#cluster.refresh([...new Set(waiting.map(({ topic }) => topic))])
    } catch (error) {
      if (!(error instanceof NoAnswer)) this.#fail(this.#cluster.asPortError(error))
    }
    this.#retryTimer = undefined
    for (const partition of waiting) {
      partition.waiting = false
      const [oldest] = partition.queue
      const late = oldest !== undefined && this.nowMs - oldest.createdAtMs >= this.#cluster.settings.deliveryTimeoutMs
      if (late) this.#fail(this.#deliveryFailure(partition, oldest, errorCode.REQUEST_TIMED_OUT, 'no broker takes it'))
    }
    // What came back while metadata was asked for has found the timer taken.
    if ([...this.#busy].some((partition) => partition.waiting)) this.#retryLater()
    this.#settled.fire()
    this.#dispatch(false)
  }

  #fail(error: Error): void {
    this.#failure ??= error
    this.#settled.fire()
  }

  #hasUpTo(last: number): boolean {
    for (const { queue, inFlight } of this.#busy) {
      if ([...inFlight, ...queue].some(({ ordinal }) => ordinal <= last)) return true
    }
    return false
  }

  // ------------------------------------------------------------------------------------------------------- producer id

  #newId(): Promise<ProducerId> {
    return this.#cluster.withRetries(async () => {
      const { errorCode: code, ...id } = await this.#cluster.sendToAny(apis.initProducerId, {
        transactionalId: null,
        transactionTimeoutMs: this.#cluster.settings.requestTimeoutMs,
      })
      check(code, 'InitProducerId', this.#options.clientId)
      return id
    })
  }

  #stampOf({ producerId, producerEpoch }: ProducerId): Omit<BatchStamp, 'baseSequence'> {
    return { compression: this.#options.compression, producerId, producerEpoch, transactional: this.transactions !== undefined }
  }

  /** Takes a new id as soon as nothing is on its way, and goes on with what is left. */
  #renewWhenIdle(): void {
    for (const { inFlight } of this.#busy) if (inFlight.length > 0) return
    this.#cluster.logger.log('warn', 'The broker no longer knows this producer; it goes on under a new id', {
      clientId: this.#options.clientId,
    })
    this.#newId().then(
      (id) => {
        this.#stamp = this.#stampOf(id)
        for (const partition of this.#partitions) partition.restart(this.#stamp)
        this.#renewing = false
        this.#dispatch(false)
      },
      (error) => this.#fail(this.#cluster.asPortError(error)),
    )
  }
}

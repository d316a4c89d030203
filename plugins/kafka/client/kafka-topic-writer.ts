// Appends records to the partitions of one topic, in the memory of its producer.

import { type Headers, MillraceError, type Offset, type Serde, type TopicWriter } from '../../../framework/index.ts'
import { partitionOfKey } from '../wire/murmur2.ts'
import type { KafkaProducer } from './kafka-producer.ts'
import { OutgoingPartition } from './outgoing-partition.ts'

export class KafkaTopicWriter implements TopicWriter {
  readonly topic: string
  readonly partitions: number
  readonly outgoing: readonly OutgoingPartition[]
  readonly #producer: KafkaProducer
  readonly #batchBytesMax: number
  /** Where records without a key go until their batch is finished. */
  #keylessPartition = 0
  #keylessBegun = false

  constructor(producer: KafkaProducer, topic: string, partitions: number, batchBytesMax: number) {
    this.topic = topic
    this.partitions = partitions
    this.outgoing = Array.from({ length: partitions }, (_, partition) => new OutgoingPartition(producer, topic, partition))
    this.#producer = producer
    this.#batchBytesMax = batchBytesMax
  }

  partitionOf(bytes: Uint8Array, keyStart: number, keyEnd: number): number {
    if (keyStart >= 0) return partitionOfKey(bytes, keyStart, keyEnd, this.partitions)
    if (this.#keylessBegun && this.outgoing[this.#keylessPartition]!.fillingBytes === 0) {
      this.#keylessPartition = (this.#keylessPartition + 1) % this.partitions
    }
    this.#keylessBegun = true
    return this.#keylessPartition
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
    const outgoing = this.outgoing[partition]
    if (outgoing === undefined) throw new MillraceError('partition-missing', { topic: this.topic, partition, partitions: this.partitions })
    let sizeBytes = outgoing.append(timestamp, keyBytes, keyStart, keyEnd, value, valueSerde, headers)
    if (outgoing.fillingBytes > this.#batchBytesMax) {
      // The batch is too large with it. Seldom, because a batch is sent when it has two thirds of the size: so the value may be written once more.
      outgoing.undoAppend()
      this.#producer.beginAnother(outgoing)
      sizeBytes = outgoing.append(timestamp, keyBytes, keyStart, keyEnd, value, valueSerde, headers)
      if (outgoing.fillingBytes > this.#batchBytesMax) {
        outgoing.undoAppend()
        throw new MillraceError('record-too-large', { topic: this.topic, partition, sizeBytes, maxBytes: this.#batchBytesMax, made: '' })
      }
    }
    this.#producer.appended(outgoing, sizeBytes)
  }

  acknowledged(partition: number): Offset | undefined {
    return this.outgoing[partition]?.acknowledged
  }
}

// Gives records without a timestamp the time of sending, as Java's producer does: -1 is no time that a broker could keep records by.

import type { TopicWriter } from '../ports/broker.ts'
import type { Clock } from '../ports/clock.ts'
import type { Headers, Offset } from '../ports/record.ts'
import type { Serde } from '../ports/serde.ts'

export class StampingWriter implements TopicWriter {
  readonly topic: string
  readonly partitions: number
  private readonly inner: TopicWriter
  private readonly clock: Clock

  constructor(inner: TopicWriter, clock: Clock) {
    this.topic = inner.topic
    this.partitions = inner.partitions
    this.inner = inner
    this.clock = clock
  }

  partitionOf(bytes: Uint8Array, keyStart: number, keyEnd: number): number {
    return this.inner.partitionOf(bytes, keyStart, keyEnd)
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
    const sentMs = timestamp < 0 ? this.clock.now() : timestamp
    this.inner.append(partition, sentMs, keyBytes, keyStart, keyEnd, value, valueSerde, headers)
  }

  acknowledged(partition: number): Offset | undefined {
    return this.inner.acknowledged(partition)
  }
}

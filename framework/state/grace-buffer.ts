// The records that wait in a stream-table join, by time, key and order of arrival, in the bytes in which Kafka Streams logs them
// (RocksDBTimeOrderedKeyValueBuffer, TimeFirstWindowKeySchema, BufferValue).

import type { Serde } from '../ports/serde.ts'
import type { BinaryKey } from '../ports/store.ts'
import { toBytes } from '../serdes/byte-buffer.ts'
import { readBufferedBytes, writeBufferedBytes } from './buffered-change.ts'
import type { RowForm } from './kept-row.ts'
import { binaryInteger, binaryLong, readBinaryLong } from './key-layout.ts'
import type { Rows } from './rows.ts'
import type { SequenceNumber } from './sequence-number.ts'
import type { GraceBufferStore, WaitingRecord } from './windowed-contract.ts'

export interface GraceBufferParts<V> {
  readonly name: string
  readonly form: RowForm<Uint8Array>
  readonly rows: Rows<Uint8Array>
  readonly value: Serde<V>
  /** Tells records of one key and time apart. */
  readonly sequence: SequenceNumber
}

/** Kafka Streams writes these records without a timestamp; and the time by which a suppress orders its changes stands there as 0. */
const noTimestamp = -1
const noTime = 0

/** Says that the time comes before the key. */
const timeFirst = '\0'
const keyAt = timeFirst.length + 8
const sequenceBytes = 4

export class GraceBuffer<V> implements GraceBufferStore<V> {
  readonly name: string
  private readonly parts: GraceBufferParts<V>
  /** undefined: not known. Kept, because most records find that none is due. */
  private first: number | undefined

  constructor(parts: GraceBufferParts<V>) {
    this.name = parts.name
    this.parts = parts
  }

  get firstTime(): number {
    this.first ??= this.findFirst()
    return this.first
  }

  add({ key, value, timestamp, headers, origin }: WaitingRecord<V>): void {
    const { parts } = this
    const context = { timestamp, headers, topic: origin.topic, partition: origin.partition, offset: origin.offset }
    const bytes = writeBufferedBytes({ prior: null, old: null, new: toBytes(parts.value, value), context }, noTime)
    const before = this.firstTime
    this.put(timeFirst + binaryLong(timestamp) + key + binaryInteger(parts.sequence.next()), bytes)
    this.first = Math.min(before, timestamp)
  }

  *takeUpTo(time: number): Generator<WaitingRecord<V>> {
    if (this.firstTime > time) return
    for (const [place, row] of this.parts.rows.range({ to: timeFirst + binaryLong(time + 1) })) {
      yield this.waiting(place, Buffer.from(this.parts.form.valueOf(row) as Uint8Array))
      this.put(place, null)
      this.first = undefined
    }
  }

  private waiting(place: BinaryKey, bytes: Buffer): WaitingRecord<V> {
    const { new: value, context } = readBufferedBytes(bytes).change
    const { timestamp, headers, topic, partition, offset } = context
    const valueBytes = value as Buffer
    return {
      key: place.slice(keyAt, place.length - sequenceBytes),
      value: this.parts.value.read(valueBytes, 0, valueBytes.length),
      timestamp,
      headers,
      origin: { topic, partition, offset },
    }
  }

  private put(place: BinaryKey, bytes: Buffer | null): void {
    this.parts.rows.put(place, 0, this.parts.form.keep(bytes, noTimestamp, []))
  }

  private findFirst(): number {
    for (const [place] of this.parts.rows.range({})) return readBinaryLong(place, timeFirst.length)
    return Number.POSITIVE_INFINITY
  }
}

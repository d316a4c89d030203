// A changelog topic as a TopicWriter and as a RecordReader: what is appended is acknowledged at once and can be read again.

import type { TopicWriter } from '../../framework/ports/broker.ts'
import { asOffset, type Headers, noHeaders, type Offset, type RecordReader } from '../../framework/ports/record.ts'
import type { Serde } from '../../framework/ports/serde.ts'
import { toBytes } from '../../framework/serdes/byte-buffer.ts'

export interface ChangelogRecord {
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly timestamp: number
  readonly headers: Headers
}

export class RecordedChangelog implements TopicWriter {
  readonly topic: string
  readonly partitions = 1
  readonly records: ChangelogRecord[] = []

  constructor(topic: string) {
    this.topic = topic
  }

  partitionOf(): number {
    return 0
  }

  append<V>(
    _partition: number,
    timestamp: number,
    keyBytes: Uint8Array,
    keyStart: number,
    keyEnd: number,
    value: V | null,
    valueSerde: Pick<Serde<V>, 'write'>,
    headers: Headers,
  ): void {
    const key = keyStart < 0 ? null : Buffer.from(keyBytes.subarray(keyStart, keyEnd))
    this.records.push({ key, value: value === null ? null : toBytes(valueSerde, value), timestamp, headers })
  }

  acknowledged(): Offset | undefined {
    return this.records.length === 0 ? undefined : asOffset(this.records.length)
  }

  reader(from: number): RecordReader {
    return new ChangelogReader(this.records, from)
  }
}

class ChangelogReader implements RecordReader {
  bytes: Buffer = Buffer.alloc(0)
  offset: number
  timestamp = 0
  keyStart = -1
  keyEnd = -1
  valueStart = -1
  valueEnd = -1
  private readonly records: readonly ChangelogRecord[]

  constructor(records: readonly ChangelogRecord[], from: number) {
    this.records = records
    this.offset = from - 1
  }

  get nextOffset(): number {
    return this.records.length
  }

  next(): boolean {
    const record = this.records[this.offset + 1]
    if (record === undefined) return false
    this.offset++
    const { key, value } = record
    this.bytes = Buffer.concat([key ?? Buffer.alloc(0), value ?? Buffer.alloc(0)])
    const keySize = key?.length ?? 0
    this.timestamp = record.timestamp
    this.keyStart = key === null ? -1 : 0
    this.keyEnd = keySize
    this.valueStart = value === null ? -1 : keySize
    this.valueEnd = this.bytes.length
    return true
  }

  headers(): Headers {
    return noHeaders
  }
}

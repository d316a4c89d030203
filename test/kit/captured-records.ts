// The driver's broker: every record that a task writes is kept, with a copy of its bytes, in the order of writing; and read again by the
// same port through which a task reads fetched records. One partition a topic.

import type { FetchedRecords, TopicWriter } from '../../framework/ports/broker.ts'
import { asOffset, type Headers, noHeaders, type Offset, type RecordReader } from '../../framework/ports/record.ts'
import type { Serde } from '../../framework/ports/serde.ts'
import { ByteBuffer } from '../../framework/serdes/byte-buffer.ts'

/** A record as a topic holds it. */
export interface CapturedRecord {
  readonly topic: string
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly timestamp: number
  readonly headers: Headers
}

/** Gives writers, and keeps what they write until it is taken. */
export class CapturingTopics {
  private readonly writers = new Map<string, CapturingWriter>()
  private captured: CapturedRecord[] = []

  writer(topic: string): TopicWriter {
    let writer = this.writers.get(topic)
    if (writer === undefined) {
      writer = new CapturingWriter(topic, (record) => this.captured.push(record))
      this.writers.set(topic, writer)
    }
    return writer
  }

  /** What was written since the last call. */
  take(): readonly CapturedRecord[] {
    const taken = this.captured
    this.captured = []
    return taken
  }
}

class CapturingWriter implements TopicWriter {
  readonly topic: string
  readonly partitions = 1
  private readonly capture: (record: CapturedRecord) => void
  private readonly scratch = new ByteBuffer()
  private written = 0

  constructor(topic: string, capture: (record: CapturedRecord) => void) {
    this.topic = topic
    this.capture = capture
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
    this.capture({ topic: this.topic, key, value: value === null ? null : this.bytesOf(value, valueSerde), timestamp, headers })
    this.written++
  }

  acknowledged(): Offset | undefined {
    return this.written === 0 ? undefined : asOffset(this.written)
  }

  private bytesOf<V>(value: V, serde: Pick<Serde<V>, 'write'>): Buffer {
    this.scratch.end = 0
    serde.write(value, this.scratch)
    return Buffer.from(this.scratch.bytes.subarray(0, this.scratch.end))
  }
}

/** Captured records as if they had been fetched; the first has this offset. */
export function fetched(topic: string, records: readonly CapturedRecord[], offset: number): FetchedRecords {
  const reader = new CapturedRecordReader(records, offset)
  const end = asOffset(offset + records.length)
  const sizeBytes = records.reduce((size, { key, value }) => size + (key?.length ?? 0) + (value?.length ?? 0), 0)
  return { kind: 'records', topic, partition: 0, reader, sizeBytes, highWatermark: end, lastStableOffset: end }
}

class CapturedRecordReader implements RecordReader {
  bytes: Buffer = noBytes
  offset: number
  timestamp = -1
  keyStart = -1
  keyEnd = -1
  valueStart = -1
  valueEnd = -1
  readonly nextOffset: number
  private readonly records: readonly CapturedRecord[]
  private index = -1

  constructor(records: readonly CapturedRecord[], offset: number) {
    this.records = records
    this.offset = offset - 1
    this.nextOffset = offset + records.length
  }

  next(): boolean {
    const record = this.records[this.index + 1]
    if (record === undefined) return false
    this.index++
    this.offset++
    const { key, value } = record
    this.bytes = Buffer.concat([key ?? noBytes, value ?? noBytes])
    this.timestamp = record.timestamp
    this.keyStart = key === null ? -1 : 0
    this.keyEnd = key === null ? -1 : key.length
    this.valueStart = value === null ? -1 : (key?.length ?? 0)
    this.valueEnd = value === null ? -1 : this.bytes.length
    return true
  }

  headers(): Headers {
    return this.records[this.index]?.headers ?? noHeaders
  }
}

const noBytes = Buffer.alloc(0)

// Record batches for tests of the embedded broker, written and read by the client's own code.

import { noHeaders } from '../../../framework/index.ts'
import type { Compression } from '../../../plugins/kafka/wire/compression.ts'
import { RecordBatchReader } from '../../../plugins/kafka/wire/record-batch-reader.ts'
import { plainStamp, RecordBatchWriter } from '../../../plugins/kafka/wire/record-batch-writer.ts'

export interface TestRecord {
  readonly key: string | null
  readonly value: string | null
  readonly timestamp?: number
}

export interface TestStamp {
  readonly producerId?: number
  readonly producerEpoch?: number
  readonly baseSequence?: number
  readonly compression?: Compression
  readonly transactional?: boolean
}

const text = {
  write(value: string, target: { bytes: Buffer; end: number; reserve(sizeBytes: number): void }): void {
    target.reserve(Buffer.byteLength(value))
    target.end += target.bytes.utf8Write(value, target.end)
  },
}

/** A batch in memory of its own, as a log takes it. */
export function batchOf(records: readonly TestRecord[], stamp: TestStamp = {}): Buffer {
  const writer = new RecordBatchWriter()
  for (const { key, value, timestamp = 1000 } of records) {
    const keyBytes = Buffer.from(key ?? '')
    writer.append(timestamp, keyBytes, key === null ? -1 : 0, key === null ? -1 : keyBytes.length, value, text, noHeaders)
  }
  return Buffer.from(writer.finish({ ...plainStamp, ...stamp }))
}

export function recordOf(key: string | null, value: string | null = 'value', timestamp = 1000): TestRecord {
  return { key, value, timestamp }
}

export interface ReadRecord {
  readonly offset: number
  readonly key: string | null
  readonly value: string | null
  readonly timestamp: number
}

/** All records in a piece of a log; checks the checksum of each batch. */
export function recordsIn(bytes: Buffer | undefined): readonly ReadRecord[] {
  if (bytes === undefined) throw new Error('The offset is out of range.')
  if (bytes.length === 0) return []
  const reader = new RecordBatchReader(bytes, 0, { checkCrc: true })
  const records: ReadRecord[] = []
  while (reader.next()) {
    const { bytes: at, keyStart, keyEnd, valueStart, valueEnd } = reader
    records.push({
      offset: reader.offset,
      timestamp: reader.timestamp,
      key: keyStart < 0 ? null : at.utf8Slice(keyStart, keyEnd),
      value: valueStart < 0 ? null : at.utf8Slice(valueStart, valueEnd),
    })
  }
  return records
}

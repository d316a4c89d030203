// A batch on its way to a broker: finished, and the same bytes each time it is sent, unless it has to be split or stamped anew.

import { asTimestamp, type ByteTarget, type RefusedRecord } from '../../../framework/index.ts'
import { RecordBatchReader } from '../wire/record-batch-reader.ts'
import { type BatchStamp, RecordBatchWriter } from '../wire/record-batch-writer.ts'

export interface ProduceBatch {
  readonly bytes: Buffer
  /** What the batch was built in; used again when it is acknowledged. */
  readonly memory: Buffer
  readonly records: number
  readonly baseSequence: number
  /** What the batch counts for in the buffer of the producer. */
  readonly sizeBytes: number
  /** When its first record was appended. */
  readonly createdAtMs: number
  /** Counts the batches of the producer; halves keep that of the whole. */
  readonly ordinal: number
  /** How often the broker has refused it for what it is. Default: 0. */
  readonly refusals?: number
}

/** The one record of a batch. */
export function onlyRecord({ bytes }: ProduceBatch): Pick<RefusedRecord, 'timestamp' | 'key' | 'value' | 'headers'> {
  const reader = new RecordBatchReader(bytes, 0)
  reader.next()
  const copied = (start: number, end: number): Buffer | null => (start < 0 ? null : Buffer.from(reader.bytes.subarray(start, end)))
  return {
    timestamp: asTimestamp(reader.timestamp),
    key: copied(reader.keyStart, reader.keyEnd),
    value: copied(reader.valueStart, reader.valueEnd),
    headers: reader.headers(),
  }
}

/** The same records in two batches, for a broker that finds one too large. Their sequences continue each other, so those of later batches stay. */
export function split(batch: ProduceBatch, stamp: BatchStamp): readonly [ProduceBatch, ProduceBatch] {
  const reader = new RecordBatchReader(batch.bytes, 0)
  const firstRecords = Math.ceil(batch.records / 2)
  const firstBytes = Math.ceil(batch.sizeBytes / 2)
  const first = rebuilt({ ...batch, records: firstRecords, sizeBytes: firstBytes }, stamp, reader)
  const second = {
    ...batch,
    records: batch.records - firstRecords,
    sizeBytes: batch.sizeBytes - firstBytes,
    baseSequence: sequenceAfter(batch.baseSequence, firstRecords),
  }
  return [first, rebuilt(second, stamp, reader)]
}

/** The same records under another stamp: after the producer's id has changed. */
export function restamped(batch: ProduceBatch, stamp: BatchStamp): ProduceBatch {
  return rebuilt({ ...batch, baseSequence: stamp.baseSequence }, stamp, new RecordBatchReader(batch.bytes, 0))
}

/** A batch of as many records as it says, of those that the reader has next. */
function rebuilt(batch: ProduceBatch, stamp: BatchStamp, reader: RecordBatchReader): ProduceBatch {
  const writer = new RecordBatchWriter()
  while (writer.records < batch.records && reader.next()) {
    const value = reader.valueStart < 0 ? null : reader
    writer.append(reader.timestamp, reader.bytes, reader.keyStart, reader.keyEnd, value, currentValue, reader.headers())
  }
  return { ...batch, bytes: writer.finish({ ...stamp, baseSequence: batch.baseSequence }), memory: writer.bytes }
}

const currentValue = {
  write({ bytes, valueStart, valueEnd }: RecordBatchReader, target: ByteTarget) {
    target.reserve(valueEnd - valueStart)
    target.end += bytes.copy(target.bytes, target.end, valueStart, valueEnd)
  },
}

/** Sequences begin at 0 again behind the largest int32. */
export function sequenceAfter(sequence: number, records: number): number {
  return (sequence + records) % 0x8000_0000
}

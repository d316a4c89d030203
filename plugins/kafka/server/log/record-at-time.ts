// The first record of a batch with a certain timestamp or a later one.

import { readBatchHeader } from '../../wire/record-batch.ts'
import { BatchRecords } from './records.ts'

export interface RecordPosition {
  readonly offset: number
  readonly timestamp: number
}

export function recordAtTime(batch: Buffer, timestamp: number, startOffset: number): RecordPosition | undefined {
  const records = new BatchRecords(batch, readBatchHeader(batch, 0))
  while (records.next()) {
    if (records.timestamp >= timestamp && records.offset >= startOffset) return { offset: records.offset, timestamp: records.timestamp }
  }
  return undefined
}

// What must hold of a record batch before a log takes it. The broker reads no further than its header: records travel through as bytes,
// compressed or not.

import { crc32c } from '../../wire/crc32c.ts'
import { type BatchHeader, batchHeaderBytes, batchSizeAt, hasValidCrc, logAppendTimeFlag } from '../../wire/record-batch.ts'
import { writeInt64 } from '../../wire/wire-writer.ts'

/** What is wrong with the bytes between two positions as one whole batch; undefined if nothing is. */
export function batchDamage(bytes: Buffer, at: number, end: number): string | undefined {
  if (end - at < batchHeaderBytes) return `${end - at} bytes are too few for a record batch`
  const sizeBytes = batchSizeAt(bytes, at)!
  if (at + sizeBytes !== end) return `the batch announces ${sizeBytes} bytes, and ${end - at} are there`
  if (bytes[at + 16] !== 2) return `the batch has magic ${bytes[at + 16]}`
  if (!hasValidCrc(bytes, at, sizeBytes)) return 'the checksum does not match'
  return undefined
}

export function isAppendTime(header: BatchHeader): boolean {
  return (header.attributes & logAppendTimeFlag) !== 0
}

/** For topics with message.timestamp.type=LogAppendTime: one timestamp for all records of the batch, and a new checksum. */
export function setAppendTime(bytes: Buffer, at: number, timestamp: number): void {
  bytes.writeInt16BE(bytes.readInt16BE(at + 21) | logAppendTimeFlag, at + 21)
  writeInt64(bytes, timestamp, at + 35)
  bytes.writeUInt32BE(crc32c(bytes, at + 21, at + batchSizeAt(bytes, at)!), at + 17)
}

/** Sequence numbers go from 2^31 - 1 on to 0. */
export function addToSequence(sequence: number, count: number): number {
  return (sequence + count) % 0x8000_0000
}

export function lastSequenceOf(header: BatchHeader): number {
  return header.baseSequence < 0 ? -1 : addToSequence(header.baseSequence, header.lastOffset - header.baseOffset)
}

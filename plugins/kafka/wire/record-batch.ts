// The header of a record batch, magic 2 (KIP-98), in place:
//
//    0 baseOffset int64            21 attributes int16          43 producerId int64
//    8 batchLength int32 (from 12) 23 lastOffsetDelta int32     51 producerEpoch int16
//   12 partitionLeaderEpoch int32  27 baseTimestamp int64       53 baseSequence int32
//   16 magic int8                  35 maxTimestamp int64        57 records int32
//   17 crc uint32 (from 21 on)                                  61 the records
//
// Attributes: bits 0 to 2 the compression, 3 log append time, 4 transactional, 5 control. What a broker sets (base offset, leader epoch) lies
// before the bytes that the crc covers, so that it need not compute it again.

import { MillraceError } from '../../../framework/index.ts'
import { crc32c } from './crc32c.ts'
import { writeInt64 } from './wire-writer.ts'

export const batchHeaderBytes = 61
/** What must be there to know the length of a batch. */
export const batchPrefixBytes = 12

export const compressionMask = 0b111
export const logAppendTimeFlag = 0b1000
export const transactionalFlag = 0b1_0000
export const controlFlag = 0b10_0000

export interface BatchHeader {
  readonly baseOffset: number
  /** The whole batch, header included. */
  readonly sizeBytes: number
  readonly partitionLeaderEpoch: number
  readonly crc: number
  readonly attributes: number
  readonly lastOffset: number
  readonly baseTimestamp: number
  readonly maxTimestamp: number
  readonly producerId: number
  readonly producerEpoch: number
  readonly baseSequence: number
  readonly records: number
}

/** How long the batch at `at` is; undefined if not even that is there. */
export function batchSizeAt(bytes: Buffer, at: number): number | undefined {
  return at + batchPrefixBytes <= bytes.length ? batchPrefixBytes + bytes.readInt32BE(at + 8) : undefined
}

/** The header at `at`, of which at least 61 bytes must be there. Throws `record-format-old` for magic 0 and 1. */
export function readBatchHeader(bytes: Buffer, at: number): BatchHeader {
  checkMagic(bytes, at)
  const baseOffset = readInt64(bytes, at)
  return {
    baseOffset,
    sizeBytes: batchPrefixBytes + bytes.readInt32BE(at + 8),
    partitionLeaderEpoch: bytes.readInt32BE(at + 12),
    crc: bytes.readUInt32BE(at + 17),
    attributes: bytes.readInt16BE(at + 21),
    lastOffset: baseOffset + bytes.readInt32BE(at + 23),
    baseTimestamp: readInt64(bytes, at + 27),
    maxTimestamp: readInt64(bytes, at + 35),
    producerId: readInt64(bytes, at + 43),
    producerEpoch: bytes.readInt16BE(at + 51),
    baseSequence: bytes.readInt32BE(at + 53),
    records: bytes.readInt32BE(at + 57),
  }
}

export function checkMagic(bytes: Buffer, at: number): void {
  const magic = bytes[at + 16]
  if (magic !== 2) throw new MillraceError('record-format-old', { magic })
}

/** Whether the bytes of the batch at `at` are those that its writer saw. */
export function hasValidCrc(bytes: Buffer, at: number, sizeBytes: number): boolean {
  return bytes.readUInt32BE(at + 17) === crc32c(bytes, at + 21, at + sizeBytes)
}

/** What a broker sets in a batch that it appends; the crc stays valid. */
export function setBaseOffset(bytes: Buffer, at: number, baseOffset: number, partitionLeaderEpoch: number): void {
  writeInt64(bytes, baseOffset, at)
  bytes.writeInt32BE(partitionLeaderEpoch, at + 12)
}

export function readInt64(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at) * 0x1_0000_0000 + bytes.readUInt32BE(at + 4)
}

/** One past the last offset of the last whole batch in `bytes`, or `position` if none reaches it: where fetching goes on. */
export function offsetBehind(bytes: Buffer, position: number): number {
  let next = position
  for (let at = 0; ; ) {
    const sizeBytes = batchSizeAt(bytes, at)
    if (sizeBytes === undefined || sizeBytes < batchHeaderBytes || at + sizeBytes > bytes.length) return next
    next = Math.max(next, readInt64(bytes, at) + bytes.readInt32BE(at + 23) + 1)
    at += sizeBytes
  }
}

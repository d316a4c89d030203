// Reads a segment that was not closed in good order, from its first byte: every batch must be whole, with a matching checksum and an offset behind
// the one before. What follows the last such batch is cut off: it was being written when the broker died, and nobody has been told that it is there.

import { type BatchHeader, batchHeaderBytes, readBatchHeader } from '../../wire/record-batch.ts'
import { batchDamage } from './batch-check.ts'
import type { Segment } from './segment.ts'

export interface Recovery {
  /** Bytes cut off, and what was wrong with them. */
  readonly cutBytes: number
  readonly damage: string | undefined
}

const windowBytes = 1024 * 1024

/** `noteBatch` is told of each batch, and where in which bytes it lies. */
export function recoverSegment(segment: Segment, noteBatch: (header: BatchHeader, bytes: Buffer, at: number) => void): Recovery {
  const { file } = segment
  const sizeBytes = file.sizeBytes
  let window: Buffer = Buffer.alloc(0)
  let windowStart = 0
  let position = 0
  let damage: string | undefined
  /** Makes sure that the window holds these bytes, as far as the file has them. */
  const load = (wantedBytes: number): number => {
    if (position + wantedBytes > windowStart + window.length) {
      window = file.read(position, Math.max(windowBytes, wantedBytes))
      windowStart = position
    }
    return position - windowStart
  }
  while (position < sizeBytes) {
    if (sizeBytes - position < batchHeaderBytes) {
      damage = `${sizeBytes - position} bytes are too few for a record batch`
      break
    }
    const head = load(batchHeaderBytes)
    const batchBytes = 12 + window.readInt32BE(head + 8)
    if (batchBytes < batchHeaderBytes || position + batchBytes > sizeBytes) {
      damage = `the batch announces ${batchBytes} bytes, and ${sizeBytes - position} are there`
      break
    }
    const at = load(batchBytes)
    damage = batchDamage(window, at, at + batchBytes)
    if (damage !== undefined) break
    const header = readBatchHeader(window, at)
    if (header.baseOffset < segment.nextOffset || header.lastOffset < header.baseOffset) {
      damage = `offset ${header.baseOffset} where at least ${segment.nextOffset} is due`
      break
    }
    segment.noteBatch(header, header.baseOffset, position)
    noteBatch(header, window, at)
    position += batchBytes
  }
  file.truncate(position)
  return { cutBytes: sizeBytes - position, damage }
}

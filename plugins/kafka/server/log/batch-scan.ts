// Goes through the batches of a file, head by head, without reading what lies between the heads.

import { type BatchHeader, batchHeaderBytes, readBatchHeader } from '../../wire/record-batch.ts'
import type { StoredFile } from './storage.ts'

export interface FoundBatch {
  readonly position: number
  readonly header: BatchHeader
}

/**
 * The batches that begin between two positions of a file that is known to be sound. The file is read in windows: as large as the gaps of the index
 * for small batches, and one window a batch for large ones.
 */
export function* batchesBetween(file: StoredFile, from: number, to: number, windowBytes: number): Generator<FoundBatch> {
  let position = from
  let window: Buffer = Buffer.alloc(0)
  let windowStart = from
  while (position + batchHeaderBytes <= to) {
    if (position + batchHeaderBytes > windowStart + window.length || position < windowStart) {
      window = file.read(position, Math.max(batchHeaderBytes, Math.min(windowBytes, to - position)))
      windowStart = position
    }
    const header = readBatchHeader(window, position - windowStart)
    yield { position, header }
    position += header.sizeBytes
  }
}

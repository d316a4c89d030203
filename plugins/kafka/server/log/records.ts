// Goes through the records of one batch, for the few who must look inside: compaction, search by time, the check of keys that compacted topics need. The cursor stands on
// a record after `next()` gave true; its fields are positions in `bytes`, which are those of the batch, or what they are once decompressed.

import { decompress } from '../../wire/compression.ts'
import type { BatchHeader } from '../../wire/record-batch.ts'
import { batchHeaderBytes, compressionMask } from '../../wire/record-batch.ts'
import { WireReader } from '../../wire/wire-reader.ts'
import { isAppendTime } from './batch-check.ts'

export class BatchRecords {
  readonly bytes: Buffer
  readonly #header: BatchHeader
  readonly #reader: WireReader
  #left: number
  /** Where the record begins, with its length, and ends. */
  start = 0
  end = 0
  offset = -1
  timestamp = -1
  /** -1: the key is null. */
  keyStart = -1
  keyEnd = -1
  isTombstone = false

  constructor(batch: Buffer, header: BatchHeader) {
    const codec = header.attributes & compressionMask
    const records = batch.subarray(batchHeaderBytes, header.sizeBytes)
    this.bytes = codec === 0 ? records : decompress(codec, records)
    this.#header = header
    this.#reader = new WireReader(this.bytes)
    this.#left = header.records
  }

  next(): boolean {
    if (this.#left === 0) return false
    this.#left--
    const reader = this.#reader
    this.start = reader.position
    const sizeBytes = reader.varint()
    this.end = reader.position + sizeBytes
    reader.int8()
    const timestamp = this.#header.baseTimestamp + reader.varlong()
    this.timestamp = isAppendTime(this.#header) ? this.#header.maxTimestamp : timestamp
    this.offset = this.#header.baseOffset + reader.varint()
    const keyBytes = reader.varint()
    this.keyStart = keyBytes < 0 ? -1 : reader.position
    if (keyBytes > 0) reader.view(keyBytes)
    this.keyEnd = reader.position
    this.isTombstone = reader.varint() < 0
    // The rest of the value and the headers; refused if it lies behind the end of the bytes.
    reader.view(this.end - reader.position)
    return true
  }
}

// Builds one record batch in place: a record is appended, never built as an object, and its value is written by the serde directly behind its key. The
// lengths in front of value and record are not known before, so room is left for as many bytes as the last ones took; where that was wrong (seldom), what follows
// is shifted by a byte.
//
// Invariant: between calls, `bytes` from 61 to `end` holds `records` whole records; an append that throws leaves no trace.

import type { ByteTarget, Headers, Serde } from '../../../framework/index.ts'
import { type Compression, codecOf, compress } from './compression.ts'
import { crc32c } from './crc32c.ts'
import { batchHeaderBytes, controlFlag, transactionalFlag } from './record-batch.ts'
import { varintBytes, writeVarint, writeVarlong } from './varint.ts'
import { writeInt64 } from './wire-writer.ts'

/** More than the fixed parts of a record can take: five varints and the attributes. */
const recordOverheadBytes = 32

export interface BatchStamp {
  readonly compression: Compression
  /** -1: not idempotent. */
  readonly producerId: number
  readonly producerEpoch: number
  readonly baseSequence: number
  readonly transactional: boolean
  /** A broker's, such as the end of a transaction. */
  readonly control?: boolean
}

/** Who writes batches without idempotence, such as a test or a tool. */
export const plainStamp: BatchStamp = { compression: 'none', producerId: -1, producerEpoch: -1, baseSequence: -1, transactional: false }

export class RecordBatchWriter implements ByteTarget {
  bytes: Buffer
  end = batchHeaderBytes
  records = 0
  #baseTimestamp = 0
  #maxTimestamp = 0
  #endBefore = batchHeaderBytes
  #maxTimestampBefore = 0
  #recordLengthBytes = 1
  #valueLengthBytes = 1

  constructor(bytes: Buffer = Buffer.allocUnsafeSlow(16 * 1024)) {
    this.bytes = bytes
  }

  /** For serdes, and for this class. */
  reserve(sizeBytes: number): void {
    const needed = this.end + sizeBytes
    if (needed <= this.bytes.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.bytes.length * 2))
    this.bytes.copy(larger, 0, 0, this.end)
    this.bytes = larger
  }

  /** Gives the size of the record. The key is null if `keyStart` is -1. Throws what the serde throws. */
  append<V>(
    timestamp: number,
    keyBytes: Uint8Array,
    keyStart: number,
    keyEnd: number,
    value: V | null,
    valueSerde: Pick<Serde<V>, 'write'>,
    headers: Headers,
  ): number {
    const start = this.end
    const keySize = keyStart < 0 ? 0 : keyEnd - keyStart
    this.reserve(recordOverheadBytes + keySize)
    const bodyAt = start + this.#recordLengthBytes
    const { bytes } = this
    bytes[bodyAt] = 0
    let at = writeVarlong(bytes, this.records === 0 ? 0 : timestamp - this.#baseTimestamp, bodyAt + 1)
    at = writeVarint(bytes, this.records, at)
    if (keyStart < 0) at = writeVarint(bytes, -1, at)
    else {
      at = writeVarint(bytes, keySize, at)
      copy(keyBytes, keyStart, keyEnd, bytes, at)
      at += keySize
    }
    try {
      this.#writeValue(value, valueSerde, at)
      this.#writeHeaders(headers)
    } catch (error) {
      this.end = start
      throw error
    }
    this.#writeRecordLength(start, bodyAt)
    this.#endBefore = start
    this.#maxTimestampBefore = this.#maxTimestamp
    if (this.records === 0) this.#baseTimestamp = this.#maxTimestamp = timestamp
    else if (timestamp > this.#maxTimestamp) this.#maxTimestamp = timestamp
    this.records++
    return this.end - start
  }

  /** Takes the record that `append` wrote last off again, once. */
  undoAppend(): void {
    this.end = this.#endBefore
    this.records--
    this.#maxTimestamp = this.#maxTimestampBefore
  }

  /** The finished batch: a view of `bytes`, or memory of its own if it is compressed. */
  finish(stamp: BatchStamp): Buffer {
    const codec = codecOf(stamp.compression)
    let batch = this.bytes.subarray(0, this.end)
    if (codec !== 0) {
      const packed = compress(stamp.compression, batch.subarray(batchHeaderBytes))
      batch = Buffer.concat([batch.subarray(0, batchHeaderBytes), packed])
    }
    batch.fill(0, 0, batchHeaderBytes)
    batch.writeInt32BE(batch.length - 12, 8)
    batch.writeInt32BE(-1, 12)
    batch[16] = 2
    batch.writeInt16BE(codec | (stamp.transactional ? transactionalFlag : 0) | (stamp.control === true ? controlFlag : 0), 21)
    batch.writeInt32BE(this.records - 1, 23)
    writeInt64(batch, this.#baseTimestamp, 27)
    writeInt64(batch, this.#maxTimestamp, 35)
    writeInt64(batch, stamp.producerId, 43)
    batch.writeInt16BE(stamp.producerEpoch, 51)
    batch.writeInt32BE(stamp.baseSequence, 53)
    batch.writeInt32BE(this.records, 57)
    batch.writeUInt32BE(crc32c(batch, 21, batch.length), 17)
    return batch
  }

  /** Begins a new batch in these bytes. What `finish` gave is overwritten if it was a view of them. */
  restart(bytes: Buffer = this.bytes): void {
    this.bytes = bytes
    this.end = batchHeaderBytes
    this.records = 0
  }

  #writeValue<V>(value: V | null, serde: Pick<Serde<V>, 'write'>, lengthAt: number): void {
    if (value === null) {
      this.end = writeVarint(this.bytes, -1, lengthAt)
      return
    }
    const valueAt = lengthAt + this.#valueLengthBytes
    this.end = valueAt
    serde.write(value, this)
    const valueSize = this.end - valueAt
    this.#valueLengthBytes = this.#fit(valueAt, this.#valueLengthBytes, varintBytes(valueSize))
    writeVarint(this.bytes, valueSize, lengthAt)
  }

  #writeHeaders(headers: Headers): void {
    this.reserve(5)
    this.end = writeVarint(this.bytes, headers.length, this.end)
    for (const { key, value } of headers) {
      const keySize = Buffer.byteLength(key)
      this.reserve(10 + keySize + (value?.length ?? 0))
      this.end = writeVarint(this.bytes, keySize, this.end)
      this.end += this.bytes.utf8Write(key, this.end, keySize)
      this.end = writeVarint(this.bytes, value === null ? -1 : value.length, this.end)
      if (value === null) continue
      this.bytes.set(value, this.end)
      this.end += value.length
    }
  }

  #writeRecordLength(start: number, bodyAt: number): void {
    const size = this.end - bodyAt
    this.#recordLengthBytes = this.#fit(bodyAt, this.#recordLengthBytes, varintBytes(size))
    writeVarint(this.bytes, size, start)
  }

  /** Makes the gap before `at` as large as its length needs: shifts what lies behind. Gives the size of the gap. */
  #fit(at: number, gapBytes: number, neededBytes: number): number {
    const shift = neededBytes - gapBytes
    if (shift === 0) return neededBytes
    if (shift > 0) this.reserve(shift)
    this.bytes.copyWithin(at + shift, at, this.end)
    this.end += shift
    return neededBytes
  }
}

/** Below about 32 bytes a loop is faster than the call that makes a view and copies it. */
function copy(from: Uint8Array, start: number, end: number, to: Buffer, at: number): void {
  if (end - start > 32) to.set(from.subarray(start, end), at)
  else for (let read = start, write = at; read < end; ) to[write++] = from[read++]!
}

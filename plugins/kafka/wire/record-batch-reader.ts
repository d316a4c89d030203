// Reads the records of one partition where they lie, in a fetch response or in a log. The port's RecordReader.
//
//   const reader = new RecordBatchReader(bytes, startOffset)
//   while (reader.next()) use(reader.bytes.utf8Slice(reader.valueStart, reader.valueEnd))
//   position = reader.nextOffset
//
// Records before `startOffset` are passed over (a broker gives whole batches), so are control batches and, if the broker named aborted transactions,
// their batches. A batch cut off at the end of the bytes is left for the next fetch. Compressed batches are unpacked one at a time, when they are reached.

import { type Header, type Headers, MillraceError, noHeaders, type RecordReader } from '../../../framework/index.ts'
import { decompress } from './compression.ts'
import {
  batchHeaderBytes,
  batchSizeAt,
  checkMagic,
  compressionMask,
  controlFlag,
  hasValidCrc,
  logAppendTimeFlag,
  readInt64,
  transactionalFlag,
} from './record-batch.ts'
import { WireReader } from './wire-reader.ts'

export interface AbortedTransaction {
  readonly producerId: number
  readonly firstOffset: number
}

export interface RecordBatchReaderOptions {
  /** As the broker names them to who reads committed records. */
  readonly abortedTransactions?: readonly AbortedTransaction[]
  readonly checkCrc?: boolean
}

export class RecordBatchReader implements RecordReader {
  bytes: Buffer
  offset = -1
  timestamp = -1
  keyStart = -1
  keyEnd = -1
  valueStart = -1
  valueEnd = -1
  nextOffset: number

  readonly #source: Buffer
  readonly #startOffset: number
  readonly #checkCrc: boolean
  readonly #aborted: AbortedTransaction[]
  readonly #abortedProducers = new Set<number>()
  /** Where the next batch begins in the source. */
  #batchAt = 0
  #recordsLeft = 0
  #recordAt = 0
  #recordsEnd = 0
  #headersAt = 0
  #baseOffset = 0
  #baseTimestamp = 0
  /** With log append time all records of a batch have the same. */
  #appendTimestamp: number | undefined

  constructor(source: Buffer, startOffset: number, { abortedTransactions = [], checkCrc = false }: RecordBatchReaderOptions = {}) {
    this.#source = source
    this.bytes = source
    this.#startOffset = startOffset
    this.nextOffset = startOffset
    this.#checkCrc = checkCrc
    this.#aborted = abortedTransactions.length === 0 ? [] : abortedTransactions.toSorted((a, b) => a.firstOffset - b.firstOffset)
  }

  next(): boolean {
    for (;;) {
      while (this.#recordsLeft > 0) {
        this.#recordsLeft--
        this.#readRecord()
        if (this.offset >= this.#startOffset) return true
      }
      if (!this.#enterBatch()) return false
    }
  }

  headers(): Headers {
    const { bytes } = this
    if (bytes[this.#headersAt] === 0) return noHeaders
    const reader = new WireReader(bytes, this.#headersAt)
    const headers: Header[] = []
    for (let left = reader.varint(); left > 0; left--) {
      const key = reader.text(reader.varint())
      const valueSize = reader.varint()
      headers.push({ key, value: valueSize < 0 ? null : reader.view(valueSize) })
    }
    return headers
  }

  /**
   * The inner loop of everything: 1 M records a second and more. The varints are read by hand because a call for each, with the position in a field,
   * takes twice the time.
   */
  #readRecord(): void {
    const { bytes } = this
    let at = this.#recordAt
    let byte = bytes[at++]!
    let value = byte & 0x7f
    for (let shift = 7; byte > 0x7f; shift += 7) {
      byte = bytes[at++]!
      value |= (byte & 0x7f) << shift
    }
    const end = at + ((value >>> 1) ^ -(value & 1))
    if (end > this.#recordsEnd || end <= at) throw this.#corrupt('a record reaches beyond its batch')
    at++

    let delta = bytes[at++]!
    if (delta > 0x7f) {
      delta &= 0x7f
      let factor = 0x80
      do {
        byte = bytes[at++]!
        delta += (byte & 0x7f) * factor
        factor *= 0x80
      } while (byte > 0x7f)
    }
    this.timestamp = this.#appendTimestamp ?? this.#baseTimestamp + (delta % 2 === 0 ? delta / 2 : -(delta + 1) / 2)

    byte = bytes[at++]!
    value = byte & 0x7f
    for (let shift = 7; byte > 0x7f; shift += 7) {
      byte = bytes[at++]!
      value |= (byte & 0x7f) << shift
    }
    this.offset = this.#baseOffset + ((value >>> 1) ^ -(value & 1))

    byte = bytes[at++]!
    value = byte & 0x7f
    for (let shift = 7; byte > 0x7f; shift += 7) {
      byte = bytes[at++]!
      value |= (byte & 0x7f) << shift
    }
    const keySize = (value >>> 1) ^ -(value & 1)
    this.keyStart = keySize < 0 ? -1 : at
    if (keySize > 0) at += keySize
    this.keyEnd = keySize < 0 ? -1 : at

    byte = bytes[at++]!
    value = byte & 0x7f
    for (let shift = 7; byte > 0x7f; shift += 7) {
      byte = bytes[at++]!
      value |= (byte & 0x7f) << shift
    }
    const valueSize = (value >>> 1) ^ -(value & 1)
    this.valueStart = valueSize < 0 ? -1 : at
    if (valueSize > 0) at += valueSize
    this.valueEnd = valueSize < 0 ? -1 : at
    if (at >= end) throw this.#corrupt('a key or value reaches beyond its record')

    this.#headersAt = at
    this.#recordAt = end
  }

  /** Moves to the next batch with records for this reader; false if there is none. */
  #enterBatch(): boolean {
    const source = this.#source
    for (;;) {
      const at = this.#batchAt
      const sizeBytes = batchSizeAt(source, at)
      if (sizeBytes === undefined || at + sizeBytes > source.length) return false
      checkMagic(source, at)
      if (sizeBytes < batchHeaderBytes) throw this.#corrupt(`a batch announces ${sizeBytes} bytes`)
      this.#batchAt = at + sizeBytes
      const baseOffset = readInt64(source, at)
      const lastOffset = baseOffset + source.readInt32BE(at + 23)
      if (lastOffset < this.#startOffset) continue
      this.nextOffset = lastOffset + 1
      if (this.#checkCrc && !hasValidCrc(source, at, sizeBytes)) throw this.#corrupt('its checksum does not fit its bytes')
      if (this.#isLeftOut(at, lastOffset)) continue
      this.#openBatch(at, sizeBytes, baseOffset)
      return true
    }
  }

  /** Whether a batch is not for the application: a control batch, or one of an aborted transaction. Keeps count of the latter. */
  #isLeftOut(at: number, lastOffset: number): boolean {
    const attributes = this.#source.readInt16BE(at + 21)
    if ((attributes & (controlFlag | transactionalFlag)) === 0) return false
    while (this.#aborted.length > 0 && this.#aborted[0]!.firstOffset <= lastOffset) {
      this.#abortedProducers.add(this.#aborted.shift()!.producerId)
    }
    const producerId = readInt64(this.#source, at + 43)
    if ((attributes & controlFlag) === 0) return this.#abortedProducers.has(producerId)
    if (this.#isAbortMarker(at)) this.#abortedProducers.delete(producerId)
    return true
  }

  /** A control record's key is its version and its type, both int16; 0 says abort. */
  #isAbortMarker(at: number): boolean {
    const reader = new WireReader(this.#source, at + batchHeaderBytes)
    if (this.#source.readInt32BE(at + 57) === 0) return false
    reader.varint()
    reader.int8()
    reader.varlong()
    reader.varint()
    if (reader.varint() < 4) return false
    reader.int16()
    return reader.int16() === 0
  }

  #openBatch(at: number, sizeBytes: number, baseOffset: number): void {
    const source = this.#source
    const attributes = source.readInt16BE(at + 21)
    const codec = attributes & compressionMask
    if (codec === 0) {
      this.bytes = source
      this.#recordAt = at + batchHeaderBytes
      this.#recordsEnd = at + sizeBytes
    } else {
      this.bytes = decompress(codec, source.subarray(at + batchHeaderBytes, at + sizeBytes))
      this.#recordAt = 0
      this.#recordsEnd = this.bytes.length
    }
    this.#baseOffset = baseOffset
    this.#baseTimestamp = readInt64(source, at + 27)
    this.#appendTimestamp = (attributes & logAppendTimeFlag) === 0 ? undefined : readInt64(source, at + 35)
    this.#recordsLeft = source.readInt32BE(at + 57)
  }

  #corrupt(problem: string): MillraceError {
    return new MillraceError('record-corrupt', { problem: `${problem} (before offset ${this.nextOffset})` })
  }
}

// The records of one partition: appended at the end, deleted from the start, never changed between.

import { asOffset, type Headers, noHeaders, type Offset, type RecordReader } from '../../framework/index.ts'

export interface StoredRecord {
  readonly timestamp: number
  /** The key's bytes, then the value's. */
  readonly bytes: Buffer
  /** Where the value begins in `bytes`. */
  readonly keySize: number
  readonly hasKey: boolean
  readonly hasValue: boolean
  readonly headers: Headers
}

export class PartitionLog {
  private records: StoredRecord[] = []
  private firstOffset = 0

  get startOffset(): Offset {
    return asOffset(this.firstOffset)
  }

  get endOffset(): Offset {
    return asOffset(this.firstOffset + this.records.length)
  }

  append(record: StoredRecord): void {
    this.records.push(record)
  }

  deleteBefore(offset: number): void {
    const count = Math.min(offset, this.endOffset) - this.firstOffset
    if (count <= 0) return
    this.records = this.records.slice(count)
    this.firstOffset += count
  }

  offsetAt(timestamp: number): Offset {
    const index = this.records.findIndex((record) => record.timestamp >= timestamp)
    return index < 0 ? this.endOffset : asOffset(this.firstOffset + index)
  }

  /** The records from an offset on, as many as have `sizeBytesMax` bytes, at least one; undefined if there are none. */
  read(
    offset: number,
    sizeBytesMax: number,
  ): { readonly reader: RecordReader; readonly sizeBytes: number; readonly nextOffset: number } | undefined {
    const from = offset - this.firstOffset
    let to = from
    let sizeBytes = 0
    while (to < this.records.length && (to === from || sizeBytes < sizeBytesMax)) sizeBytes += this.records[to++]!.bytes.length
    if (to === from) return undefined
    return { reader: new StoredRecordReader(this.records.slice(from, to), offset), sizeBytes, nextOffset: offset + to - from }
  }
}

const noBytes = Buffer.alloc(0)

class StoredRecordReader implements RecordReader {
  bytes: Buffer = noBytes
  offset = -1
  timestamp = -1
  keyStart = -1
  keyEnd = -1
  valueStart = -1
  valueEnd = -1
  nextOffset: number
  private readonly records: readonly StoredRecord[]
  private index = -1

  constructor(records: readonly StoredRecord[], firstOffset: number) {
    this.records = records
    this.nextOffset = firstOffset
  }

  next(): boolean {
    if (++this.index >= this.records.length) return false
    const { bytes, timestamp, keySize, hasKey, hasValue } = this.records[this.index]!
    this.bytes = bytes
    this.offset = this.nextOffset++
    this.timestamp = timestamp
    this.keyStart = hasKey ? 0 : -1
    this.keyEnd = hasKey ? keySize : -1
    this.valueStart = hasValue ? keySize : -1
    this.valueEnd = hasValue ? bytes.length : -1
    return true
  }

  headers(): Headers {
    return this.records[this.index]?.headers ?? noHeaders
  }
}

// The records of one partition: appended at the end, deleted from the start, never changed between.

import { asOffset, type Headers, noHeaders, type Offset, type RecordReader } from '../../framework/index.ts'
import type { TransactionMark } from './transactions.ts'

export interface StoredRecord {
  readonly timestamp: number
  /** The key's bytes, then the value's. */
  readonly bytes: Buffer
  /** Where the value begins in `bytes`. */
  readonly keySize: number
  readonly hasKey: boolean
  readonly hasValue: boolean
  readonly headers: Headers
  readonly transaction?: TransactionMark
  /** A transaction ended here: an offset without a record. */
  readonly isMarker?: boolean
}

export class PartitionLog {
  private records: StoredRecord[] = []
  private firstOffset = 0
  /** Of each open transaction: where it begins. */
  private readonly openSince = new Map<TransactionMark, number>()

  get startOffset(): Offset {
    return asOffset(this.firstOffset)
  }

  get endOffset(): Offset {
    return asOffset(this.firstOffset + this.records.length)
  }

  /** Behind it an open transaction may have records. */
  get lastStableOffset(): Offset {
    return asOffset(Math.min(this.endOffset, ...this.openSince.values()))
  }

  append(record: StoredRecord): void {
    const { transaction } = record
    if (transaction?.outcome === 'open' && !this.openSince.has(transaction)) this.openSince.set(transaction, this.endOffset)
    this.records.push(record)
  }

  endTransaction(transaction: TransactionMark): void {
    if (!this.openSince.delete(transaction)) return
    this.records.push(marker)
  }

  deleteBefore(offset: number): void {
    const count = Math.min(offset, this.endOffset) - this.firstOffset
    if (count <= 0) return
    this.records = this.records.slice(count)
    this.firstOffset += count
  }

  offsetAt(timestamp: number): Offset {
    const index = this.records.findIndex((record) => record.isMarker !== true && record.timestamp >= timestamp)
    return index < 0 ? this.endOffset : asOffset(this.firstOffset + index)
  }

  /**
   * The records from an offset on, as many as have `sizeBytesMax` bytes, at least one; undefined if there are none. `readCommitted`: up to the last stable
   * offset, without those of aborted transactions.
   */
  read(
    offset: number,
    sizeBytesMax: number,
    readCommitted: boolean,
  ): { readonly reader: RecordReader; readonly sizeBytes: number; readonly nextOffset: number } | undefined {
    const from = offset - this.firstOffset
    const end = (readCommitted ? this.lastStableOffset : this.endOffset) - this.firstOffset
    let to = from
    let sizeBytes = 0
    while (to < end && (to === from || sizeBytes < sizeBytesMax)) sizeBytes += this.records[to++]!.bytes.length
    if (to <= from) return undefined
    return {
      reader: new StoredRecordReader(this.records.slice(from, to), offset, readCommitted),
      sizeBytes,
      nextOffset: offset + to - from,
    }
  }
}

const noBytes = Buffer.alloc(0)

const marker: StoredRecord = {
  timestamp: -1,
  bytes: noBytes,
  keySize: 0,
  hasKey: false,
  hasValue: false,
  headers: noHeaders,
  isMarker: true,
}

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
  private readonly readCommitted: boolean
  private index = -1

  constructor(records: readonly StoredRecord[], firstOffset: number, readCommitted: boolean) {
    this.records = records
    this.nextOffset = firstOffset
    this.readCommitted = readCommitted
  }

  next(): boolean {
    for (this.index++; this.index < this.records.length && this.hides(this.records[this.index]!); this.index++) this.nextOffset++
    if (this.index >= this.records.length) return false
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

  private hides({ isMarker, transaction }: StoredRecord): boolean {
    return isMarker === true || (this.readCommitted && transaction?.outcome === 'aborted')
  }

  headers(): Headers {
    return this.records[this.index]?.headers ?? noHeaders
  }
}

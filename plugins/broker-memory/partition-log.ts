// The records of one partition: appended at the end, deleted from the start, never changed between. The end of a transaction takes an offset too, as Kafka's
// control records do, so that positions move behind it; nobody is handed one. Compaction leaves gaps.
//
//   startOffset ≤ … ≤ lastStableOffset ≤ endOffset        what lies behind the last stable offset belongs to transactions that are open, or comes after them

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

/** A transaction, as the logs see it that it writes to. */
export interface LogTransaction {
  outcome: 'open' | 'committed' | 'aborted'
}

interface LogEntry {
  readonly offset: number
  /** Undefined: the end of a transaction. */
  readonly record: StoredRecord | undefined
  readonly transaction: LogTransaction | undefined
}

export interface LogSlice {
  readonly reader: RecordReader
  readonly sizeBytes: number
  readonly nextOffset: number
}

export class PartitionLog {
  private entries: LogEntry[] = []
  private firstOffset = 0
  private next = 0
  /** Where each open transaction has its first record here. */
  private readonly openSince = new Map<LogTransaction, number>()

  get startOffset(): Offset {
    return asOffset(this.firstOffset)
  }

  get endOffset(): Offset {
    return asOffset(this.next)
  }

  get lastStableOffset(): Offset {
    return asOffset(Math.min(this.next, ...this.openSince.values()))
  }

  append(record: StoredRecord, transaction?: LogTransaction): void {
    if (transaction !== undefined && !this.openSince.has(transaction)) this.openSince.set(transaction, this.next)
    this.entries.push({ offset: this.next++, record, transaction })
  }

  /** The transaction has its outcome by now. A log that has its end already is left as it is. */
  endTransaction(transaction: LogTransaction): void {
    if (!this.openSince.delete(transaction)) return
    this.entries.push({ offset: this.next++, record: undefined, transaction })
  }

  deleteBefore(offset: number): void {
    if (offset <= this.firstOffset) return
    this.firstOffset = Math.min(offset, this.next)
    this.entries = this.entries.filter((entry) => entry.offset >= this.firstOffset)
  }

  /** Of each key the last committed record stays; what is not stable yet is left as it is. Deletions go too, as after delete.retention.ms, unless they are to be kept. */
  compact(keepsDeletions = false): void {
    const stable = this.lastStableOffset
    const last = new Map<string, number>()
    for (const { offset, record, transaction } of this.entries) {
      if (record !== undefined && offset < stable && transaction?.outcome !== 'aborted') last.set(keyOf(record), offset)
    }
    this.entries = this.entries.filter(({ offset, record }) => {
      return offset >= stable || (record !== undefined && (record.hasValue || keepsDeletions) && last.get(keyOf(record)) === offset)
    })
  }

  offsetAt(timestamp: number): Offset {
    const found = this.entries.find(({ record }) => record !== undefined && record.timestamp >= timestamp)
    return found === undefined ? this.endOffset : asOffset(found.offset)
  }

  /** The records from an offset on, as many as have `sizeBytesMax` bytes, at least one; undefined if the log ends there for this reader. */
  read(offset: number, sizeBytesMax: number, readCommitted = true): LogSlice | undefined {
    const end = readCommitted ? this.lastStableOffset : this.endOffset
    if (offset >= end) return undefined
    const from = this.indexOf(offset)
    const visible: LogEntry[] = []
    let to = from
    let sizeBytes = 0
    for (; to < this.entries.length && this.entries[to]!.offset < end && (to === from || sizeBytes < sizeBytesMax); to++) {
      const entry = this.entries[to]!
      sizeBytes += entry.record?.bytes.length ?? 0
      if (entry.record !== undefined && !(readCommitted && entry.transaction?.outcome === 'aborted')) visible.push(entry)
    }
    const behind = this.entries[to]?.offset ?? end
    const nextOffset = Math.min(behind, end)
    return { reader: new StoredRecordReader(visible, offset, nextOffset), sizeBytes, nextOffset }
  }

  /** The first entry at the offset or behind it. */
  private indexOf(offset: number): number {
    let low = 0
    let high = this.entries.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.entries[middle]!.offset < offset) low = middle + 1
      else high = middle
    }
    return low
  }
}

function keyOf({ bytes, keySize, hasKey }: StoredRecord): string {
  return hasKey ? `k${bytes.latin1Slice(0, keySize)}` : ''
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
  private readonly entries: readonly LogEntry[]
  private readonly behind: number
  private index = -1

  /** `behind`: where reading goes on after the last one. */
  constructor(entries: readonly LogEntry[], firstOffset: number, behind: number) {
    this.entries = entries
    this.nextOffset = firstOffset
    this.behind = behind
  }

  next(): boolean {
    const entry = this.entries[++this.index]
    if (entry?.record === undefined) {
      this.nextOffset = this.behind
      return false
    }
    const { bytes, timestamp, keySize, hasKey, hasValue } = entry.record
    this.bytes = bytes
    this.offset = entry.offset
    this.nextOffset = entry.offset + 1
    this.timestamp = timestamp
    this.keyStart = hasKey ? 0 : -1
    this.keyEnd = hasKey ? keySize : -1
    this.valueStart = hasValue ? keySize : -1
    this.valueEnd = hasValue ? bytes.length : -1
    return true
  }

  headers(): Headers {
    return this.entries[this.index]?.record?.headers ?? noHeaders
  }
}

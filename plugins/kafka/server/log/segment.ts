// One file of a partition's log: record batches one behind the other, as they came, and an index of them in memory. The last segment of a log grows; when it
// is sealed, what is known of it is written beside it, so that a start need not read it again.
//
//   00000000000000004711.log    batches from offset 4711 on
//   00000000000000004711.json   the summary of a segment that grows no more; good only while it names the size of the log file

import { type BatchHeader, batchHeaderBytes, batchSizeAt } from '../../wire/record-batch.ts'
import { batchesBetween, type FoundBatch } from './batch-scan.ts'
import { nothingOpen, type TransactionSummary } from './log-transactions.ts'
import type { ProducerSnapshot } from './producer-states.ts'
import { type IndexEntries, indexIntervalBytes, SparseIndex } from './sparse-index.ts'
import type { Storage, StoredFile } from './storage.ts'

/** The records before an offset (and behind the range before this one) were compacted first at this time. Their tombstones stay for delete.retention.ms from then on. */
export interface CleanedRange {
  readonly before: number
  readonly atMs: number
}

export interface SegmentSummary {
  readonly format: 1
  readonly sizeBytes: number
  readonly nextOffset: number
  readonly maxTimestamp: number
  /** Absent before compaction went over it. */
  readonly cleaned?: readonly CleanedRange[]
  readonly index: IndexEntries
  /** The idempotent producers at its end. */
  readonly producers: readonly ProducerSnapshot[]
  /** Absent if none was open at its end, and none that ended in it was aborted. */
  readonly transactions?: TransactionSummary
}

export class Segment {
  readonly baseOffset: number
  #file: StoredFile
  readonly #storage: Storage
  readonly #folder: string
  #index = new SparseIndex()
  #nextOffset: number
  #maxTimestamp = -1
  #cleaned: readonly CleanedRange[] = []
  /** When the first batch came, by the broker's clock; for segment.ms. */
  #firstAppendAtMs: number | undefined

  /** With a path it lies elsewhere than its name says, until it takes the place of another segment. */
  constructor(storage: Storage, folder: string, baseOffset: number, path = segmentPath(folder, baseOffset)) {
    this.#storage = storage
    this.#folder = folder
    this.baseOffset = baseOffset
    this.#nextOffset = baseOffset
    this.#file = storage.file(path)
  }

  get file(): StoredFile {
    return this.#file
  }

  get nextOffset(): number {
    return this.#nextOffset
  }

  get sizeBytes(): number {
    return this.#file.sizeBytes
  }

  /** -1 while it is empty. */
  get maxTimestamp(): number {
    return this.#maxTimestamp
  }

  /** In order of their offsets; what lies behind them has not been compacted. */
  get cleaned(): readonly CleanedRange[] {
    return this.#cleaned
  }

  get isCleaned(): boolean {
    return this.sizeBytes === 0 || (this.#cleaned.at(-1)?.before ?? 0) >= this.#nextOffset
  }

  ageMs(nowMs: number): number {
    return this.#firstAppendAtMs === undefined ? 0 : nowMs - this.#firstAppendAtMs
  }

  append(batch: Buffer, header: BatchHeader, baseOffset: number, nowMs: number): void {
    const position = this.#file.sizeBytes
    this.#file.append([batch])
    this.#firstAppendAtMs ??= nowMs
    this.noteBatch(header, baseOffset, position)
  }

  /** Takes a batch into account that is in the file already. */
  noteBatch(header: BatchHeader, baseOffset: number, position: number): void {
    this.#index.note(baseOffset, position, this.#maxTimestamp)
    this.#nextOffset = baseOffset + header.lastOffset - header.baseOffset + 1
    this.#maxTimestamp = Math.max(this.#maxTimestamp, header.maxTimestamp)
  }

  /** Whole batches from the one on that holds the offset (or the first after it). Undefined if there is none. */
  read(offset: number, maxBytes: number, firstAtAnySize: boolean): Buffer | undefined {
    const from = this.#firstBatch(this.#index.positionBeforeOffset(offset), (header) => header.lastOffset >= offset)
    if (from === undefined) return undefined
    const limit = firstAtAnySize ? Math.max(maxBytes, from.header.sizeBytes) : maxBytes
    if (from.header.sizeBytes > limit) return Buffer.alloc(0)
    const bytes = this.#file.read(from.position, limit)
    return bytes.subarray(0, wholeBatches(bytes))
  }

  /** The first batch with a record of this time or a later one. */
  batchAtTime(timestamp: number): FoundBatch | undefined {
    if (this.#maxTimestamp < timestamp) return undefined
    return this.#firstBatch(this.#index.positionBeforeTime(timestamp), (header) => header.maxTimestamp >= timestamp)
  }

  batches(): Generator<FoundBatch> {
    return batchesBetween(this.#file, 0, this.sizeBytes, indexIntervalBytes)
  }

  /** Writes down what is known of it. To be called when it grows no more. */
  seal(producers: readonly ProducerSnapshot[], transactions = nothingOpen, cleaned = this.#cleaned): void {
    this.#cleaned = cleaned
    const summary: SegmentSummary = {
      format: 1,
      sizeBytes: this.sizeBytes,
      nextOffset: this.#nextOffset,
      maxTimestamp: this.#maxTimestamp,
      ...(cleaned.length === 0 ? {} : { cleaned }),
      index: this.#index.entries(),
      producers,
      ...(transactions.open.length + transactions.aborted.length === 0 ? {} : { transactions }),
    }
    this.#storage.writeText(this.#summaryPath, JSON.stringify(summary))
  }

  /** Takes over what was written by `seal`, if it is of this very file. */
  readSummary(): SegmentSummary | undefined {
    const text = this.#storage.readText(this.#summaryPath)
    const summary = text === undefined ? undefined : parseSummary(text)
    if (summary === undefined || summary.sizeBytes !== this.sizeBytes) return undefined
    this.#index = new SparseIndex(summary.index)
    this.#nextOffset = summary.nextOffset
    this.#maxTimestamp = summary.maxTimestamp
    this.#cleaned = summary.cleaned ?? []
    return summary
  }

  /** To be called before it grows or is replaced: a summary of other bytes must never be taken for one of these. */
  removeSummary(): void {
    this.#storage.remove(this.#summaryPath)
  }

  /** Moves to where another segment of the same base offset lies, at once; that one is gone then. */
  takePlaceOf(other: Segment): void {
    const path = other.file.path
    other.file.close()
    other.removeSummary()
    this.#file.close()
    this.#storage.replace(this.#file.path, path)
    this.#file = this.#storage.file(path)
  }

  remove(): void {
    this.discard()
    this.removeSummary()
  }

  /** Removes the file alone: of a segment that was to take another's place and does not. */
  discard(): void {
    this.#file.close()
    this.#storage.remove(this.#file.path)
  }

  get #summaryPath(): string {
    return `${this.#folder}/${offsetName(this.baseOffset)}.json`
  }

  #firstBatch(from: number, fits: (header: BatchHeader) => boolean): FoundBatch | undefined {
    for (const batch of batchesBetween(this.#file, from, this.sizeBytes, indexIntervalBytes)) {
      if (fits(batch.header)) return batch
    }
    return undefined
  }
}

export function segmentPath(folder: string, baseOffset: number): string {
  return `${folder}/${offsetName(baseOffset)}.log`
}

/** The base offsets of the segments in a folder, in order. */
export function segmentsIn(storage: Storage, folder: string): readonly number[] {
  return storage
    .list(folder)
    .filter((name) => /^\d{20}\.log$/.test(name))
    .map((name) => Number(name.slice(0, 20)))
    .sort((left, right) => left - right)
}

function offsetName(offset: number): string {
  return String(offset).padStart(20, '0')
}

/** How many bytes the whole batches take that begin the given bytes. */
function wholeBatches(bytes: Buffer): number {
  let end = 0
  while (end + batchHeaderBytes <= bytes.length) {
    const next = end + batchSizeAt(bytes, end)!
    if (next > bytes.length) break
    end = next
  }
  return end
}

function parseSummary(text: string): SegmentSummary | undefined {
  try {
    const summary = JSON.parse(text) as SegmentSummary
    return summary.format === 1 ? summary : undefined
  } catch {
    // A summary is only a shortcut: without it the segment is read.
    return undefined
  }
}

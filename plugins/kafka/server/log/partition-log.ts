// The log of one partition: segments in order of their offsets, of which only the last one grows. Records are in the operating system's hands
// when `append` returns; an offset once given is never given again. Everything is synchronous, so that no two requests meet inside.
//
//   startOffset ≤ first record that is there ≤ … ≤ last record < endOffset
//
// The start moves by DeleteRecords and by retention; compaction leaves gaps, and a reader that asks for an offset in a gap gets what follows it.

import type { ProtocolErrorName } from '../../wire/error-codes.ts'
import {
  type BatchHeader,
  batchHeaderBytes,
  batchSizeAt,
  controlFlag,
  readBatchHeader,
  readInt64,
  setBaseOffset,
  transactionalFlag,
} from '../../wire/record-batch.ts'
import { batchDamage, setAppendTime } from './batch-check.ts'
import type { LogSettings } from './log-settings.ts'
import { type AbortedRange, LogTransactions, nothingOpen, transactionEnd } from './log-transactions.ts'
import { ProducerStates } from './producer-states.ts'
import { type RecordPosition, recordAtTime } from './record-at-time.ts'
import { BatchRecords } from './records.ts'
import { type CleanedRange, Segment, segmentPath, segmentsIn } from './segment.ts'
import { recoverSegment } from './segment-recovery.ts'
import type { Storage } from './storage.ts'

const cleanedSuffix = '.cleaned'

export interface LogPlace {
  readonly storage: Storage
  /** The folder, which is also the log's name in messages: `flights-0`. */
  readonly folder: string
}

export type Appended =
  | { readonly kind: 'appended'; readonly baseOffset: number; readonly appendTimeMs: number }
  | { readonly kind: 'refused'; readonly error: ProtocolErrorName; readonly message: string }

/** Told of the bytes of each batch; of infinitely many when the log is removed, so that who waits looks again. */
export type AppendListener = (sizeBytes: number) => void

/** What a start found that was not in order, as a sentence. */
export type LogReport = (message: string) => void

export class PartitionLog {
  readonly name: string
  settings: LogSettings
  readonly #place: LogPlace
  /** Never empty. */
  #segments: Segment[]
  #producers: ProducerStates
  readonly #transactions: LogTransactions
  #startOffset: number
  readonly #listeners = new Set<AppendListener>()
  /** Closed or removed. */
  #ended = false

  private constructor(
    place: LogPlace,
    settings: LogSettings,
    segments: Segment[],
    producers: ProducerStates,
    transactions: LogTransactions,
    startOffset: number,
  ) {
    this.name = place.folder
    this.settings = settings
    this.#place = place
    this.#segments = segments
    this.#producers = producers
    this.#transactions = transactions
    this.#startOffset = startOffset
  }

  /** Reads what is in the folder, and cuts off what was half written when the broker died. */
  static open(place: LogPlace, settings: LogSettings, deletedBefore: number, nowMs: number, report: LogReport): PartitionLog {
    for (const name of place.storage.list(place.folder)) {
      // A compaction that did not come to its end.
      if (name.endsWith(cleanedSuffix)) place.storage.remove(`${place.folder}/${name}`)
    }
    const segments: Segment[] = []
    let producers = new ProducerStates()
    const transactions = new LogTransactions()
    for (const baseOffset of segmentsIn(place.storage, place.folder)) {
      const segment = new Segment(place.storage, place.folder, baseOffset)
      const before = segments.at(-1)
      if (before !== undefined && baseOffset < before.nextOffset) {
        // A crash while compaction joined two segments: the first one holds the second one's records already.
        report(`Removed ${segment.file.path}: its records are in the segment before it.`)
        segment.remove()
        continue
      }
      const summary = segment.readSummary()
      if (summary === undefined) {
        const { cutBytes, damage } = recoverSegment(segment, (header, bytes, at) => {
          producers.note(header, header.baseOffset, nowMs)
          transactions.note(header, header.baseOffset, bytes, at)
        })
        if (cutBytes > 0)
          report(`Cut ${cutBytes} bytes off the end of ${segment.file.path}, behind offset ${segment.nextOffset - 1}: ${damage}.`)
      } else {
        producers = new ProducerStates(summary.producers)
        transactions.resume(summary.transactions ?? nothingOpen)
      }
      segments.push(segment)
    }
    const startOffset = Math.max(deletedBefore, segments[0]?.baseOffset ?? 0)
    const last = segments.at(-1)
    if (last === undefined || last.nextOffset < startOffset) segments.push(new Segment(place.storage, place.folder, startOffset))
    else last.removeSummary()
    return new PartitionLog(place, settings, segments, producers, transactions, startOffset)
  }

  get startOffset(): number {
    return this.#startOffset
  }

  /** The high watermark as well: one node, so that what is written is replicated. */
  get endOffset(): number {
    return this.#active.nextOffset
  }

  /** Where readers of committed records stop: at the first record of a transaction that is open. */
  get lastStableOffset(): number {
    const { firstOpen } = this.#transactions
    return firstOpen === undefined ? this.endOffset : Math.max(firstOpen, this.#startOffset)
  }

  get sizeBytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.sizeBytes, 0)
  }

  /** Those that grow no more, oldest first. */
  get sealedSegments(): readonly Segment[] {
    return this.#segments.slice(0, -1)
  }

  get #active(): Segment {
    return this.#segments.at(-1)!
  }

  // -------------------------------------------------------------------------------------------------------------- writing

  /** Appends one batch, whose base offset (and time, if the topic says so) is set in place. */
  append(batch: Buffer, nowMs: number): Appended {
    const damage = batchDamage(batch, 0, batch.length)
    if (damage !== undefined) return refused('CORRUPT_MESSAGE', damage)
    const header = readBatchHeader(batch, 0)
    const problem = this.#problemOf(header) ?? this.#problemOfKeys(batch, header)
    if (problem !== undefined) return problem
    const check = this.#producers.check(header)
    if (check.kind === 'refused') return refused(check.error, check.message)
    if (check.kind === 'duplicate') return { kind: 'appended', baseOffset: check.of.baseOffset, appendTimeMs: check.of.timestamp }
    if (this.settings.appendTime) setAppendTime(batch, 0, nowMs)
    const baseOffset = this.#write(batch, this.settings.appendTime ? readBatchHeader(batch, 0) : header, nowMs)
    return { kind: 'appended', baseOffset, appendTimeMs: this.settings.appendTime ? nowMs : -1 }
  }

  /** Ends what a producer has open here; if nothing is, the end was written before. An epoch above the producer's own fences it. */
  endTransaction(producerId: number, producerEpoch: number, committed: boolean, nowMs: number): void {
    if (!this.#transactions.isOpen(producerId)) return
    const batch = transactionEnd(producerId, producerEpoch, committed, nowMs)
    this.#write(batch, readBatchHeader(batch, 0), nowMs)
  }

  #write(batch: Buffer, header: BatchHeader, nowMs: number): number {
    const baseOffset = this.endOffset
    setBaseOffset(batch, 0, baseOffset, 0)
    if (this.#isFull(header.sizeBytes, nowMs)) this.#roll()
    this.#active.append(batch, header, baseOffset, nowMs)
    this.#producers.note(header, baseOffset, nowMs)
    this.#transactions.note(header, baseOffset, batch, 0)
    for (const listener of this.#listeners) listener(header.sizeBytes)
    return baseOffset
  }

  /** Calls back after each append until the returned function is called. */
  onAppend(listener: AppendListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #problemOf(header: BatchHeader): Appended | undefined {
    if (header.records < 1 || header.lastOffset - header.baseOffset !== header.records - 1) {
      return refused('INVALID_RECORD', `${header.records} records, and a last offset delta of ${header.lastOffset - header.baseOffset}`)
    }
    if (header.sizeBytes > this.settings.maxMessageBytes) {
      return refused(
        'MESSAGE_TOO_LARGE',
        `a batch of ${header.sizeBytes} bytes is over max.message.bytes, ${this.settings.maxMessageBytes}`,
      )
    }
    if ((header.attributes & controlFlag) !== 0) return refused('INVALID_RECORD', 'a client may not write control records')
    if ((header.attributes & transactionalFlag) !== 0 && header.producerId < 0)
      return refused('INVALID_RECORD', 'a transactional batch without a producer')
    if (header.producerId >= 0 && header.baseSequence < 0) return refused('INVALID_RECORD', 'an idempotent batch without sequence numbers')
    return undefined
  }

  /** Compaction tells records by their keys, so here the records are looked at. */
  #problemOfKeys(batch: Buffer, header: BatchHeader): Appended | undefined {
    if (!this.settings.compact) return undefined
    try {
      const records = new BatchRecords(batch, header)
      while (records.next()) {
        if (records.keyStart < 0) return refused('INVALID_RECORD', 'a compacted topic cannot take a record without a key')
      }
      return undefined
    } catch (error) {
      return refused('CORRUPT_MESSAGE', error instanceof Error ? error.message : String(error))
    }
  }

  #isFull(moreBytes: number, nowMs: number): boolean {
    const active = this.#active
    if (active.sizeBytes === 0) return false
    return active.sizeBytes + moreBytes > this.settings.segmentBytes || active.ageMs(nowMs) > this.settings.segmentMs
  }

  #roll(): void {
    const sealed = this.#active
    const { storage, folder } = this.#place
    sealed.seal(this.#producers.snapshot(), this.#transactions.summary(sealed.baseOffset))
    // Made at once, empty: when all before it has been deleted, its name alone says where offsets go on.
    storage.writeText(segmentPath(folder, sealed.nextOffset), '')
    this.#segments.push(new Segment(storage, folder, sealed.nextOffset))
  }

  // -------------------------------------------------------------------------------------------------------------- reading

  /**
   * Whole batches of one segment, not more than `maxBytes`; the first may begin before the offset, and with `firstAtAnySize` be larger (KIP-74: a reader must get on).
   * Only batches that begin before `end`. Undefined if the offset is out of range.
   */
  read(offset: number, maxBytes: number, firstAtAnySize: boolean, end = this.endOffset): Buffer | undefined {
    if (offset < this.#startOffset || offset > this.endOffset) return undefined
    if (offset >= end) return Buffer.alloc(0)
    for (let index = this.#segmentOf(offset); index < this.#segments.length; index++) {
      const bytes = this.#segments[index]!.read(offset, maxBytes, firstAtAnySize)
      if (bytes !== undefined) return end < this.endOffset ? batchesBefore(bytes, end) : bytes
    }
    return Buffer.alloc(0)
  }

  /** Who has a transaction open here. */
  get openProducers(): readonly number[] {
    return this.#transactions.openProducers
  }

  /** The aborted transactions that a reader of committed records meets between two offsets. */
  abortedBetween(from: number, to: number): readonly AbortedRange[] {
    return this.#transactions.abortedBetween(from, to)
  }

  /** The first record with this timestamp or a later one. */
  firstAtTime(timestamp: number): RecordPosition | undefined {
    for (const segment of this.#segments) {
      const found = segment.batchAtTime(timestamp)
      if (found === undefined) continue
      const batch = segment.file.read(found.position, found.header.sizeBytes)
      const record = recordAtTime(batch, timestamp, this.#startOffset)
      if (record !== undefined) return record
    }
    return undefined
  }

  /** The highest timestamp in the log, -1 if it is empty. */
  get maxTimestamp(): number {
    return Math.max(-1, ...this.#segments.map((segment) => segment.maxTimestamp))
  }

  #segmentOf(offset: number): number {
    let low = 0
    let high = this.#segments.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.#segments[middle]!.baseOffset <= offset) low = middle
      else high = middle - 1
    }
    return low
  }

  // ------------------------------------------------------------------------------------------------------------- deleting

  /** Moves the start; whoever calls has written down that it did. Files that hold nothing behind it are removed. */
  deleteBefore(offset: number): void {
    this.#startOffset = Math.max(this.#startOffset, offset)
    if (this.#active.nextOffset <= this.#startOffset && this.#active.sizeBytes > 0) this.#roll()
    while (this.#segments.length > 1 && this.#segments[0]!.nextOffset <= this.#startOffset) this.#segments.shift()!.remove()
    this.#transactions.forgetBefore(this.#startOffset)
  }

  /** Removes what is older, or more, than the topic's settings allow. Gives the number of segments removed. */
  applyRetention(nowMs: number): number {
    const { deletes, retentionMs, retentionBytes } = this.settings
    if (!deletes) return 0
    const isOld = (segment: Segment): boolean => retentionMs >= 0 && segment.sizeBytes > 0 && segment.maxTimestamp < nowMs - retentionMs
    if (isOld(this.#active)) this.#roll()
    let count = 0
    let sizeBytes = this.sizeBytes
    while (this.#segments.length > 1) {
      const oldest = this.#segments[0]!
      const isTooMuch = retentionBytes >= 0 && sizeBytes - oldest.sizeBytes >= retentionBytes
      if (!isOld(oldest) && !isTooMuch) break
      sizeBytes -= oldest.sizeBytes
      this.#segments.shift()
      oldest.remove()
      count++
    }
    this.#startOffset = Math.max(this.#startOffset, this.#segments[0]!.baseOffset)
    this.#transactions.forgetBefore(this.#startOffset)
    return count
  }

  /** Whether a batch is of no use to a reader of committed records: it was aborted, or ends a transaction of which nothing that was aborted is left. */
  isLeftOver(header: BatchHeader): boolean {
    return (header.attributes & controlFlag) !== 0 || this.#transactions.wasAborted(header)
  }

  /** Puts a cleaned segment in the place of several neighbours that the log still holds and that grow no more. */
  replaceSealed(old: readonly Segment[], cleaned: Segment, ranges: readonly CleanedRange[]): void {
    const at = this.#segments.indexOf(old[0]!)
    const producers = old.at(-1)!.readSummary()?.producers ?? []
    const open = old.at(-1)!.readSummary()?.transactions?.open ?? []
    // Their ends were left out with them, and a reader who was told of them would look for these.
    const gone = ranges.at(-1)?.before ?? 0
    const left = old.flatMap((segment) => segment.readSummary()?.transactions?.aborted ?? [])
    const aborted = left.filter(({ lastOffset }) => lastOffset >= gone)
    this.#transactions.forget(left.filter(({ lastOffset }) => lastOffset < gone))
    cleaned.takePlaceOf(old[0]!)
    cleaned.seal(producers, { open, aborted }, ranges)
    for (const segment of old.slice(1)) segment.remove()
    this.#segments.splice(at, old.length, cleaned)
  }

  /** Whether these neighbours are still part of the log. */
  holds(segments: readonly Segment[]): boolean {
    const at = this.#segments.indexOf(segments[0]!)
    return !this.#ended && at >= 0 && segments.every((segment, index) => this.#segments[at + index] === segment)
  }

  /** An empty segment for compaction to write into, beside the one that it will replace. */
  newCleanedSegment(baseOffset: number): Segment {
    const path = `${this.#place.folder}/${baseOffset}${cleanedSuffix}`
    this.#place.storage.writeText(path, '')
    return new Segment(this.#place.storage, this.#place.folder, baseOffset, path)
  }

  /** Closes in good order: the next start need not read the last segment. */
  close(): void {
    this.#ended = true
    this.#active.seal(this.#producers.snapshot(), this.#transactions.summary(this.#active.baseOffset))
    for (const segment of this.#segments) segment.file.close()
  }

  /** Removes all files; readers that wait are woken. */
  remove(): void {
    this.#ended = true
    for (const segment of this.#segments) segment.file.close()
    this.#place.storage.remove(this.#place.folder)
    for (const listener of this.#listeners) listener(Number.POSITIVE_INFINITY)
  }
}

function batchesBefore(bytes: Buffer, end: number): Buffer {
  let at = 0
  while (at + batchHeaderBytes <= bytes.length && readInt64(bytes, at) < end) at += batchSizeAt(bytes, at)!
  return bytes.subarray(0, at)
}

function refused(error: ProtocolErrorName, message: string): Appended {
  return { kind: 'refused', error, message }
}

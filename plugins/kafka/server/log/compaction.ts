// Log compaction (cleanup.policy=compact): of each key only the last record stays. Only segments that grow no more are touched, so the newest records are always whole.
//
// First the keys of what is new since the last time are read into a map, key → last offset, as many as fit into `keyBytesMax`; then all segments up to there are
// written anew without the records that the map overtakes, neighbours joined while they are small. A cleaned segment takes the place of the old ones at once; a crash
// leaves either. Tombstones stay for delete.retention.ms after the compaction that met them first, so that slow readers see them.
//
// Transactions: nothing behind the last stable offset is touched. What was aborted, and then the ends of transactions, go as superseded records do.
//
// It works in slices and lets requests in between. What it keeps it keeps byte for byte; a compressed batch that loses a record is written uncompressed if it is
// smaller so, and stays whole otherwise (a superseded record more is no harm).

import type { Clock } from '../../../../framework/index.ts'
import { crc32c } from '../../wire/crc32c.ts'
import { type BatchHeader, batchHeaderBytes, compressionMask } from '../../wire/record-batch.ts'
import { writeInt64 } from '../../wire/wire-writer.ts'
import { isAppendTime } from './batch-check.ts'
import type { PartitionLog } from './partition-log.ts'
import { BatchRecords } from './records.ts'
import type { CleanedRange, Segment } from './segment.ts'

export interface CompactionLimits {
  readonly keyBytesMax: number
}

export const defaultCompactionLimits: CompactionLimits = { keyBytesMax: 128 * 1024 * 1024 }

/** What an entry of a map takes besides its key, about. */
const mapEntryBytes = 100
/** Requests wait this long for a slice of the work, about. */
const sliceMs = 5

export interface Compacted {
  readonly bytesBefore: number
  readonly bytesAfter: number
}

interface LastOffsets {
  readonly byKey: ReadonlyMap<string, number>
  /** The map knows all records before this offset. */
  readonly before: number
}

/** Compacts what is due. Undefined if nothing is, or if the log changed so much meanwhile that it must be tried again. */
export async function compact(log: PartitionLog, clock: Clock, limits = defaultCompactionLimits): Promise<Compacted | undefined> {
  const stable = log.lastStableOffset
  const sealed = log.sealedSegments.filter((segment) => segment.nextOffset <= stable)
  const bytesOf = (segments: readonly Segment[]): number => segments.reduce((sum, segment) => sum + segment.sizeBytes, 0)
  const dirty = sealed.filter((segment) => !segment.isCleaned)
  if (dirty.length === 0 || bytesOf(dirty) < bytesOf(sealed) * log.settings.minCleanableDirtyRatio) return undefined
  const slices = new Slices(clock)
  const last = await lastOffsets(log, dirty, slices, limits)
  if (last === undefined) return undefined
  const affected = sealed.filter((segment) => segment.baseOffset < last.before)
  let bytesAfter = 0
  for (let from = 0; from < affected.length; ) {
    const cleaned = await cleanNeighbours(log, affected.slice(from), last, slices)
    if (cleaned === undefined) return undefined
    bytesAfter += cleaned.segment.sizeBytes
    from += cleaned.neighbours
  }
  return { bytesBefore: bytesOf(affected), bytesAfter }
}

async function lastOffsets(
  log: PartitionLog,
  dirty: readonly Segment[],
  slices: Slices,
  limits: CompactionLimits,
): Promise<LastOffsets | undefined> {
  const byKey = new Map<string, number>()
  let sizeBytes = 0
  let before = 0
  for (const segment of dirty) {
    const from = segment.cleaned.at(-1)?.before ?? 0
    for (const { position, header } of segment.batches()) {
      if (header.lastOffset < from) continue
      const records = log.isLeftOver(header) ? undefined : new BatchRecords(segment.file.read(position, header.sizeBytes), header)
      while (records?.next()) {
        if (records.keyStart < 0) continue
        const key = records.bytes.latin1Slice(records.keyStart, records.keyEnd)
        if (!byKey.has(key)) sizeBytes += key.length + mapEntryBytes
        byKey.set(key, records.offset)
      }
      before = header.lastOffset + 1
      if (sizeBytes > limits.keyBytesMax) return { byKey, before }
      await slices.end()
      if (!log.holds([segment])) return undefined
    }
  }
  return { byKey, before }
}

/** Cleans the first of the segments, and its neighbours into the same one as long as it does not become too large. */
async function cleanNeighbours(
  log: PartitionLog,
  segments: readonly Segment[],
  last: LastOffsets,
  slices: Slices,
): Promise<{ readonly segment: Segment; readonly neighbours: number } | undefined> {
  const nowMs = slices.clock.now()
  const cleaned = log.newCleanedSegment(segments[0]!.baseOffset)
  const joined: Segment[] = []
  for (const segment of segments) {
    if (joined.length > 0 && cleaned.sizeBytes + segment.sizeBytes > log.settings.segmentBytes) break
    joined.push(segment)
    const tombstonesBefore = expiredTombstones(segment.cleaned, nowMs - log.settings.deleteRetentionMs)
    const stays = (records: BatchRecords): boolean => {
      if (records.offset >= last.before) return true
      if (records.keyStart < 0 || (records.isTombstone && records.offset < tombstonesBefore)) return false
      const latest = last.byKey.get(records.bytes.latin1Slice(records.keyStart, records.keyEnd))
      return latest === undefined || latest <= records.offset
    }
    for (const { position, header } of segment.batches()) {
      const goes = header.lastOffset < last.before && log.isLeftOver(header)
      const batch = goes ? undefined : withoutRecords(segment.file.read(position, header.sizeBytes), header, stays)
      if (batch !== undefined) cleaned.append(batch.bytes, batch.header, header.baseOffset, nowMs)
      await slices.end()
      if (log.holds(joined)) continue
      cleaned.discard()
      return undefined
    }
  }
  const ranges = [
    ...joined.flatMap((segment) => segment.cleaned),
    { before: Math.min(last.before, joined.at(-1)!.nextOffset), atMs: nowMs },
  ]
  log.replaceSealed(joined, cleaned, joinRanges(ranges, log.settings.deleteRetentionMs))
  return { segment: cleaned, neighbours: joined.length }
}

/** The batch without the records that do not stay; undefined if none stays. */
function withoutRecords(
  batch: Buffer,
  header: BatchHeader,
  stays: (records: BatchRecords) => boolean,
): { readonly bytes: Buffer; readonly header: BatchHeader } | undefined {
  const records = new BatchRecords(batch, header)
  const kept: Buffer[] = []
  let maxTimestamp = -1
  while (records.next()) {
    if (!stays(records)) continue
    kept.push(records.bytes.subarray(records.start, records.end))
    maxTimestamp = Math.max(maxTimestamp, records.timestamp)
  }
  if (kept.length === 0) return undefined
  if (kept.length === header.records) return { bytes: batch, header }
  const head = Buffer.from(batch.subarray(0, batchHeaderBytes))
  const bytes = Buffer.concat([head, ...kept])
  if (bytes.length >= batch.length) return { bytes: batch, header }
  // Offsets and times of records are told from those of the batch, which stay; so do the sequence numbers of its producer.
  const attributes = header.attributes & ~compressionMask
  bytes.writeInt32BE(bytes.length - 12, 8)
  bytes.writeInt16BE(attributes, 21)
  if (!isAppendTime(header)) writeInt64(bytes, maxTimestamp, 35)
  bytes.writeInt32BE(kept.length, 57)
  bytes.writeUInt32BE(crc32c(bytes, 21), 17)
  return { bytes, header: { ...header, attributes, sizeBytes: bytes.length, records: kept.length, maxTimestamp } }
}

/** Tombstones before this offset have been seen by a compaction at the given time or earlier. */
function expiredTombstones(ranges: readonly CleanedRange[], seenBeforeMs: number): number {
  let before = 0
  for (const range of ranges) {
    if (range.atMs > seenBeforeMs) break
    before = range.before
  }
  return before
}

/** Ranges that lie close in time are one, with the later time, so that there are few of them. */
function joinRanges(ranges: readonly CleanedRange[], deleteRetentionMs: number): readonly CleanedRange[] {
  const joined: CleanedRange[] = []
  let startMs = Number.NEGATIVE_INFINITY
  for (const range of ranges) {
    if (range.before <= (joined.at(-1)?.before ?? -1)) continue
    if (range.atMs - startMs <= deleteRetentionMs / 24) joined.pop()
    else startMs = range.atMs
    joined.push(range)
  }
  return joined
}

/** Long work in pieces: `end` gives way to others when a slice has lasted long enough. */
class Slices {
  readonly clock: Clock
  #startedMs: number

  constructor(clock: Clock) {
    this.clock = clock
    this.#startedMs = clock.monotonicMs()
  }

  async end(): Promise<void> {
    if (this.clock.monotonicMs() - this.#startedMs < sliceMs) return
    await this.clock.turn()
    this.#startedMs = this.clock.monotonicMs()
  }
}

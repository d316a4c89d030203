// Partition logs for tests: on memory, with settings of their own, opened again as after a crash.

import type { LogSettings } from '../../../plugins/kafka/server/log/log-settings.ts'
import { MemoryStorage } from '../../../plugins/kafka/server/log/memory-storage.ts'
import { PartitionLog } from '../../../plugins/kafka/server/log/partition-log.ts'
import type { Storage } from '../../../plugins/kafka/server/log/storage.ts'
import { logSettings } from '../../../plugins/kafka/server/topics/topic-settings.ts'
import { batchSizeAt, readBatchHeader } from '../../../plugins/kafka/wire/record-batch.ts'
import { type ReadRecord, recordsIn } from './batches.ts'

export const logFolder = 'topics/flights-0'

export interface OpenedLog {
  readonly log: PartitionLog
  readonly reports: readonly string[]
}

export function newStorage(): Storage {
  return new MemoryStorage(64 * 1024 * 1024)
}

export function openLog(storage: Storage, settings: Partial<LogSettings> = {}, deletedBefore = 0): OpenedLog {
  const reports: string[] = []
  const place = { storage, folder: logFolder }
  const all = { ...logSettings(new Map()), ...settings }
  const log = PartitionLog.open(place, all, deletedBefore, 0, (message) => reports.push(message))
  return { log, reports }
}

/** Everything from an offset on, as a reader gets it that asks again and again. */
export function readAll(log: PartitionLog, from = log.startOffset): readonly ReadRecord[] {
  const records: ReadRecord[] = []
  for (let offset = from; offset < log.endOffset; ) {
    const bytes = log.read(offset, 1000, true)
    const found = recordsIn(bytes)
    records.push(...found.filter((record) => record.offset >= offset))
    const next = endOf(bytes!)
    if (next <= offset) break
    offset = next
  }
  return records
}

/** The offset behind the last batch, which may have lost its last records to compaction. */
function endOf(bytes: Buffer): number {
  let end = -1
  for (let at = 0; at < bytes.length; at += batchSizeAt(bytes, at)!) end = readBatchHeader(bytes, at).lastOffset + 1
  return end
}

/** The file that grows. */
export function lastSegment(storage: Storage): string {
  const names = storage.list(logFolder).filter((name) => name.endsWith('.log'))
  return `${logFolder}/${names.sort().at(-1)}`
}

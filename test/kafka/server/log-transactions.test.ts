import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compact } from '../../../plugins/kafka/server/log/compaction.ts'
import type { PartitionLog } from '../../../plugins/kafka/server/log/partition-log.ts'
import { batchSizeAt, readBatchHeader } from '../../../plugins/kafka/wire/record-batch.ts'
import { RecordBatchReader } from '../../../plugins/kafka/wire/record-batch-reader.ts'
import { VirtualClock } from '../../kit/virtual-clock.ts'
import { batchOf, recordOf } from './batches.ts'
import { newStorage, openLog } from './logs.ts'

interface Committed {
  readonly key: string
  readonly value: string
}

/** As a consumer reads that asks again and again, a few batches at a time. */
function committedIn(log: PartitionLog): readonly Committed[] {
  const records: Committed[] = []
  for (let offset = log.startOffset; offset < log.lastStableOffset; ) {
    const bytes = log.read(offset, 300, true, log.lastStableOffset)!
    let end = offset
    for (let at = 0; at < bytes.length; at += batchSizeAt(bytes, at)!) end = readBatchHeader(bytes, at).lastOffset + 1
    if (end === offset) break
    const reader = new RecordBatchReader(bytes, offset, { abortedTransactions: log.abortedBetween(offset, end), checkCrc: true })
    while (reader.next()) {
      const { bytes: at, keyStart, keyEnd, valueStart, valueEnd } = reader
      records.push({ key: at.utf8Slice(keyStart, keyEnd), value: at.utf8Slice(valueStart, valueEnd) })
    }
    offset = end
  }
  return records
}

const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('write' as const), producer: fc.nat(2), key: fc.nat(4) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('plain' as const), producer: fc.constant(0), key: fc.nat(4) }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constantFrom('commit' as const, 'abort' as const), producer: fc.nat(2), key: fc.constant(0) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom('restart' as const, 'crash' as const), producer: fc.constant(0), key: fc.constant(0) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('compact' as const), producer: fc.constant(0), key: fc.constant(0) }) },
)

describe('a log with transactions', () => {
  it('gives readers of committed records what was committed, in its order, through restarts, crashes and compactions', async () => {
    const property = fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 120 }), async (steps) => {
      const storage = newStorage()
      const settings = { compact: true, deletes: false, segmentBytes: 400, minCleanableDirtyRatio: 0 }
      let { log } = openLog(storage, settings)
      let compactions = 0
      const sequences = [0, 0, 0]
      /** What each producer has open, by where it wrote it, and what of all is committed. */
      const open = [new Map<number, Committed>(), new Map<number, Committed>(), new Map<number, Committed>()]
      const committed = new Map<number, Committed>()
      for (const [index, { kind, producer, key }] of steps.entries()) {
        const record = { key: `k${key}`, value: `v${index}` }
        if (kind === 'write') {
          const stamp = { producerId: producer, producerEpoch: 0, baseSequence: sequences[producer]!++, transactional: true }
          open[producer]!.set(log.endOffset, record)
          expect(log.append(batchOf([recordOf(record.key, record.value)], stamp), 0).kind).toBe('appended')
        } else if (kind === 'plain') {
          committed.set(log.endOffset, record)
          log.append(batchOf([recordOf(record.key, record.value)]), 0)
        } else if (kind === 'commit' || kind === 'abort') {
          log.endTransaction(producer, 0, kind === 'commit', 0)
          if (kind === 'commit') for (const [offset, written] of open[producer]!) committed.set(offset, written)
          open[producer]!.clear()
        } else if (kind === 'compact') {
          await compact(log, new VirtualClock())
          compactions++
        } else {
          if (kind === 'restart') log.close()
          log = openLog(storage, settings).log
        }
        const firstOpen = Math.min(log.endOffset, ...open.flatMap((written) => [...written.keys()]))
        expect(log.lastStableOffset).toBe(firstOpen)
        const due = [...committed].filter(([offset]) => offset < firstOpen).sort(([left], [right]) => left - right)
        const seen = committedIn(log)
        const tableOf = (records: readonly Committed[]) => new Map(records.map(({ key, value }) => [key, value]))
        if (compactions === 0) expect(seen).toEqual(due.map(([, written]) => written))
        else expect(tableOf(seen)).toEqual(tableOf(due.map(([, written]) => written)))
      }
    })
    await fc.assert(property, { numRuns: 150 })
  })

  it('compacts no record away in favour of one that was aborted, and drops what was aborted', async () => {
    const { log } = openLog(newStorage(), { compact: true, deletes: false, segmentBytes: 200, minCleanableDirtyRatio: 0 })
    log.append(batchOf([recordOf('k', 'kept')]), 0)
    log.append(batchOf([recordOf('k', 'aborted')], { producerId: 1, producerEpoch: 0, baseSequence: 0, transactional: true }), 0)
    log.endTransaction(1, 0, false, 0)
    for (let index = 0; index < 10; index++) log.append(batchOf([recordOf(`other ${index}`, 'v')]), 0)
    const sizeBefore = log.sizeBytes
    await compact(log, new VirtualClock())
    expect(committedIn(log)[0]).toEqual({ key: 'k', value: 'kept' })
    expect(log.abortedBetween(0, log.endOffset)).toEqual([])
    expect(log.sizeBytes).toBeLessThan(sizeBefore)
  })
})

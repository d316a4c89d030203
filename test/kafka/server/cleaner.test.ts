import { describe, expect, it } from 'vitest'
import { Cleaner } from '../../../plugins/kafka/server/log/cleaner.ts'
import type { PartitionLog } from '../../../plugins/kafka/server/log/partition-log.ts'
import { VirtualClock } from '../../kit/virtual-clock.ts'
import { batchOf, recordOf } from './batches.ts'
import { newStorage, openLog } from './logs.ts'

function newCleaner(logs: readonly PartitionLog[]) {
  const clock = new VirtualClock(1_000_000)
  const messages: string[] = []
  const logger = { log: (_: string, message: string) => void messages.push(message) }
  const cleaner = new Cleaner({ clock, logger, compactionIntervalMs: 1000, retentionIntervalMs: 5000, logs: () => logs })
  return { clock, messages, cleaner }
}

function filled(settings: Parameters<typeof openLog>[1], storage = newStorage()): PartitionLog {
  const { log } = openLog(storage, { segmentBytes: 500, minCleanableDirtyRatio: 0, ...settings })
  for (let count = 0; count < 30; count++) log.append(batchOf([recordOf(`key ${count % 3}`)]), 0)
  return log
}

describe('the cleaner', () => {
  it('compacts and removes in its intervals, again and again', async () => {
    const compacted = filled({ compact: true, deletes: false })
    const deleted = filled({ retentionMs: 10 })
    const { clock, messages, cleaner } = newCleaner([compacted, deleted])
    await clock.advanceUntil(() => messages.some((message) => message.startsWith('Compacted')), 1500)
    expect(deleted.sizeBytes).toBeGreaterThan(0)
    await clock.advanceUntil(() => messages.some((message) => message.startsWith('Removed')), 5000)
    expect(deleted.sizeBytes).toBe(0)
    for (let count = 0; count < 30; count++) compacted.append(batchOf([recordOf(`key ${count % 3}`)]), 0)
    messages.length = 0
    await clock.advanceUntil(() => messages.some((message) => message.startsWith('Compacted')), 2000)
    await cleaner.stop()
  })

  it('reports a log with a fault and goes on with the others', async () => {
    const storage = newStorage()
    const broken = filled({ compact: true, deletes: false }, storage)
    const [oldest] = broken.sealedSegments
    oldest!.file.truncate(100)
    oldest!.file.append([Buffer.alloc(300, 'x')])
    const good = filled({ compact: true, deletes: false })
    const { clock, messages, cleaner } = newCleaner([broken, good])
    await clock.advanceUntil(() => messages.length === 2, 1500)
    expect(messages[0]).toMatch(/^Could not clean topics\/flights-0: /)
    expect(messages[1]).toMatch(/^Compacted topics\/flights-0 from \d+ to \d+ bytes\.$/)
    await cleaner.stop()
  })
})

// The log dies at each step that it takes on its storage, and is opened again: it must be as if the step had been done, or not begun.

import { describe, expect, it } from 'vitest'
import { compact } from '../../../plugins/kafka/server/log/compaction.ts'
import type { PartitionLog } from '../../../plugins/kafka/server/log/partition-log.ts'
import { VirtualClock } from '../../kit/virtual-clock.ts'
import { batchOf, type ReadRecord, recordOf } from './batches.ts'
import { newStorage, openLog, readAll } from './logs.ts'
import { Death, MortalStorage } from './mortal-storage.ts'

const settings = { compact: true, deletes: false, segmentBytes: 400, minCleanableDirtyRatio: 0 }

/** Writes and compacts until it is done or dead; gives what was acknowledged. */
async function live(log: PartitionLog, storage: MortalStorage): Promise<readonly ReadRecord[]> {
  const acknowledged: ReadRecord[] = []
  try {
    for (let round = 0; round < 4; round++) {
      for (let count = 0; count < 15; count++) {
        const record = recordOf(`key ${(count * 7 + round) % 6}`, `value ${round}/${count}`)
        const stamp = { producerId: 1, producerEpoch: 0, baseSequence: acknowledged.length }
        const appended = log.append(batchOf([record], stamp), 0)
        if (appended.kind === 'refused') throw new Error(appended.message)
        acknowledged.push({ ...record, timestamp: 1000, offset: appended.baseOffset })
      }
      await compact(log, new VirtualClock())
    }
  } catch (error) {
    if (!(error instanceof Death)) throw error
    expect(storage.isDead).toBe(true)
  }
  return acknowledged
}

describe('a log that dies', () => {
  it('at whatever step has all that it acknowledged when it is opened again', async () => {
    let steps = 0
    for (let died = true; died; steps++) {
      const storage = newStorage()
      const mortal = new MortalStorage(storage, steps)
      const acknowledged = await live(openLog(mortal, settings).log, mortal)
      died = mortal.isDead

      const { log } = openLog(storage, settings)
      const found = readAll(log)
      const latest = new Map(acknowledged.map((record) => [record.key, record]))
      for (const record of latest.values()) expect(found, `died at step ${steps}`).toContainEqual(record)
      const offsets = found.map(({ offset }) => offset)
      expect(offsets, `died at step ${steps}`).toEqual([...new Set(offsets)].sort((left, right) => left - right))
      // The producer sends what was not acknowledged again, and goes on.
      expect(log.endOffset).toBe(acknowledged.length)
      const stamp = { producerId: 1, producerEpoch: 0, baseSequence: acknowledged.length }
      expect(log.append(batchOf([recordOf('next')], stamp), 0)).toMatchObject({ kind: 'appended', baseOffset: acknowledged.length })
    }
    expect(steps).toBeGreaterThan(100)
  })
})

import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compact } from '../../../plugins/kafka/server/log/compaction.ts'
import type { LogSettings } from '../../../plugins/kafka/server/log/log-settings.ts'
import type { PartitionLog } from '../../../plugins/kafka/server/log/partition-log.ts'
import { VirtualClock } from '../../kit/virtual-clock.ts'
import { batchOf, type ReadRecord, recordOf } from './batches.ts'
import { logFolder, newStorage, openLog, readAll } from './logs.ts'

const compacted: Partial<LogSettings> = { compact: true, deletes: false, segmentBytes: 500, minCleanableDirtyRatio: 0 }
const dayMs = 24 * 60 * 60 * 1000

/** What a table made of the records holds. */
function tableOf(records: readonly ReadRecord[]): ReadonlyMap<string, string> {
  const table = new Map<string, string>()
  for (const { key, value } of records) {
    if (value === null) table.delete(key!)
    else table.set(key!, value)
  }
  return table
}

/** A text that no codec makes small. */
function noise(seed: number): string {
  return createHash('sha512').update(String(seed)).digest('base64')
}

function fill(log: PartitionLog, count: number, keys: number): void {
  for (let index = 0; index < count; index++) log.append(batchOf([recordOf(`key ${index % keys}`, `value ${index}`)]), 0)
}

describe('compaction', () => {
  it('keeps the last record of each key at its offset, and all of the segment that grows', async () => {
    const storage = newStorage()
    const { log } = openLog(storage, compacted)
    fill(log, 100, 5)
    const before = readAll(log)
    await compact(log, new VirtualClock())
    const after = readAll(log)
    expect(after.length).toBeLessThan(20)
    expect(tableOf(after)).toEqual(tableOf(before))
    for (const record of after) expect(before).toContainEqual(record)
    expect(log.endOffset).toBe(100)
    expect(log.startOffset).toBe(0)
  })

  it('joins small segments, and a restart finds the log as it was', async () => {
    const storage = newStorage()
    const { log } = openLog(storage, compacted)
    fill(log, 100, 5)
    const files = storage.list(logFolder).filter((name) => name.endsWith('.log')).length
    await compact(log, new VirtualClock())
    expect(storage.list(logFolder).filter((name) => name.endsWith('.log')).length).toBeLessThan(files / 3)
    const { log: again, reports } = openLog(storage, compacted)
    expect(readAll(again)).toEqual(readAll(log))
    expect(reports).toEqual([])
    expect(again.append(batchOf([recordOf('next')]), 0)).toMatchObject({ baseOffset: 100 })
  })

  it('takes records out of the middle of a batch, compressed or not', async () => {
    for (const compression of ['none', 'gzip', 'lz4'] as const) {
      const { log } = openLog(newStorage(), compacted)
      log.append(batchOf([recordOf('a', noise(1)), recordOf('b', noise(2)), recordOf('c', noise(3))], { compression }), 0)
      log.append(batchOf([recordOf('a', noise(4)), recordOf('c', noise(5))], { compression }), 0)
      log.append(batchOf([recordOf('z', 'x'.repeat(600))]), 0)
      log.append(batchOf([recordOf('last')]), 0)
      await compact(log, new VirtualClock())
      const records = readAll(log).map(({ offset, key }) => `${key}@${offset}`)
      expect(records).toEqual(['b@1', 'a@3', 'c@4', 'z@5', 'last@6'])
    }
  })

  it('keeps tombstones for delete.retention.ms after it met them first, and not longer', async () => {
    const clock = new VirtualClock(1_000_000)
    const { log } = openLog(newStorage(), compacted)
    log.append(batchOf([recordOf('gone', 'value'), recordOf('stays', 'value')]), 0)
    log.append(batchOf([recordOf('gone', null)]), 0)
    const round = async () => {
      fill(log, 20, 1)
      await compact(log, clock)
      return readAll(log).filter(({ key }) => key === 'gone' || key === 'stays')
    }
    expect(await round()).toMatchObject([{ key: 'stays' }, { key: 'gone', value: null }])
    clock.advance(dayMs / 2)
    expect(await round()).toMatchObject([{ key: 'stays' }, { key: 'gone', value: null }])
    clock.advance(dayMs / 2)
    expect(await round()).toMatchObject([{ key: 'stays' }])
  })

  it('waits until enough is new', async () => {
    const clock = new VirtualClock()
    const { log } = openLog(newStorage(), { ...compacted, minCleanableDirtyRatio: 0.5 })
    fill(log, 100, 100)
    expect(await compact(log, clock)).toBeDefined()
    fill(log, 30, 100)
    expect(await compact(log, clock)).toBeUndefined()
    fill(log, 120, 100)
    expect(await compact(log, clock)).toBeDefined()
  })

  it('does with less memory than the keys take, over several runs', async () => {
    const clock = new VirtualClock()
    const { log } = openLog(newStorage(), compacted)
    fill(log, 300, 60)
    const before = tableOf(readAll(log))
    let runs = 0
    while ((await compact(log, clock, { keyBytesMax: 2000 })) !== undefined) runs++
    expect(runs).toBeGreaterThan(3)
    expect(tableOf(readAll(log))).toEqual(before)
    expect(readAll(log).length).toBeLessThan(150)
  })

  it('gives way to requests, and to the end of the log', async () => {
    const storage = newStorage()
    const { log } = openLog(storage, compacted)
    fill(log, 200, 5)
    const clock = new VirtualClock()
    const slow = {
      now: () => clock.now(),
      after: clock.after.bind(clock),
      turn: () => clock.turn(),
      monotonicMs: () => {
        clock.spend(1000)
        return clock.monotonicMs()
      },
    }
    const running = compact(log, slow)
    log.append(batchOf([recordOf('meanwhile')]), 0)
    log.remove()
    expect(await running).toBeUndefined()
    expect(storage.list(logFolder)).toEqual([])
  })

  it('changes no table, whatever is written and whenever it runs', async () => {
    const key = fc.integer({ min: 0, max: 6 }).map((number) => `key ${number}`)
    const value = fc.option(fc.string({ maxLength: 40 }), { nil: null })
    const batch = fc.array(
      fc.record({ key, value }).map((record) => recordOf(record.key, record.value)),
      { minLength: 1, maxLength: 5 },
    )
    const step = fc.oneof(
      { weight: 10, arbitrary: batch },
      { weight: 1, arbitrary: fc.constant('compact' as const) },
      { weight: 1, arbitrary: fc.constant('restart' as const) },
      { weight: 1, arbitrary: fc.constant('a day' as const) },
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.constantFrom('none' as const, 'gzip' as const), async (steps, compression) => {
        const clock = new VirtualClock()
        const storage = newStorage()
        let { log } = openLog(storage, compacted)
        const written: ReadRecord[] = []
        for (const each of steps) {
          if (each === 'compact') await compact(log, clock, { keyBytesMax: 500 })
          else if (each === 'restart') log = openLog(storage, compacted).log
          else if (each === 'a day') clock.advance(dayMs)
          else {
            log.append(batchOf(each, { compression }), 0)
            for (const record of each) written.push({ ...record, timestamp: 1000, offset: written.length })
          }
        }
        const read = readAll(log)
        expect(tableOf(read)).toEqual(tableOf(written))
        for (const record of read) expect(written[record.offset]).toEqual(record)
        expect(log.endOffset).toBe(written.length)
      }),
    )
  })
})

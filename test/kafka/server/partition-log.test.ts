import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { batchOf, recordOf, recordsIn } from './batches.ts'
import { lastSegment, logFolder, newStorage, openLog, readAll } from './logs.ts'

describe('a partition log', () => {
  it('gives the offsets of batches one behind the other and reads from any of them', () => {
    const { log } = openLog(newStorage())
    expect(log.append(batchOf([recordOf('a'), recordOf('b')]), 0)).toMatchObject({ kind: 'appended', baseOffset: 0 })
    expect(log.append(batchOf([recordOf('c')]), 0)).toMatchObject({ kind: 'appended', baseOffset: 2 })
    expect(log.endOffset).toBe(3)
    expect(readAll(log).map(({ offset, key }) => [offset, key])).toEqual([
      [0, 'a'],
      [1, 'b'],
      [2, 'c'],
    ])
    expect(recordsIn(log.read(2, 1000, true)).map(({ key }) => key)).toEqual(['c'])
    expect(log.read(3, 1000, true)).toHaveLength(0)
    expect(log.read(4, 1000, true)).toBeUndefined()
    expect(log.read(-1, 1000, true)).toBeUndefined()
  })

  it('reads whole batches up to a limit, and the first one at any size if a reader could not get on without', () => {
    const { log } = openLog(newStorage())
    for (let count = 0; count < 10; count++) log.append(batchOf([recordOf('key', 'x'.repeat(100))]), 0)
    const one = log.read(0, 1, true)!
    expect(recordsIn(one)).toHaveLength(1)
    expect(recordsIn(log.read(0, one.length * 3 + 10, true))).toHaveLength(3)
    expect(log.read(0, one.length - 1, false)).toHaveLength(0)
  })

  it('goes on in a new file when the segment is full, and reads across', () => {
    const storage = newStorage()
    const { log } = openLog(storage, { segmentBytes: 500 })
    for (let count = 0; count < 50; count++) log.append(batchOf([recordOf(`key ${count}`)]), 0)
    expect(storage.list(logFolder).filter((name) => name.endsWith('.log')).length).toBeGreaterThan(5)
    expect(readAll(log).map(({ key }) => key)).toEqual(Array.from({ length: 50 }, (_, count) => `key ${count}`))
    expect(readAll(log, 33).map(({ offset }) => offset)).toEqual(Array.from({ length: 17 }, (_, index) => 33 + index))
  })

  it('finds offsets in segments that are larger than the gaps of the index', () => {
    const { log } = openLog(newStorage())
    for (let count = 0; count < 1000; count++) log.append(batchOf([recordOf(`key ${count}`, 'x'.repeat(count % 200))]), 0)
    for (const offset of [0, 1, 250, 499, 998, 999])
      expect(recordsIn(log.read(offset, 1, true))[0]).toMatchObject({ offset, key: `key ${offset}` })
  })

  it('refuses what is no sound batch, and stays as it was', () => {
    const { log } = openLog(newStorage(), { maxMessageBytes: 200 })
    const refusal = (batch: Buffer): string => {
      const appended = log.append(batch, 0)
      return appended.kind === 'refused' ? appended.error : appended.kind
    }
    const flipped = batchOf([recordOf('a')])
    flipped[70]! ^= 1
    const oldFormat = batchOf([recordOf('a')])
    oldFormat[16] = 1
    expect(refusal(Buffer.alloc(0))).toBe('CORRUPT_MESSAGE')
    expect(refusal(Buffer.alloc(100))).toBe('CORRUPT_MESSAGE')
    expect(refusal(flipped)).toBe('CORRUPT_MESSAGE')
    expect(refusal(oldFormat)).toBe('CORRUPT_MESSAGE')
    expect(refusal(batchOf([recordOf('a', 'x'.repeat(200))]))).toBe('MESSAGE_TOO_LARGE')
    expect(refusal(batchOf([recordOf('a')], { transactional: true }))).toBe('INVALID_RECORD')
    expect(log.endOffset).toBe(0)
    expect(log.sizeBytes).toBe(0)
  })

  it('finds the first record of a time or later, in whatever segment and batch', () => {
    const { log } = openLog(newStorage(), { segmentBytes: 400 })
    const times = [10, 30, 20, 50, 40, 60, 60, 70]
    for (const [index, time] of times.entries())
      log.append(batchOf([recordOf(`${index}`, 'v', time), recordOf(`${index}`, 'w', time + 1)]), 0)
    expect(log.firstAtTime(0)).toEqual({ offset: 0, timestamp: 10 })
    expect(log.firstAtTime(11)).toEqual({ offset: 1, timestamp: 11 })
    expect(log.firstAtTime(25)).toEqual({ offset: 2, timestamp: 30 })
    expect(log.firstAtTime(51)).toEqual({ offset: 7, timestamp: 51 })
    expect(log.firstAtTime(70)).toEqual({ offset: 14, timestamp: 70 })
    expect(log.firstAtTime(72)).toBeUndefined()
    expect(log.maxTimestamp).toBe(71)
  })

  it('finds a record by time in compressed batches', () => {
    const { log } = openLog(newStorage())
    log.append(batchOf([recordOf('a', 'v', 5), recordOf('b', 'v', 9)], { compression: 'gzip' }), 0)
    log.append(batchOf([recordOf('c', 'v', 12), recordOf('d', 'v', 15)], { compression: 'lz4' }), 0)
    expect(log.firstAtTime(6)).toEqual({ offset: 1, timestamp: 9 })
    expect(log.firstAtTime(13)).toEqual({ offset: 3, timestamp: 15 })
  })

  it('stamps batches with its own time if the topic says so', () => {
    const { log } = openLog(newStorage(), { appendTime: true })
    expect(log.append(batchOf([recordOf('a', 'v', 5)]), 777)).toMatchObject({ appendTimeMs: 777 })
    expect(readAll(log)).toMatchObject([{ timestamp: 777 }])
    expect(log.firstAtTime(700)).toEqual({ offset: 0, timestamp: 777 })
  })
})

describe('deleting', () => {
  it('before an offset moves the start, for ever', () => {
    const storage = newStorage()
    const { log } = openLog(storage, { segmentBytes: 300 })
    for (let count = 0; count < 20; count++) log.append(batchOf([recordOf(`${count}`)]), 0)
    const files = storage.list(logFolder).length
    log.deleteBefore(13)
    expect(log.startOffset).toBe(13)
    expect(storage.list(logFolder).length).toBeLessThan(files)
    expect(log.read(12, 1000, true)).toBeUndefined()
    expect(readAll(log)[0]).toMatchObject({ offset: 13 })
    const again = openLog(storage, { segmentBytes: 300 }, 13).log
    expect(again.startOffset).toBe(13)
    expect(readAll(again)).toEqual(readAll(log))
  })

  it('of everything leaves an empty log that goes on with the next offset, also after a restart', () => {
    const storage = newStorage()
    const { log } = openLog(storage)
    for (let count = 0; count < 5; count++) log.append(batchOf([recordOf(`${count}`)]), 0)
    log.deleteBefore(5)
    expect(log.sizeBytes).toBe(0)
    const { log: again } = openLog(storage, {}, 5)
    expect([again.startOffset, again.endOffset]).toEqual([5, 5])
    expect(again.append(batchOf([recordOf('next')]), 0)).toMatchObject({ baseOffset: 5 })
  })

  it('by time happens only if somebody set it, and takes whole segments whose last record is too old', () => {
    const storage = newStorage()
    const { log } = openLog(storage, { segmentBytes: 200 })
    for (let time = 0; time < 1000; time += 100) log.append(batchOf([recordOf('k', 'x'.repeat(100), time)]), 0)
    expect(log.applyRetention(10_000)).toBe(0)
    log.settings = { ...log.settings, retentionMs: 9500 }
    expect(log.applyRetention(10_000)).toBeGreaterThan(0)
    expect(readAll(log)[0]?.timestamp).toBe(500)
    log.settings = { ...log.settings, retentionMs: 10 }
    log.applyRetention(10_000)
    expect([log.startOffset, log.endOffset, log.sizeBytes]).toEqual([10, 10, 0])
    const { log: again } = openLog(storage, { segmentBytes: 200 })
    expect([again.startOffset, again.endOffset]).toEqual([10, 10])
  })

  it('by size keeps as much as was asked for', () => {
    const { log } = openLog(newStorage(), { segmentBytes: 200, retentionBytes: 600 })
    for (let count = 0; count < 20; count++) log.append(batchOf([recordOf('k', 'x'.repeat(100))]), 0)
    log.applyRetention(0)
    expect(log.sizeBytes).toBeGreaterThanOrEqual(600)
    expect(log.sizeBytes).toBeLessThan(1000)
    expect(log.endOffset).toBe(20)
  })
})

describe('an idempotent producer', () => {
  const stamp = (baseSequence: number, producerEpoch = 0) => ({ producerId: 7, producerEpoch, baseSequence })

  it('that sends a batch again gets the offset it had', () => {
    const { log } = openLog(newStorage())
    for (let sequence = 0; sequence < 5; sequence++) log.append(batchOf([recordOf('k')], stamp(sequence)), 0)
    expect(log.append(batchOf([recordOf('k')], stamp(0)), 0)).toMatchObject({ kind: 'appended', baseOffset: 0 })
    expect(log.append(batchOf([recordOf('k')], stamp(4)), 0)).toMatchObject({ kind: 'appended', baseOffset: 4 })
    expect(log.endOffset).toBe(5)
  })

  it('is refused a gap, an old epoch, and a new epoch that does not begin at 0', () => {
    const { log } = openLog(newStorage())
    log.append(batchOf([recordOf('k'), recordOf('k')], stamp(0, 1)), 0)
    expect(log.append(batchOf([recordOf('k')], stamp(3, 1)), 0)).toMatchObject({ error: 'OUT_OF_ORDER_SEQUENCE_NUMBER' })
    expect(log.append(batchOf([recordOf('k')], stamp(2, 0)), 0)).toMatchObject({ error: 'INVALID_PRODUCER_EPOCH' })
    expect(log.append(batchOf([recordOf('k')], stamp(2, 2)), 0)).toMatchObject({ error: 'OUT_OF_ORDER_SEQUENCE_NUMBER' })
    expect(log.append(batchOf([recordOf('k')], stamp(0, 2)), 0)).toMatchObject({ kind: 'appended', baseOffset: 2 })
    expect(log.endOffset).toBe(3)
  })

  it('goes on from the highest sequence number to 0', () => {
    const { log } = openLog(newStorage())
    log.append(batchOf([recordOf('k'), recordOf('k')], stamp(2_147_483_646)), 0)
    expect(log.append(batchOf([recordOf('k')], stamp(0)), 0)).toMatchObject({ kind: 'appended', baseOffset: 2 })
  })

  it.each(['closed in good order', 'killed'])('is known after a restart of a broker that was %s, across segments', (end) => {
    const storage = newStorage()
    const { log } = openLog(storage, { segmentBytes: 300 })
    for (let sequence = 0; sequence < 12; sequence++) log.append(batchOf([recordOf('k')], stamp(sequence)), 0)
    if (end !== 'killed') log.close()
    const { log: again } = openLog(storage, { segmentBytes: 300 })
    expect(again.append(batchOf([recordOf('k')], stamp(11)), 0)).toMatchObject({ kind: 'appended', baseOffset: 11 })
    expect(again.append(batchOf([recordOf('k')], stamp(13)), 0)).toMatchObject({ error: 'OUT_OF_ORDER_SEQUENCE_NUMBER' })
    expect(again.append(batchOf([recordOf('k')], stamp(12)), 0)).toMatchObject({ kind: 'appended', baseOffset: 12 })
  })
})

describe('recovery', () => {
  it('cuts a torn tail at whatever byte the broker died, and says so', () => {
    const whole = newStorage()
    const { log } = openLog(whole)
    log.append(batchOf([recordOf('first'), recordOf('second')]), 0)
    const sound = log.sizeBytes
    log.append(batchOf([recordOf('third', 'the last batch')]), 0)
    const bytes = whole.file(lastSegment(whole)).read(0, log.sizeBytes)
    for (let cut = sound + 1; cut < bytes.length; cut++) {
      const storage = newStorage()
      storage.file(lastSegment(whole)).append([bytes.subarray(0, cut)])
      const { log: again, reports } = openLog(storage)
      expect(readAll(again).map(({ key }) => key)).toEqual(['first', 'second'])
      expect(reports).toHaveLength(1)
      expect(reports[0]).toContain(`Cut ${cut - sound} bytes off the end of ${lastSegment(whole)}, behind offset 1:`)
      expect(again.append(batchOf([recordOf('next')]), 0)).toMatchObject({ baseOffset: 2 })
      expect(readAll(again).map(({ key }) => key)).toEqual(['first', 'second', 'next'])
    }
  })

  it('cuts a tail that is not what was sent', () => {
    const storage = newStorage()
    const { log } = openLog(storage)
    log.append(batchOf([recordOf('first')]), 0)
    storage.file(lastSegment(storage)).append([Buffer.alloc(5000)])
    const { log: again, reports } = openLog(storage)
    expect(readAll(again).map(({ key }) => key)).toEqual(['first'])
    expect(reports).toHaveLength(1)
  })

  it('gives back every record of any history of appends, deletions, good and bad ends', () => {
    const step = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({ kind: fc.constant('append' as const), sizes: fc.array(fc.nat(300), { minLength: 1, maxLength: 4 }) }),
      },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete' as const), part: fc.double({ min: 0, max: 1, noNaN: true }) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('close' as const) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('kill' as const), torn: fc.uint8Array({ maxLength: 100 }) }) },
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const storage = newStorage()
        const settings = { segmentBytes: 700 }
        let { log } = openLog(storage, settings)
        const values: string[] = []
        let start = 0
        for (const each of steps) {
          if (each.kind === 'append') {
            const records = each.sizes.map((size) => recordOf('k', 'x'.repeat(size)))
            log.append(batchOf(records), 0)
            values.push(...records.map(({ value }) => value!))
          } else if (each.kind === 'delete') {
            start = Math.max(start, Math.floor(values.length * each.part))
            log.deleteBefore(start)
          } else {
            if (each.kind === 'close') log.close()
            else storage.file(lastSegment(storage)).append([each.torn])
            log = openLog(storage, settings, start).log
          }
          expect(log.endOffset).toBe(values.length)
          expect(log.startOffset).toBe(start)
        }
        expect(readAll(log).map(({ offset, value }) => [offset, value])).toEqual(
          values.map((value, offset) => [offset, value]).slice(start),
        )
      }),
    )
  })
})

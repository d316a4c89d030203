import { expect, test } from 'vitest'
import { ClockLooks } from '../../framework/runtime/clock-looks.ts'

test('fast records are looked at rarely, slow ones each time', () => {
  const looks = new ClockLooks()
  let nowMs = 0
  const looksIn = (records: number, msPerRecord: number): number => {
    let count = 0
    looks.begin(nowMs)
    for (let record = 0; record < records; record++) {
      nowMs += msPerRecord
      if (!looks.due) continue
      count++
      looks.looked(nowMs)
    }
    return count
  }
  expect(looksIn(6_400, 0.001)).toBeLessThan(120)
  // The first slow ones come while looks are still rare, then each is followed by one.
  expect(looksIn(100, 10)).toBeGreaterThanOrEqual(36)
  expect(looksIn(100, 10)).toBe(100)
})

import { expect, test } from 'vitest'
import { WindowedStat } from '../../framework/runtime/windowed-stat.ts'

test('what was measured counts for half a minute to a minute, by how many records it stands for', () => {
  const stat = new WindowedStat()
  expect([stat.average(0), stat.max(0)]).toEqual([Number.NaN, Number.NaN])
  stat.add(1_000, 10)
  stat.add(2_000, 1, 9)
  expect([stat.average(3_000), stat.max(3_000)]).toEqual([1.9, 10])
  stat.add(31_000, 4, 10)
  expect([stat.average(59_000), stat.max(59_000)]).toEqual([(10 + 9 + 40) / 20, 10])
  // The first window is gone, the second is the older one.
  expect([stat.average(61_000), stat.max(61_000)]).toEqual([4, 4])
  expect([stat.average(200_000), stat.max(200_000)]).toEqual([Number.NaN, Number.NaN])
})

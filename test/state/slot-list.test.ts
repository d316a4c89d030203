import { expect, test } from 'vitest'
import { SlotList } from '../../framework/state/slot-list.ts'

function slotsOf(list: SlotList): number[] {
  const slots: number[] = []
  for (let slot = list.first; slot !== -1; slot = list.next(slot)) slots.push(slot)
  return slots
}

test('what is added again goes to the end, what is removed is gone', () => {
  const list = new SlotList()
  for (const slot of [0, 1, 2, 3, 1, 200]) list.add(slot)
  expect(slotsOf(list)).toEqual([0, 2, 3, 1, 200])
  for (const slot of [0, 3, 200]) list.remove(slot)
  expect(slotsOf(list)).toEqual([2, 1])
  expect([0, 1, 2, 3, 200, 5_000].map((slot) => list.has(slot))).toEqual([false, true, true, false, false, false])
  list.clear()
  expect(slotsOf(list)).toEqual([])
  list.add(2)
  expect(slotsOf(list)).toEqual([2])
})

test('agrees with an array, whatever is added and removed', () => {
  const list = new SlotList()
  let expected: number[] = []
  for (let step = 0, random = 1; step < 5_000; step++) {
    random = (random * 48_271) % 2_147_483_647
    const slot = random % 100
    if (list.has(slot) && random % 3 === 0) list.remove(slot)
    else {
      list.add(slot)
      expected.push(slot)
    }
    const listed = expected.lastIndexOf(slot)
    expected = expected.filter((other, at) => other !== slot || (list.has(slot) && at === listed))
  }
  expect(slotsOf(list)).toEqual(expected)
})

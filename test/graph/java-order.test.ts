import { expect, test } from 'vitest'
import { hashSetOrder, TreeSet } from '../../framework/graph/java-order.ts'

test('strings come in the order of a Java hash set', () => {
  // As Java 17 prints them.
  expect(hashSetOrder(['orders', 'customers', 'in', 'a', 'b'])).toEqual(['a', 'b', 'in', 'orders', 'customers'])
  const many = Array.from({ length: 30 }, (_, i) => String(i))
  const printed = [6, 7, 8, 9, 0, 1, 2, 3, 10, 4, 11, 5, 12, 24, 25, 26, 27, 28, 29, 20, 21, 22, 23, 13, 14, 15, 16, 17, 18, 19]
  expect(hashSetOrder(many.map((i) => `topic-${i}`))).toEqual(printed.map((i) => `topic-${i}`))
})

test('a tree set is sorted and has each element once', () => {
  const set = new TreeSet<number>((a, b) => a - b)
  for (const n of [5, 3, 8, 1, 4, 7, 9, 2, 6, 5, 1]) set.add(n)
  expect([...set]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
})

import { expect, test } from 'vitest'
import { PriorityQueue } from '../../framework/operators/priority-queue.ts'

function drained(names: string): string {
  const queue = new PriorityQueue<{ name: string; priority: number }>(({ priority }) => priority)
  for (const name of names) queue.offer({ name, priority: 0 })
  let order = ''
  for (let next = queue.poll(); next !== undefined; next = queue.poll()) order += next.name
  return order
}

test('elements leave by priority', () => {
  const queue = new PriorityQueue<number>((element) => element)
  for (const element of [5, 3, 8, 1, 9, 2, 7]) queue.offer(element)
  const order: number[] = []
  while (queue.size > 0) order.push(queue.poll() as number)
  expect(order).toEqual([1, 2, 3, 5, 7, 8, 9])
})

test('equal elements leave in the order of java.util.PriorityQueue', () => {
  // Printed by new PriorityQueue<>((a, b) -> 0) of Java 17, offered one by one and polled until empty.
  expect(drained('ab')).toBe('ab')
  expect(drained('abc')).toBe('acb')
  expect(drained('abcd')).toBe('adcb')
  expect(drained('abcde')).toBe('aedcb')
  expect(drained('abcdefg')).toBe('agfedcb')
})

test('an element that is taken and offered again goes behind its equals', () => {
  const queue = new PriorityQueue<string>(() => 0)
  queue.offer('a')
  queue.offer('b')
  const order: string[] = []
  for (let round = 0; round < 4; round++) {
    const first = queue.poll() as string
    order.push(first)
    queue.offer(first)
  }
  expect(order).toEqual(['a', 'b', 'a', 'b'])
})

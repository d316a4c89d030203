import { expect, test } from 'vitest'
import { noHeaders } from '../../framework/ports/record.ts'
import { long, string } from '../../framework/serdes/serdes.ts'
import { StateUnderTest, storeSpec } from './state-under-test.ts'

const cached = storeSpec('timestampedKeyValue', string(), long(), { caching: true })
const roomForAll = 1_000_000
// An entry with a key of one byte takes 169 bytes.
const roomForTwo = 400

interface Opened {
  readonly under: StateUnderTest
  readonly changes: unknown[][]
  put(key: string, value: number | null, timestamp?: number): void
}

async function open(cacheBytesMax: number, sendsOldValues = false): Promise<Opened> {
  const under = await StateUnderTest.open({ stores: [cached], cacheBytesMax })
  const changes: unknown[][] = []
  const rows = under.state.rows<number>('s')
  rows.onChange((key, newValue, oldValue, timestamp) => changes.push([key, newValue, oldValue, timestamp]), sendsOldValues)
  return { under, changes, put: (key, value, timestamp = 0) => rows.put(key, value, timestamp, noHeaders) }
}

function logged(under: StateUnderTest): (string | undefined)[] {
  return under.changelog('app-s-changelog').records.map(({ key, value }) => `${key}=${value?.readUInt8(7)}`)
}

test('merges the updates of a key, and hands on the last one of each in the order of their last writes', async () => {
  const { under, changes, put } = await open(roomForAll)
  put('a', 1)
  put('b', 2)
  put('c', 3, 30)
  put('a', 4, 40)
  expect(changes).toEqual([])
  expect(logged(under)).toEqual([])
  under.state.flushCaches()
  expect(changes).toEqual([
    ['b', 2, null, 0],
    ['c', 3, null, 30],
    ['a', 4, null, 40],
  ])
  expect(logged(under)).toEqual(['b=2', 'c=3', 'a=4'])
  under.state.flushCaches()
  expect(changes).toHaveLength(3)
})

test('gives the value of the last flush as the old one, if old values are sent', async () => {
  const { under, changes, put } = await open(roomForAll, true)
  put('a', 1)
  under.state.flushCaches()
  put('a', 2)
  put('a', 3)
  under.state.flushCaches()
  put('a', null, 7)
  under.state.flushCaches()
  expect(changes).toEqual([
    ['a', 1, null, 0],
    ['a', 3, 1, 0],
    ['a', null, 3, 7],
  ])
})

test('says nothing of a row that came and went between two flushes', async () => {
  const { under, changes, put } = await open(roomForAll)
  put('a', 1)
  put('a', null)
  put('b', null)
  under.state.flushCaches()
  expect(changes).toEqual([])
  expect(logged(under)).toEqual([])
})

test('makes room by the least recently used entry; with it goes everything dirty, as in Kafka Streams', async () => {
  const { under, changes, put } = await open(roomForTwo)
  put('a', 1)
  put('b', 2)
  expect(under.state.rows<number>('s').get('a')?.value).toBe(1)
  put('c', 3)
  expect(changes.map(([key]) => key)).toEqual(['b', 'a', 'c'])
  expect(under.state.rows<number>('s').get('b')?.value).toBe(2)
})

test('keeps what was read, so that a clean entry is evicted without a word', async () => {
  const { under, changes, put } = await open(roomForTwo)
  for (const key of ['a', 'b', 'c']) put(key, 1)
  under.state.flushCaches()
  changes.length = 0
  for (const key of ['a', 'b', 'c', 'a']) expect(under.state.rows<number>('s').get(key)?.value).toBe(1)
  expect(changes).toEqual([])
})

test('a change that sets off another of the same store is handed on by the next flush', async () => {
  const { under, changes, put } = await open(roomForAll)
  under.state.rows<number>('s').onChange((key, newValue) => {
    changes.push([key, newValue])
    if (key === 'a' && newValue === 1) put('a', 2)
  }, false)
  put('a', 1)
  put('b', 1)
  under.state.flushCaches()
  expect(changes).toEqual([
    ['a', 1],
    ['b', 1],
    ['a', 2],
  ])
})

test('flushes stores in their order, until what flushing sets off is flushed too', async () => {
  const first = storeSpec('timestampedKeyValue', string(), long(), { name: 'first', caching: true, changelog: null })
  const second = { ...first, name: 'second' }
  const under = await StateUnderTest.open({ stores: [first, second], cacheBytesMax: roomForAll })
  const seen: string[] = []
  under.state.rows<number>('second').onChange((key) => {
    seen.push(`second ${key}`)
    under.state.rows<number>('first').put(`from ${key}`, 1, 0, noHeaders)
  }, false)
  under.state.rows<number>('first').onChange((key) => seen.push(`first ${key}`), false)
  under.state.rows<number>('second').put('x', 1, 0, noHeaders)
  under.state.rows<number>('first').put('y', 1, 0, noHeaders)
  under.state.flushCaches()
  expect(seen).toEqual(['first y', 'second x', 'first from x'])
})

test('without a budget there is no cache: the operator hands on itself', async () => {
  const { under } = await open(0)
  expect(under.state.rows('s').cached).toBe(false)
})

test('passes on the headers and the timestamp of the last put', async () => {
  const under = await StateUnderTest.open({ stores: [cached], cacheBytesMax: roomForAll })
  const rows = under.state.rows<number>('s')
  const headers = [{ key: 'h', value: Buffer.from('2') }]
  const seen: unknown[] = []
  rows.onChange((_key, _new, _old, timestamp, passed) => seen.push(timestamp, passed), false)
  rows.put('a', 1, 1, [{ key: 'h', value: Buffer.from('1') }])
  rows.put('a', 2, 2, headers)
  under.state.flushCaches()
  expect(seen).toEqual([2, headers])
})

test('gives its bytes back when the task is closed', async () => {
  const { under, put } = await open(roomForTwo)
  put('a', 1)
  put('b', 1)
  await under.crash()
  const rows = under.state.rows<number>('s')
  const seen: string[] = []
  rows.onChange((key) => seen.push(key), false)
  rows.put('c', 1, 0, noHeaders)
  rows.put('d', 1, 0, noHeaders)
  expect(seen).toEqual([])
})

test('a look of a query is no use: it neither keeps a row that it reads nor saves one from being evicted', async () => {
  const { under, put } = await open(roomForTwo)
  const view = under.state.views('s')!.keyValue!
  put('a', 1)
  put('b', 2)
  expect(view.get('a')).toBe(1)
  put('c', 3)
  // Had the look counted, b would have left first.
  expect(logged(under)).toEqual(['a=1', 'b=2', 'c=3'])
  const before = under.budget.bytes
  expect([view.get('a'), view.get('b'), view.get('nobody')]).toEqual([1, 2, undefined])
  expect(under.budget.bytes).toBe(before)
})

import { expect, test } from 'vitest'
import { decodeCommitMetadata, encodeCommitMetadata, encodeTaskMetadata } from '../../framework/runtime/commit-metadata.ts'

test('a partition time alone is written as Kafka Streams writes it', () => {
  // Base64 of 02 and the long 1700000000000, what TopicPartitionMetadata.encode() of Kafka Streams gives without processor metadata.
  expect(encodeCommitMetadata({ partitionTimeMs: 1_700_000_000_000, times: new Map() })).toBe('AgAAAYvP5WgA')
})

test('times of stores and operators follow as a map of names and longs', () => {
  const text = encodeCommitMetadata({ partitionTimeMs: -1, times: new Map([['store', 7]]) })
  expect(Buffer.from(text, 'base64').toString('hex')).toBe('02ffffffffffffffff000000010000000573746f72650000000000000007')
})

test('what is written is read again', () => {
  const metadata = {
    partitionTimeMs: 12,
    times: new Map([
      ['millrace:größe', 34],
      ['counts', 5_000_000_000],
    ]),
  }
  expect(decodeCommitMetadata(encodeCommitMetadata(metadata))).toEqual(metadata)
})

test('version 1, which has the partition time only, is read', () => {
  expect(decodeCommitMetadata(Buffer.from('01000000000000002a', 'hex').toString('base64'))).toEqual({
    partitionTimeMs: 42,
    times: new Map(),
  })
})

test.each([
  ['nothing', ''],
  ['text of another tool', 'reset by hand'],
  ['an unknown version', Buffer.from('09000000000000002a', 'hex').toString('base64')],
])('%s gives no times', (_what, text) => {
  expect(decodeCommitMetadata(text)).toEqual({ partitionTimeMs: -1, times: new Map() })
})

test('entries that are cut short are left out', () => {
  const text = encodeCommitMetadata({
    partitionTimeMs: 1,
    times: new Map([
      ['a', 2],
      ['b', 3],
    ]),
  })
  const cut = Buffer.from(text, 'base64').subarray(0, -4).toString('base64')
  expect(decodeCommitMetadata(cut)).toEqual({ partitionTimeMs: 1, times: new Map([['a', 2]]) })
})

const never = (): boolean => false

function times(count: number, nameLength = 50): ReadonlyMap<string, number> {
  return new Map(Array.from({ length: count }, (_, i) => [`millrace:${String(i).padStart(nameLength - 9, 'n')}`, i]))
}

test('every input carries all times where there is room', () => {
  const { texts, left } = encodeTaskMetadata([5, 6], times(40), never)
  expect(left).toBe(0)
  expect(texts.map(decodeCommitMetadata)).toEqual([
    { partitionTimeMs: 5, times: times(40) },
    { partitionTimeMs: 6, times: times(40) },
  ])
})

test('times that are too many for one input are shared out, and no text is longer than brokers take', () => {
  const all = times(100)
  const { texts, left } = encodeTaskMetadata([5, 6, 7], all, never)
  expect(left).toBe(0)
  expect(Math.max(...texts.map(({ length }) => length))).toBeLessThanOrEqual(4096)
  expect(new Map(texts.flatMap((text) => [...decodeCommitMetadata(text).times]))).toEqual(all)
})

test('what says that something has ended is with every input, and what finds no place is counted', () => {
  const all = new Map([...times(200), ['ended', 1]])
  const { texts, left } = encodeTaskMetadata([5, 6], all, (name) => name === 'ended')
  const decoded = texts.map(decodeCommitMetadata)
  expect(decoded.every((metadata) => metadata.times.get('ended') === 1)).toBe(true)
  expect(Math.max(...texts.map(({ length }) => length))).toBeLessThanOrEqual(4096)
  const kept = new Set(decoded.flatMap((metadata) => [...metadata.times.keys()]))
  expect(left).toBe(all.size - kept.size)
  expect(left).toBeGreaterThan(0)
})

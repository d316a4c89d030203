import { expect, test } from 'vitest'
import { decodeCommitMetadata, encodeCommitMetadata } from '../../framework/runtime/commit-metadata.ts'

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

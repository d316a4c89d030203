// The bytes of a record whose call is on its way: they outlive a process, so they are pinned.

import { expect, test } from 'vitest'
import { long, string } from '../../framework/index.ts'
import { toBytes } from '../../framework/serdes/byte-buffer.ts'
import { pendingRecord } from '../../framework/serdes/pending-record.ts'

const serde = pendingRecord(string(), long())

test('a pending record is written with its headers, and read as it was', () => {
  const headers = [
    { key: 'h', value: Buffer.from([7]) },
    { key: '', value: null },
  ]
  const record = { key: 'ab', value: 5, timestamp: 3, headers }
  const bytes = toBytes(serde, record)
  expect(bytes.toString('hex')).toBe(
    `${'0000000000000003'}${'00000002'}6162${'00000008'}0000000000000005${'00000002'}${'00000001'}68${'00000001'}07${'00000000'}${'ffffffff'}`,
  )
  expect(serde.read(bytes, 0, bytes.length)).toEqual(record)
})

test('null keys and values have no bytes', () => {
  const bytes = toBytes(serde, { key: null, value: null, timestamp: 1, headers: [] })
  expect(bytes.toString('hex')).toBe('0000000000000001ffffffffffffffff00000000')
  expect(serde.read(bytes, 0, bytes.length)).toEqual({ key: null, value: null, timestamp: 1, headers: [] })
  expect(() => serde.read(Buffer.from('0000000000000001000000ff61', 'hex'), 0, 13)).toThrow('the bytes end within a record')
})

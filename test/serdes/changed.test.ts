import fc from 'fast-check'
import { expect, test } from 'vitest'
import { toBytes } from '../../framework/serdes/byte-buffer.ts'
import { type Change, changed } from '../../framework/serdes/changed.ts'
import { string } from '../../framework/serdes/serdes.ts'

const serde = changed(string())

// What ChangedSerializer of Kafka Streams 4.3.1 writes, as it stands in the repartition topics of the conformance vectors.
test.each<[string, Change<string>, string]>([
  ['a new value', { newValue: 'ab', oldValue: null, isLatest: true }, '616201'],
  ['an old value', { newValue: null, oldValue: 'ab', isLatest: true }, '616200'],
  ['both', { newValue: 'abc', oldValue: 'd', isLatest: true }, '066162636402'],
  ['an empty new value and an old one', { newValue: '', oldValue: 'd', isLatest: true }, '006402'],
])('%s is written as Kafka Streams writes it', (_what, change, hex) => {
  expect(toBytes(serde, change).toString('hex')).toBe(hex)
})

test('what is written is read again, values of any size', () => {
  const value = fc.option(fc.oneof(fc.string(), fc.string({ minLength: 60, maxLength: 20_000 })))
  fc.assert(
    fc.property(value, value, (newValue, oldValue) => {
      fc.pre(newValue !== null || oldValue !== null)
      const bytes = toBytes(serde, { newValue, oldValue, isLatest: true })
      expect(serde.read(bytes, 0, bytes.length)).toEqual({ newValue, oldValue, isLatest: true })
    }),
  )
})

test('a change from nothing to nothing cannot be written', () => {
  expect(() => toBytes(serde, { newValue: null, oldValue: null, isLatest: true })).toThrow('a change has a new value or an old one')
})

test('bytes that do not end with a known flag are refused', () => {
  expect(() => serde.read(Buffer.from('6107', 'hex'), 0, 2)).toThrow('a change ends with 0, 1 or 2, not 7')
})

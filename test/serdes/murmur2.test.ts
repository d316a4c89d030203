import { expect, test } from 'vitest'
import { murmur2 } from '../../framework/serdes/murmur2.ts'

// From Kafka's UtilsTest.testMurmur2, with the sign bit taken off.
test.each([
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
])('the hash of %s is that of the Java client', (text, expected) => {
  const bytes = Buffer.from(`..${text}..`)
  expect(murmur2(bytes, 2, bytes.length - 2)).toBe(expected & 0x7fffffff)
})

import { expect, test } from 'vitest'
import { toBytes } from '../../framework/serdes/byte-buffer.ts'
import { murmur3 } from '../../framework/serdes/murmur3.ts'
import { string } from '../../framework/serdes/serdes.ts'
import { type Subscription, subscription, subscriptionResponse } from '../../framework/serdes/subscription.ts'

// From the repartition topics of the conformance vectors, as Kafka Streams 4.3.1 wrote them.
const hash = Buffer.from('bf5d9b3c851bf6554a93582803e0d16d', 'hex')

test('a subscription is written as Kafka Streams writes it, and read again', () => {
  const value: Subscription<string> = { hash, instruction: 'deleteSilently', primaryKey: 'k1', primaryPartition: 0 }
  const bytes = toBytes(subscription(string()), value)
  expect(bytes.toString('hex')).toBe('0100bf5d9b3c851bf6554a93582803e0d16d6b3100000000')
  expect(subscription(string()).read(bytes, 0, bytes.length)).toEqual(value)
})

test('without a hash the first bit says so', () => {
  const value: Subscription<string> = { hash: null, instruction: 'deleteAndTell', primaryKey: 'k', primaryPartition: 7 }
  const bytes = toBytes(subscription(string()), value)
  expect(bytes.toString('hex')).toBe('81016b00000007')
  expect(subscription(string()).read(bytes, 0, bytes.length)).toEqual(value)
})

test('an answer carries the hash and the row of the other table, if there is one', () => {
  const serde = subscriptionResponse(string())
  const found = toBytes(serde, { hash, foreignValue: 'v', primaryPartition: 3 })
  expect(found.toString('hex')).toBe('00bf5d9b3c851bf6554a93582803e0d16d76')
  expect(serde.read(found, 0, found.length)).toEqual({ hash, foreignValue: 'v', primaryPartition: undefined })
  const none = toBytes(serde, { hash: null, foreignValue: null, primaryPartition: 3 })
  expect(none.toString('hex')).toBe('80')
  expect(serde.read(none, 0, 1).foreignValue).toBeNull()
})

test('an unknown instruction is refused', () => {
  expect(() => subscription(string()).read(Buffer.from('81096b00000007', 'hex'), 0, 7)).toThrow('there is no instruction 9')
})

test.each([
  ['x', '7cceb46e5bde39b69b73f1593bae1c9f'],
  ['x1', '2d2b71d4c1071ff0b874051f94fb158a'],
  ['x:1', 'eb7338b21bf4bda520c874e642dcd95c'],
  ['x:10', '3e2722ba1a1f823fa7d6c51d14b0b9b5'],
  ['nokey', '0308c3dc33fa0e339f5adbcebf653dc7'],
])('the hash of %s is that of Kafka Streams', (value, hex) => {
  expect(murmur3(Buffer.from(value)).toString('hex')).toBe(hex)
})

test('a hash of whole blocks and a tail is that of Kafka Streams', () => {
  // Murmur3.hash128(bytes 0 to 39) of Kafka Streams, run on Java 17.
  const bytes = Buffer.from(Array.from({ length: 40 }, (_, index) => index))
  expect(murmur3(bytes).toString('hex')).toBe('13d15ff258e20bb5dfb3174d9ddb598c')
})

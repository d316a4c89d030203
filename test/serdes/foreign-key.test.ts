// The bytes that Kafka Streams 4.3.1 wrote in the vectors of foreign-key joins.

import { join } from 'node:path'
import { expect, test } from 'vitest'
import { string } from '../../framework/index.ts'
import type { Serde } from '../../framework/ports/serde.ts'
import { toBytes } from '../../framework/serdes/byte-buffer.ts'
import { murmur3 } from '../../framework/serdes/murmur3.ts'
import { subscription, subscriptionResponse } from '../../framework/serdes/subscription.ts'
import { readVectors } from '../conformance/vector.ts'

const vectors = await readVectors(join(import.meta.dirname, '../conformance/vectors/foreign-key-joins.json'))

function recorded(topic: RegExp): readonly { readonly keyHex: string | null; readonly valueHex: string | null }[] {
  const strings = vectors.filter((vector) => Object.values(vector.topics).every(({ key, value }) => key === 'string' && value === 'string'))
  return strings.flatMap((vector) =>
    Object.entries(vector.expect.internal ?? {})
      .filter(([name]) => topic.test(name))
      .flatMap(([, rows]) => rows),
  )
}

function readAll<T>(serde: Serde<T>, hexes: readonly (string | null)[]): readonly T[] {
  const written = hexes.filter((hex) => hex !== null)
  return written.map((hex) => {
    const bytes = Buffer.from(hex, 'hex')
    const value = serde.read(bytes, 0, bytes.length)
    expect(toBytes(serde, value).toString('hex')).toBe(hex)
    return value
  })
}

test('subscriptions are read and written as Kafka Streams writes them', () => {
  const read = readAll(
    subscription(string()),
    recorded(/REGISTRATION.*-topic$/).map((row) => row.valueHex),
  )
  expect(read.length).toBeGreaterThan(20)
  expect(read[0]).toMatchObject({ instruction: 'tellIfFound', primaryKey: 'k1', primaryPartition: 0 })
})

test('answers are read and written as Kafka Streams writes them', () => {
  const read = readAll(
    subscriptionResponse(string()),
    recorded(/RESPONSE.*-topic$/).map((row) => row.valueHex),
  )
  expect(read.length).toBeGreaterThan(20)
  expect(read[0]).toMatchObject({ foreignValue: 'rx' })
})

test('the hash of a value is the one that Kafka Streams computes', () => {
  expect(murmur3(Buffer.from('x:1')).toString('hex')).toBe('eb7338b21bf4bda520c874e642dcd95c')
  // Around the block size, as org.apache.kafka.streams.state.internals.Murmur3 gives them.
  const hashes: readonly (readonly [size: number, hash: string])[] = [
    [0, '9d2764a018e329428c3cf3b035938518'],
    [7, 'e2c12aaa37615c8d78e8fff449acd2e3'],
    [8, '5376fe5d8752a4802bcfb922970c534c'],
    [9, 'b79cc91e67eb164f7285936d18b5c4c8'],
    [15, '8541440932df88a8133781906f758397'],
    [16, '3b1ca826ba2a8ab100ff368af7e15570'],
    [17, '14606ec89b0c68c720e38f08a941bbdf'],
    [31, '0fc8bff6b4d635a2db8b6c0ce90a3cd8'],
    [33, 'c811ac0257c06b43de4815d1c281354e'],
  ]
  for (const [size, hash] of hashes) {
    const bytes = Buffer.from(Array.from({ length: size }, (_, i) => (i * 37 + 200) % 256))
    expect(murmur3(bytes).toString('hex')).toBe(hash)
  }
})

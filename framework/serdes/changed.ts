// A change of a row on its way through a repartition topic, byte for byte as Kafka Streams writes it (ChangedSerializer): the value and 1 for a new one,
// the value and 0 for an old one, and for both the new one's size as a varint, new, old, 2.

import type { ByteTarget, Serde } from '../ports/serde.ts'
import { madeOf } from './made-of.ts'

/** What changed in a row of a table: the value in flight between table operators (Kafka Streams: Change). */
export interface Change<V> {
  readonly newValue: V | null
  readonly oldValue: V | null
  /** false: the change came late, and does not change what the table holds now (only of versioned tables, KIP-914). It is not written. */
  readonly isLatest: boolean
}

const oldOnly = 0
const newOnly = 1
const both = 2

export function changed<V>(value: Serde<V>): Serde<Change<V>> {
  return {
    name: `changed(${value.name})`,
    ...madeOf(value, (bytes, start, end, found) => {
      if (bytes[end - 1] !== both) {
        found(start, end - 1)
        return
      }
      const { size, at } = readVarint(bytes, start)
      if (at + size >= end) return
      found(at, at + size)
      found(at + size, end - 1)
    }),
    immutable: value.immutable,
    read(bytes, start, end) {
      const last = end - 1
      switch (bytes[last]) {
        case oldOnly:
          return { newValue: null, oldValue: value.read(bytes, start, last), isLatest: true }
        case newOnly:
          return { newValue: value.read(bytes, start, last), oldValue: null, isLatest: true }
        case both: {
          const { size, at } = readVarint(bytes, start)
          return { newValue: value.read(bytes, at, at + size), oldValue: value.read(bytes, at + size, last), isLatest: true }
        }
        default:
          throw new Error(`a change ends with 0, 1 or 2, not ${bytes[last]}`)
      }
    },
    write({ newValue, oldValue }, target) {
      if (newValue === null && oldValue === null) throw new Error('a change has a new value or an old one')
      if (newValue !== null && oldValue !== null) writeBoth(value, newValue, oldValue, target)
      else value.write((newValue ?? oldValue) as V, target)
      target.reserve(1)
      target.bytes[target.end++] = newValue === null ? oldOnly : oldValue === null ? newOnly : both
    },
  }
}

/** The size stands before the new value and is known after it is written: room for the longest varint is left, and the value moved down to it. */
function writeBoth<V>(value: Serde<V>, newValue: V, oldValue: V, target: ByteTarget): void {
  const start = target.end
  target.reserve(varintSizeMax)
  target.end += varintSizeMax
  value.write(newValue, target)
  const size = target.end - start - varintSizeMax
  const at = writeVarint(target.bytes, start, size)
  target.bytes.copyWithin(at, start + varintSizeMax, target.end)
  target.end = at + size
  value.write(oldValue, target)
}

const varintSizeMax = 5

/** Kafka's varint of a number that is not negative: zigzag, so twice the number, seven bits a byte. Gives where it ends. */
function writeVarint(bytes: Buffer, start: number, number: number): number {
  let rest = number * 2
  let at = start
  for (; rest > 0x7f; rest = Math.floor(rest / 0x80)) bytes[at++] = (rest & 0x7f) | 0x80
  bytes[at++] = rest
  return at
}

function readVarint(bytes: Buffer, start: number): { size: number; at: number } {
  let twice = 0
  let factor = 1
  for (let at = start; at < start + varintSizeMax; at++, factor *= 0x80) {
    const byte = bytes[at] ?? 0
    twice += (byte & 0x7f) * factor
    if (byte <= 0x7f) return { size: twice / 2, at: at + 1 }
  }
  throw new Error('a change of both values begins with the size of the new one')
}

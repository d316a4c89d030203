// A record whose call is on its way when the task commits: its timestamp as a long, key and value with their sizes before them (an int; -1: null), then the number
// of its headers and for each its name and its value in the same way. In the store of mapAsync and in its changelog.

import type { Headers } from '../ports/record.ts'
import type { ByteTarget, Serde } from '../ports/serde.ts'
import { outsideOf } from './outside.ts'
import { integer, long, bytes as plainBytes, string } from './serdes.ts'

export interface PendingRecord {
  readonly key: unknown
  readonly value: unknown
  readonly timestamp: number
  readonly headers: Headers
}

const size = integer()
const time = long()
const text = string()
const plain = plainBytes()
const timeBytes = 8
const sizeBytes = 4

export function pendingRecord(key: Serde<unknown>, value: Serde<unknown>): Serde<PendingRecord> {
  return {
    name: `pending(${key.name}, ${value.name})`,
    ...outsideOf(key, value, (bytes, start, end) => {
      const ofKey = placeAt(bytes, start + timeBytes, end)
      return [ofKey, placeAt(bytes, after(ofKey, start + timeBytes), end)]
    }),
    immutable: false,
    read(bytes, start, end) {
      let at = start + timeBytes
      const next = <T>(serde: Serde<T>): T | null => {
        const place = placeAt(bytes, at, end)
        at = after(place, at)
        return place[0] < 0 ? null : serde.read(bytes, place[0], place[1])
      }
      const record = { timestamp: time.read(bytes, start, start + timeBytes), key: next(key), value: next(value) }
      const count = size.read(bytes, at, at + sizeBytes)
      at += sizeBytes
      const headers = Array.from({ length: count }, () => ({ key: next(text) ?? '', value: next(plain) }))
      return { ...record, headers }
    },
    write(record, target) {
      time.write(record.timestamp, target)
      writeSized(record.key, key, target)
      writeSized(record.value, value, target)
      size.write(record.headers.length, target)
      for (const header of record.headers) {
        writeSized(header.key, text, target)
        writeSized(header.value, plain, target)
      }
    },
  }
}

function writeSized<T>(value: T | null, serde: Serde<T>, target: ByteTarget): void {
  const sizeAt = target.end
  size.write(-1, target)
  if (value === null || value === undefined) return
  serde.write(value, target)
  target.bytes.writeInt32BE(target.end - sizeAt - sizeBytes, sizeAt)
}

function placeAt(bytes: Buffer, at: number, end: number): readonly [start: number, end: number] {
  const length = size.read(bytes, at, at + sizeBytes)
  if (length < 0) return [-1, -1]
  if (at + sizeBytes + length > end) throw new Error('the bytes end within a record')
  return [at + sizeBytes, at + sizeBytes + length]
}

function after([start, end]: readonly [start: number, end: number], at: number): number {
  return start < 0 ? at + sizeBytes : end
}

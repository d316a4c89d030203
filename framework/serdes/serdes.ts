// The serdes that Kafka Streams has (org.apache.kafka.common.serialization.Serdes), byte for byte, and JSON.

import type { ByteTarget, Serde } from '../ports/serde.ts'

/** UTF-8. Bytes that are not UTF-8 come out with replacement characters, as in Java. */
export function string(): Serde<string> {
  return stringSerde
}

/** 8 bytes, big-endian, signed: Java's long. Numbers beyond ±(2^53-1) are refused both ways. */
export function long(): Serde<number> {
  return longSerde
}

/** 4 bytes, big-endian, signed: Java's int. */
export function integer(): Serde<number> {
  return integerSerde
}

/** 8 bytes, IEEE 754, big-endian: Java's double. */
export function double(): Serde<number> {
  return doubleSerde
}

/** The bytes themselves; read as a copy, so that the value outlives the fetched batch. */
export function bytes(): Serde<Uint8Array> {
  return bytesSerde
}

export interface JsonOptions<T> {
  /** What the type is called in messages. */
  readonly name?: string
  /** Gives the value, checked and with dates and the like made of their JSON form; throws an Error that says what is wrong and where. */
  readonly parse?: (json: unknown) => T
  /** Gives what JSON.stringify is to write. */
  readonly format?: (value: T) => unknown
  /** Gives the JSON itself, in place of `format` and JSON.stringify. Throws an Error that says what is wrong and where. */
  readonly stringify?: (value: T) => string
}

/** UTF-8 JSON. Without `parse` any JSON is taken. */
export function json<T>(options: JsonOptions<T> = {}): Serde<T> {
  const { parse, format, stringify } = options
  return {
    name: options.name === undefined ? 'json' : `json(${options.name})`,
    immutable: false,
    read(source, start, end) {
      const value: unknown = JSON.parse(source.utf8Slice(start, end))
      return parse === undefined ? (value as T) : parse(value)
    },
    write(value, target) {
      const text = stringify === undefined ? JSON.stringify(format === undefined ? value : format(value)) : stringify(value)
      if (text === undefined) throw new Error(`${typeof value} has no JSON form`)
      stringSerde.write(text, target)
    },
  }
}

const stringSerde: Serde<string> = {
  name: 'string',
  immutable: true,
  read: (source, start, end) => source.utf8Slice(start, end),
  write(value, target) {
    if (typeof value !== 'string') throw new Error(`expected a string, not ${nameOf(value)}`)
    target.reserve(value.length * 3)
    if (value.length <= shortLength && writeAscii(value, target)) return
    target.end += target.bytes.utf8Write(value, target.end)
  },
}

/** Numbers as JSON are such: a loop takes 10 to 25 ns, the call into Node 50 ns. */
const shortLength = 8

function writeAscii(text: string, target: ByteTarget): boolean {
  const { bytes, end } = target
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code > 127) return false
    bytes[end + at] = code
  }
  target.end = end + text.length
  return true
}

const two32 = 0x1_0000_0000

const longSerde: Serde<number> = {
  name: 'long',
  immutable: true,
  read(source, start, end) {
    checkSize('long', 8, end - start)
    const value = source.readInt32BE(start) * two32 + source.readUInt32BE(start + 4)
    if (!Number.isSafeInteger(value)) throw new Error(`the long ${source.readBigInt64BE(start)} is beyond ±(2^53-1)`)
    return value
  },
  write(value, target) {
    if (!Number.isSafeInteger(value)) throw new Error(`expected a whole number within ±(2^53-1), not ${nameOf(value)}`)
    target.reserve(8)
    target.bytes.writeInt32BE(Math.floor(value / two32), target.end)
    target.bytes.writeUInt32BE(value - Math.floor(value / two32) * two32, target.end + 4)
    target.end += 8
  },
}

const integerSerde: Serde<number> = {
  name: 'integer',
  immutable: true,
  read(source, start, end) {
    checkSize('integer', 4, end - start)
    return source.readInt32BE(start)
  },
  write(value, target) {
    if (!Number.isInteger(value) || value < -0x8000_0000 || value > 0x7fff_ffff)
      throw new Error(`expected a whole number of 32 bits, not ${nameOf(value)}`)
    target.reserve(4)
    target.end = target.bytes.writeInt32BE(value, target.end)
  },
}

const doubleSerde: Serde<number> = {
  name: 'double',
  immutable: true,
  read(source, start, end) {
    checkSize('double', 8, end - start)
    return source.readDoubleBE(start)
  },
  write(value, target) {
    if (typeof value !== 'number') throw new Error(`expected a number, not ${nameOf(value)}`)
    target.reserve(8)
    target.end = target.bytes.writeDoubleBE(value, target.end)
  },
}

const bytesSerde: Serde<Uint8Array> = {
  name: 'bytes',
  immutable: false,
  read: (source, start, end) => Uint8Array.prototype.slice.call(source, start, end),
  write(value, target) {
    if (!(value instanceof Uint8Array)) throw new Error(`expected a Uint8Array, not ${nameOf(value)}`)
    append(target, value)
  },
}

export function append(target: ByteTarget, bytes: Uint8Array): void {
  target.reserve(bytes.length)
  target.bytes.set(bytes, target.end)
  target.end += bytes.length
}

function checkSize(name: string, expected: number, actual: number): void {
  if (actual !== expected) throw new Error(`a ${name} has ${expected} bytes, not ${actual}`)
}

function nameOf(value: unknown): string {
  if (typeof value === 'number') return `the number ${value}`
  return value === null ? 'null' : Array.isArray(value) ? 'an array' : `a value of type ${typeof value}`
}

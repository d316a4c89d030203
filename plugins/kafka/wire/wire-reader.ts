// Reads Kafka's primitive types from a message, in order. Nothing is copied: `bytes` and `records` are views of the message.
// A message that ends too early or announces nonsense throws `protocol-malformed`, never a RangeError, and never allocates by what it announces.
//
// int64 is read as a number: offsets, timestamps and producer ids stay below 2^53. A larger one (Long.MAX_VALUE, as a JVM says "no limit")
// is read as the nearest double, which is what it means.

import { MillraceError } from '../../../framework/index.ts'

export class WireReader {
  readonly bytes: Buffer
  position: number

  constructor(bytes: Buffer, position = 0) {
    this.bytes = bytes
    this.position = position
  }

  get remaining(): number {
    return this.bytes.length - this.position
  }

  boolean(): boolean {
    return this.int8() !== 0
  }

  int8(): number {
    return this.bytes.readInt8(this.#advance(1))
  }

  int16(): number {
    return this.bytes.readInt16BE(this.#advance(2))
  }

  int32(): number {
    return this.bytes.readInt32BE(this.#advance(4))
  }

  int64(): number {
    const at = this.#advance(8)
    return this.bytes.readInt32BE(at) * 0x1_0000_0000 + this.bytes.readUInt32BE(at + 4)
  }

  /** 16 bytes, written as Kafka writes its Uuid: base64url without padding. */
  uuid(): string {
    const at = this.#advance(16)
    return this.bytes.toString('base64url', at, at + 16)
  }

  unsignedVarint(): number {
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.bytes[this.#advance(1)]!
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value >>> 0
    }
    throw malformed('a varint of more than five bytes')
  }

  varint(): number {
    const value = this.unsignedVarint()
    return (value >>> 1) ^ -(value & 1)
  }

  /** A zigzag varint of up to ten bytes, as timestamps and offsets of records are written. */
  varlong(): number {
    let value = 0
    let factor = 1
    for (let size = 0; size < 10; size++) {
      const byte = this.bytes[this.#advance(1)]!
      value += (byte & 0x7f) * factor
      if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2
      factor *= 128
    }
    throw malformed('a varint of more than ten bytes')
  }

  /** `sizeBytes` of UTF-8. */
  text(sizeBytes: number): string {
    const at = this.#advance(sizeBytes)
    return this.bytes.utf8Slice(at, at + sizeBytes)
  }

  view(sizeBytes: number): Buffer {
    const at = this.#advance(sizeBytes)
    return this.bytes.subarray(at, at + sizeBytes)
  }

  #advance(sizeBytes: number): number {
    const at = this.position
    if (sizeBytes < 0 || at + sizeBytes > this.bytes.length) {
      throw malformed(`${sizeBytes} bytes announced at ${at}, and ${this.bytes.length - at} are there`)
    }
    this.position = at + sizeBytes
    return at
  }
}

export function malformed(problem: string): MillraceError {
  return new MillraceError('protocol-malformed', { problem })
}

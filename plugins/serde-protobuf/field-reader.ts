// protobufjs's reader, used again for each value where it lies, with two differences: fields of bytes are copies, for what was fetched is gone one day; and
// 64 bits that are to be numbers are refused where a number would round them.

import protobufjs from 'protobufjs'

const nothing = Buffer.alloc(0)

type Long = ReturnType<protobufjs.Reader['int64']>

export class FieldReader extends protobufjs.BufferReader {
  private readonly asNumbers: boolean

  constructor(longs: 'number' | 'bigint' | 'string') {
    super(nothing)
    this.asNumbers = longs === 'number'
  }

  between<T>(bytes: Buffer, start: number, end: number, read: () => T): T {
    this.buf = bytes
    this.pos = start
    this.len = end
    try {
      return read()
    } finally {
      this.buf = nothing
    }
  }

  override raw(start: number, end: number): Buffer {
    return Buffer.from(this.buf.subarray(start, end))
  }

  override int64(): Long {
    return this.number(super.int64())
  }

  override uint64(): Long {
    return this.number(super.uint64())
  }

  override sint64(): Long {
    return this.number(super.sint64())
  }

  override fixed64(): Long {
    return this.number(super.fixed64())
  }

  override sfixed64(): Long {
    return this.number(super.sfixed64())
  }

  private number(value: Long): Long {
    if (!this.asNumbers || typeof value === 'number') return value
    const { low, high, unsigned } = value
    const asNumber = (unsigned ? high >>> 0 : high) * 2 ** 32 + (low >>> 0)
    if (Number.isSafeInteger(asNumber)) return asNumber as unknown as Long
    const exact = (BigInt(high) << 32n) | BigInt(low >>> 0)
    throw new Error(`${unsigned ? BigInt.asUintN(64, exact) : exact} is beyond ±(2^53-1): read longs as 'bigint' or 'string'`)
  }
}

// Where avsc is less exact than Kafka's other clients, types of ours take the place of its own. Its longs are doubled as doubles, which is wrong beyond
// ±2^52; ours are right up to ±(2^53-1) and refuse what is beyond. Its arrays and maps believe any count, so that damaged bytes end the process for lack of
// memory; ours look how many bytes there are. avsc has public doors for types (registry, typeHook), none for how they read: the tests of random
// values and random bytes fail loudly should its inside change.

import avsc from 'avsc'

/** What we use of avsc's cursor. */
interface Tap {
  pos: number
  readonly buf: Buffer
  readLong(): number
  skipLong(): void
  writeLong(value: number): void
  packLongBytes(littleEndian: Buffer): void
  readString(): string
}

interface Readable {
  _read(tap: Tap): unknown
}

type Schema = Parameters<typeof avsc.Type.forSchema>[0]
type Options = Parameters<typeof avsc.Type.forSchema>[1]

const exactMax = 2 ** 52

class NumberLong extends avsc.types.LongType {
  _check(value: unknown, _flags: unknown, hook?: (value: unknown, type: avsc.Type) => void): boolean {
    const isValid = Number.isSafeInteger(value)
    if (!isValid) hook?.(value, this)
    return isValid
  }

  // avsc calls it with another `this` where schemas are resolved.
  _read(tap: Tap): number {
    const start = tap.pos
    const value = tap.readLong()
    return value < exactMax && value > -exactMax ? value : largeLong(tap.buf, start, tap.pos)
  }

  _write(tap: Tap, value: unknown): void {
    if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw new Error(`invalid "long": ${String(value)}`)
    if (value < exactMax && value > -exactMax) tap.writeLong(value)
    else tap.packLongBytes(littleEndian(BigInt(value)))
  }
}

/** A long as a number. */
export const numberLong: avsc.Type = new NumberLong()

/** A long as a bigint. avsc hands over its 8 bytes. */
export const bigintLong: avsc.Type = avsc.types.LongType.__with({
  fromBuffer: (bytes: Buffer) => bytes.readBigInt64LE(),
  toBuffer: littleEndian,
  fromJSON: (value: number) => BigInt(value),
  toJSON: (value: bigint) => Number(value),
  isValid: (value: unknown) => typeof value === 'bigint' && BigInt.asIntN(64, value) === value,
  compare: (left: bigint, right: bigint) => (left === right ? 0 : left < right ? -1 : 1),
})

/** avsc's `typeHook`, for one schema: the type to take for a part of it, or undefined for avsc's own. */
export function checkedTypes(long: avsc.Type): (schema: Schema, options: Options) => avsc.Type | undefined {
  const logical = new WeakSet<object>()
  return (schema, options) => {
    if (typeof schema !== 'object' || Array.isArray(schema) || !('type' in schema)) return undefined
    const { type, logicalType } = schema as { readonly type: unknown; readonly logicalType?: string }
    // A logical type that is known asks a second time, for what is beneath it.
    if (logicalType !== undefined && options?.logicalTypes?.[logicalType] !== undefined && !logical.has(schema)) {
      logical.add(schema)
      return undefined
    }
    if (type === 'long') return long
    if (type === 'array') return new CheckedArray(schema, options)
    return type === 'map' ? new CheckedMap(schema, options) : undefined
  }
}

class CheckedArray extends avsc.types.ArrayType {
  _read(tap: Tap): unknown[] {
    const items = (this as { readonly itemsType: unknown }).itemsType as Readable
    const all: unknown[] = []
    for (let count = blockSize(tap); count > 0; count = blockSize(tap)) {
      for (; count > 0; count--) {
        const start = tap.pos
        all.push(items._read(tap))
        checkProgress(tap, start)
      }
    }
    return all
  }
}

class CheckedMap extends avsc.types.MapType {
  _read(tap: Tap): Record<string, unknown> {
    const values = (this as { readonly valuesType: unknown }).valuesType as Readable
    const all: Record<string, unknown> = {}
    for (let count = blockSize(tap); count > 0; count = blockSize(tap)) {
      for (; count > 0; count--) {
        const start = tap.pos
        const key = tap.readString()
        const value = values._read(tap)
        checkProgress(tap, start)
        // An assignment would set the prototype.
        if (key === '__proto__') Object.defineProperty(all, key, { value, enumerable: true, configurable: true, writable: true })
        else all[key] = value
      }
    }
    return all
  }
}

/** Items without bytes (null) may be more than there are bytes, but not for ever. */
const itemsWithoutBytesMax = 65_536

/** 0: there are no more. A negative number is followed by the size in bytes. */
function blockSize(tap: Tap): number {
  const count = tap.readLong()
  if (count < 0) tap.skipLong()
  const size = Math.abs(count)
  if (size > Math.max(tap.buf.length - tap.pos, itemsWithoutBytesMax))
    throw new Error(`a block of ${size} items does not fit into its bytes`)
  return size
}

/** Damaged lengths may lead behind the end, or back. */
function checkProgress(tap: Tap, before: number): void {
  if (tap.pos > tap.buf.length || tap.pos < before) throw new Error('its bytes are fewer than the value needs, or damaged')
}

/** Of a varint that is beyond what doubles can do. */
function largeLong(bytes: Buffer, start: number, end: number): number {
  let zigzag = 0n
  for (let at = end - 1; at >= start; at--) zigzag = (zigzag << 7n) | BigInt((bytes[at] ?? 0) & 0x7f)
  const value = BigInt.asIntN(64, (zigzag >> 1n) ^ -(zigzag & 1n))
  const asNumber = Number(value)
  if (!Number.isSafeInteger(asNumber)) throw new Error(`the long ${value} is beyond ±(2^53-1): read longs as 'bigint'`)
  return asNumber
}

function littleEndian(value: bigint): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64LE(value)
  return bytes
}

// Variable-length integers of records, in place: zigzag, seven bits a byte, the low ones first. Reading is in RecordBatchReader, whose inner loop it is.

/** The bytes that a zigzag varint of a 32-bit number takes. */
export function varintBytes(value: number): number {
  const zigzag = ((value << 1) ^ (value >> 31)) >>> 0
  return zigzag < 0x80 ? 1 : zigzag < 0x4000 ? 2 : zigzag < 0x20_0000 ? 3 : zigzag < 0x1000_0000 ? 4 : 5
}

/** Gives the position behind it. */
export function writeVarint(bytes: Uint8Array, value: number, at: number): number {
  let rest = ((value << 1) ^ (value >> 31)) >>> 0
  let position = at
  while (rest > 0x7f) {
    bytes[position++] = (rest & 0x7f) | 0x80
    rest >>>= 7
  }
  bytes[position++] = rest
  return position
}

/** Of any safe integer. */
export function writeVarlong(bytes: Uint8Array, value: number, at: number): number {
  if (value === (value | 0)) return writeVarint(bytes, value, at)
  let rest = value >= 0 ? value * 2 : -value * 2 - 1
  let position = at
  while (rest > 0x7f) {
    bytes[position++] = (rest % 0x80) | 0x80
    rest = Math.floor(rest / 0x80)
  }
  bytes[position++] = rest
  return position
}

// The binary key of a record: the bytes of its key as a serde writes them. Where the key came as bytes of that very serde they are taken as they lie.

import type { Serde } from '../ports/serde.ts'
import type { ByteBuffer } from '../serdes/byte-buffer.ts'
import type { BinaryKey } from '../state/contract.ts'
import { Cell } from './flow-record.ts'

/** Not for null. */
export function binaryKeyOf(key: Cell<unknown>, serde: Serde<unknown>, scratch: ByteBuffer): BinaryKey {
  if (key.hasBytesOf(serde)) return (key.bytes as Buffer).latin1Slice(key.start, key.end)
  return binaryKey(key.get(), serde, scratch)
}

export function binaryKey(key: unknown, serde: Serde<unknown>, scratch: ByteBuffer): BinaryKey {
  scratch.end = 0
  serde.write(key, scratch)
  return scratch.bytes.latin1Slice(0, scratch.end)
}

/** A key as it comes out of a store: bytes again, read if somebody wants to know. */
export function cellOf(key: BinaryKey, serde: Serde<unknown>): Cell<unknown> {
  return Cell.ofBytes(Buffer.from(key, 'latin1'), 0, key.length, serde)
}

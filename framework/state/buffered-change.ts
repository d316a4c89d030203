// The bytes of a change that is held back, as Kafka Streams writes them (BufferValue.serialize, version 3): the context of the record that made it,
// the value before the first change of the key, the old value, the new value, and the time by which it is held.

import type { Header } from '../ports/record.ts'
import type { BinaryKey } from '../ports/store.ts'
import type { BufferedChange } from './windowed-contract.ts'

export interface BufferedBytes {
  /** The value before the first change that is held back. The same object as `old` if their bytes are equal. */
  readonly prior: Buffer | null
  readonly old: Buffer | null
  readonly new: Buffer | null
  readonly context: Omit<BufferedChange<unknown>, 'newValue' | 'oldValue'>
}

const nothing = -1
const sameAsPrior = -2

export function writeBufferedBytes({ prior, old, new: newValue, context }: BufferedBytes, time: number): Buffer {
  const { timestamp, offset, topic = '', partition, headers } = context
  const parts: Buffer[] = [long(timestamp), long(offset), sized(Buffer.from(topic)), integer(partition), integer(headers.length)]
  for (const { key, value } of headers) parts.push(sized(Buffer.from(key)), sized(value))
  parts.push(sized(prior))
  if (old !== null && prior?.equals(old)) parts.push(integer(sameAsPrior))
  else parts.push(sized(old))
  parts.push(sized(newValue), long(time))
  return Buffer.concat(parts)
}

export function readBufferedBytes(bytes: Buffer): { readonly time: number; readonly change: BufferedBytes } {
  const source = new Source(bytes)
  const timestamp = source.long()
  const offset = source.long()
  const topic = source.sized()?.toString() ?? ''
  const partition = source.integer()
  const headers: Header[] = []
  for (let left = source.integer(); left > 0; left--) headers.push({ key: source.sized()?.toString() ?? '', value: source.sized() })
  const prior = source.sized()
  const old = source.sized(prior)
  const newValue = source.sized()
  const context = { timestamp, offset, topic: topic === '' ? undefined : topic, partition, headers }
  return { time: source.long(), change: { prior, old, new: newValue, context } }
}

/** What Kafka Streams counts for a change (computeRecordSize): limits in bytes are visible in the results. */
export function sizeEstimate(key: BinaryKey, { prior, old, new: newValue, context }: BufferedBytes): number {
  const { topic, headers } = context
  let size = 8 + key.length + (prior?.length ?? 0) + (old === null || old === prior ? 0 : old.length) + (newValue?.length ?? 0)
  size += 8 + 8 + 4 + (topic?.length ?? 0)
  for (const header of headers) size += header.key.length + (header.value?.length ?? 0)
  return size
}

function long(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(8)
  bytes.writeBigInt64BE(BigInt(value))
  return bytes
}

function integer(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4)
  bytes.writeInt32BE(value)
  return bytes
}

function sized(value: Uint8Array | null): Buffer {
  return value === null ? integer(nothing) : Buffer.concat([integer(value.length), value])
}

class Source {
  private readonly bytes: Buffer
  private at = 0

  constructor(bytes: Buffer) {
    this.bytes = bytes
  }

  long(): number {
    this.at += 8
    return Number(this.bytes.readBigInt64BE(this.at - 8))
  }

  integer(): number {
    this.at += 4
    return this.bytes.readInt32BE(this.at - 4)
  }

  /** `repeated` stands for itself where the bytes say so. */
  sized(repeated: Buffer | null = null): Buffer | null {
    const size = this.integer()
    if (size === sameAsPrior) return repeated
    if (size === nothing) return null
    this.at += size
    return Buffer.from(this.bytes.subarray(this.at - size, this.at))
  }
}

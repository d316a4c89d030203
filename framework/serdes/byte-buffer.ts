// A growing piece of memory to write into: the scratch space of a task, and the target of tests.

import type { ByteTarget, Serde } from '../ports/serde.ts'

export class ByteBuffer implements ByteTarget {
  bytes: Buffer
  end = 0

  constructor(sizeBytes = 1024) {
    this.bytes = Buffer.allocUnsafeSlow(sizeBytes)
  }

  reserve(sizeBytes: number): void {
    const needed = this.end + sizeBytes
    if (needed <= this.bytes.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.bytes.length * 2))
    this.bytes.copy(larger, 0, 0, this.end)
    this.bytes = larger
  }
}

const scratch = new ByteBuffer()

/** The bytes of one value, in memory of their own. */
export function toBytes<T>(serde: Pick<Serde<T>, 'write'>, value: T): Buffer {
  scratch.end = 0
  serde.write(value, scratch)
  return Buffer.from(scratch.bytes.subarray(0, scratch.end))
}

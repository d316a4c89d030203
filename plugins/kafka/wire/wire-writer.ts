// Writes Kafka's primitive types, one after the other, into memory that grows. Record batches may be attached instead of copied: then the message is a
// list of pieces (`pieces`), for a socket that takes them one by one; without attachments it is one (`written`).

/** Below this a copy is cheaper than another piece. */
const attachedBytesMin = 16 * 1024

export class WireWriter {
  bytes: Buffer
  end = 0
  readonly #attaches: boolean
  readonly #pieces: Uint8Array[] = []
  /** Where in `bytes` the part begins that is not among the pieces yet. */
  #pieceStart = 0

  constructor(sizeBytes = 256, { attaches = false } = {}) {
    this.bytes = Buffer.allocUnsafe(sizeBytes)
    this.#attaches = attaches
  }

  /** What has been written, as a view. */
  written(): Buffer {
    return this.bytes.subarray(0, this.end)
  }

  reserve(sizeBytes: number): void {
    const needed = this.end + sizeBytes
    if (needed <= this.bytes.length) return
    const larger = Buffer.allocUnsafe(Math.max(needed, this.bytes.length * 2))
    this.bytes.copy(larger, 0, 0, this.end)
    this.bytes = larger
  }

  boolean(value: boolean): void {
    this.int8(value ? 1 : 0)
  }

  int8(value: number): void {
    this.reserve(1)
    this.end = this.bytes.writeInt8(value, this.end)
  }

  int16(value: number): void {
    this.reserve(2)
    this.end = this.bytes.writeInt16BE(value, this.end)
  }

  int32(value: number): void {
    this.reserve(4)
    this.end = this.bytes.writeInt32BE(value, this.end)
  }

  int64(value: number): void {
    this.reserve(8)
    this.end = writeInt64(this.bytes, value, this.end)
  }

  uuid(value: string): void {
    this.raw(Buffer.from(value, 'base64url'))
  }

  unsignedVarint(value: number): void {
    this.reserve(5)
    let rest = value
    while (rest > 0x7f) {
      this.bytes[this.end++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    this.bytes[this.end++] = rest
  }

  /** All that was written, in order. Attached bytes are the writer's caller's: they must not change until they are sent. */
  pieces(): Uint8Array[] {
    return [...this.#pieces, this.bytes.subarray(this.#pieceStart, this.end)]
  }

  attach(bytes: Uint8Array): void {
    if (!this.#attaches || bytes.length < attachedBytesMin) {
      this.raw(bytes)
      return
    }
    this.#pieces.push(this.bytes.subarray(this.#pieceStart, this.end), bytes)
    this.#pieceStart = this.end
  }

  raw(bytes: Uint8Array): void {
    this.reserve(bytes.length)
    this.bytes.set(bytes, this.end)
    this.end += bytes.length
  }
}

/** A safe integer as int64, big-endian; gives the position behind it. */
export function writeInt64(bytes: Buffer, value: number, at: number): number {
  const high = Math.floor(value / 0x1_0000_0000)
  bytes.writeInt32BE(high, at)
  return bytes.writeUInt32BE(value - high * 0x1_0000_0000, at + 4)
}

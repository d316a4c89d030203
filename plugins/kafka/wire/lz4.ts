// LZ4, the frames that Kafka's clients exchange and the blocks in them. Written here because the one library without native code (lz4js) ends blocks
// in a way that the reference decoder, and so every JVM, refuses (a match less than twelve bytes before the end), and marks its blocks as dependent, which
// Kafka refuses too. Formats: lz4_Frame_format.md and lz4_Block_format.md of the lz4 project.
//
// A frame is written with independent blocks of 64 kB and without checksums: the batch around it has one. Checksums are passed over when read.

const frameMagic = 0x184d2204
/** Version 1, independent blocks; blocks of up to 64 kB; and the checksum of these two bytes. */
const descriptor = [0x60, 0x40, 0x82]
const blockBytesMax = 64 * 1024
const uncompressedFlag = 0x8000_0000

export function lz4Frame(bytes: Buffer): Buffer {
  const blocks = Math.ceil(bytes.length / blockBytesMax)
  const frame = Buffer.allocUnsafe(7 + bytes.length + blocks * (4 + 16 + Math.ceil(blockBytesMax / 255)) + 4)
  let at = frame.writeUInt32LE(frameMagic, 0)
  for (const byte of descriptor) frame[at++] = byte
  for (let from = 0; from < bytes.length; from += blockBytesMax) {
    const to = Math.min(from + blockBytesMax, bytes.length)
    const end = compressBlock(bytes, from, to, frame, at + 4)
    if (end - (at + 4) < to - from) {
      frame.writeUInt32LE(end - (at + 4), at)
      at = end
    } else {
      frame.writeUInt32LE((uncompressedFlag | (to - from)) >>> 0, at)
      at += 4 + bytes.copy(frame, at + 4, from, to)
    }
  }
  at = frame.writeUInt32LE(0, at)
  return frame.subarray(0, at)
}

export function readLz4Frame(frame: Buffer, sizeBytesMax: number): Buffer {
  if (frame.length < 11 || frame.readUInt32LE(0) !== frameMagic) throw new Error('not an LZ4 frame')
  const flags = frame[4]!
  if (flags >> 6 !== 1) throw new Error('an LZ4 frame of another version')
  const hasBlockChecksums = (flags & 0x10) !== 0
  let at = 6 + ((flags & 0x08) !== 0 ? 8 : 0) + ((flags & 0x01) !== 0 ? 4 : 0) + 1
  const blockMax = 1 << (8 + 2 * ((frame[5]! >> 4) & 7))
  let output = Buffer.allocUnsafe(Math.min(Math.max(frame.length * 4, blockMax), sizeBytesMax))
  let end = 0
  for (;;) {
    const header = frame.readUInt32LE(at)
    at += 4
    if (header === 0) return output.subarray(0, end)
    const sizeBytes = header & 0x7fff_ffff
    if (at + sizeBytes > frame.length) throw new Error('an LZ4 block beyond its frame')
    if (end + blockMax > sizeBytesMax) throw new Error(`more than ${sizeBytesMax} bytes unpacked`)
    if (end + blockMax > output.length) output = Buffer.concat([output.subarray(0, end)], Math.max(end + blockMax, output.length * 2))
    if (header >= uncompressedFlag) end += frame.copy(output, end, at, at + sizeBytes)
    else end = decompressBlock(frame, at, at + sizeBytes, output, end)
    at += sizeBytes + (hasBlockChecksums ? 4 : 0)
  }
}

// ---------------------------------------------------------------------------------------------------------------- blocks

const minMatchBytes = 4
/** The last match begins at least this far from the end of the block … */
const lastMatchBytes = 12
/** … and the block ends with at least this many literals. */
const lastLiteralBytes = 5
const hashBits = 14
/** Positions in the block plus one, by the hash of the four bytes there. */
const hashTable = new Uint16Array(1 << hashBits)

/** Gives the position behind the block. */
function compressBlock(from: Buffer, start: number, end: number, to: Buffer, toStart: number): number {
  hashTable.fill(0)
  const matchLimit = end - lastMatchBytes
  let at = toStart
  let anchor = start
  let position = start
  // Steps grow where nothing repeats, so that incompressible data passes quickly.
  let misses = 0
  while (position < matchLimit) {
    const word = from[position]! | (from[position + 1]! << 8) | (from[position + 2]! << 16) | (from[position + 3]! << 24)
    const slot = Math.imul(word, 0x9e3779b1) >>> (32 - hashBits)
    const candidate = start + hashTable[slot]! - 1
    // The last position of a full block does not fit into 16 bits with one added; it is behind matchLimit anyhow.
    hashTable[slot] = position - start + 1
    if (candidate < start || !startsAlike(from, candidate, position)) {
      position += 1 + (misses++ >> 6)
      continue
    }
    misses = 0
    let matchEnd = position + minMatchBytes
    for (let other = candidate + minMatchBytes; matchEnd < end - lastLiteralBytes && from[matchEnd] === from[other]; other++) matchEnd++
    at = writeSequence(from, anchor, position, to, at, position - candidate, matchEnd - position)
    anchor = matchEnd
    position = matchEnd
  }
  return writeSequence(from, anchor, end, to, at, 0, 0)
}

function startsAlike(bytes: Buffer, left: number, right: number): boolean {
  return (
    bytes[left] === bytes[right] &&
    bytes[left + 1] === bytes[right + 1] &&
    bytes[left + 2] === bytes[right + 2] &&
    bytes[left + 3] === bytes[right + 3]
  )
}

/** Literals, then a match `distance` bytes back; the last sequence has no match (distance 0). */
function writeSequence(
  from: Buffer,
  anchor: number,
  literalsEnd: number,
  to: Buffer,
  toStart: number,
  distance: number,
  matchBytes: number,
): number {
  const literals = literalsEnd - anchor
  const extra = distance === 0 ? 0 : matchBytes - minMatchBytes
  let at = toStart
  to[at++] = (Math.min(literals, 15) << 4) | Math.min(extra, 15)
  if (literals >= 15) at = writeLength(to, at, literals - 15)
  at += from.copy(to, at, anchor, literalsEnd)
  if (distance === 0) return at
  to[at++] = distance & 0xff
  to[at++] = distance >>> 8
  return extra >= 15 ? writeLength(to, at, extra - 15) : at
}

function writeLength(to: Buffer, toStart: number, length: number): number {
  let at = toStart
  let rest = length
  for (; rest >= 255; rest -= 255) to[at++] = 255
  to[at++] = rest
  return at
}

/** Gives the position behind what was unpacked. Matches may reach back before the block, as they do in dependent blocks. */
function decompressBlock(from: Buffer, start: number, end: number, to: Buffer, toStart: number): number {
  let read = start
  let write = toStart
  while (read < end) {
    const token = from[read++]!
    let literals = token >> 4
    if (literals === 15) {
      let byte: number
      do {
        byte = from[read++]!
        literals += byte
      } while (byte === 255)
    }
    if (read + literals > end || write + literals > to.length) throw new Error('LZ4 literals beyond their block')
    for (const literalsEnd = read + literals; read < literalsEnd; ) to[write++] = from[read++]!
    if (read >= end) break
    const distance = from[read]! | (from[read + 1]! << 8)
    read += 2
    let matchBytes = (token & 15) + minMatchBytes
    if ((token & 15) === 15) {
      let byte: number
      do {
        byte = from[read++]!
        matchBytes += byte
      } while (byte === 255)
    }
    if (distance === 0 || distance > write || write + matchBytes > to.length) throw new Error('an LZ4 match beyond its block')
    // Byte by byte, because a match may overlap what it writes.
    for (const matchEnd = write + matchBytes; write < matchEnd; write++) to[write] = to[write - distance]!
  }
  return write
}

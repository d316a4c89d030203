// Murmur3, 128 bits, x64, as Kafka Streams computes it (org.apache.kafka.streams.state.internals.Murmur3.hash128, seed 104729): by it a foreign-key
// join knows whether an answer still fits the row that asked.

const c1 = 0x87c37b91114253d5n
const c2 = 0x4cf5ad432745937fn
const mask = 0xffff_ffff_ffff_ffffn
const seed = 104729n

/** 16 bytes: both halves big-endian. */
export function murmur3(bytes: Buffer, start = 0, end = bytes.length): Buffer {
  let h1 = seed
  let h2 = seed
  const length = end - start
  const blocksEnd = start + (length - (length % 16))
  for (let at = start; at < blocksEnd; at += 16) {
    h1 ^= mixFirst(bytes.readBigUInt64LE(at))
    h1 = (rotate(h1, 27n) + h2) & mask
    h1 = (h1 * 5n + 0x52dce729n) & mask
    h2 ^= mixSecond(bytes.readBigUInt64LE(at + 8))
    h2 = (rotate(h2, 31n) + h1) & mask
    h2 = (h2 * 5n + 0x38495ab5n) & mask
  }
  h2 ^= mixSecond(littleEndian(bytes, blocksEnd + 8, end))
  h1 ^= mixFirst(littleEndian(bytes, blocksEnd, Math.min(end, blocksEnd + 8)))
  h1 ^= BigInt(length)
  h2 ^= BigInt(length)
  h1 = (h1 + h2) & mask
  h2 = (h2 + h1) & mask
  h1 = finish(h1)
  h2 = finish(h2)
  h1 = (h1 + h2) & mask
  h2 = (h2 + h1) & mask
  const hash = Buffer.allocUnsafe(16)
  hash.writeBigUInt64BE(h1, 0)
  hash.writeBigUInt64BE(h2, 8)
  return hash
}

function mixFirst(k: bigint): bigint {
  return (rotate((k * c1) & mask, 31n) * c2) & mask
}

function mixSecond(k: bigint): bigint {
  return (rotate((k * c2) & mask, 33n) * c1) & mask
}

/** What is left behind the last whole block, fewer than 8 bytes of it. */
function littleEndian(bytes: Buffer, from: number, to: number): bigint {
  let value = 0n
  for (let at = to - 1; at >= from; at--) value = (value << 8n) | BigInt(bytes[at]!)
  return value
}

function rotate(value: bigint, bits: bigint): bigint {
  return ((value << bits) | (value >> (64n - bits))) & mask
}

function finish(hash: bigint): bigint {
  let h = hash
  h ^= h >> 33n
  h = (h * 0xff51afd7ed558ccdn) & mask
  h ^= h >> 33n
  h = (h * 0xc4ceb9fe1a85ec53n) & mask
  return h ^ (h >> 33n)
}

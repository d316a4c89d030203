// Murmur3, 128 bits, x64 variant, as Kafka Streams' foreign-key joins hash values (org.apache.kafka.streams.state.internals.Murmur3, seed 104729).

const mask = 0xffff_ffff_ffff_ffffn
const c1 = 0x87c3_7b91_1142_53d5n
const c2 = 0x4cf5_ad43_2745_937fn
const kafkaSeed = 104_729n

/** 16 bytes: both halves as longs, big-endian. */
export function murmur3(bytes: Buffer): Buffer {
  let h1 = kafkaSeed
  let h2 = kafkaSeed
  const wholeBlocks = bytes.length >> 4
  for (let block = 0; block < wholeBlocks; block++) {
    h1 ^= mixFirst(bytes.readBigUInt64LE(block * 16))
    h1 = ((rotate(h1, 27n) + h2) * 5n + 0x52dc_e729n) & mask
    h2 ^= mixSecond(bytes.readBigUInt64LE(block * 16 + 8))
    h2 = ((rotate(h2, 31n) + h1) * 5n + 0x3849_5ab5n) & mask
  }
  const tail = Buffer.alloc(16)
  bytes.copy(tail, 0, wholeBlocks * 16)
  const tailSize = bytes.length - wholeBlocks * 16
  if (tailSize > 8) h2 ^= mixSecond(tail.readBigUInt64LE(8))
  if (tailSize > 0) h1 ^= mixFirst(tail.readBigUInt64LE(0))
  const size = BigInt(bytes.length)
  h1 ^= size
  h2 ^= size
  h1 = (h1 + h2) & mask
  h2 = (h2 + h1) & mask
  h1 = finish(h1)
  h2 = finish(h2)
  h1 = (h1 + h2) & mask
  h2 = (h2 + h1) & mask
  const hash = Buffer.alloc(16)
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

function finish(h: bigint): bigint {
  let hash = h
  hash = ((hash ^ (hash >> 33n)) * 0xff51_afd7_ed55_8ccdn) & mask
  hash = ((hash ^ (hash >> 33n)) * 0xc4ce_b9fe_1a85_ec53n) & mask
  return hash ^ (hash >> 33n)
}

function rotate(value: bigint, bits: bigint): bigint {
  return ((value << bits) | (value >> (64n - bits))) & mask
}

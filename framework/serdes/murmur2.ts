// Where Java's default partitioner puts a key: 32-bit murmur2 with Kafka's seed (org.apache.kafka.common.utils.Utils.murmur2), made
// positive as `Utils.toPositive` does. Every producer of the same topic must agree on it, or joins miss their partners.

const multiplier = 0x5bd1e995
const seed = 0x9747b28c

/** The hash of the bytes between two positions, without its sign bit. */
export function murmur2(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start
  const wholeWordsEnd = start + (length & ~3)
  let hash = seed ^ length
  for (let at = start; at < wholeWordsEnd; at += 4) {
    let word = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
    word = Math.imul(word, multiplier)
    word ^= word >>> 24
    hash = Math.imul(hash, multiplier) ^ Math.imul(word, multiplier)
  }
  const left = length & 3
  if (left === 3) hash ^= bytes[wholeWordsEnd + 2]! << 16
  if (left >= 2) hash ^= bytes[wholeWordsEnd + 1]! << 8
  if (left >= 1) hash = Math.imul(hash ^ bytes[wholeWordsEnd]!, multiplier)
  hash ^= hash >>> 13
  hash = Math.imul(hash, multiplier)
  return (hash ^ (hash >>> 15)) & 0x7fffffff
}

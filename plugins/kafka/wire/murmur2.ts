// Java's murmur2 (org.apache.kafka.common.utils.Utils), with which the default partitioner spreads keys. The JVM, librdkafka's
// `murmur2_random` and Millrace must agree on it, or tables and streams of one key meet on different machines.

/** Of the bytes from `start` to `end`, as a signed 32-bit number, as in Java. */
export function murmur2(bytes: Uint8Array, start = 0, end = bytes.length): number {
  const multiplier = 0x5bd1e995
  const length = end - start
  const whole = start + (length & ~3)
  let hash = 0x9747b28c ^ length
  for (let at = start; at < whole; at += 4) {
    let word = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
    word = Math.imul(word, multiplier)
    word ^= word >>> 24
    word = Math.imul(word, multiplier)
    hash = Math.imul(hash, multiplier) ^ word
  }
  const rest = length & 3
  if (rest === 3) hash ^= bytes[whole + 2]! << 16
  if (rest >= 2) hash ^= bytes[whole + 1]! << 8
  if (rest >= 1) hash = Math.imul(hash ^ bytes[whole]!, multiplier)
  hash ^= hash >>> 13
  hash = Math.imul(hash, multiplier)
  return hash ^ (hash >>> 15)
}

/** Where Java's default partitioner puts a key. */
export function partitionOfKey(bytes: Uint8Array, start: number, end: number, partitions: number): number {
  return (murmur2(bytes, start, end) & 0x7fffffff) % partitions
}

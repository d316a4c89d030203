// Keys in the order in which a java.util.HashSet of Kafka's Bytes gives them: Kafka Streams writes the changes of a suppress to its changelog in that
// order, and it can be seen there.

import type { BinaryKey } from '../ports/store.ts'

const firstCapacity = 16
const loadFactor = 0.75

export class JavaHashSet {
  private readonly keys = new Set<BinaryKey>()
  /** Grows, and stays when the set is emptied. */
  private capacity = firstCapacity

  get size(): number {
    return this.keys.size
  }

  add(key: BinaryKey): void {
    this.keys.add(key)
    while (this.keys.size > this.capacity * loadFactor) this.capacity *= 2
  }

  /** Empties the set. */
  take(): BinaryKey[] {
    const bucketOf = new Map([...this.keys].map((key) => [key, this.bucket(key)]))
    this.keys.clear()
    // Within a bucket keys stand as they came; sorting is stable.
    return [...bucketOf].sort(([, left], [, right]) => left - right).map(([key]) => key)
  }

  private bucket(key: BinaryKey): number {
    const hash = hashCode(key)
    return (hash ^ (hash >>> 16)) & (this.capacity - 1)
  }
}

/** java.util.Arrays.hashCode(byte[]) */
function hashCode(key: BinaryKey): number {
  let hash = 1
  for (let at = 0; at < key.length; at++) hash = (Math.imul(31, hash) + ((key.charCodeAt(at) << 24) >> 24)) | 0
  return hash
}

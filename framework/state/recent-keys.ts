// Which keys of an LRU map were used last, and which one goes when there are too many (Kafka Streams: MemoryLRUCache, a LinkedHashMap in access order).

import type { BinaryKey } from '../ports/store.ts'

export class RecentKeys {
  private readonly entriesMax: number
  /** The one used last is the last. */
  private readonly keys = new Set<BinaryKey>()

  constructor(entriesMax: number) {
    this.entriesMax = entriesMax
  }

  /** A key is put: gives the one that has to go for it. */
  put(key: BinaryKey): BinaryKey | undefined {
    this.keys.delete(key)
    this.keys.add(key)
    if (this.keys.size <= this.entriesMax) return undefined
    for (const eldest of this.keys) {
      this.keys.delete(eldest)
      return eldest
    }
    return undefined
  }

  /** A key that is there was read. */
  read(key: BinaryKey): void {
    this.keys.delete(key)
    this.keys.add(key)
  }

  delete(key: BinaryKey): void {
    this.keys.delete(key)
  }

  clear(): void {
    this.keys.clear()
  }
}

// Offsets that groups have committed in transactions which are still open, by group and producer.

/** As it stands in the journal. */
export type StoredOffset = readonly [topic: string, partition: number, offset: number, leaderEpoch: number, metadata: string]

export interface PendingOfProducer {
  readonly groupId: string
  readonly producerId: number
  readonly offsets: readonly StoredOffset[]
}

export class PendingOffsets {
  readonly #groups = new Map<string, Map<number, readonly StoredOffset[]>>()

  add(groupId: string, producerId: number, offsets: readonly StoredOffset[]): void {
    const producers = this.#groups.get(groupId) ?? new Map<number, readonly StoredOffset[]>()
    this.#groups.set(groupId, producers)
    producers.set(producerId, [...(producers.get(producerId) ?? []), ...offsets])
  }

  /** What a producer has, in the order in which it came; it is gone then. */
  take(groupId: string, producerId: number): readonly StoredOffset[] {
    const producers = this.#groups.get(groupId)
    const offsets = producers?.get(producerId) ?? []
    producers?.delete(producerId)
    if (producers?.size === 0) this.#groups.delete(groupId)
    return offsets
  }

  has(groupId: string, producerId: number): boolean {
    return this.#groups.get(groupId)?.has(producerId) === true
  }

  hasGroup(groupId: string): boolean {
    return this.#groups.has(groupId)
  }

  hasPartition(groupId: string, topic: string, partition: number): boolean {
    for (const offsets of this.#groups.get(groupId)?.values() ?? []) {
      if (offsets.some((offset) => offset[1] === partition && offset[0] === topic)) return true
    }
    return false
  }

  hasTopic(topic: string): boolean {
    for (const { offsets } of this.entries()) if (offsets.some((offset) => offset[0] === topic)) return true
    return false
  }

  deleteGroup(groupId: string): void {
    this.#groups.delete(groupId)
  }

  deleteTopic(topic: string): void {
    for (const producers of this.#groups.values()) {
      for (const [producerId, offsets] of producers) {
        producers.set(
          producerId,
          offsets.filter((offset) => offset[0] !== topic),
        )
      }
    }
  }

  *entries(): Generator<PendingOfProducer> {
    for (const [groupId, producers] of this.#groups) {
      for (const [producerId, offsets] of producers) yield { groupId, producerId, offsets }
    }
  }
}

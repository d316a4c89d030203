// What one group has committed, by topic and partition.

export interface Committed {
  readonly offset: number
  readonly leaderEpoch: number
  readonly metadata: string
}

export class CommittedOffsets {
  readonly #topics = new Map<string, Map<number, Committed>>()

  get count(): number {
    let count = 0
    for (const partitions of this.#topics.values()) count += partitions.size
    return count
  }

  set(topic: string, partition: number, committed: Committed): void {
    let partitions = this.#topics.get(topic)
    if (partitions === undefined) {
      partitions = new Map()
      this.#topics.set(topic, partitions)
    }
    partitions.set(partition, committed)
  }

  get(topic: string, partition: number): Committed | undefined {
    return this.#topics.get(topic)?.get(partition)
  }

  delete(topic: string, partition: number): void {
    const partitions = this.#topics.get(topic)
    partitions?.delete(partition)
    if (partitions?.size === 0) this.#topics.delete(topic)
  }

  has(topic: string): boolean {
    return this.#topics.has(topic)
  }

  deleteTopic(topic: string): void {
    this.#topics.delete(topic)
  }

  *entries(): Generator<readonly [topic: string, partition: number, committed: Committed]> {
    for (const [topic, partitions] of this.#topics) for (const [partition, committed] of partitions) yield [topic, partition, committed]
  }
}

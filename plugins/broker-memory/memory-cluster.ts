// What a Kafka cluster holds, in memory: topics with their partitions, groups with their offsets. Nothing expires and nothing is compacted, so
// that every test sees everything that was ever written; `compact` does it when a test asks for it. Deterministic: all that happens follows from calls and from the clock.

import { type Clock, MillraceError, type NewTopic, type TopicDescription } from '../../framework/index.ts'
import { GroupCoordinator } from './group-coordinator.ts'
import { PartitionLog } from './partition-log.ts'
import { TransactionCoordinator } from './transaction-coordinator.ts'

/** Kafka's default of `max.message.bytes`. */
const maxMessageBytesDefault = '1048588'
const partitionsMax = 10_000

export interface MemoryTopic extends TopicDescription {
  readonly logs: readonly PartitionLog[]
  readonly settings: ReadonlyMap<string, string>
}

export class MemoryCluster {
  readonly clock: Clock
  readonly groups = new Map<string, GroupCoordinator>()
  readonly transactions: TransactionCoordinator
  private readonly topics = new Map<string, MemoryTopic>()
  private readonly listeners = new Set<() => void>()

  constructor(clock: Clock) {
    this.clock = clock
    this.transactions = new TransactionCoordinator(clock, () => this.changed())
  }

  topicNames(): readonly string[] {
    return [...this.topics.keys()]
  }

  topic(name: string): MemoryTopic | undefined {
    return this.topics.get(name)
  }

  requireTopic(name: string): MemoryTopic {
    const topic = this.topics.get(name)
    if (topic === undefined) throw new MillraceError('topic-missing', { topic: name })
    return topic
  }

  log(topic: string, partition: number): PartitionLog | undefined {
    return this.topics.get(topic)?.logs[partition]
  }

  requireLog(topic: string, partition: number): PartitionLog {
    const { logs, partitions } = this.requireTopic(topic)
    const log = logs[partition]
    if (log === undefined) throw new MillraceError('partition-missing', { topic, partition, partitions })
    return log
  }

  createTopic({ name, partitions, settings = {} }: NewTopic): 'created' | 'exists' {
    if (this.topics.has(name)) return 'exists'
    if (!/^[a-zA-Z0-9._-]{1,249}$/.test(name) || name === '.' || name === '..')
      throw new MillraceError('topic-invalid', {
        topic: name,
        problem: 'names have 1 to 249 of a-z, A-Z, 0-9, dot, underscore and hyphen.',
      })
    if (!Number.isInteger(partitions) || partitions < 1 || partitions > partitionsMax)
      throw new MillraceError('topic-invalid', { topic: name, problem: `it cannot have ${partitions} partitions.` })
    this.topics.set(name, {
      name,
      partitions,
      logs: Array.from({ length: partitions }, () => new PartitionLog()),
      settings: new Map([
        ['cleanup.policy', 'delete'],
        ['max.message.bytes', maxMessageBytesDefault],
        ['retention.ms', '-1'],
        ...Object.entries(settings),
      ]),
    })
    this.changed()
    return 'created'
  }

  deleteTopic(name: string): void {
    this.topics.delete(name)
    this.changed()
  }

  /**
   * Compacts the topics that are to be compacted, as a broker does at times of its own. What is to lie for a while before (`min.compaction.lag.ms`, as in changelogs of versioned stores)
   * is younger than that in any cluster in memory. `keepsDeletions`: as before delete.retention.ms.
   */
  compact(keepsDeletions = false): void {
    for (const { settings, logs } of this.topics.values()) {
      const isDue = settings.get('cleanup.policy')?.includes('compact') === true && Number(settings.get('min.compaction.lag.ms') ?? 0) === 0
      if (isDue) for (const log of logs) log.compact(keepsDeletions)
    }
  }

  coordinator(groupId: string): GroupCoordinator {
    let coordinator = this.groups.get(groupId)
    if (coordinator === undefined) {
      coordinator = new GroupCoordinator(groupId, this.clock)
      this.groups.set(groupId, coordinator)
    }
    return coordinator
  }

  /** Tells those who wait for records, or for transactions to end, that there may be some. */
  changed(): void {
    for (const listener of [...this.listeners]) listener()
  }

  onChange(listener: () => void): { stop(): void } {
    this.listeners.add(listener)
    return { stop: () => this.listeners.delete(listener) }
  }

  /** Resolves when it is so. */
  async until(isSo: () => boolean): Promise<void> {
    if (isSo()) return
    await new Promise<void>((resolve) => {
      const listening = this.onChange(() => {
        if (!isSo()) return
        listening.stop()
        resolve()
      })
    })
  }
}

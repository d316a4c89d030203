// Topics, offsets and groups of a memory cluster, as the Admin port shows them.

import type {
  Admin,
  CommittedOffset,
  GroupDescription,
  GroupSummary,
  NewTopic,
  Offset,
  PartitionOffset,
  Timestamp,
  TopicDescription,
  TopicPartition,
} from '../../framework/index.ts'
import type { MemoryCluster } from './memory-cluster.ts'
import type { MemoryNetwork } from './memory-network.ts'
import type { PartitionLog } from './partition-log.ts'

/** Of the producer that takes the place of one that is fenced, and never begins a transaction. */
const fencedTimeoutMs = 10_000

export class MemoryAdmin implements Admin {
  private readonly cluster: MemoryCluster
  private readonly network: MemoryNetwork

  constructor(cluster: MemoryCluster, network: MemoryNetwork) {
    this.cluster = cluster
    this.network = network
  }

  async topics(names: readonly string[]): Promise<ReadonlyMap<string, TopicDescription>> {
    return await this.ask((cluster) => {
      const found = names.flatMap((name) => cluster.topic(name) ?? [])
      return new Map(found.map(({ name, partitions }) => [name, { name, partitions }]))
    })
  }

  async topicNames(): Promise<readonly string[]> {
    return await this.ask((cluster) => cluster.topicNames())
  }

  async createTopics(topics: readonly NewTopic[]): Promise<ReadonlyMap<string, 'created' | 'exists'>> {
    return await this.ask((cluster) => new Map(topics.map((topic) => [topic.name, cluster.createTopic(topic)])))
  }

  async deleteTopics(names: readonly string[]): Promise<void> {
    await this.ask((cluster) => {
      for (const name of names) cluster.deleteTopic(name)
    })
  }

  async topicSettings(name: string): Promise<ReadonlyMap<string, string>> {
    return await this.ask((cluster) => cluster.requireTopic(name).settings)
  }

  async deleteRecords(before: readonly PartitionOffset[]): Promise<void> {
    await this.ask((cluster) => {
      for (const { topic, partition, offset } of before) cluster.requireLog(topic, partition).deleteBefore(offset)
    })
  }

  startOffsets(partitions: readonly TopicPartition[]): Promise<readonly PartitionOffset[]> {
    return this.offsets(partitions, (log) => log.startOffset)
  }

  endOffsets(
    partitions: readonly TopicPartition[],
    { readCommitted = false }: { readonly readCommitted?: boolean } = {},
  ): Promise<readonly PartitionOffset[]> {
    return this.offsets(partitions, (log) => (readCommitted ? log.lastStableOffset : log.endOffset))
  }

  offsetsAt(partitions: readonly TopicPartition[], timestamp: Timestamp): Promise<readonly PartitionOffset[]> {
    return this.offsets(partitions, (log) => log.offsetAt(timestamp))
  }

  async committed(groupId: string, partitions: readonly TopicPartition[]): Promise<readonly CommittedOffset[]> {
    for (;;) {
      await this.cluster.until(() => this.cluster.groups.get(groupId)?.isStable(partitions) !== false)
      // A transaction may begin while the question is on its way.
      const committed = await this.network.send('committed', () => {
        const group = this.cluster.groups.get(groupId)
        return group === undefined || group.isStable(partitions)
          ? partitions.flatMap((partition) => group?.committed(partition) ?? [])
          : undefined
      })
      if (committed !== undefined) return committed
    }
  }

  async resetCommitted(groupId: string, offsets: readonly CommittedOffset[]): Promise<void> {
    await this.ask((cluster) => cluster.coordinator(groupId).resetCommitted(offsets))
  }

  async groups(): Promise<readonly GroupSummary[]> {
    return await this.ask((cluster) => [...cluster.groups.values()].map(({ groupId }) => ({ groupId, protocolType: 'consumer' })))
  }

  async fenceProducers(transactionalIds: readonly string[]): Promise<void> {
    await this.network.send('fence producers', () => {
      const { cluster } = this
      for (const transactionalId of transactionalIds) cluster.transactions.initialize(transactionalId, fencedTimeoutMs)
    })
  }

  async group(groupId: string): Promise<GroupDescription | undefined> {
    return await this.ask((cluster) => cluster.groups.get(groupId)?.describe())
  }

  private async offsets(partitions: readonly TopicPartition[], of: (log: PartitionLog) => Offset): Promise<readonly PartitionOffset[]> {
    return await this.ask((cluster) => {
      return partitions.map(({ topic, partition }) => ({ topic, partition, offset: of(cluster.requireLog(topic, partition)) }))
    })
  }

  private ask<T>(question: (cluster: MemoryCluster) => T): Promise<T> {
    return this.network.send('admin', () => question(this.cluster))
  }
}

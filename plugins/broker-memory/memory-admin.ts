// Topics, offsets and groups of a memory cluster, as the Admin port shows them.

import type {
  Admin,
  CommittedOffset,
  GroupDescription,
  GroupSummary,
  NewTopic,
  PartitionOffset,
  Timestamp,
  TopicDescription,
  TopicPartition,
} from '../../framework/index.ts'
import type { MemoryCluster } from './memory-cluster.ts'

export class MemoryAdmin implements Admin {
  private readonly cluster: MemoryCluster

  constructor(cluster: MemoryCluster) {
    this.cluster = cluster
  }

  async topics(names: readonly string[]): Promise<ReadonlyMap<string, TopicDescription>> {
    const found = names.flatMap((name) => this.cluster.topic(name) ?? [])
    return new Map(found.map(({ name, partitions }) => [name, { name, partitions }]))
  }

  async topicNames(): Promise<readonly string[]> {
    return this.cluster.topicNames()
  }

  async createTopics(topics: readonly NewTopic[]): Promise<ReadonlyMap<string, 'created' | 'exists'>> {
    return new Map(topics.map((topic) => [topic.name, this.cluster.createTopic(topic)]))
  }

  async deleteTopics(names: readonly string[]): Promise<void> {
    for (const name of names) this.cluster.deleteTopic(name)
  }

  async topicSettings(name: string): Promise<ReadonlyMap<string, string>> {
    return this.cluster.requireTopic(name).settings
  }

  async deleteRecords(before: readonly PartitionOffset[]): Promise<void> {
    for (const { topic, partition, offset } of before) this.cluster.requireLog(topic, partition).deleteBefore(offset)
  }

  async startOffsets(partitions: readonly TopicPartition[]): Promise<readonly PartitionOffset[]> {
    return partitions.map(({ topic, partition }) => ({ topic, partition, offset: this.cluster.requireLog(topic, partition).startOffset }))
  }

  async endOffsets(
    partitions: readonly TopicPartition[],
    { readCommitted }: { readonly readCommitted: boolean } = { readCommitted: false },
  ): Promise<readonly PartitionOffset[]> {
    return partitions.map(({ topic, partition }) => {
      const { lastStableOffset, endOffset } = this.cluster.requireLog(topic, partition)
      return { topic, partition, offset: readCommitted ? lastStableOffset : endOffset }
    })
  }

  async offsetsAt(partitions: readonly TopicPartition[], timestamp: Timestamp): Promise<readonly PartitionOffset[]> {
    return partitions.map(({ topic, partition }) => ({
      topic,
      partition,
      offset: this.cluster.requireLog(topic, partition).offsetAt(timestamp),
    }))
  }

  async committed(groupId: string, partitions: readonly TopicPartition[]): Promise<readonly CommittedOffset[]> {
    const coordinator = this.cluster.groups.get(groupId)
    while (coordinator?.hasPending(partitions)) await this.cluster.nextChange()
    return coordinator === undefined ? [] : partitions.flatMap((partition) => coordinator.committed(partition) ?? [])
  }

  async resetCommitted(groupId: string, offsets: readonly CommittedOffset[]): Promise<void> {
    this.cluster.coordinator(groupId).resetCommitted(offsets)
  }

  async groups(): Promise<readonly GroupSummary[]> {
    return [...this.cluster.groups.values()].map(({ groupId }) => ({ groupId, protocolType: 'consumer' }))
  }

  async group(groupId: string): Promise<GroupDescription | undefined> {
    return this.cluster.groups.get(groupId)?.describe()
  }
}

// The Admin of the Broker port: topics, their settings and offsets, and what groups have committed. Each method is a request or one to each broker
// concerned, tried again while the reason passes.

import {
  type Admin,
  asOffset,
  type CommittedOffset,
  type GroupDescription,
  type GroupSummary,
  MillraceError,
  type NewTopic,
  type PartitionOffset,
  type TopicDescription,
  type TopicPartition,
} from '../../../framework/index.ts'
import { apis } from '../wire/apis.ts'
import { errorCode } from '../wire/error-codes.ts'
import type { ClusterClient } from './cluster-client.ts'
import { Coordinator, transactionKey } from './coordinator.ts'
import { check, RefusedRequest } from './faults.ts'
import { byTopic } from './topic-partitions.ts'

/** Timestamps that ListOffsets gives a meaning to. */
const latest = -1
const earliest = -2

const topicResource = 2

/** Of the producer that takes the place of one that is fenced, and never begins a transaction. */
const fencedTimeoutMs = 10_000

/** What a commit from outside is told while a group has members. */
const memberCodes: readonly number[] = [
  errorCode.UNKNOWN_MEMBER_ID,
  errorCode.ILLEGAL_GENERATION,
  errorCode.REBALANCE_IN_PROGRESS,
  errorCode.NON_EMPTY_GROUP,
]

export class KafkaAdmin implements Admin {
  readonly #cluster: ClusterClient

  constructor(cluster: ClusterClient) {
    this.#cluster = cluster
  }

  async topics(names: readonly string[]): Promise<ReadonlyMap<string, TopicDescription>> {
    if (names.length === 0) return new Map()
    const answer = await this.#cluster.withRetries(() => this.#cluster.refresh(names))
    const found = new Map<string, TopicDescription>()
    for (const { name, errorCode: code, partitions } of answer.topics) {
      if (name === null || isMissing(code)) continue
      // A topic that is being made has partitions without a leader yet: it is there.
      if (code !== errorCode.LEADER_NOT_AVAILABLE) this.#check(code, 'Metadata', name)
      found.set(name, { name, partitions: partitions.length })
    }
    return found
  }

  async topicNames(): Promise<readonly string[]> {
    const answer = await this.#cluster.withRetries(() => this.#cluster.refresh(null))
    return answer.topics.flatMap(({ name, errorCode: code }) => (name === null || isMissing(code) ? [] : [name])).sort()
  }

  async createTopics(topics: readonly NewTopic[]): Promise<ReadonlyMap<string, 'created' | 'exists'>> {
    if (topics.length === 0) return new Map()
    const outcome = new Map<string, 'created' | 'exists'>()
    await this.#cluster.withRetries(async () => {
      const left = topics.filter(({ name }) => !outcome.has(name))
      const { requestTimeoutMs } = this.#cluster.settings
      const answer = await this.#cluster.sendToController(
        apis.createTopics,
        { topics: left.map(creatable), timeoutMs: requestTimeoutMs },
        requestTimeoutMs,
      )
      for (const { name, errorCode: code, errorMessage } of answer.topics) {
        if (code === errorCode.NONE) outcome.set(name, 'created')
        else if (code === errorCode.TOPIC_ALREADY_EXISTS) outcome.set(name, 'exists')
        else if (isInvalidTopic(code))
          throw new MillraceError('topic-invalid', { topic: name, problem: (errorMessage ?? 'refused').replace(/[^.]$/, '$&.') })
        else check(code, 'CreateTopics', name, errorMessage)
      }
    })
    // The controller has it, whoever made it; the brokers learn of it later, busy ones much later. Who asks next should find it.
    for (const name of outcome.keys()) await this.#cluster.partitionsOf(name, this.#cluster.settings.retryTimeoutMs)
    return outcome
  }

  async deleteTopics(names: readonly string[]): Promise<void> {
    if (names.length === 0) return
    await this.#cluster.withRetries(async () => {
      const { requestTimeoutMs } = this.#cluster.settings
      const answer = await this.#cluster.sendToController(
        apis.deleteTopics,
        {
          topics: names.map((name) => ({ name, topicId: noTopicId })),
          topicNames: names,
          timeoutMs: requestTimeoutMs,
        },
        requestTimeoutMs,
      )
      for (const { name, errorCode: code, errorMessage } of answer.responses) {
        if (!isMissing(code)) check(code, 'DeleteTopics', name ?? '', errorMessage)
      }
    })
  }

  async topicSettings(name: string): Promise<ReadonlyMap<string, string>> {
    await this.#cluster.partitionsOf(name)
    return this.#cluster.withRetries(async () => {
      const answer = await this.#cluster.sendToAny(apis.describeConfigs, {
        resources: [{ resourceType: topicResource, resourceName: name, configurationKeys: null }],
      })
      const result = answer.results[0]
      check(result?.errorCode ?? errorCode.UNKNOWN_SERVER_ERROR, 'DescribeConfigs', name, result?.errorMessage)
      return new Map(result?.configs.flatMap(({ name: setting, value }) => (value === null ? [] : [[setting, value]])))
    })
  }

  async deleteRecords(before: readonly PartitionOffset[]): Promise<void> {
    await this.#toLeaders(before, async (leaderId, partitions) => {
      const { requestTimeoutMs } = this.#cluster.settings
      const topics = byTopic(partitions, ({ partition, offset }) => ({ partitionIndex: partition, offset }))
      const answer = await this.#cluster.send(leaderId, apis.deleteRecords, { topics, timeoutMs: requestTimeoutMs }, requestTimeoutMs)
      return answer.topics.flatMap((topic) =>
        topic.partitions.map(({ partitionIndex, errorCode: code }) => ({
          topic: topic.name,
          partition: partitionIndex,
          code,
          value: undefined,
        })),
      )
    })
  }

  startOffsets(partitions: readonly TopicPartition[]): Promise<readonly PartitionOffset[]> {
    return this.#listOffsets(partitions, earliest, false)
  }

  endOffsets(partitions: readonly TopicPartition[], options?: { readCommitted: boolean }): Promise<readonly PartitionOffset[]> {
    return this.#listOffsets(partitions, latest, options?.readCommitted ?? false)
  }

  async offsetsAt(partitions: readonly TopicPartition[], timestamp: number): Promise<readonly PartitionOffset[]> {
    const found = await this.#listOffsets(partitions, timestamp, false)
    const without = found.filter(({ offset }) => offset < 0)
    if (without.length === 0) return found
    const ends = await this.endOffsets(without)
    return found.map((one) => (one.offset >= 0 ? one : ends.find((end) => isSame(end, one))!))
  }

  async committed(groupId: string, partitions: readonly TopicPartition[]): Promise<readonly CommittedOffset[]> {
    if (partitions.length === 0) return []
    const coordinator = new Coordinator(this.#cluster, groupId)
    return coordinator.withRetries(async () => {
      const topics = byTopic(partitions, ({ partition }) => partition).map((topic) => ({
        name: topic.name,
        partitionIndexes: topic.partitions,
      }))
      // Up to version 7 one group, from 8 on several: both are filled in, and the version takes its own.
      const answer = await coordinator.send(apis.offsetFetch, { groupId, topics, groups: [{ groupId, topics }], requireStable: true })
      const group = answer.groups[0] ?? answer
      check(group.errorCode, 'OffsetFetch', groupId)
      const all = group.topics.flatMap((topic) => topic.partitions.map((partition) => ({ topic: topic.name, ...partition })))
      for (const { errorCode: code } of all) check(code, 'OffsetFetch', groupId)
      return all
        .filter(({ committedOffset }) => committedOffset >= 0)
        .map(({ topic, partitionIndex, committedOffset, metadata }) => ({
          topic,
          partition: partitionIndex,
          offset: asOffset(committedOffset),
          metadata: metadata ?? '',
        }))
    })
  }

  async fenceProducers(transactionalIds: readonly string[]): Promise<void> {
    await Promise.all(
      transactionalIds.map(async (transactionalId) => {
        const coordinator = new Coordinator(this.#cluster, transactionalId, transactionKey)
        const request = { transactionalId, transactionTimeoutMs: fencedTimeoutMs, producerId: -1, producerEpoch: -1 }
        await coordinator.withRetries(async () => {
          const { errorCode: code } = await coordinator.send(apis.initProducerId, request)
          check(code, 'InitProducerId', transactionalId)
        })
      }),
    )
  }

  async resetCommitted(groupId: string, offsets: readonly CommittedOffset[]): Promise<void> {
    if (offsets.length === 0) return
    const coordinator = new Coordinator(this.#cluster, groupId)
    await coordinator.withRetries(async () => {
      try {
        await coordinator.commit({ generationId: -1, memberId: '', groupInstanceId: null }, offsets)
      } catch (error) {
        const hasMembers = error instanceof RefusedRequest && memberCodes.includes(error.code)
        throw hasMembers ? new MillraceError('group-not-empty', { group: groupId }, error) : error
      }
    })
  }

  async groups(): Promise<readonly GroupSummary[]> {
    return this.#cluster.withRetries(async () => {
      const { brokers } = await this.#cluster.refresh([])
      const answers = await Promise.all(brokers.map(({ nodeId }) => this.#cluster.send(nodeId, apis.listGroups, {})))
      for (const { errorCode: code } of answers) check(code, 'ListGroups', 'the cluster')
      return answers
        .flatMap(({ groups }) => groups.map(({ groupId, protocolType }) => ({ groupId, protocolType })))
        .sort((left, right) => (left.groupId < right.groupId ? -1 : 1))
    })
  }

  async group(groupId: string): Promise<GroupDescription | undefined> {
    const coordinator = new Coordinator(this.#cluster, groupId)
    return coordinator.withRetries(async () => {
      const answer = await coordinator.send(apis.describeGroups, { groups: [groupId] })
      const group = answer.groups[0]
      if (group === undefined || group.errorCode === errorCode.GROUP_ID_NOT_FOUND || group.groupState === 'Dead') return undefined
      check(group.errorCode, 'DescribeGroups', groupId)
      return {
        groupId,
        protocolType: group.protocolType,
        state: group.groupState,
        protocol: group.protocolData,
        members: group.members.map(({ memberId, clientId, clientHost, memberAssignment }) => ({
          memberId,
          clientId,
          host: clientHost,
          assignment: Uint8Array.from(memberAssignment),
        })),
      }
    })
  }

  async #listOffsets(
    partitions: readonly TopicPartition[],
    timestamp: number,
    readCommitted: boolean,
  ): Promise<readonly PartitionOffset[]> {
    const found = await this.#toLeaders(partitions, async (leaderId, ones) => {
      const topics = byTopic(ones, ({ partition }) => ({ partitionIndex: partition, timestamp }))
      const answer = await this.#cluster.send(leaderId, apis.listOffsets, { replicaId: -1, isolationLevel: readCommitted ? 1 : 0, topics })
      return answer.topics.flatMap((topic) =>
        topic.partitions.map(({ partitionIndex, errorCode: code, offset }) => {
          return { topic: topic.name, partition: partitionIndex, code, value: asOffset(offset) }
        }),
      )
    })
    return found.map(({ topic, partition, value }) => ({ topic, partition, offset: value }))
  }

  /** Asks the leader of each partition; partitions whose leader has moved are asked for again. The answers are in the order of the partitions. */
  async #toLeaders<P extends TopicPartition, T>(
    partitions: readonly P[],
    request: (leaderId: number, partitions: readonly P[]) => Promise<readonly PartitionAnswer<T>[]>,
  ): Promise<readonly PartitionAnswer<T>[]> {
    const answered: PartitionAnswer<T>[] = []
    await this.#cluster.withRetries(async () => {
      const left = partitions.filter((partition) => !answered.some((answer) => isSame(answer, partition)))
      for (const topic of new Set(left.map(({ topic }) => topic))) await this.#cluster.partitionsOf(topic)
      const leaderOf = ({ topic, partition }: TopicPartition) => this.#cluster.leaderOf(topic, partition) ?? -1
      const leaderIds = new Set(left.map(leaderOf))
      const answers = await Promise.all(
        [...leaderIds].map((leaderId) => {
          const ones = left.filter((partition) => leaderOf(partition) === leaderId)
          return this.#askLeader(leaderId, ones, request)
        }),
      )
      answered.push(...answers.flat().filter(({ code }) => code === errorCode.NONE))
      for (const { topic, partition, code } of answers.flat()) check(code, 'a request', `${topic}-${partition}`)
    })
    return partitions.map((partition) => answered.find((answer) => isSame(answer, partition))!)
  }

  async #askLeader<P extends TopicPartition, T>(
    leaderId: number,
    partitions: readonly P[],
    request: (leaderId: number, partitions: readonly P[]) => Promise<readonly PartitionAnswer<T>[]>,
  ): Promise<readonly PartitionAnswer<T>[]> {
    const first = partitions[0]!
    if (leaderId >= 0) return request(leaderId, partitions)
    const count = await this.#cluster.partitionsOf(first.topic)
    if (first.partition < count) throw new RefusedRequest(errorCode.LEADER_NOT_AVAILABLE, 'Metadata', `${first.topic}-${first.partition}`)
    throw new MillraceError('partition-missing', { topic: first.topic, partition: first.partition, partitions: count })
  }

  #check(code: number, request: string, subject: string): void {
    if (code !== errorCode.NONE) throw this.#cluster.asPortError(new RefusedRequest(code, request, subject))
  }
}

interface PartitionAnswer<T> extends TopicPartition {
  readonly code: number
  readonly value: T
}

const noTopicId = 'AAAAAAAAAAAAAAAAAAAAAA'

function creatable({ name, partitions, replicationFactor = -1, settings = {} }: NewTopic) {
  const configs = Object.entries(settings).map(([setting, value]) => ({ name: setting, value }))
  return { name, numPartitions: partitions, replicationFactor, assignments: [], configs }
}

function isMissing(code: number): boolean {
  return code === errorCode.UNKNOWN_TOPIC_OR_PARTITION || code === errorCode.INVALID_TOPIC_EXCEPTION
}

/** Wishes that no second try fulfils. */
function isInvalidTopic(code: number): boolean {
  const codes: readonly number[] = [
    errorCode.INVALID_TOPIC_EXCEPTION,
    errorCode.INVALID_PARTITIONS,
    errorCode.INVALID_REPLICATION_FACTOR,
    errorCode.INVALID_CONFIG,
    errorCode.POLICY_VIOLATION,
    errorCode.INVALID_REQUEST,
  ]
  return codes.includes(code)
}

function isSame(left: TopicPartition, right: TopicPartition): boolean {
  return left.partition === right.partition && left.topic === right.topic
}

// What groups commit: OffsetCommit, OffsetFetch.

import { errorCode } from '../../wire/error-codes.ts'
import { offsetCommit, offsetFetch } from '../../wire/messages/group.ts'
import type { Committed } from '../groups/committed-offsets.ts'
import type { Coordinator } from '../groups/coordinator.ts'
import { type Route, route } from '../route.ts'
import type { Catalogue } from '../topics/catalogue.ts'

interface OffsetParts {
  readonly coordinator: Coordinator
  readonly catalogue: Catalogue
}

interface CommittedPartition {
  readonly partitionIndex: number
  readonly committedOffset: number
  readonly committedLeaderEpoch: number
  readonly metadata: string
  readonly errorCode: number
}

interface CommittedTopic {
  readonly name: string
  readonly partitions: readonly CommittedPartition[]
}

type AskedTopics = readonly { readonly name: string; readonly partitionIndexes: readonly number[] }[] | null

export function offsetCommitRoute({ coordinator, catalogue }: OffsetParts): Route {
  return route(offsetCommit, (request) => {
    const wanted = request.topics.flatMap(({ name, partitions }) => {
      return partitions.map(({ partitionIndex, committedOffset, committedLeaderEpoch, committedMetadata }) => {
        const committed = { offset: committedOffset, leaderEpoch: committedLeaderEpoch, metadata: committedMetadata ?? '' }
        return { topic: name, partition: partitionIndex, ...committed }
      })
    })
    const known = wanted.filter(({ topic, partition }) => catalogue.log(topic, partition) !== undefined)
    const identity = { memberId: request.memberId, groupInstanceId: request.groupInstanceId, generation: request.generationId }
    const errors = coordinator.commit(request.groupId, identity, known)
    const errorOf = new Map(known.map(({ topic, partition }, index) => [`${topic}-${partition}`, errorCode[errors[index]!]]))
    const topics = request.topics.map(({ name, partitions }) => {
      const answers = partitions.map(({ partitionIndex }) => {
        return { partitionIndex, errorCode: errorOf.get(`${name}-${partitionIndex}`) ?? errorCode.UNKNOWN_TOPIC_OR_PARTITION }
      })
      return { name, partitions: answers }
    })
    return { topics }
  })
}

export function offsetFetchRoute({ coordinator }: OffsetParts): Route {
  return route(offsetFetch, (request) => {
    const { requireStable } = request
    const groups = request.groups.map(({ groupId, topics }) => {
      return { groupId, topics: committedTopics(coordinator, groupId, topics, requireStable), errorCode: errorCode.NONE }
    })
    const topics = committedTopics(coordinator, request.groupId, request.topics, requireStable)
    return { topics, errorCode: errorCode.NONE, groups }
  })
}

/** Null asks for all that the group has committed; what it has not is -1. `stable`: a partition of which a transaction may still decide has no offset, but an error (KIP-447). */
function committedTopics(coordinator: Coordinator, groupId: string, asked: AskedTopics, stable: boolean): readonly CommittedTopic[] {
  const offsets = coordinator.committed(groupId)
  const answer = (topic: string, partition: number, committed: Committed | undefined): CommittedPartition => {
    if (!stable || !coordinator.isPending(groupId, topic, partition)) return committedPartition(partition, committed)
    return { ...committedPartition(partition, undefined), errorCode: errorCode.UNSTABLE_OFFSET_COMMIT }
  }
  if (asked !== null) {
    return asked.map(({ name, partitionIndexes }) => {
      const partitions = partitionIndexes.map((partitionIndex) => answer(name, partitionIndex, offsets?.get(name, partitionIndex)))
      return { name, partitions }
    })
  }
  const topics = new Map<string, CommittedPartition[]>()
  for (const [name, partition, committed] of offsets?.entries() ?? []) {
    const partitions = topics.get(name) ?? []
    partitions.push(answer(name, partition, committed))
    topics.set(name, partitions)
  }
  return [...topics].map(([name, partitions]) => ({ name, partitions }))
}

function committedPartition(partitionIndex: number, committed: Committed | undefined): CommittedPartition {
  return {
    partitionIndex,
    committedOffset: committed?.offset ?? -1,
    committedLeaderEpoch: committed?.leaderEpoch ?? -1,
    metadata: committed?.metadata ?? '',
    errorCode: errorCode.NONE,
  }
}

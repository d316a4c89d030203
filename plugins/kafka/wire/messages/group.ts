// The group protocol, the offsets of a group, and what tools ask of groups: JoinGroup, SyncGroup, Heartbeat, LeaveGroup, OffsetCommit, OffsetFetch,
// DescribeGroups, ListGroups, DeleteGroups.

import { array, between, boolean, bytes, int16, int32, int64, nullable, since, string, struct } from '../schema.ts'

export const joinGroup = {
  key: 11,
  name: 'JoinGroup',
  versionMin: 0,
  versionMax: 9,
  flexibleFrom: 6,
  request: struct({
    groupId: string,
    sessionTimeoutMs: int32,
    rebalanceTimeoutMs: since(1, int32, -1),
    memberId: string,
    groupInstanceId: since(5, nullable(string)),
    protocolType: string,
    protocols: array(struct({ name: string, metadata: bytes })),
    reason: since(8, nullable(string)),
  }),
  response: struct({
    throttleTimeMs: since(2, int32),
    errorCode: int16,
    generationId: int32,
    protocolType: since(7, nullable(string)),
    protocolName: nullable(string, 7),
    leader: string,
    skipAssignment: since(9, boolean),
    memberId: string,
    members: array(struct({ memberId: string, groupInstanceId: since(5, nullable(string)), metadata: bytes })),
  }),
} as const

export const syncGroup = {
  key: 14,
  name: 'SyncGroup',
  versionMin: 0,
  versionMax: 5,
  flexibleFrom: 4,
  request: struct({
    groupId: string,
    generationId: int32,
    memberId: string,
    groupInstanceId: since(3, nullable(string)),
    protocolType: since(5, nullable(string)),
    protocolName: since(5, nullable(string)),
    assignments: array(struct({ memberId: string, assignment: bytes })),
  }),
  response: struct({
    throttleTimeMs: since(1, int32),
    errorCode: int16,
    protocolType: since(5, nullable(string)),
    protocolName: since(5, nullable(string)),
    assignment: bytes,
  }),
} as const

export const heartbeat = {
  key: 12,
  name: 'Heartbeat',
  versionMin: 0,
  versionMax: 4,
  flexibleFrom: 4,
  request: struct({ groupId: string, generationId: int32, memberId: string, groupInstanceId: since(3, nullable(string)) }),
  response: struct({ throttleTimeMs: since(1, int32), errorCode: int16 }),
} as const

export const leaveGroup = {
  key: 13,
  name: 'LeaveGroup',
  versionMin: 0,
  versionMax: 5,
  flexibleFrom: 4,
  request: struct({
    groupId: string,
    memberId: between(0, 2, string),
    members: since(3, array(struct({ memberId: string, groupInstanceId: nullable(string), reason: since(5, nullable(string)) }))),
  }),
  response: struct({
    throttleTimeMs: since(1, int32),
    errorCode: int16,
    members: since(3, array(struct({ memberId: string, groupInstanceId: nullable(string), errorCode: int16 }))),
  }),
} as const

export const offsetCommit = {
  key: 8,
  name: 'OffsetCommit',
  versionMin: 2,
  versionMax: 9,
  flexibleFrom: 8,
  request: struct({
    groupId: string,
    /** The member epoch in the consumer protocol of KIP-848. */
    generationId: int32,
    memberId: string,
    groupInstanceId: since(7, nullable(string)),
    retentionTimeMs: between(2, 4, int64, -1),
    topics: array(
      struct({
        name: string,
        partitions: array(
          struct({
            partitionIndex: int32,
            committedOffset: int64,
            committedLeaderEpoch: since(6, int32, -1),
            committedMetadata: nullable(string),
          }),
        ),
      }),
    ),
  }),
  response: struct({
    throttleTimeMs: since(3, int32),
    topics: array(struct({ name: string, partitions: array(struct({ partitionIndex: int32, errorCode: int16 })) })),
  }),
} as const

const committedPartition = struct({
  partitionIndex: int32,
  /** -1: none. */
  committedOffset: int64,
  committedLeaderEpoch: since(5, int32, -1),
  metadata: nullable(string),
  errorCode: int16,
})

export const offsetFetch = {
  key: 9,
  name: 'OffsetFetch',
  versionMin: 1,
  versionMax: 9,
  flexibleFrom: 6,
  request: struct({
    groupId: between(1, 7, string),
    /** null: all topics of the group. */
    topics: between(1, 7, nullable(array(struct({ name: string, partitionIndexes: array(int32) })), 2)),
    groups: since(
      8,
      array(
        struct({
          groupId: string,
          memberId: since(9, nullable(string)),
          memberEpoch: since(9, int32, -1),
          topics: nullable(array(struct({ name: string, partitionIndexes: array(int32) }))),
        }),
      ),
    ),
    requireStable: since(7, boolean),
  }),
  response: struct({
    throttleTimeMs: since(3, int32),
    topics: between(1, 7, array(struct({ name: string, partitions: array(committedPartition) }))),
    errorCode: between(2, 7, int16),
    groups: since(
      8,
      array(struct({ groupId: string, topics: array(struct({ name: string, partitions: array(committedPartition) })), errorCode: int16 })),
    ),
  }),
} as const

export const describeGroups = {
  key: 15,
  name: 'DescribeGroups',
  versionMin: 0,
  versionMax: 5,
  flexibleFrom: 5,
  request: struct({ groups: array(string), includeAuthorizedOperations: since(3, boolean) }),
  response: struct({
    throttleTimeMs: since(1, int32),
    groups: array(
      struct({
        errorCode: int16,
        groupId: string,
        groupState: string,
        protocolType: string,
        protocolData: string,
        members: array(
          struct({
            memberId: string,
            groupInstanceId: since(4, nullable(string)),
            clientId: string,
            clientHost: string,
            memberMetadata: bytes,
            memberAssignment: bytes,
          }),
        ),
        authorizedOperations: since(3, int32, -2147483648),
      }),
    ),
  }),
} as const

export const listGroups = {
  key: 16,
  name: 'ListGroups',
  versionMin: 0,
  versionMax: 5,
  flexibleFrom: 3,
  request: struct({ statesFilter: since(4, array(string)), typesFilter: since(5, array(string)) }),
  response: struct({
    throttleTimeMs: since(1, int32),
    errorCode: int16,
    groups: array(struct({ groupId: string, protocolType: string, groupState: since(4, string), groupType: since(5, string) })),
  }),
} as const

export const deleteGroups = {
  key: 42,
  name: 'DeleteGroups',
  versionMin: 0,
  versionMax: 2,
  flexibleFrom: 2,
  request: struct({ groupsNames: array(string) }),
  response: struct({ throttleTimeMs: int32, results: array(struct({ groupId: string, errorCode: int16 })) }),
} as const

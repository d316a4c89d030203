// Records in and out: Produce, Fetch, ListOffsets. Fetch stops at 12, the last version that names topics rather than topic ids.

import { array, between, int8, int16, int32, int64, nullable, records, since, string, struct, tagged } from '../schema.ts'

const leaderIdAndEpoch = struct({ leaderId: int32, leaderEpoch: int32 })
const nodeEndpoints = array(struct({ nodeId: int32, host: string, port: int32, rack: nullable(string) }))

export const produce = {
  key: 0,
  name: 'Produce',
  versionMin: 3,
  versionMax: 10,
  flexibleFrom: 9,
  request: struct({
    transactionalId: nullable(string),
    acks: int16,
    timeoutMs: int32,
    topicData: array(struct({ name: string, partitionData: array(struct({ index: int32, records: nullable(records) })) })),
  }),
  response: struct({
    responses: array(
      struct({
        name: string,
        partitionResponses: array(
          struct({
            index: int32,
            errorCode: int16,
            baseOffset: int64,
            logAppendTimeMs: int64,
            logStartOffset: since(5, int64, -1),
            recordErrors: since(8, array(struct({ batchIndex: int32, batchIndexErrorMessage: nullable(string) }))),
            errorMessage: since(8, nullable(string)),
            currentLeader: tagged(0, since(10, leaderIdAndEpoch, { leaderId: -1, leaderEpoch: -1 })),
          }),
        ),
      }),
    ),
    throttleTimeMs: int32,
    nodeEndpoints: tagged(0, since(10, nodeEndpoints)),
  }),
} as const

export const fetch = {
  key: 1,
  name: 'Fetch',
  versionMin: 4,
  versionMax: 12,
  flexibleFrom: 12,
  request: struct({
    clusterId: tagged(0, since(12, nullable(string))),
    /** -1: a consumer. */
    replicaId: int32,
    maxWaitMs: int32,
    minBytes: int32,
    maxBytes: int32,
    /** 0: read uncommitted, 1: read committed. */
    isolationLevel: int8,
    sessionId: since(7, int32),
    sessionEpoch: since(7, int32, -1),
    topics: array(
      struct({
        topic: string,
        partitions: array(
          struct({
            partition: int32,
            currentLeaderEpoch: since(9, int32, -1),
            fetchOffset: int64,
            lastFetchedEpoch: since(12, int32, -1),
            logStartOffset: since(5, int64, -1),
            partitionMaxBytes: int32,
          }),
        ),
      }),
    ),
    forgottenTopicsData: since(7, array(struct({ topic: string, partitions: array(int32) }))),
    rackId: since(11, string),
  }),
  response: struct({
    throttleTimeMs: int32,
    errorCode: since(7, int16),
    sessionId: since(7, int32),
    responses: array(
      struct({
        topic: string,
        partitions: array(
          struct({
            partitionIndex: int32,
            errorCode: int16,
            highWatermark: int64,
            lastStableOffset: int64,
            logStartOffset: since(5, int64, -1),
            divergingEpoch: tagged(0, since(12, struct({ epoch: int32, endOffset: int64 }), { epoch: -1, endOffset: -1 })),
            currentLeader: tagged(1, since(12, leaderIdAndEpoch, { leaderId: -1, leaderEpoch: -1 })),
            snapshotId: tagged(2, since(12, struct({ endOffset: int64, epoch: int32 }), { endOffset: -1, epoch: -1 })),
            abortedTransactions: nullable(array(struct({ producerId: int64, firstOffset: int64 }))),
            preferredReadReplica: since(11, int32, -1),
            records: nullable(records),
          }),
        ),
      }),
    ),
  }),
} as const

export const listOffsets = {
  key: 2,
  name: 'ListOffsets',
  versionMin: 1,
  versionMax: 7,
  flexibleFrom: 6,
  request: struct({
    replicaId: int32,
    isolationLevel: since(2, int8),
    topics: array(
      struct({
        name: string,
        partitions: array(
          struct({
            partitionIndex: int32,
            currentLeaderEpoch: since(4, int32, -1),
            /** -1: the end, -2: the start, -3: the record with the largest timestamp (version 7). */
            timestamp: int64,
          }),
        ),
      }),
    ),
  }),
  response: struct({
    throttleTimeMs: since(2, int32),
    topics: array(
      struct({
        name: string,
        partitions: array(
          struct({ partitionIndex: int32, errorCode: int16, timestamp: int64, offset: int64, leaderEpoch: since(4, int32, -1) }),
        ),
      }),
    ),
  }),
} as const

export const initProducerId = {
  key: 22,
  name: 'InitProducerId',
  versionMin: 0,
  versionMax: 4,
  flexibleFrom: 2,
  request: struct({
    transactionalId: nullable(string),
    transactionTimeoutMs: int32,
    producerId: between(3, 4, int64, -1),
    producerEpoch: between(3, 4, int16, -1),
  }),
  response: struct({ throttleTimeMs: int32, errorCode: int16, producerId: int64, producerEpoch: int16 }),
} as const

// Transactions (KIP-98, KIP-447): AddPartitionsToTxn, AddOffsetsToTxn, TxnOffsetCommit, EndTxn. All stop where KIP-890 begins: there the broker gives the producer a new epoch at
// each end, and adds partitions by itself; clients do so only with brokers that have finalized transaction.version 2. AddPartitionsToTxn from 4 on is
// for brokers alone. InitProducerId is in data.ts, since idempotent producers need it too.

import { array, boolean, int16, int32, int64, nullable, since, string, struct } from '../schema.ts'

const producer = { transactionalId: string, producerId: int64, producerEpoch: int16 }

export const addPartitionsToTxn = {
  key: 24,
  name: 'AddPartitionsToTxn',
  versionMin: 0,
  versionMax: 3,
  flexibleFrom: 3,
  request: struct({ ...producer, topics: array(struct({ name: string, partitions: array(int32) })) }),
  response: struct({
    throttleTimeMs: int32,
    results: array(struct({ name: string, resultsByPartition: array(struct({ partitionIndex: int32, partitionErrorCode: int16 })) })),
  }),
} as const

export const addOffsetsToTxn = {
  key: 25,
  name: 'AddOffsetsToTxn',
  versionMin: 0,
  versionMax: 4,
  flexibleFrom: 3,
  request: struct({ ...producer, groupId: string }),
  response: struct({ throttleTimeMs: int32, errorCode: int16 }),
} as const

export const endTxn = {
  key: 26,
  name: 'EndTxn',
  versionMin: 0,
  versionMax: 4,
  flexibleFrom: 3,
  request: struct({ ...producer, committed: boolean }),
  response: struct({ throttleTimeMs: int32, errorCode: int16 }),
} as const

export const txnOffsetCommit = {
  key: 28,
  name: 'TxnOffsetCommit',
  versionMin: 0,
  versionMax: 4,
  flexibleFrom: 3,
  request: struct({
    transactionalId: string,
    groupId: string,
    producerId: int64,
    producerEpoch: int16,
    /** -1, and no member: whoever commits is not asked to be one. */
    generationId: since(3, int32, -1),
    memberId: since(3, string),
    groupInstanceId: since(3, nullable(string)),
    topics: array(
      struct({
        name: string,
        partitions: array(
          struct({
            partitionIndex: int32,
            committedOffset: int64,
            committedLeaderEpoch: since(2, int32, -1),
            committedMetadata: nullable(string),
          }),
        ),
      }),
    ),
  }),
  response: struct({
    throttleTimeMs: int32,
    topics: array(struct({ name: string, partitions: array(struct({ partitionIndex: int32, errorCode: int16 })) })),
  }),
} as const

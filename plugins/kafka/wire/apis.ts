// All APIs that Millrace speaks, as a client or as the embedded broker. A broker announces these with their versions (ApiVersions); a client
// takes the highest version that both sides have.

import { apiVersions, describeCluster, findCoordinator, metadata } from './messages/cluster.ts'
import { fetch, initProducerId, listOffsets, produce } from './messages/data.ts'
import {
  deleteGroups,
  describeGroups,
  heartbeat,
  joinGroup,
  leaveGroup,
  listGroups,
  offsetCommit,
  offsetFetch,
  syncGroup,
} from './messages/group.ts'
import { createTopics, deleteRecords, deleteTopics, describeConfigs, incrementalAlterConfigs } from './messages/topics.ts'
import { addOffsetsToTxn, addPartitionsToTxn, endTxn, txnOffsetCommit } from './messages/transactions.ts'

export const apis = {
  produce,
  fetch,
  listOffsets,
  metadata,
  offsetCommit,
  offsetFetch,
  findCoordinator,
  joinGroup,
  heartbeat,
  leaveGroup,
  syncGroup,
  describeGroups,
  listGroups,
  deleteGroups,
  apiVersions,
  createTopics,
  deleteTopics,
  deleteRecords,
  initProducerId,
  addPartitionsToTxn,
  addOffsetsToTxn,
  endTxn,
  txnOffsetCommit,
  describeConfigs,
  incrementalAlterConfigs,
  describeCluster,
} as const

// All that this broker answers: one route for each API. What ApiVersions announces is this table.

import type { Clock, Logger } from '../../../framework/index.ts'
import { alterConfigsRoute } from './api/alter-configs.ts'
import { apiVersionsRoute } from './api/api-versions.ts'
import { describeClusterRoute, findCoordinatorRoute, metadataRoute, nodeId } from './api/cluster.ts'
import { describeConfigsRoute } from './api/describe-configs.ts'
import { fetchRoute } from './api/fetch.ts'
import { deleteGroupsRoute, describeGroupsRoute, listGroupsRoute } from './api/group-admin.ts'
import { heartbeatRoute, joinGroupRoute, leaveGroupRoute, syncGroupRoute } from './api/group-membership.ts'
import { offsetCommitRoute, offsetFetchRoute } from './api/group-offsets.ts'
import { listOffsetsRoute } from './api/list-offsets.ts'
import { produceRoute } from './api/produce.ts'
import { initProducerIdRoute } from './api/producer-ids.ts'
import { createTopicsRoute, deleteRecordsRoute, deleteTopicsRoute } from './api/topics.ts'
import { addOffsetsToTxnRoute, addPartitionsToTxnRoute, endTxnRoute, txnOffsetCommitRoute } from './api/transactions.ts'
import type { BrokerSettings } from './broker-settings.ts'
import type { Coordinator } from './groups/coordinator.ts'
import type { Route } from './route.ts'
import type { Catalogue } from './topics/catalogue.ts'
import type { TransactionCoordinator } from './transactions/transaction-coordinator.ts'

export interface BrokerParts {
  readonly catalogue: Catalogue
  readonly coordinator: Coordinator
  readonly transactions: TransactionCoordinator
  readonly clock: Clock
  readonly logger: Logger
  readonly settings: BrokerSettings
}

export function dispatchTable({ settings, ...parts }: BrokerParts): ReadonlyMap<number, Route> {
  const { advertised, autoCreateTopics, defaultPartitions, limits } = settings
  const topicRules = { nodeId, defaultPartitions, partitionsMax: limits.partitions }
  const cluster = { ...parts, topicRules, advertised, autoCreateTopics }
  const topics = { ...parts, topicRules }
  const table = new Map<number, Route>()
  const routes: readonly Route[] = [
    produceRoute(parts),
    fetchRoute({ ...parts, bytesMax: limits.fetchBytes }),
    listOffsetsRoute(parts),
    metadataRoute(cluster),
    offsetCommitRoute(parts),
    offsetFetchRoute(parts),
    findCoordinatorRoute(cluster),
    joinGroupRoute(parts),
    heartbeatRoute(parts),
    leaveGroupRoute(parts),
    syncGroupRoute(parts),
    describeGroupsRoute(parts),
    listGroupsRoute(parts),
    deleteGroupsRoute(parts),
    apiVersionsRoute(table),
    createTopicsRoute(topics),
    deleteTopicsRoute(topics),
    deleteRecordsRoute(topics),
    initProducerIdRoute(parts),
    addPartitionsToTxnRoute(parts),
    addOffsetsToTxnRoute(parts),
    endTxnRoute(parts),
    txnOffsetCommitRoute(parts),
    describeConfigsRoute({ ...parts, settings }),
    alterConfigsRoute(parts),
    describeClusterRoute(cluster),
  ]
  for (const route of routes) table.set(route.api.key, route)
  return table
}

// Who is there and what they speak: ApiVersions, Metadata, FindCoordinator, DescribeCluster.

import { array, between, boolean, int8, int16, int32, int64, nullable, since, string, struct, tagged, uuid } from '../schema.ts'

/** Authorized operations that nobody asked for. */
const unknownOperations = -2147483648

export const apiVersions = {
  key: 18,
  name: 'ApiVersions',
  versionMin: 0,
  versionMax: 4,
  flexibleFrom: 3,
  request: struct({
    clientSoftwareName: since(3, string),
    clientSoftwareVersion: since(3, string),
  }),
  response: struct({
    errorCode: int16,
    apiKeys: array(struct({ apiKey: int16, minVersion: int16, maxVersion: int16 })),
    throttleTimeMs: since(1, int32),
    supportedFeatures: tagged(0, since(3, array(struct({ name: string, minVersion: int16, maxVersion: int16 })))),
    finalizedFeaturesEpoch: tagged(1, since(3, int64, -1)),
    finalizedFeatures: tagged(2, since(3, array(struct({ name: string, maxVersionLevel: int16, minVersionLevel: int16 })))),
    zkMigrationReady: tagged(3, since(3, boolean)),
  }),
} as const

export const metadata = {
  key: 3,
  name: 'Metadata',
  versionMin: 0,
  versionMax: 12,
  flexibleFrom: 9,
  request: struct({
    /** null: all topics; empty: none. In version 0 empty says all. */
    topics: nullable(array(struct({ topicId: since(10, uuid), name: nullable(string, 10) })), 1),
    allowAutoTopicCreation: since(4, boolean, true),
    includeClusterAuthorizedOperations: between(8, 10, boolean),
    includeTopicAuthorizedOperations: since(8, boolean),
  }),
  response: struct({
    throttleTimeMs: since(3, int32),
    brokers: array(struct({ nodeId: int32, host: string, port: int32, rack: since(1, nullable(string)) })),
    clusterId: since(2, nullable(string)),
    controllerId: since(1, int32, -1),
    topics: array(
      struct({
        errorCode: int16,
        name: nullable(string, 12),
        topicId: since(10, uuid),
        isInternal: since(1, boolean),
        partitions: array(
          struct({
            errorCode: int16,
            partitionIndex: int32,
            leaderId: int32,
            leaderEpoch: since(7, int32, -1),
            replicaNodes: array(int32),
            isrNodes: array(int32),
            offlineReplicas: since(5, array(int32)),
          }),
        ),
        topicAuthorizedOperations: since(8, int32, unknownOperations),
      }),
    ),
    clusterAuthorizedOperations: between(8, 10, int32, unknownOperations),
  }),
} as const

export const findCoordinator = {
  key: 10,
  name: 'FindCoordinator',
  versionMin: 0,
  versionMax: 5,
  flexibleFrom: 3,
  request: struct({
    key: between(0, 3, string),
    /** 0: group, 1: transaction. */
    keyType: since(1, int8),
    coordinatorKeys: since(4, array(string)),
  }),
  response: struct({
    throttleTimeMs: since(1, int32),
    errorCode: between(0, 3, int16),
    errorMessage: between(1, 3, nullable(string)),
    nodeId: between(0, 3, int32, -1),
    host: between(0, 3, string),
    port: between(0, 3, int32, -1),
    coordinators: since(
      4,
      array(struct({ key: string, nodeId: int32, host: string, port: int32, errorCode: int16, errorMessage: nullable(string) })),
    ),
  }),
} as const

export const describeCluster = {
  key: 60,
  name: 'DescribeCluster',
  versionMin: 0,
  versionMax: 1,
  flexibleFrom: 0,
  request: struct({
    includeClusterAuthorizedOperations: boolean,
    /** 1: brokers, 2: controllers. */
    endpointType: since(1, int8, 1),
  }),
  response: struct({
    throttleTimeMs: int32,
    errorCode: int16,
    errorMessage: nullable(string),
    endpointType: since(1, int8, 1),
    clusterId: string,
    controllerId: int32,
    brokers: array(struct({ brokerId: int32, host: string, port: int32, rack: nullable(string) })),
    clusterAuthorizedOperations: int32,
  }),
} as const

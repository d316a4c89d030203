// Topics and their settings: CreateTopics, DeleteTopics, DeleteRecords, DescribeConfigs, IncrementalAlterConfigs.

import { array, between, boolean, int8, int16, int32, int64, nullable, since, string, struct, tagged, uuid } from '../schema.ts'

export const createTopics = {
  key: 19,
  name: 'CreateTopics',
  versionMin: 0,
  versionMax: 7,
  flexibleFrom: 5,
  request: struct({
    topics: array(
      struct({
        name: string,
        /** -1, from version 4 on: the broker's default. */
        numPartitions: int32,
        /** -1, from version 4 on: the broker's default. */
        replicationFactor: int16,
        assignments: array(struct({ partitionIndex: int32, brokerIds: array(int32) })),
        configs: array(struct({ name: string, value: nullable(string) })),
      }),
    ),
    timeoutMs: int32,
    validateOnly: since(1, boolean),
  }),
  response: struct({
    throttleTimeMs: since(2, int32),
    topics: array(
      struct({
        name: string,
        topicId: since(7, uuid),
        errorCode: int16,
        errorMessage: since(1, nullable(string)),
        topicConfigErrorCode: tagged(0, since(5, int16)),
        numPartitions: since(5, int32, -1),
        replicationFactor: since(5, int16, -1),
        configs: since(
          5,
          nullable(array(struct({ name: string, value: nullable(string), readOnly: boolean, configSource: int8, isSensitive: boolean }))),
        ),
      }),
    ),
  }),
} as const

export const deleteTopics = {
  key: 20,
  name: 'DeleteTopics',
  versionMin: 0,
  versionMax: 6,
  flexibleFrom: 4,
  request: struct({
    topics: since(6, array(struct({ name: nullable(string), topicId: uuid }))),
    topicNames: between(0, 5, array(string)),
    timeoutMs: int32,
  }),
  response: struct({
    throttleTimeMs: since(1, int32),
    responses: array(
      struct({ name: nullable(string, 6), topicId: since(6, uuid), errorCode: int16, errorMessage: since(5, nullable(string)) }),
    ),
  }),
} as const

export const deleteRecords = {
  key: 21,
  name: 'DeleteRecords',
  versionMin: 0,
  versionMax: 2,
  flexibleFrom: 2,
  request: struct({
    topics: array(
      struct({
        name: string,
        partitions: array(
          struct({
            partitionIndex: int32,
            /** -1: the high watermark. */
            offset: int64,
          }),
        ),
      }),
    ),
    timeoutMs: int32,
  }),
  response: struct({
    throttleTimeMs: int32,
    topics: array(struct({ name: string, partitions: array(struct({ partitionIndex: int32, lowWatermark: int64, errorCode: int16 })) })),
  }),
} as const

export const describeConfigs = {
  key: 32,
  name: 'DescribeConfigs',
  versionMin: 0,
  versionMax: 4,
  flexibleFrom: 4,
  request: struct({
    resources: array(
      struct({
        /** 2: topic, 4: broker. */
        resourceType: int8,
        resourceName: string,
        /** null: all. */
        configurationKeys: nullable(array(string)),
      }),
    ),
    includeSynonyms: since(1, boolean),
    includeDocumentation: since(3, boolean),
  }),
  response: struct({
    throttleTimeMs: int32,
    results: array(
      struct({
        errorCode: int16,
        errorMessage: nullable(string),
        resourceType: int8,
        resourceName: string,
        configs: array(
          struct({
            name: string,
            value: nullable(string),
            readOnly: boolean,
            isDefault: between(0, 0, boolean),
            /** 1: of the topic, 4: of the broker's file, 5: the default. */
            configSource: since(1, int8, -1),
            isSensitive: boolean,
            synonyms: since(1, array(struct({ name: string, value: nullable(string), source: int8 }))),
            configType: since(3, int8),
            documentation: since(3, nullable(string)),
          }),
        ),
      }),
    ),
  }),
} as const

export const incrementalAlterConfigs = {
  key: 44,
  name: 'IncrementalAlterConfigs',
  versionMin: 0,
  versionMax: 1,
  flexibleFrom: 1,
  request: struct({
    resources: array(
      struct({
        /** 2: topic, 4: broker. */
        resourceType: int8,
        resourceName: string,
        configs: array(
          struct({
            name: string,
            /** 0: set, 1: back to the default, 2 and 3: add to and take from a list. */
            configOperation: int8,
            value: nullable(string),
          }),
        ),
      }),
    ),
    validateOnly: boolean,
  }),
  response: struct({
    throttleTimeMs: int32,
    responses: array(struct({ errorCode: int16, errorMessage: nullable(string), resourceType: int8, resourceName: string })),
  }),
} as const

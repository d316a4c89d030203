// Topics come and go: CreateTopics, DeleteTopics, DeleteRecords.

import type { RequestOf, ResponseInput } from '../../wire/api.ts'
import { errorCode } from '../../wire/error-codes.ts'
import { createTopics, deleteRecords, deleteTopics } from '../../wire/messages/topics.ts'
import type { Coordinator } from '../groups/coordinator.ts'
import { type Route, route } from '../route.ts'
import type { Catalogue, Topic } from '../topics/catalogue.ts'
import { type PlannedTopic, planTopic, type TopicRules } from '../topics/topic-plan.ts'
import { topicSettings } from '../topics/topic-settings.ts'
import { configSource } from './describe-configs.ts'

interface TopicParts {
  readonly catalogue: Catalogue
  readonly coordinator: Coordinator
  readonly topicRules: TopicRules
}

type WantedTopic = RequestOf<typeof createTopics>['topics'][number]
type CreatedTopic = ResponseInput<typeof createTopics>['topics'][number]
type DeletedTopic = ResponseInput<typeof deleteTopics>['responses'][number]

const noUuid = 'AAAAAAAAAAAAAAAAAAAAAA'

export function createTopicsRoute(parts: TopicParts): Route {
  return route(createTopics, (request) => {
    const names = request.topics.map(({ name }) => name)
    const twice = new Set(names.filter((name, index) => names.indexOf(name) !== index))
    return { topics: request.topics.map((wanted) => createTopic(wanted, twice, request.validateOnly, parts)) }
  })
}

function createTopic(
  wanted: WantedTopic,
  twice: ReadonlySet<string>,
  validateOnly: boolean,
  { catalogue, topicRules }: TopicParts,
): CreatedTopic {
  const planned: PlannedTopic = twice.has(wanted.name)
    ? { kind: 'refused', error: 'INVALID_REQUEST', message: 'Duplicate topic name.' }
    : planTopic(
        {
          name: wanted.name,
          partitions: wanted.numPartitions,
          replicationFactor: wanted.replicationFactor,
          assignments: wanted.assignments.map(({ partitionIndex, brokerIds }) => ({ partition: partitionIndex, brokers: brokerIds })),
          settings: wanted.configs,
        },
        topicRules,
        catalogue,
      )
  if (planned.kind === 'refused') return { name: wanted.name, errorCode: errorCode[planned.error], errorMessage: planned.message }
  const { plan } = planned
  const topicId = validateOnly ? noUuid : catalogue.create(plan).id
  const configs = topicSettings(plan.settings).map(({ name, value, isSet }) => {
    return { name, value, readOnly: false, configSource: isSet ? configSource.topic : configSource.fallback, isSensitive: false }
  })
  return { name: plan.name, topicId, errorCode: errorCode.NONE, numPartitions: plan.partitions, replicationFactor: 1, configs }
}

export function deleteTopicsRoute({ catalogue, coordinator }: TopicParts): Route {
  const remove = (topic: Topic | undefined, missing: DeletedTopic): DeletedTopic => {
    if (topic === undefined) return missing
    catalogue.delete(topic)
    coordinator.topicDeleted(topic.name)
    return { name: topic.name, topicId: topic.id, errorCode: errorCode.NONE }
  }
  return route(deleteTopics, (request) => {
    const byName = (name: string): DeletedTopic => {
      return remove(catalogue.topic(name), { name, errorCode: errorCode.UNKNOWN_TOPIC_OR_PARTITION })
    }
    const byId = (topicId: string): DeletedTopic => {
      return remove(catalogue.topicById(topicId), { name: null, topicId, errorCode: errorCode.UNKNOWN_TOPIC_ID })
    }
    const named = request.topicNames.map(byName)
    return { responses: [...named, ...request.topics.map(({ name, topicId }) => (name === null ? byId(topicId) : byName(name)))] }
  })
}

export function deleteRecordsRoute({ catalogue }: TopicParts): Route {
  return route(deleteRecords, (request) => {
    const topics = request.topics.map(({ name, partitions }) => {
      const answers = partitions.map(({ partitionIndex, offset }) => {
        const log = catalogue.log(name, partitionIndex)
        if (log === undefined) return { partitionIndex, lowWatermark: -1, errorCode: errorCode.UNKNOWN_TOPIC_OR_PARTITION }
        const before = offset === -1 ? log.endOffset : offset
        if (before < 0 || before > log.endOffset) return { partitionIndex, lowWatermark: -1, errorCode: errorCode.OFFSET_OUT_OF_RANGE }
        // As in Kafka: what is only compacted is kept whole.
        if (!log.settings.deletes) return { partitionIndex, lowWatermark: -1, errorCode: errorCode.POLICY_VIOLATION }
        catalogue.deleteRecords(name, partitionIndex, before)
        return { partitionIndex, lowWatermark: log.startOffset, errorCode: errorCode.NONE }
      })
      return { name, partitions: answers }
    })
    return { throttleTimeMs: 0, topics }
  })
}

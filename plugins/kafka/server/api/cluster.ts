// What the cluster is: one node that leads every partition and coordinates every group.

import type { RequestOf, ResponseInput } from '../../wire/api.ts'
import { errorCode, type ProtocolErrorName } from '../../wire/error-codes.ts'
import { describeCluster, findCoordinator, metadata } from '../../wire/messages/cluster.ts'
import { type Caller, type Route, route } from '../route.ts'
import type { Catalogue, Topic } from '../topics/catalogue.ts'
import { planTopic, type TopicRules, topicNameProblem } from '../topics/topic-plan.ts'

export const nodeId = 1
const noUuid = 'AAAAAAAAAAAAAAAAAAAAAA'
/** Groups and transactional ids. */
const coordinatedKeys: readonly number[] = [0, 1]
const brokersEndpoint = 1
const unknownOperations = -2147483648

interface ClusterParts {
  readonly catalogue: Catalogue
  readonly topicRules: TopicRules
  readonly autoCreateTopics: boolean
  /** What clients are told to connect to; undefined: the address they came by. */
  readonly advertised: { readonly host: string; readonly port: number } | undefined
}

type TopicAnswer = ResponseInput<typeof metadata>['topics'][number]
type AskedTopic = NonNullable<RequestOf<typeof metadata>['topics']>[number]

export function metadataRoute(parts: ClusterParts): Route {
  return route(metadata, (request, caller) => {
    const all = request.topics === null || (caller.apiVersion === 0 && request.topics.length === 0)
    const mayCreate = parts.autoCreateTopics && request.allowAutoTopicCreation
    const topics = all
      ? [...parts.catalogue.topics()].map(describeTopic)
      : request.topics!.map((asked) => findTopic(asked, mayCreate, parts))
    return {
      brokers: [{ nodeId, ...endpoint(parts, caller), rack: null }],
      clusterId: parts.catalogue.clusterId,
      controllerId: nodeId,
      topics,
    }
  })
}

function findTopic(asked: AskedTopic, mayCreate: boolean, { catalogue, topicRules }: ClusterParts): TopicAnswer {
  if (asked.name === null) {
    const topic = catalogue.topicById(asked.topicId)
    return topic === undefined ? missingTopic(null, asked.topicId, 'UNKNOWN_TOPIC_ID') : describeTopic(topic)
  }
  const topic = catalogue.topic(asked.name)
  if (topic !== undefined) return describeTopic(topic)
  if (topicNameProblem(asked.name) !== undefined) return missingTopic(asked.name, noUuid, 'INVALID_TOPIC_EXCEPTION')
  if (!mayCreate) return missingTopic(asked.name, noUuid, 'UNKNOWN_TOPIC_OR_PARTITION')
  const planned = planTopic(
    { name: asked.name, partitions: -1, replicationFactor: -1, assignments: [], settings: [] },
    topicRules,
    catalogue,
  )
  return planned.kind === 'planned' ? describeTopic(catalogue.create(planned.plan)) : missingTopic(asked.name, noUuid, planned.error)
}

function describeTopic({ name, id, logs }: Topic): TopicAnswer {
  const partitions = logs.map((_, partitionIndex) => {
    return { errorCode: errorCode.NONE, partitionIndex, leaderId: nodeId, leaderEpoch: 0, replicaNodes: [nodeId], isrNodes: [nodeId] }
  })
  return { errorCode: errorCode.NONE, name, topicId: id, partitions }
}

function missingTopic(name: string | null, topicId: string, error: ProtocolErrorName): TopicAnswer {
  return { errorCode: errorCode[error], name, topicId, partitions: [] }
}

export function findCoordinatorRoute(parts: ClusterParts): Route {
  return route(findCoordinator, (request, caller) => {
    const here = { nodeId, ...endpoint(parts, caller), errorCode: errorCode.NONE, errorMessage: null }
    const nowhere = {
      nodeId: -1,
      host: '',
      port: -1,
      errorCode: errorCode.INVALID_REQUEST,
      errorMessage: 'This broker coordinates groups and transactions only.',
    }
    const answer = coordinatedKeys.includes(request.keyType) ? here : nowhere
    return { ...answer, coordinators: request.coordinatorKeys.map((key) => ({ key, ...answer })) }
  })
}

export function describeClusterRoute(parts: ClusterParts): Route {
  return route(describeCluster, (request, caller) => {
    const known = request.endpointType === brokersEndpoint
    return {
      throttleTimeMs: 0,
      errorCode: known ? errorCode.NONE : errorCode.INVALID_REQUEST,
      errorMessage: known ? null : 'There is no controller to speak to but the broker.',
      endpointType: brokersEndpoint,
      clusterId: parts.catalogue.clusterId,
      controllerId: nodeId,
      brokers: [{ brokerId: nodeId, ...endpoint(parts, caller), rack: null }],
      clusterAuthorizedOperations: unknownOperations,
    }
  })
}

function endpoint({ advertised }: ClusterParts, caller: Caller): { readonly host: string; readonly port: number } {
  return advertised ?? caller.reachedAt
}

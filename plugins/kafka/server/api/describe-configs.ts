// DescribeConfigs: the settings of topics, defaults included, and those few of the broker that tools ask for.

import type { RequestOf, ResponseInput } from '../../wire/api.ts'
import { errorCode } from '../../wire/error-codes.ts'
import { describeConfigs } from '../../wire/messages/topics.ts'
import type { BrokerSettings } from '../broker-settings.ts'
import { type Route, route } from '../route.ts'
import type { Catalogue } from '../topics/catalogue.ts'
import { type SettingType, type TopicSetting, topicSettings } from '../topics/topic-settings.ts'
import { nodeId } from './cluster.ts'

/** Where a value comes from, as the protocol numbers it. */
export const configSource = { topic: 1, brokerFile: 4, fallback: 5 } as const

const resourceTypes = { topic: 2, broker: 4 } as const
const typeNumbers: Readonly<Record<SettingType, number>> = { boolean: 1, string: 2, int: 3, long: 5, double: 6, list: 7 }

interface ConfigParts {
  readonly catalogue: Catalogue
  readonly settings: BrokerSettings
}

type Resource = RequestOf<typeof describeConfigs>['resources'][number]
type Result = ResponseInput<typeof describeConfigs>['results'][number]
type Config = Result['configs'][number]

export function describeConfigsRoute(parts: ConfigParts): Route {
  return route(describeConfigs, (request) => {
    return { throttleTimeMs: 0, results: request.resources.map((resource) => describe(resource, request.includeSynonyms, parts)) }
  })
}

function describe(resource: Resource, withSynonyms: boolean, { catalogue, settings }: ConfigParts): Result {
  const { resourceType, resourceName, configurationKeys } = resource
  const wanted = (configs: readonly Config[]): readonly Config[] => {
    return configurationKeys === null ? configs : configs.filter(({ name }) => configurationKeys.includes(name))
  }
  const found = (configs: readonly Config[]): Result => {
    return { errorCode: errorCode.NONE, errorMessage: null, resourceType, resourceName, configs: wanted(configs) }
  }
  if (resourceType === resourceTypes.topic) {
    const topic = catalogue.topic(resourceName)
    if (topic !== undefined) return found(topicSettings(topic.settings).map((setting) => topicConfig(setting, withSynonyms)))
    return problem(resource, errorCode.UNKNOWN_TOPIC_OR_PARTITION, `There is no topic ${resourceName}.`)
  }
  if (resourceType === resourceTypes.broker) {
    if (resourceName === '' || resourceName === String(nodeId)) return found(brokerConfigs(settings))
    return problem(resource, errorCode.INVALID_REQUEST, `This is broker ${nodeId}, and there is no other.`)
  }
  return problem(resource, errorCode.INVALID_REQUEST, `Resources of type ${resourceType} have no settings here.`)
}

function topicConfig({ name, value, type, fallback, isSet }: TopicSetting, withSynonyms: boolean): Config {
  const byDefault = { name, value: fallback, source: configSource.fallback }
  const byTopic = { name, value, source: configSource.topic }
  return {
    name,
    value,
    readOnly: false,
    isDefault: !isSet,
    configSource: isSet ? configSource.topic : configSource.fallback,
    isSensitive: false,
    synonyms: withSynonyms ? (isSet ? [byTopic, byDefault] : [byDefault]) : [],
    configType: typeNumbers[type],
    documentation: null,
  }
}

function brokerConfigs({ autoCreateTopics, defaultPartitions, initialRebalanceDelayMs, limits }: BrokerSettings): readonly Config[] {
  const values: Readonly<Record<string, readonly [value: boolean | number, type: SettingType]>> = {
    'auto.create.topics.enable': [autoCreateTopics, 'boolean'],
    'default.replication.factor': [1, 'int'],
    'delete.topic.enable': [true, 'boolean'],
    'fetch.max.bytes': [limits.fetchBytes, 'int'],
    'group.initial.rebalance.delay.ms': [initialRebalanceDelayMs, 'int'],
    'group.max.session.timeout.ms': [limits.sessionTimeoutMaxMs, 'int'],
    'group.max.size': [limits.groupMembers, 'int'],
    'group.min.session.timeout.ms': [limits.sessionTimeoutMinMs, 'int'],
    'log.retention.ms': [-1, 'long'],
    'max.connections': [limits.connections, 'int'],
    'min.insync.replicas': [1, 'int'],
    'node.id': [nodeId, 'int'],
    'num.partitions': [defaultPartitions, 'int'],
    'offset.metadata.max.bytes': [limits.offsetMetadataBytes, 'int'],
    'socket.request.max.bytes': [limits.requestBytes, 'int'],
  }
  return Object.entries(values).map(([name, [value, type]]) => {
    return {
      name,
      value: String(value),
      readOnly: true,
      isDefault: false,
      configSource: configSource.brokerFile,
      isSensitive: false,
      configType: typeNumbers[type],
    }
  })
}

function problem({ resourceType, resourceName }: Resource, code: number, errorMessage: string): Result {
  return { errorCode: code, errorMessage, resourceType, resourceName, configs: [] }
}

// IncrementalAlterConfigs: changes settings of topics that exist. A change is made as a whole or not at all, and is in force at once.

import type { RequestOf } from '../../wire/api.ts'
import { errorCode, type ProtocolErrorName } from '../../wire/error-codes.ts'
import { incrementalAlterConfigs } from '../../wire/messages/topics.ts'
import { type Route, route } from '../route.ts'
import type { Catalogue } from '../topics/catalogue.ts'
import { settingFallback, settingProblem } from '../topics/topic-settings.ts'

const topicResource = 2
const operations = { set: 0, reset: 1, append: 2, subtract: 3 } as const

type Resource = RequestOf<typeof incrementalAlterConfigs>['resources'][number]
type Change = Resource['configs'][number]

interface Refusal {
  readonly error: ProtocolErrorName
  readonly message: string
}

export function alterConfigsRoute({ catalogue }: { readonly catalogue: Catalogue }): Route {
  return route(incrementalAlterConfigs, ({ resources, validateOnly }) => {
    const responses = resources.map((resource) => {
      const refusal = alter(resource, validateOnly, catalogue)
      return {
        errorCode: errorCode[refusal?.error ?? 'NONE'],
        errorMessage: refusal?.message ?? null,
        resourceType: resource.resourceType,
        resourceName: resource.resourceName,
      }
    })
    return { throttleTimeMs: 0, responses }
  })
}

function alter({ resourceType, resourceName, configs }: Resource, validateOnly: boolean, catalogue: Catalogue): Refusal | undefined {
  if (resourceType !== topicResource) return { error: 'INVALID_REQUEST', message: 'Only settings of topics can be changed here.' }
  const topic = catalogue.topic(resourceName)
  if (topic === undefined) return { error: 'UNKNOWN_TOPIC_OR_PARTITION', message: `There is no topic ${resourceName}.` }
  const settings = new Map(topic.settings)
  for (const change of configs) {
    const value = changed(settings.get(change.name) ?? settingFallback(change.name), change)
    if (value === undefined) settings.delete(change.name)
    else {
      const problem = settingProblem(change.name, value)
      if (problem !== undefined) return { error: 'INVALID_CONFIG', message: problem }
      settings.set(change.name, value!)
    }
  }
  if (!validateOnly) catalogue.changeSettings(topic, settings)
  return undefined
}

/** Undefined: no longer set. */
function changed(before: string, { configOperation, value }: Change): string | null | undefined {
  const list = before.split(',').filter((part) => part !== '')
  const parts = (value ?? '').split(',')
  switch (configOperation) {
    case operations.reset:
      return undefined
    case operations.append:
      return [...new Set([...list, ...parts])].join(',')
    case operations.subtract:
      return list.filter((part) => !parts.includes(part)).join(',')
    default:
      return value
  }
}

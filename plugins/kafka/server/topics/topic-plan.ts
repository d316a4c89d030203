// Whether a topic may be created as somebody wants it, and how it would look. Nothing is changed here.

import type { ProtocolErrorName } from '../../wire/error-codes.ts'
import type { Catalogue, TopicPlan } from './catalogue.ts'
import { settingProblem } from './topic-settings.ts'

export interface TopicWish {
  readonly name: string
  /** -1: the broker's default. */
  readonly partitions: number
  /** -1: the broker's default. */
  readonly replicationFactor: number
  /** The brokers of each partition, in the order of the partitions, in the place of the two numbers. */
  readonly assignments: readonly { readonly partition: number; readonly brokers: readonly number[] }[]
  readonly settings: readonly { readonly name: string; readonly value: string | null }[]
}

export interface TopicRules {
  readonly nodeId: number
  readonly defaultPartitions: number
  /** Of all topics together. */
  readonly partitionsMax: number
}

export type PlannedTopic =
  | { readonly kind: 'planned'; readonly plan: TopicPlan }
  | { readonly kind: 'refused'; readonly error: ProtocolErrorName; readonly message: string }

const nameCharactersMax = 249

export function planTopic(wish: TopicWish, rules: TopicRules, catalogue: Catalogue): PlannedTopic {
  const { name } = wish
  const nameProblem = topicNameProblem(name)
  if (nameProblem !== undefined) return refused('INVALID_TOPIC_EXCEPTION', nameProblem)
  if (catalogue.topic(name) !== undefined) return refused('TOPIC_ALREADY_EXISTS', `Topic '${name}' already exists.`)
  const partitions =
    wish.assignments.length > 0 ? wish.assignments.length : wish.partitions === -1 ? rules.defaultPartitions : wish.partitions
  const problem = wish.assignments.length > 0 ? assignmentsProblem(wish, rules) : countsProblem(wish)
  if (problem !== undefined) return problem
  if (catalogue.partitionsCount + partitions > rules.partitionsMax) {
    return refused('POLICY_VIOLATION', `This broker takes ${rules.partitionsMax} partitions in all, and has ${catalogue.partitionsCount}.`)
  }
  for (const setting of wish.settings) {
    const settingIs = settingProblem(setting.name, setting.value)
    if (settingIs !== undefined) return refused('INVALID_CONFIG', settingIs)
  }
  return { kind: 'planned', plan: { name, partitions, settings: new Map(wish.settings.map((setting) => [setting.name, setting.value!])) } }
}

export function topicNameProblem(name: string): string | undefined {
  if (name === '') return 'Topic name is invalid: the empty string is not allowed'
  if (name === '.' || name === '..') return `Topic name is invalid: '${name}' is not allowed`
  if (name.length > nameCharactersMax)
    return `Topic name is invalid: the length of '${name}' is longer than the max allowed length ${nameCharactersMax}`
  if (!/^[a-zA-Z0-9._-]+$/.test(name)) {
    return `Topic name is invalid: '${name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'`
  }
  return undefined
}

function countsProblem({ partitions, replicationFactor }: TopicWish): PlannedTopic | undefined {
  if (partitions === 0 || partitions < -1) {
    return refused('INVALID_PARTITIONS', 'Number of partitions was set to an invalid non-positive value.')
  }
  if (replicationFactor === 0 || replicationFactor < -1) {
    return refused('INVALID_REPLICATION_FACTOR', 'Replication factor must be larger than 0, or -1 to use the default value.')
  }
  if (replicationFactor > 1) {
    return refused(
      'INVALID_REPLICATION_FACTOR',
      `Unable to replicate the partition ${replicationFactor} time(s): only 1 broker(s) are registered.`,
    )
  }
  return undefined
}

function assignmentsProblem({ partitions, replicationFactor, assignments }: TopicWish, { nodeId }: TopicRules): PlannedTopic | undefined {
  if (partitions !== -1 || replicationFactor !== -1) {
    return refused(
      'INVALID_REQUEST',
      'A manual partition assignment was specified, but the numbers of partitions and replicas were not both set to -1.',
    )
  }
  const good = assignments.every(({ partition, brokers }, index) => partition === index && brokers.length === 1 && brokers[0] === nodeId)
  return good ? undefined : refused('INVALID_REPLICA_ASSIGNMENT', `Partitions count from 0, and each is on broker ${nodeId}, the only one.`)
}

function refused(error: ProtocolErrorName, message: string): PlannedTopic {
  return { kind: 'refused', error, message }
}

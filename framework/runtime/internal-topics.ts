// The topics of an app before it starts: users' topics have to be there, internal ones are made, and those that were there before are checked.

import { MillraceError } from '../errors.ts'
import type { Topology } from '../graph/topology.ts'
import type { Admin, NewTopic, TopicDescription } from '../ports/broker.ts'
import { didYouMean } from './did-you-mean.ts'
import { planTopics, sinkTopics, sourceTopics, type TopicPlan } from './topic-plan.ts'

/** Throws `topology-topics-missing`, which names all of them, and `not-co-partitioned`. */
export async function planFromBroker(
  admin: Admin,
  topology: Topology,
  applicationId: string,
  deadLetterTopic?: string,
): Promise<TopicPlan> {
  const read = sourceTopics(topology)
  const used = [...new Set([...read, ...sinkTopics(topology), ...(deadLetterTopic === undefined ? [] : [deadLetterTopic])])]
  const found: ReadonlyMap<string, TopicDescription> = used.length === 0 ? new Map() : await admin.topics(used)
  const missing = used.filter((name) => !found.has(name))
  if (missing.length > 0) {
    const names = await admin.topicNames()
    const useOf = (name: string): string =>
      read.includes(name) ? 'it reads' : name === deadLetterTopic ? 'it writes dead letters to (deadLetterTopic)' : 'it writes'
    const list = missing.map((name) => `There is no topic ${name}, which ${useOf(name)}.${didYouMean(name, names)}`)
    throw new MillraceError('topology-topics-missing', { topology: topology.name, missing: list.join('\n  ') })
  }
  return planTopics(topology, applicationId, new Map(read.map((name) => [name, found.get(name)!.partitions])))
}

/** Makes what is missing. Throws `internal-topic-partitions` if a topic from before has another number of partitions than the plan says. */
export async function ensureInternalTopics(admin: Admin, plan: TopicPlan, replicationFactor: number): Promise<void> {
  const topics = [...new Map(plan.internalTopics.map((topic) => [topic.name, topic])).values()]
  if (topics.length === 0) return
  const existing = await admin.topics(topics.map(({ name }) => name))
  const missing = topics.filter(({ name }) => !existing.has(name))
  const made = missing.length === 0 ? new Map() : await admin.createTopics(missing.map((topic) => ({ ...topic, replicationFactor })))
  // Another instance may have made some in the meantime.
  const late = missing.filter(({ name }) => made.get(name) === 'exists')
  const found = late.length === 0 ? existing : new Map([...existing, ...(await admin.topics(late.map(({ name }) => name)))])
  for (const topic of topics) checkPartitions(topic, found.get(topic.name)?.partitions)
}

function checkPartitions({ name, partitions }: NewTopic, actual: number | undefined): void {
  if (actual !== undefined && actual !== partitions)
    throw new MillraceError('internal-topic-partitions', { topic: name, actual, expected: partitions })
}

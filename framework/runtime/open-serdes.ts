// The serdes of a topology that need something from outside are opened before its first record, each with all places where it stands.

import type { StoreSpec } from '../graph/operator-spec.ts'
import { type SinkNode, type SourceNode, type TopicRef, type Topology, topicName } from '../graph/topology.ts'
import type { Serde, SerdeContext, SerdeUse } from '../ports/serde.ts'

/** Rejects with the first failure. */
export async function openSerdes(topology: Topology, context: Omit<SerdeContext, 'uses'>): Promise<void> {
  const uses = usesOf(topology, context.applicationId)
  await Promise.all([...uses].map(([serde, where]) => serde.open?.({ ...context, uses: where })))
}

type Uses = Map<Serde<unknown>, SerdeUse[]>

function usesOf(topology: Topology, applicationId: string): Uses {
  const uses: Uses = new Map()
  const add = (serde: Serde<unknown> | undefined, use: SerdeUse): void => {
    if (serde?.open === undefined) return
    const known = uses.get(serde) ?? []
    uses.set(serde, known)
    if (!known.some(({ topic, part, writes }) => topic === use.topic && part === use.part && writes === use.writes)) known.push(use)
  }
  const addBoth = ({ key, value }: Pick<SinkNode, 'key' | 'value'>, use: Omit<SerdeUse, 'part'>): void => {
    add(key, { ...use, part: 'key' })
    add(value, { ...use, part: 'value' })
  }
  const nameOf = (ref: TopicRef): string => topicName(applicationId, ref)
  for (const node of topology.nodes.values()) {
    if (node.kind === 'source') for (const topic of sourceTopics(node)) addBoth(node, { topic: nameOf(topic), writes: false })
    else if (node.kind === 'sink') addBoth(node, { topic: node.topicOf === undefined ? nameOf(node.topic) : undefined, writes: true })
    else for (const [name, part] of Object.entries(node.operator)) addOperatorSerde(name, part, add)
  }
  for (const store of topology.stores.values()) {
    const use = { topic: changelogOf(store, applicationId), writes: true }
    addBoth(store, use)
    add(store.otherValue, { ...use, part: 'value' })
  }
  return uses
}

/** What an operator reads and writes beside sources, sinks and stores: keys that it looks rows up by. */
function addOperatorSerde(name: string, part: unknown, add: (serde: Serde<unknown>, use: SerdeUse) => void): void {
  if (!name.endsWith('Serde')) return
  add(part as Serde<unknown>, { topic: undefined, part: name === 'valueSerde' ? 'value' : 'key', writes: false })
}

function sourceTopics({ input }: SourceNode): readonly TopicRef[] {
  return input.kind === 'topics' ? input.topics : []
}

function changelogOf({ changelog }: StoreSpec, applicationId: string): string | undefined {
  if (changelog === null) return undefined
  return changelog.kind === 'internal' ? `${applicationId}-${changelog.name}` : changelog.topic
}

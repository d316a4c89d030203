// Where the inputs of a task begin that the group has committed nothing for, or whose position the broker does not have any more. Kafka Streams:
// StreamThread.resetOffsets, AutoOffsetReset (KIP-1106).

import { offsetResetPattern } from '../config.ts'
import { MillraceError } from '../errors.ts'
import { inputTopics, type OffsetReset, type Topology } from '../graph/topology.ts'
import type { Admin, PartitionOffset } from '../ports/broker.ts'
import type { Clock } from '../ports/clock.ts'
import { asTimestamp, partitionName, type TopicPartition } from '../ports/record.ts'

export interface ResetParts {
  readonly topology: Topology
  readonly applicationId: string
  readonly settings: { readonly autoOffsetReset: string }
  readonly admin: Admin
  readonly clock: Clock
}

/** The policy of each partition's source; the app's own topics are always read from their start. */
export function resetPolicy({ topology, settings }: ResetParts): (topic: string) => OffsetReset {
  const general = offsetResetOf(settings.autoOffsetReset)
  const byTopic = new Map<string, OffsetReset>()
  for (const node of topology.nodes.values()) {
    if (node.kind !== 'source') continue
    for (const { name, internal } of inputTopics(node.input)) if (!internal) byTopic.set(name, node.reset ?? general)
  }
  return (topic) => byTopic.get(topic) ?? 'earliest'
}

/** Throws `no-committed-offset`, which names all partitions whose policy is `none`. */
export async function resetOffsets(parts: ResetParts, inputs: readonly TopicPartition[]): Promise<readonly PartitionOffset[]> {
  if (inputs.length === 0) return []
  const policyOf = resetPolicy(parts)
  const byPolicy = new Map<string, { readonly policy: OffsetReset; readonly inputs: TopicPartition[] }>()
  for (const { topic, partition } of inputs) {
    const policy = policyOf(topic)
    const key = JSON.stringify(policy)
    const group = byPolicy.get(key) ?? { policy, inputs: [] }
    byPolicy.set(key, group)
    group.inputs.push({ topic, partition })
  }
  const groups = await Promise.all([...byPolicy.values()].map((group) => offsetsBy(parts, group.policy, group.inputs)))
  return groups.flat()
}

async function offsetsBy(
  { admin, clock, applicationId }: ResetParts,
  policy: OffsetReset,
  inputs: readonly TopicPartition[],
): Promise<readonly PartitionOffset[]> {
  if (policy === 'earliest') return await admin.startOffsets(inputs)
  if (policy === 'latest') return await admin.endOffsets(inputs, { readCommitted: true })
  if (policy !== 'none') return await admin.offsetsAt(inputs, asTimestamp(Math.max(0, clock.now() - policy.byDurationMs)))
  throw new MillraceError('no-committed-offset', { group: applicationId, partitions: inputs.map(partitionName).join(', ') })
}

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** The text was checked when the settings were read. */
function offsetResetOf(text: string): OffsetReset {
  if (text === 'earliest' || text === 'latest' || text === 'none') return text
  const match = offsetResetPattern.exec(text)
  if (match === null) throw new Error(`${text} is no offset reset policy`)
  const [, count, unit, days = 0, hours = 0, minutes = 0, seconds = 0] = match
  if (count !== undefined && unit !== undefined) return { byDurationMs: Number(count) * unitMs[unit]! }
  return { byDurationMs: Math.round(((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60_000 + Number(seconds) * 1_000) }
}

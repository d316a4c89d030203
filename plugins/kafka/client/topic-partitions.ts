// Kafka's requests list partitions under their topics; Millrace lists them flat.

import type { TopicPartition } from '../../../framework/index.ts'

export function byTopic<P extends TopicPartition, T>(
  partitions: readonly P[],
  item: (partition: P) => T,
): { readonly name: string; readonly partitions: readonly T[] }[] {
  const topics = new Map<string, T[]>()
  for (const partition of partitions) {
    const items = topics.get(partition.topic)
    if (items === undefined) topics.set(partition.topic, [item(partition)])
    else items.push(item(partition))
  }
  return [...topics].map(([name, items]) => ({ name, partitions: items }))
}

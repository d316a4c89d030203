// The logical node of a repartitioning: a filter for null keys, a sink to an internal topic, a source from it. Kafka Streams: createRepartitionedSource.

import type { Serde } from '../ports/serde.ts'
import { LogicalNode, type RepartitionWork } from './logical-graph.ts'
import { isGenerated, type NameCounter } from './names.ts'
import type { PartitionerSpec } from './topology.ts'

export interface RepartitionNames {
  readonly topic: string
  readonly sink: string
  readonly filter: string
  readonly source: string
}

const suffix = '-repartition'

/** The names of a repartitioning whose topic is named after `prefix`. Three generated names are used up each time, needed or not. */
export function repartitionNames(names: NameCounter, prefix: string): RepartitionNames {
  const topic = prefix.endsWith(suffix) ? prefix : `${prefix}${suffix}`
  const sink = names.processor('KSTREAM-SINK-')
  const filter = names.processor('KSTREAM-FILTER-')
  const source = names.processor('KSTREAM-SOURCE-')
  if (isGenerated(prefix)) return { topic, sink, filter, source }
  return { topic, sink: `${topic}-sink`, filter: `${topic}-filter`, source: `${topic}-source` }
}

/** What an author who asks for a repartitioning can say. */
export interface Explicit {
  readonly partitions: number | undefined
  readonly partitioner: PartitionerSpec | undefined
}

/** Its name is that of the source behind the topic: who comes after it reads from there. */
export function repartitionNode(
  { topic, sink, filter, source }: RepartitionNames,
  serdes: { readonly key: Serde<unknown>; readonly value: Serde<unknown> },
  explicit: Explicit | null = null,
): LogicalNode {
  const work: RepartitionWork = {
    kind: 'repartition',
    topic,
    partitions: explicit?.partitions,
    filterName: filter,
    sinkName: sink,
    key: serdes.key,
    value: serdes.value,
    explicit: explicit !== null,
    partitioner: explicit?.partitioner,
  }
  return new LogicalNode(source, work)
}

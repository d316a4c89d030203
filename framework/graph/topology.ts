// The topology as it runs: processor nodes with their names and edges, stores, sub-topologies, internal topics. Plain data and callbacks, checked
// when built, never changed after. Kafka Streams: InternalTopologyBuilder and what describe() shows of it.

import type { Source } from '../ports/connector.ts'
import type { StreamRecord } from '../ports/record.ts'
import type { Serde } from '../ports/serde.ts'
import type { Callback, OperatorSpec, StoreSpec } from './operator-spec.ts'

export type Naming = 'variables' | 'kafka-streams'

export interface Topology {
  readonly name: string
  readonly naming: Naming
  /** By name, in the order of addition. */
  readonly nodes: ReadonlyMap<string, TopologyNode>
  readonly stores: ReadonlyMap<string, StoreSpec>
  /** By id: the node groups in Kafka Streams' numbering. */
  readonly subTopologies: readonly SubTopology[]
  /** Topics that the app makes for itself, by their name before the application id. */
  readonly repartitionTopics: ReadonlyMap<string, RepartitionTopic>
  /** Sets of topics (references as in `TopicRef`) that must have equal partition counts. */
  readonly coPartitioned: readonly (readonly TopicRef[])[]
}

export interface SubTopology {
  readonly id: number
  /** Names of its nodes, in the order in which describe() lists them. */
  readonly nodes: readonly string[]
  readonly stores: readonly string[]
  readonly global: boolean
}

export type TopologyNode = SourceNode | ProcessorNode | SinkNode

export interface SourceNode {
  readonly kind: 'source'
  readonly name: string
  readonly input: SourceInput
  readonly key: Serde<unknown>
  readonly value: Serde<unknown>
  /** Children in the order of attachment, which is the order of processing. */
  readonly children: readonly string[]
  /** Gives a record's timestamp instead of its own; `partitionTimeMs` is the highest so far of its partition, -1 before the first. */
  readonly timestampOf?: (record: StreamRecord<unknown, unknown>, partitionTimeMs: number) => number
}

export type SourceInput =
  | { readonly kind: 'topics'; readonly topics: readonly TopicRef[] }
  /**
   * A bounded source of the program itself: one partition; its position is committed under `<application id>-<name>-elements`. An element without
   * a timestamp has the wall-clock time of its emission.
   */
  | { readonly kind: 'elements'; readonly elements: readonly Element[] }
  /** A source from elsewhere than Kafka: one partition; its position is committed under `<application id>-<name>-source`. */
  | { readonly kind: 'source'; readonly source: Source<unknown, unknown> }

export type Element = readonly [key: unknown, value: unknown, timestamp?: number]

export interface ProcessorNode {
  readonly kind: 'processor'
  readonly name: string
  readonly operator: OperatorSpec
  /** Stores that describe() shows at the node and that it may open. */
  readonly stores: readonly string[]
  readonly parents: readonly string[]
  readonly children: readonly string[]
}

export interface SinkNode {
  readonly kind: 'sink'
  readonly name: string
  readonly topic: TopicRef
  /** Chooses the topic by the record, each time; `topic` is then only what describe() shows. */
  readonly topicOf?: Callback<string>
  /** Chooses the partition, each time; without one, or if it gives undefined, the key does. */
  readonly partitioner?: (value: unknown, key: unknown, partitions: number) => number | undefined
  readonly key: Serde<unknown>
  readonly value: Serde<unknown>
  readonly parents: readonly string[]
}

/** A user's topic by its name; an internal one by its name before the application id. */
export interface TopicRef {
  readonly name: string
  readonly internal: boolean
}

export interface RepartitionTopic {
  readonly name: string
  /** Set by the user; else derived from the topics upstream. */
  readonly partitions: number | undefined
  /** As Kafka Streams sets them: deleted by the app, never by time. */
  readonly settings: Readonly<Record<string, string>>
}

/** The name of a topic on the broker. */
export function topicName(applicationId: string, topic: TopicRef): string {
  return topic.internal ? `${applicationId}-${topic.name}` : topic.name
}

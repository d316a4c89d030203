// The topology as it runs: processor nodes with their names and edges, stores, sub-topologies, internal topics. Plain data and callbacks, checked
// when built, never changed after. Kafka Streams: InternalTopologyBuilder and what describe() shows of it.

import type { Source } from '../ports/connector.ts'
import type { StreamRecord } from '../ports/record.ts'
import type { Serde } from '../ports/serde.ts'
import type { ChainCodes } from './chains.ts'
import type { ErrorHandlers } from './error-handlers.ts'
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
  /** What becomes of records that fail, as far as the topology decides it itself. */
  readonly errorHandlers?: ErrorHandlers
  /** The functions that its chains run as; without one each operator runs by itself. */
  readonly chainCodes?: ChainCodes
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
  /** What comes from the author and need not be there. */
  readonly timing?: SourceTiming
  /** Where reading begins without a committed offset; undefined: as the setting `autoOffsetReset` says. Repartition topics are always read from the start. */
  readonly reset?: OffsetReset | undefined
}

/** How the records of a source get their timestamps. */
export interface SourceTiming {
  /**
   * Gives a record's timestamp instead of its own; `partitionTimeMs` is the highest so far of its partition, -1 before the first. `wallClock`: the time at
   * which the record is taken. undefined: the record's own.
   */
  readonly timestampOf?: ((record: StreamRecord<unknown, unknown>, partitionTimeMs: number) => number) | 'wallClock' | undefined
  /** undefined: `fail` for the records' own timestamps, `skip` for those of a callback (Kafka Streams' defaults). */
  readonly onInvalid?: InvalidTimestamp | undefined
}

/** What a record does whose timestamp is negative: stops the app, is left out and counted, or takes the highest time so far of its partition. */
export type InvalidTimestamp = 'fail' | 'skip' | 'partitionTime'

/** Kafka Streams: AutoOffsetReset (KIP-1106). */
export type OffsetReset = 'earliest' | 'latest' | 'none' | { readonly byDurationMs: number }

export type SourceInput =
  | { readonly kind: 'topics'; readonly topics: readonly TopicRef[] }
  /** All users' topics whose whole name matches. What they are is known when the topology is bound to a broker's topics (bind-topics.ts). */
  | { readonly kind: 'pattern'; readonly pattern: RegExp }
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
  /** Chooses the partitions, each time; without one, or if it gives undefined, the key does. */
  readonly partitioner?: PartitionerSpec
  readonly key: Serde<unknown>
  readonly value: Serde<unknown>
  readonly parents: readonly string[]
}

/** An empty list: the record goes nowhere, and is counted as dropped (Kafka Streams: StreamPartitioner, KIP-837). */
export type PartitionerSpec = (value: unknown, key: unknown, partitions: number, topic: string) => number | readonly number[] | undefined

/** A user's topic by its name; an internal one by its name before the application id. */
export interface TopicRef {
  readonly name: string
  readonly internal: boolean
  /** Only in `coPartitioned`, before the topology is bound: `name` is that of a source, and all topics that match its pattern are meant. */
  readonly pattern?: true
}

export interface RepartitionTopic {
  readonly name: string
  /** Set by the user; else derived from the topics upstream. */
  readonly partitions: number | undefined
  /** As Kafka Streams sets them: deleted by the app, never by time. */
  readonly settings: Readonly<Record<string, string>>
}

/** The topics that a source reads; none for one that is bounded, or whose pattern is not bound to a broker's topics. */
export function inputTopics(input: SourceInput): readonly TopicRef[] {
  return input.kind === 'topics' ? input.topics : []
}

/** Whether a source reads nothing of a broker: one partition, of one task. */
export function isLocal(input: SourceInput): boolean {
  return input.kind === 'elements' || input.kind === 'source'
}

/** The name of a topic on the broker. */
export function topicName(applicationId: string, topic: TopicRef): string {
  return topic.internal ? `${applicationId}-${topic.name}` : topic.name
}

// The topology as it was said: one node for each call of the dsl, in the order of the calls. Not yet the topology that runs: a node here can become
// several processors there (a repartitioning is a filter, a sink and a source), and what a node becomes depends on what came after it.
// Kafka Streams: InternalStreamsBuilder and the GraphNode classes.

import type { Source } from '../ports/connector.ts'
import type { Serde } from '../ports/serde.ts'
import { NameCounter } from './names.ts'
import type { OperatorSpec, StoreSpec } from './operator-spec.ts'
import { Problems } from './problems.ts'
import type { SourceTable } from './table-state.ts'
import type { Element, Naming, OffsetReset, PartitionerSpec, SinkNode, SourceTiming } from './topology.ts'

export class LogicalNode {
  readonly name: string
  readonly work: NodeWork
  readonly traits: NodeTraits
  readonly parents = new Set<LogicalNode>()
  readonly children = new Set<LogicalNode>()
  /** Nodes are written in this order, once all their parents are. Moved up each time the node is attached, as Kafka Streams does. */
  buildPriority = 0
  /** Of a table's source: its topic serves as the changelog of its store. */
  reusesSourceTopic = false
  /** Of a processor: stores that were connected to it after it was added. */
  readonly connected = new Set<string>()
  /** Of a join of streams: both sides are the same stream, so one store does. */
  joinsItself = false

  constructor(name: string, work: NodeWork, traits: NodeTraits = {}) {
    this.name = name
    this.work = work
    this.traits = traits
  }

  get parentNames(): readonly string[] {
    return [...this.parents].map((parent) => parent.name)
  }

  adopt(child: LogicalNode): void {
    this.children.add(child)
    child.parents.add(this)
  }

  release(child: LogicalNode): void {
    this.children.delete(child)
    child.parents.delete(this)
  }
}

export interface NodeTraits {
  readonly changesKey?: boolean
  readonly changesValue?: boolean
  readonly merges?: boolean
  /** A left join of a stream lets null keys pass: a repartitioning before it must not drop them (KIP-962). */
  readonly passesNullKeys?: boolean
  /** Whether the table that comes of it is kept in a versioned store; undefined: as the one before it. */
  readonly versioned?: boolean
  /** Of a windowed aggregation: how long after its end a window takes records. */
  readonly closesAfterMs?: number
}

/** What a node becomes. Operators are made when written: only then is it known which tables are stored and which send old values. */
export type NodeWork =
  | { readonly kind: 'root' }
  | {
      readonly kind: 'source'
      readonly topics: readonly string[] | RegExp
      readonly key: Serde<unknown>
      readonly value: Serde<unknown>
      readonly timing: SourceTiming
      readonly reset: OffsetReset | undefined
      /** false: no other source of the same topics becomes one with it. */
      readonly mergeable?: boolean
    }
  | { readonly kind: 'elements'; readonly elements: readonly Element[]; readonly key: Serde<unknown>; readonly value: Serde<unknown> }
  | {
      readonly kind: 'connectedSource'
      readonly source: Source<unknown, unknown>
      readonly key: Serde<unknown>
      readonly value: Serde<unknown>
    }
  | {
      readonly kind: 'tableSource'
      readonly sourceName: string
      readonly topic: string
      readonly key: Serde<unknown>
      readonly value: Serde<unknown>
      readonly timing: SourceTiming
      readonly reset: OffsetReset | undefined
      readonly table: SourceTable
      readonly store: StoreSpec
    }
  | {
      readonly kind: 'processor'
      readonly operator: () => OperatorSpec
      /** A store of its own, which is added with it; asked for when written. */
      readonly store: () => StoreSpec | null
      /** Further ones, which are added behind it. Default: none. */
      readonly furtherStores?: readonly StoreSpec[]
      /** Stores of others that it opens. */
      readonly connects: readonly string[]
    }
  | { readonly kind: 'store'; readonly store: StoreSpec }
  /** A store that every instance fills from a whole topic, beside the tasks. Its name is that of the processor that fills it. */
  | {
      readonly kind: 'globalStore'
      readonly sourceName: string
      readonly topic: string
      readonly key: Serde<unknown>
      readonly value: Serde<unknown>
      readonly timing: SourceTiming
      readonly operator: OperatorSpec
      readonly store: StoreSpec
    }
  /** Both ends of a topic of the app's own that is no repartitioning of a stream. */
  | {
      readonly kind: 'internalSink'
      readonly topic: string
      readonly key: Serde<unknown>
      readonly value: Serde<unknown>
      readonly partitioner: SinkNode['partitioner'] | null
    }
  | { readonly kind: 'internalSource'; readonly topic: string; readonly key: Serde<unknown>; readonly value: Serde<unknown> }
  | {
      readonly kind: 'sink'
      /** Of a topic that is chosen anew for each record, only what describe() shows. */
      readonly topic: string
      readonly key: Serde<unknown>
      readonly value: Serde<unknown>
      readonly topicOf?: SinkNode['topicOf']
      readonly partitioner?: SinkNode['partitioner']
    }
  | RepartitionWork
  /** A grouped table on its way to its groups: only a topic lies between, no filter. Its name is that of the source behind the topic. */
  | {
      readonly kind: 'tableRepartition'
      readonly topic: string
      readonly sinkName: string
      readonly key: Serde<unknown>
      readonly value: Serde<unknown>
    }
  /** Its name is that of the node where both sides come together. */
  | {
      readonly kind: 'tableTableJoin'
      readonly left: TableJoinSide
      readonly right: TableJoinSide
      readonly merge: () => OperatorSpec
      readonly store: StoreSpec | null
    }
  /** Its name is that of the node where both sides come together; or of the only one, if the optimiser finds that both sides are the same. */
  | {
      readonly kind: 'streamStreamJoin'
      readonly left: StreamJoinSide
      readonly right: StreamJoinSide
      readonly unmatched: StoreSpec | null
      readonly selfJoin: OperatorSpec
    }

export interface StreamJoinSide {
  /** The node that keeps this side's records, attached on its own. */
  readonly windowed: string
  readonly name: string
  readonly operator: OperatorSpec
  readonly store: StoreSpec
}

export interface TableJoinSide {
  readonly name: string
  readonly parent: string
  readonly operator: () => OperatorSpec
  /** The stores in which the other side's rows are found. */
  readonly connects: readonly string[]
}

/** The node's name is that of the source behind the repartition topic: who comes after it reads from there. */
export interface RepartitionWork {
  readonly kind: 'repartition'
  readonly topic: string
  readonly partitions: number | undefined
  readonly filterName: string
  readonly sinkName: string
  readonly key: Serde<unknown>
  readonly value: Serde<unknown>
  readonly partitioner: PartitionerSpec | undefined
  /** Asked for by the author (`repartition()`), so left where it is by the optimiser. */
  readonly explicit: boolean
}

export class LogicalGraph {
  readonly topology: string
  readonly naming: Naming
  readonly names = new NameCounter()
  readonly problems: Problems
  readonly root = new LogicalNode('root', { kind: 'root' })
  /** Sets of source nodes whose topics must have equal partition counts. */
  readonly coPartitioned: Set<string>[] = []
  /** All nodes, in the order in which they were first attached. */
  readonly added = new Set<LogicalNode>()
  /** Whether stores and internal topics with generated names are refused. */
  readonly requiresNames: boolean
  private nextPriority = 0

  constructor(topology: string, naming: Naming, requiresNames = false) {
    this.topology = topology
    this.naming = naming
    this.requiresNames = requiresNames
    this.problems = new Problems(topology)
  }

  add(parent: LogicalNode, node: LogicalNode): void {
    parent.adopt(node)
    this.added.add(node)
    node.buildPriority = this.nextPriority++
  }
}

/** Whether the changes that come from a node are those of a versioned table, so that some may not be the latest (KIP-914). */
export function givesVersioned(node: LogicalNode): boolean {
  const { versioned } = node.traits
  if (versioned !== undefined) return versioned
  return node.parents.size > 0 && [...node.parents].every(givesVersioned)
}

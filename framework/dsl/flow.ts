// What a stream or a table of the dsl stands for in the logical graph, and the steps that all operators share.
// Kafka Streams: AbstractStream.

import { type LogicalGraph, LogicalNode, type NodeTraits } from '../graph/logical-graph.ts'
import type { OperatorSpec } from '../graph/operator-spec.ts'
import type { TableState } from '../graph/table-state.ts'
import type { Serde } from '../ports/serde.ts'
import type { KStream } from './kstream.ts'
import type { KTable } from './ktable.ts'

export type AnySerde = Serde<unknown>

/** How the classes of the dsl make each other: handed on with the flow, so that their files need not import each other in a circle. */
export interface Makers {
  stream<K, V>(flow: StreamFlow): KStream<K, V>
  table<K, V, Deleted extends null>(flow: TableFlow): KTable<K, V, Deleted>
}

export interface Flow {
  readonly make: Makers
  readonly graph: LogicalGraph
  readonly name: string
  readonly node: LogicalNode
  /** null: not known, because an operator before has changed the type. */
  readonly key: AnySerde | null
  readonly value: AnySerde | null
  /** The sources of its sub-topology so far: what it is joined with must be partitioned as they are. */
  readonly sources: ReadonlySet<string>
}

export interface StreamFlow extends Flow {
  /** Whether the key may have changed since the records were partitioned by it. */
  readonly changedKey: boolean
  /** Unnamed joins of one stream share one repartition topic. */
  joinRepartition: LogicalNode | null
}

export interface TableFlow extends Flow {
  readonly state: TableState
}

export interface Step {
  readonly name: string
  readonly operator: OperatorSpec | (() => OperatorSpec)
  readonly traits?: NodeTraits
  readonly connects?: readonly string[]
  readonly becomes?: Partial<Pick<StreamFlow, 'key' | 'value' | 'changedKey'>>
}

/** Adds a processor behind a stream; what `becomes` does not say stays as it was. */
export function addStep(flow: StreamFlow, step: Step): StreamFlow {
  const { operator } = step
  const node = new LogicalNode(
    step.name,
    {
      kind: 'processor',
      operator: typeof operator === 'function' ? operator : () => operator,
      store: () => null,
      connects: step.connects ?? [],
    },
    step.traits,
  )
  flow.graph.add(flow.node, node)
  return { ...flow, ...step.becomes, name: step.name, node, joinRepartition: null }
}

/** The first serde that there is; a missing one is a problem of the topology. */
export function requireSerde(
  flow: Pick<Flow, 'graph'>,
  node: string,
  what: string,
  ...serdes: readonly (AnySerde | null | undefined)[]
): AnySerde {
  const found = serdes.find((serde) => serde !== null && serde !== undefined)
  if (found !== undefined && found !== null) return found
  const remedy = `Give one in the options, as in { ${what}: string() }; the compiler derives it from the type.`
  flow.graph.problems.report(node, `there is no serde for its ${what}s.`, remedy)
  return missingSerde
}

const missingSerde: AnySerde = {
  name: 'missing',
  immutable: true,
  read() {
    throw new Error('a topology with a missing serde is never run')
  },
  write() {
    throw new Error('a topology with a missing serde is never run')
  },
}

// The topology as data without callbacks: what a build writes down and what later builds are compared with. Serdes are there by their names.

import { MillraceError } from '../errors.ts'
import type { Serde } from '../ports/serde.ts'
import type { DueSpec, KeyedProcessSpec } from './keyed-state.ts'
import { type ManifestWindow, manifestWindow } from './manifest-window.ts'
import type { Aggregation, ChangelogSpec, NamedAggregator, OperatorSpec, StoreSpec } from './operator-spec.ts'
import type { RepartitionTopic, SourceInput, SubTopology, TopicRef, Topology, TopologyNode } from './topology.ts'

export interface Manifest {
  readonly version: 1
  readonly topology: string
  readonly naming: string
  readonly subTopologies: readonly SubTopology[]
  readonly nodes: readonly ManifestNode[]
  readonly stores: readonly ManifestStore[]
  readonly repartitionTopics: readonly RepartitionTopic[]
  readonly coPartitioned: readonly (readonly TopicRef[])[]
  /** What serdes have as their schema, and the JSON Schemas that the compiler derived, by the names of the serdes. */
  readonly schemas: Readonly<Record<string, unknown>>
}

export interface ManifestNode {
  readonly name: string
  readonly kind: TopologyNode['kind']
  /** Of a processor: its kind of operator, with what of it is data. */
  readonly operator?: ManifestOperator
  readonly input?: ManifestInput
  readonly topic?: TopicRef
  /** Each record chooses its topic; `topic` is then only a name for that. */
  readonly topicChosen?: true
  readonly key?: string
  readonly value?: string
  readonly stores?: readonly string[]
  readonly children?: readonly string[]
}

export type ManifestInput =
  | Extract<SourceInput, { kind: 'topics' }>
  /** As a regular expression's source and flags. */
  | { readonly kind: 'pattern'; readonly pattern: string }
  /** The elements are part of the program; how many there are says whether a position still fits. */
  | { readonly kind: 'elements'; readonly elements: number }
  | { readonly kind: 'source'; readonly source: string; readonly bounded: boolean }

export interface ManifestOperator {
  readonly kind: OperatorSpec['kind']
  readonly window?: ManifestWindow
  readonly aggregation?: Aggregation['kind']
  /** Named aggregators, in the order in which their states lie in a row. */
  readonly aggregators?: readonly NamedAggregator[]
  readonly left?: boolean
  /** Of a processor with state by key: its states and timers by name, with their kinds and clocks. */
  readonly state?: Readonly<Record<string, string>>
  readonly timers?: Readonly<Record<string, string>>
  /** The method of the dsl that made it. */
  readonly method?: string
  /** What a sink that is no topic is called. */
  readonly sink?: string
}

export interface ManifestStore {
  readonly name: string
  readonly kind: StoreSpec['kind']
  readonly key: string
  readonly value: string
  /** Of named aggregators, whose states the store holds: the serde of what a reader sees of them. */
  readonly result?: string
  /** Of what waits in a left or outer join of streams: the serde of the right side's values. */
  readonly otherValue?: string
  readonly persistent: boolean
  readonly caching: boolean
  readonly changelog: ChangelogSpec | null
  readonly retentionMs?: number
  readonly windowSizeMs?: number
  readonly historyRetentionMs?: number
  readonly entriesMax?: number
  readonly due?: DueSpec
  /** Values of an older type are made into new ones where they are read. */
  readonly migrates?: true
}

export function manifestOf(topology: Topology): Manifest {
  return {
    version: 1,
    topology: topology.name,
    naming: topology.naming,
    subTopologies: topology.subTopologies,
    nodes: [...topology.nodes.values()].map(nodeOf).sort(byName),
    stores: [...topology.stores.values()].map(storeOf).sort(byName),
    repartitionTopics: [...topology.repartitionTopics.values()].sort(byName),
    coPartitioned: topology.coPartitioned,
    schemas: schemasOf(topology),
  }
}

function nodeOf(node: TopologyNode): ManifestNode {
  const { name, kind } = node
  switch (node.kind) {
    case 'source':
      return { name, kind, input: inputOf(node.input), ...serdeNames(node), children: node.children }
    case 'processor':
      return { name, kind, operator: operatorOf(node.operator), stores: node.stores, children: node.children }
    case 'sink':
      return { name, kind, topic: node.topic, ...(node.topicOf === undefined ? {} : { topicChosen: true as const }), ...serdeNames(node) }
  }
}

function inputOf(input: SourceInput): ManifestInput {
  switch (input.kind) {
    case 'topics':
      return input
    case 'pattern':
      return { kind: 'pattern', pattern: String(input.pattern) }
    case 'elements':
      return { kind: 'elements', elements: input.elements.length }
    case 'source':
      return { kind: 'source', source: input.source.name, bounded: input.source.bounded }
  }
}

function operatorOf(operator: OperatorSpec): ManifestOperator {
  return {
    kind: operator.kind,
    ...('window' in operator ? { window: manifestWindow(operator.window) } : {}),
    ...('aggregation' in operator ? aggregationOf(operator.aggregation) : {}),
    ...('left' in operator ? { left: operator.left } : {}),
    ...('sink' in operator ? { sink: operator.sink.name } : {}),
    ...(operator.kind === 'keyedProcess' ? keyedOf(operator) : {}),
  }
}

function aggregationOf({ kind, aggregators }: Aggregation): Pick<ManifestOperator, 'aggregation' | 'aggregators'> {
  return { aggregation: kind, ...(aggregators === undefined ? {} : { aggregators }) }
}

function keyedOf({ method, state, timers }: KeyedProcessSpec): Pick<ManifestOperator, 'method' | 'state' | 'timers'> {
  return {
    method,
    state: Object.fromEntries(Object.entries(state).map(([name, { kind }]) => [name, kind])),
    ...(timers === null ? {} : { timers: timers.domains }),
  }
}

function storeOf({ key, value, otherValue, windowSizeMs, seen, ...store }: StoreSpec): ManifestStore {
  // JSON has no infinity: an unlimited window is one without a size.
  const size = windowSizeMs === undefined || windowSizeMs === Number.POSITIVE_INFINITY ? {} : { windowSizeMs }
  const other = otherValue === undefined ? {} : { otherValue: otherValue.name }
  const result = seen?.serde === undefined ? {} : { result: seen.serde.name }
  return { ...store, ...size, ...serdeNames({ key, value }), ...result, ...other }
}

function serdeNames({ key, value }: { readonly key: Serde<unknown>; readonly value: Serde<unknown> }): { key: string; value: string } {
  return { key: key.name, value: value.name }
}

function schemasOf(topology: Topology): Record<string, unknown> {
  const schemas = new Map<string, { readonly text: string; readonly schema: unknown }>()
  const keep = (user: string, { name, schema }: Serde<unknown>): void => {
    if (schema === undefined) return
    const text = JSON.stringify(schema)
    const known = schemas.get(name)
    if (known !== undefined && known.text !== text) {
      const problem = `${user}: its serde is called ${name}, as another one is that has another schema.`
      throw new MillraceError('topology-invalid', {
        topology: topology.name,
        node: user,
        problem,
        remedy: 'Give each schema a name of its own.',
      })
    }
    schemas.set(name, { text, schema })
  }
  for (const user of [...topology.nodes.values(), ...topology.stores.values()]) {
    if (!('key' in user)) continue
    keep(user.name, user.key)
    keep(user.name, user.value)
    if ('otherValue' in user && user.otherValue !== undefined) keep(user.name, user.otherValue)
    if ('seen' in user && user.seen?.serde !== undefined) keep(user.name, user.seen.serde)
  }
  return Object.fromEntries([...schemas].map(([name, { schema }]) => [name, schema]))
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0
}

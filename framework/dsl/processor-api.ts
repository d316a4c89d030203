// A topology of named sources, processors and sinks, without streams and tables. Kafka Streams: Topology.addSource, addProcessor, addSink.

import { type LogicalGraph, LogicalNode, type NodeWork } from '../graph/logical-graph.ts'
import type { Callback } from '../graph/operator-spec.ts'
import type { ProcessorSupplier } from '../graph/processor.ts'
import { addStore } from './add-store.ts'
import { checkSupplier } from './check-supplier.ts'
import { type AnySerde, requireSerde } from './flow.ts'
import type { AddStoreOptions, SourceOptions, ToOptions } from './options.ts'
import { sinkTarget } from './sink.ts'
import { resetOf, timingOf } from './source-options.ts'

export function addNamedSource(
  graph: LogicalGraph,
  name: string,
  topics: readonly string[] | RegExp,
  options: SourceOptions<unknown, unknown>,
): void {
  const more = { ...serdesOf(graph, name, options), timing: timingOf(options), reset: resetOf(graph, name, options) }
  attach(graph, name, [graph.root], { kind: 'source', topics, ...more, mergeable: false })
}

export function addNamedProcessor(
  graph: LogicalGraph,
  name: string,
  supplier: ProcessorSupplier,
  parents: readonly string[],
  stores: readonly string[],
): void {
  checkSupplier(graph, name, supplier)
  const operator = { kind: 'process', supplier, stores } as const
  attachTo(graph, name, parents, { kind: 'processor', operator: () => operator, store: () => null, connects: stores })
}

export function addNamedSink(
  graph: LogicalGraph,
  name: string,
  topic: string | Callback<string>,
  parents: readonly string[],
  options: ToOptions<unknown, unknown>,
): void {
  attachTo(graph, name, parents, { kind: 'sink', ...sinkTarget(topic, options), ...serdesOf(graph, name, options) })
}

/** Kafka Streams: Topology.connectProcessorAndStateStores. */
export function connectStores(graph: LogicalGraph, processor: string, stores: readonly string[]): void {
  const found = [...graph.added].find((node) => node.name === processor)
  const refuse = (problem: string, remedy: string) => graph.problems.report(processor, problem, remedy)
  if (stores.length === 0) refuse('it is to be connected to no store.', 'Name at least one.')
  else if (found === undefined) refuse('there is no processor of this name yet.', 'Add it before its stores are connected.')
  else if (found.work.kind !== 'processor') refuse('stores cannot be connected to a source or a sink.', 'Name a processor.')
  else for (const store of stores) found.connected.add(store)
}

/** Kafka Streams: Topology.addReadOnlyStateStore (KIP-813). The topic serves as the changelog, so it is always read from its start. */
export function addReadOnly(
  graph: LogicalGraph,
  names: { readonly store: string; readonly source: string; readonly processor: string },
  topic: string,
  supplier: ProcessorSupplier,
  options: SourceOptions<unknown, unknown> & { readonly persistent?: boolean },
): void {
  addStore(graph, names.store, options as AddStoreOptions<unknown, unknown>, { kind: 'sourceTopic', topic })
  addNamedSource(graph, names.source, [topic], { ...options, reset: 'earliest' })
  addNamedProcessor(graph, names.processor, supplier, [names.source], [names.store])
}

function serdesOf(graph: LogicalGraph, name: string, { key, value }: { readonly key?: AnySerde; readonly value?: AnySerde }) {
  return { key: requireSerde({ graph }, name, 'key', key), value: requireSerde({ graph }, name, 'value', value) }
}

function attachTo(graph: LogicalGraph, name: string, parents: readonly string[], work: NodeWork): void {
  const nodes = [...new Set(parents)].map((parent) => [...graph.added].find((node) => node.name === parent))
  const missing = parents.filter((_parent, i) => nodes[i] === undefined)
  if (parents.length === 0) graph.problems.report(name, 'it has no parents.', 'Name at least one node that comes before it.')
  if (missing.length > 0) graph.problems.report(name, `it has parents that are not there: ${missing.join(', ')}.`, 'Add them before it.')
  const found = nodes.filter((node) => node !== undefined)
  const sinks = found.filter(({ work: { kind } }) => kind === 'sink').map((node) => node.name)
  if (sinks.length > 0)
    graph.problems.report(name, `nothing can come after a sink: ${sinks.join(', ')}.`, 'Name the node before it as the parent.')
  if (found.length > 0) attach(graph, name, found, work)
}

function attach(graph: LogicalGraph, name: string, parents: readonly LogicalNode[], work: NodeWork): void {
  const node = new LogicalNode(name, work)
  for (const parent of parents) graph.add(parent, node)
}

// A topology of named sources, processors and sinks, without streams and tables. Kafka Streams: Topology.addSource, addProcessor, addSink.

import { type LogicalGraph, LogicalNode, type NodeWork } from '../graph/logical-graph.ts'
import type { ProcessorSupplier } from '../graph/processor.ts'
import { requireSerde } from './flow.ts'
import type { WriteOptions } from './options.ts'

type AnyOptions = WriteOptions<unknown, unknown>

export function addNamedSource(graph: LogicalGraph, name: string, topics: readonly string[], options: AnyOptions): void {
  const serdes = serdesOf(graph, name, options)
  attach(graph, name, [graph.root], { kind: 'source', topics, ...serdes, mergeable: false })
}

export function addNamedProcessor(
  graph: LogicalGraph,
  name: string,
  supplier: ProcessorSupplier,
  parents: readonly string[],
  stores: readonly string[],
): void {
  const operator = { kind: 'process', supplier, stores } as const
  attachTo(graph, name, parents, { kind: 'processor', operator: () => operator, store: () => null, connects: stores })
}

export function addNamedSink(graph: LogicalGraph, name: string, topic: string, parents: readonly string[], options: AnyOptions): void {
  attachTo(graph, name, parents, { kind: 'sink', topic, ...serdesOf(graph, name, options) })
}

function serdesOf(graph: LogicalGraph, name: string, { key, value }: AnyOptions) {
  return { key: requireSerde({ graph }, name, 'key', key), value: requireSerde({ graph }, name, 'value', value) }
}

function attachTo(graph: LogicalGraph, name: string, parents: readonly string[], work: NodeWork): void {
  const nodes = [...new Set(parents)].map((parent) => [...graph.added].find((node) => node.name === parent))
  const missing = parents.filter((_parent, i) => nodes[i] === undefined)
  if (parents.length === 0) graph.problems.report(name, 'it has no parents.', 'Name at least one node that comes before it.')
  if (missing.length > 0) graph.problems.report(name, `it has parents that are not there: ${missing.join(', ')}.`, 'Add them before it.')
  const found = nodes.filter((node) => node !== undefined)
  if (found.length > 0) attach(graph, name, found, work)
}

function attach(graph: LogicalGraph, name: string, parents: readonly LogicalNode[], work: NodeWork): void {
  const node = new LogicalNode(name, work)
  for (const parent of parents) graph.add(parent, node)
}

// From a case of the vectors to a topology of ours, through the public dsl: what TopologyInterpreter.java does for the JVM. Serdes are given to every
// operator, and a store option wherever the JVM gets a Materialized, because that decides generated names.

import {
  type Optimization,
  type StreamsBuilder,
  type Topology,
  type TopologyDefinition,
  type TopologyOptions,
  topology,
} from '../../framework/index.ts'
import { CaseBuilder, named, type Operation, type Stream } from './operations/case-builder.ts'
import { aggregation, cogroup, groupBy, groupByKey, windowedBy } from './operations/groups.ts'
import { foreignKeyJoin, streamGlobalTableJoin, streamStreamJoin, streamTableJoin, tableTableJoin } from './operations/joins.ts'
import { addProcessor, addSink, addSource, process } from './operations/processors.ts'
import { addGlobalStore, addStore, globalTable, stream, table } from './operations/sources.ts'
import { flatMap, flatMapValues, map, repartition, selectKey, split, to } from './operations/streams.ts'
import { filter, mapValues, suppress, toStream, toTable, transformValues } from './operations/tables.ts'
import { OperationMissing, type VectorCase } from './vector.ts'

/** The application id of all cases. */
export const applicationId = 'app'

/** Throws OperationMissing for what does not exist yet, and `topology-invalid` where the JVM refuses too. */
export function buildTopology(vector: VectorCase): Topology {
  return topologyOf(vector).build()
}

export function topologyOf(vector: VectorCase): TopologyDefinition {
  const options = {
    naming: 'kafka-streams',
    optimization: optimizationOf(vector),
    requireNames: vector.config['ensure.explicit.internal.resource.naming'] === 'true',
  } as const
  return topology(applicationId, (builder) => interpret(vector, builder), options)
}

function optimizationOf({ config }: VectorCase): NonNullable<TopologyOptions['optimization']> {
  const setting = config['topology.optimization'] ?? 'none'
  return setting === 'all' || setting === 'none' ? setting : (setting.split(',') as Optimization[])
}

const operations: Readonly<Record<string, Operation>> = {
  addGlobalStore,
  addProcessor,
  addSink,
  addSource,
  addStateStore: addStore,
  addStore,
  aggregate: (build, node) => aggregation(build, node, 'aggregate'),
  cogroup,
  count: (build, node) => aggregation(build, node, 'count'),
  filter: (build, node) => filter(build, node, 'filter'),
  filterNot: (build, node) => filter(build, node, 'filterNot'),
  flatMap,
  flatMapValues,
  foreignKeyJoin,
  globalTable,
  groupBy,
  groupByKey,
  map,
  mapValues,
  merge: (build, node) => ({ ...build.from(node), object: build.streamOf(node).merge(build.other(node).object as Stream, named(node)) }),
  peek: (build, node) => ({ ...build.from(node), object: build.streamOf(node).peek(() => undefined, named(node)) }),
  process: (build, node) => process(build, node, 'process'),
  processValues: (build, node) => process(build, node, 'processValues'),
  reduce: (build, node) => aggregation(build, node, 'reduce'),
  repartition,
  selectKey,
  split,
  stream,
  streamGlobalTableJoin,
  streamStreamJoin,
  streamTableJoin,
  suppress,
  table,
  tableTableJoin,
  to,
  toStream,
  toTable,
  transformValues,
  windowedBy,
}

function interpret(vector: VectorCase, builder: StreamsBuilder): void {
  const build = new CaseBuilder(vector, builder)
  // A store is there before who names it.
  const stores = vector.nodes.filter(({ op }) => op === 'addStateStore')
  for (const node of [...stores, ...vector.nodes.filter((other) => !stores.includes(other))]) {
    const operation = operations[node.op]
    if (operation === undefined) throw new OperationMissing(node.op)
    const made = operation(build, node)
    if (made !== undefined) build.made.set(node.id, made)
  }
}

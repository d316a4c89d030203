// Topologies for tests of the graph: all strings, so that serdes need not be repeated.

import type { Topology } from '../../framework/graph/topology.ts'
import { isMillraceError, type MillraceError, type StreamsBuilder, string, type TopologyOptions, topology } from '../../framework/index.ts'

export const strings = { key: string(), value: string() }

export function topologyOf(define: (builder: StreamsBuilder) => void, options: TopologyOptions = { naming: 'kafka-streams' }): Topology {
  return topology('test', define, options).build()
}

/** The problems with which a topology is refused, each as `node: problem`. */
export function problemsOf(define: (builder: StreamsBuilder) => void): readonly string[] {
  try {
    topologyOf(define)
    return []
  } catch (error) {
    if (!isMillraceError(error, 'topology-invalid')) throw error
    const all: readonly MillraceError[] = error.cause instanceof AggregateError ? error.cause.errors : [error]
    return all.map(({ details }) => String(details.problem))
  }
}

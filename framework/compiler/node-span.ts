// Where a node of the graph was made: what a call of the dsl makes besides its own node, such as a repartition topic or a store, begins with the call's name.

import type { CheckedTopology } from './compiler.ts'
import type { CallSpan } from './derivation.ts'
import type { Span } from './diagnostics.ts'

/** Of a node, a store or an internal topic; without one, and where nothing is known, the topology itself. */
export function spanOfNode(topology: CheckedTopology, node: string | undefined): Span {
  return (node === undefined ? undefined : callOfNode(topology, node)?.span) ?? topology.span
}

/** The call that made it. */
export function callOfNode({ derivation, evaluation }: CheckedTopology, node: string): CallSpan | undefined {
  const user = evaluation.manifest.nodes.find(({ name, stores }) => name !== node && stores?.includes(node))
  return nearest(derivation.callSpans, node) ?? (user === undefined ? undefined : nearest(derivation.callSpans, user.name))
}

function nearest(calls: readonly CallSpan[], node: string): CallSpan | undefined {
  const fitting = calls.filter(({ name }) => name !== undefined && (name === node || node.startsWith(`${name}-`)))
  return fitting.reduce<CallSpan | undefined>(
    (best, call) => (best === undefined || (call.name ?? '').length > (best.name ?? '').length ? call : best),
    undefined,
  )
}

// An empty topology can be built and described, as in Kafka Streams, and cannot be run.

import { MillraceError } from '../errors.ts'
import type { Topology } from './topology.ts'

/** Throws `topology-invalid` if nothing is read. */
export function requireSources({ name: topology, nodes }: Topology): void {
  if ([...nodes.values()].some(({ kind }) => kind === 'source')) return
  const remedy = 'Begin with builder.stream(), table() or another source.'
  throw new MillraceError('topology-invalid', { topology, node: topology, problem: 'it reads nothing.', remedy })
}

// What a build would do to the state of the version that runs: changes that are not safe, and that nobody has allowed, as diagnostics at the calls that they come from.

import { compareManifests, refusedChanges } from '../graph/evolution/compare-manifests.ts'
import type { Manifest } from '../graph/manifest.ts'
import type { CheckedTopology } from './compiler.ts'
import { type Diagnostic, diagnostic } from './diagnostics.ts'
import { completeManifest } from './manifest-text.ts'
import { spanOfNode } from './node-span.ts'

export interface Deployed {
  /** What runs, by the names of the topologies. */
  readonly manifests: ReadonlyMap<string, Manifest>
  /** Changes that are meant: their kinds, `kind:subject`, or `all`. */
  readonly allowed: readonly string[]
}

export function refusedByState(topologies: readonly CheckedTopology[], { manifests, allowed }: Deployed): Diagnostic[] {
  return topologies.flatMap((topology) => {
    const before = manifests.get(topology.name)
    if (before === undefined) return []
    return refusedChanges(compareManifests(before, completeManifest(topology)), allowed).map(
      ({ kind, subject, verdict, message, remedy }) => {
        const code = verdict === 'loses state' ? 'MR1702' : 'MR1701'
        return diagnostic(code, spanOfNode(topology, subject), { change: `${kind}:${subject}`, message, remedy })
      },
    )
  })
}

// manifest.json: what the graph is, with the schemas of its serdes; keys sorted, so that equal topologies have equal manifests.

import type { Manifest } from '../graph/manifest.ts'
import type { CheckedTopology } from './compiler.ts'

/** The published JSON Schema of manifests, as an editor finds it from dist/<topology>/. */
const manifestSchema = '../../node_modules/millrace/schemas/manifest.schema.json'

/** With the schemas of the serdes that were derived. */
export function completeManifest({ derivation, evaluation }: CheckedTopology): Manifest {
  return { ...evaluation.manifest, schemas: { ...evaluation.manifest.schemas, ...Object.fromEntries(derivation.serdes.schemas) } }
}

export function manifestText(topology: CheckedTopology): string {
  return `${JSON.stringify(sorted({ $schema: manifestSchema, ...completeManifest(topology) }), null, 2)}\n`
}

/** With the members of all objects by name. */
export function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, member]) => [key, sorted(member)] as const)
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
}

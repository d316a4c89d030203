// manifest.json: what the graph is, with the schemas of its serdes; keys sorted, so that equal topologies have equal manifests.

import type { CheckedTopology } from './compiler.ts'

export function manifestText({ derivation, evaluation }: CheckedTopology): string {
  const manifest = { ...evaluation.manifest, schemas: { ...evaluation.manifest.schemas, ...Object.fromEntries(derivation.serdes.schemas) } }
  return `${JSON.stringify(sorted(manifest), null, 2)}\n`
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, member]) => [key, sorted(member)] as const)
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
}

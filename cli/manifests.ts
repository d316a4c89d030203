// Manifests of built topologies, from where a command line says: a manifest.json, the folder of a built topology, or a folder of several, such as dist/.

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Manifest } from '../framework/graph/manifest.ts'
import { Errors } from './oclif.ts'

/** By the name of the topology. Throws where there is none, or none that can be read. */
export function manifestsAt(path: string): ReadonlyMap<string, Manifest> {
  const files = filesAt(path)
  if (files.length === 0)
    throw new Errors.CLIError(`There is no manifest.json at ${path}. Name a built topology, or run \`millrace build\` first.`, { exit: 1 })
  return new Map(files.map(read).map((manifest) => [manifest.topology, manifest]))
}

function filesAt(path: string): readonly string[] {
  if (!existsSync(path)) return []
  if (!statSync(path).isDirectory()) return [path]
  const own = join(path, 'manifest.json')
  if (existsSync(own)) return [own]
  return readdirSync(path)
    .map((name) => join(path, name, 'manifest.json'))
    .filter((file) => existsSync(file))
    .sort()
}

function read(file: string): Manifest {
  try {
    const manifest = JSON.parse(readFileSync(file, 'utf8')) as Partial<Manifest> | null
    if (manifest?.version === 1 && typeof manifest.topology === 'string' && Array.isArray(manifest.stores)) return manifest as Manifest
  } catch (error) {
    throw new Errors.CLIError(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`, { exit: 1 })
  }
  throw new Errors.CLIError(`${file} is no manifest of a topology, or is of another version of Millrace.`, { exit: 1 })
}

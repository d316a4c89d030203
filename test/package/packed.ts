// The package as npm would publish it.

import { join } from 'node:path'
import { run } from './run-command.ts'

export interface Packed {
  readonly tarball: string
  /** Of the files in it. */
  readonly paths: readonly string[]
}

/** Puts the tarball into a folder. */
export async function pack(folder: string): Promise<Packed> {
  const listing = await run('npm pack', ['npm', 'pack', '--json', '--silent', '--pack-destination', folder])
  const [packed]: { filename: string; files: { path: string }[] }[] = JSON.parse(listing.slice(listing.indexOf('[')))
  if (packed === undefined) throw new Error('npm pack made nothing')
  return { tarball: join(folder, packed.filename), paths: packed.files.map(({ path }) => path) }
}

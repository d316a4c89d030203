// The vectors that are kept with the project.

import { readdir } from 'node:fs/promises'
import { join } from 'node:path'

export async function defaultVectorFiles(): Promise<string[]> {
  const folder = join(import.meta.dirname, 'vectors')
  return (await readdir(folder)).sort().map((file) => join(folder, file))
}

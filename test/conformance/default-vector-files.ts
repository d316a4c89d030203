// Which vectors are run if none are named.

import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { readText } from './vector.ts'

/** The vectors that are kept with the project. */
export function keptVectorFiles(): Promise<string[]> {
  return vectorsIn(join(import.meta.dirname, 'vectors'))
}

/** The kept ones, and those that lie beside the project, as in CI, if they are others. */
export async function defaultVectorFiles(): Promise<string[]> {
  const beside = join(import.meta.dirname, '../../../shared/conformance/vectors')
  const kept = await keptVectorFiles()
  if (!existsSync(beside)) return kept
  const texts = new Set(await Promise.all(kept.map(readText)))
  const others: string[] = []
  for (const file of await vectorsIn(beside)) if (!texts.has(await readText(file))) others.push(file)
  return [...kept, ...others]
}

async function vectorsIn(folder: string): Promise<string[]> {
  const files = (await readdir(folder)).filter((file) => /\.json(\.gz)?$/.test(file))
  return files.sort().map((file) => join(folder, file))
}

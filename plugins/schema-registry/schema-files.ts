// The schemas that an app has seen, as files beside its state: the rows on disk were written with their ids, and operators that read them cannot wait for a
// registry. A schema never changes under its id, so a file is written once.

import { randomUUID } from 'node:crypto'
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { SchemaText } from '../../framework/index.ts'

interface Stored {
  readonly language: SchemaText['language']
  readonly text: string
  readonly references: Readonly<Record<string, Stored>>
}

/** Files that cannot be read are left out: their schemas are fetched again. */
export async function readSchemas(folder: string): Promise<ReadonlyMap<number, SchemaText>> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  })
  const schemas = new Map<number, SchemaText>()
  for (const name of names) {
    const id = /^(\d+)\.json$/.exec(name)?.[1]
    if (id === undefined) continue
    try {
      schemas.set(Number(id), restored(JSON.parse(await readFile(join(folder, name), 'utf8')) as Stored))
    } catch {}
  }
  return schemas
}

/** Whole or not at all, whoever else writes it. */
export async function writeSchema(folder: string, id: number, schema: SchemaText): Promise<void> {
  await mkdir(folder, { recursive: true })
  const unfinished = join(folder, `${randomUUID()}.tmp`)
  await writeFile(unfinished, JSON.stringify(stored(schema)))
  await rename(unfinished, join(folder, `${id}.json`))
}

function stored({ language, text, references }: SchemaText): Stored {
  return { language, text, references: Object.fromEntries([...references].map(([name, reference]) => [name, stored(reference)])) }
}

function restored({ language, text, references }: Stored): SchemaText {
  return { language, text, references: new Map(Object.entries(references).map(([name, reference]) => [name, restored(reference)])) }
}

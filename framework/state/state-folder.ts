// Where a task's state lies: <stateDir>/<application id>/<task id>/, readable by its owner alone, with a small file that says what wrote it.
// Everything else in the folder is the state engine's.

import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MillraceError } from '../errors.ts'

const formatFile = 'millrace.json'
const format = 1

export interface TaskFolder {
  readonly stateDir: string
  readonly applicationId: string
  readonly taskId: string
}

export function taskFolder({ stateDir, applicationId, taskId }: TaskFolder): string {
  return join(stateDir, applicationId, taskId)
}

/** Makes the folder if there is none. Rejects with `state-not-writable`, or `state-format-unknown` if another format or engine wrote it. */
export async function prepareStateFolder(folder: string, engine: string): Promise<void> {
  const expected = { format, engine }
  let found: unknown
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await closeToOthers(folder)
    found = await readFormat(join(folder, formatFile))
    if (found === undefined) await writeFile(join(folder, formatFile), `${JSON.stringify(expected)}\n`, { mode: 0o600 })
  } catch (error) {
    throw new MillraceError('state-not-writable', { folder, problem: error instanceof Error ? error.message : String(error) }, error)
  }
  if (found !== undefined && JSON.stringify(found) !== JSON.stringify(expected)) {
    throw new MillraceError('state-format-unknown', { folder, found: JSON.stringify(found), expected: JSON.stringify(expected) })
  }
}

/** It may have been there before, opened by a volume's mount or by a copy. What the engine writes in it is behind this door, whatever modes it gives its files. */
async function closeToOthers(folder: string): Promise<void> {
  const { mode } = await stat(folder)
  if ((mode & 0o077) === 0) return
  await chmod(folder, 0o700).catch((error: NodeJS.ErrnoException) => {
    // Of a volume that belongs to another user, who says who may read it.
    if (error.code !== 'EPERM') throw error
  })
}

async function readFormat(file: string): Promise<unknown> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  try {
    return JSON.parse(text)
  } catch {
    // Torn when it was first written, before anything else was: as if it were not there.
    return undefined
  }
}

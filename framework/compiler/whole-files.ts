// Files that are written all or none: each under another name first, and only when all are on the disk do they take their names. A full disk, or somebody who
// presses Ctrl-C, leaves what was there before.

import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { MillraceError } from '../errors.ts'

/** What a file is called until all are written. One that a killed process left is overwritten by the next build. */
const begun = '.new'

/** By path. Throws `output-not-written`. */
export async function writeWholly(files: ReadonlyMap<string, string>): Promise<void> {
  const started: string[] = []
  try {
    for (const [path, text] of files) {
      await mkdir(dirname(path), { recursive: true })
      started.push(path + begun)
      await writeFile(path + begun, text)
    }
    for (const path of files.keys()) await rename(path + begun, path)
  } catch (error) {
    await Promise.all(started.map((path) => rm(path, { force: true }).catch(() => {})))
    const problem = error instanceof Error ? error.message : String(error)
    throw new MillraceError('output-not-written', { problem }, error)
  }
}

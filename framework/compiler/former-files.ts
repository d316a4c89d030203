// Files that a former build has written and this one does not: of a topology that was renamed, of an emitter that was taken out. A build lists what it has written, with a digest of each;
// the next one removes what is in the list, is as it was written, and is not written any more. What anybody else has put there, or has changed, stays.

import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile, rm, rmdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { withForwardSlashes } from './library.ts'
import { sorted } from './manifest-text.ts'

/** In the folder of the output. */
export const listFile = '.millrace-build.json'

/** Digests by path in the folder of the output, with forward slashes. */
type List = Readonly<Record<string, string>>

export function listText(files: ReadonlyMap<string, string>): string {
  const list = Object.fromEntries([...files].map(([path, text]) => [withForwardSlashes(path), digestOf(text)]))
  return `${JSON.stringify({ files: sorted(list) }, null, 2)}\n`
}

/** `written` are paths in `out`; gives what was removed, in order. A list that cannot be read lists nothing. */
export async function removeFormer(out: string, former: string | undefined, written: readonly string[]): Promise<readonly string[]> {
  const kept = new Set(written.map(withForwardSlashes))
  const removed: string[] = []
  for (const [path, digest] of Object.entries(former === undefined ? {} : listIn(former))) {
    if (kept.has(path) || !isInside(path)) continue
    const file = join(out, path)
    const bytes = await readFile(file).catch(() => undefined)
    if (bytes === undefined || digestOf(bytes) !== digest) continue
    await rm(file)
    removed.push(path)
    await removeEmpty(out, dirname(path))
  }
  return removed.sort()
}

export async function formerList(out: string): Promise<string | undefined> {
  const path = join(out, listFile)
  return existsSync(path) ? await readFile(path, 'utf8') : undefined
}

function listIn(text: string): List {
  try {
    const { files } = JSON.parse(text) as { readonly files?: unknown }
    if (typeof files !== 'object' || files === null) return {}
    return Object.fromEntries(Object.entries(files).filter((entry): entry is [string, string] => typeof entry[1] === 'string'))
  } catch {
    return {}
  }
}

/** Whoever edits the list leads nowhere else by it. */
function isInside(path: string): boolean {
  return path.split('/').every((part) => part !== '' && part !== '.' && part !== '..') && !path.includes('\\') && !/^[A-Za-z]:/.test(path)
}

/** Folders in which nothing is left, up to that of the output. */
async function removeEmpty(out: string, folder: string): Promise<void> {
  for (let at = folder; at !== '.'; at = dirname(at)) {
    // It refuses a folder that has something in it.
    const isRemoved = await rmdir(join(out, at)).then(
      () => true,
      () => false,
    )
    if (!isRemoved) return
  }
}

function digestOf(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('base64url')
}

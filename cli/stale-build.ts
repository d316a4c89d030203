// Whether what was built is still what the author wrote: the source map names the files that went into the bundle.

import { readFileSync, statSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'

/** The author's files that have changed, or gone, since the bundle in this folder was written; relative to the current folder. */
export function changedSinceBuilt(folder: string): readonly string[] {
  const bundle = statSync(join(folder, 'app.mjs'))
  return sourcesOf(folder)
    .filter((path) => (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Infinity) > bundle.mtimeMs)
    .map((path) => relative('', path))
}

/** None where the bundle was moved away from its map: then nothing can be said. */
function sourcesOf(folder: string): string[] {
  let sources: readonly string[]
  try {
    sources = (JSON.parse(readFileSync(join(folder, 'app.mjs.map'), 'utf8')) as { sources: readonly string[] }).sources
  } catch {
    return []
  }
  const isOwn = (source: string): boolean => !/^[a-z-]+:|(^|\/)node_modules\//.test(source)
  return sources.filter(isOwn).map((source) => resolve(folder, source))
}

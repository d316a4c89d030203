// Stack frames as the author knows them. A bundle is started by plain `node`, which ignores source maps; so when something has failed, and only then, the map
// beside the bundle is read, and places in the bundle become places in the files it was made of.

import { existsSync, readFileSync } from 'node:fs'
import { SourceMap } from 'node:module'
import { fileURLToPath } from 'node:url'

const frame = /(file:\/\/[^\s()]+\.mjs):(\d+):(\d+)/g

/** The maps that were read, by the bundle's address; null where there is none. */
export type OriginalFrames = Map<string, SourceMap | null>

/** A text with stack frames in it; what has no source map stays as it is. */
export function withOriginalFrames(text: string, maps: OriginalFrames = new Map()): string {
  return text.replace(frame, (whole, url: string, line: string, column: string) => {
    if (!maps.has(url)) maps.set(url, sourceMapOf(url))
    const entry = maps.get(url)?.findEntry(Number(line) - 1, Number(column) - 1)
    if (entry === undefined || !('originalSource' in entry)) return whole
    return `${entry.originalSource.replace(/^(?:\.\.\/)+/, '')}:${entry.originalLine + 1}:${entry.originalColumn + 1}`
  })
}

/** null where there is none, or none that can be read: a second failure would hide the first. */
function sourceMapOf(url: string): SourceMap | null {
  try {
    const path = `${fileURLToPath(url)}.map`
    return existsSync(path) ? new SourceMap(JSON.parse(readFileSync(path, 'utf8'))) : null
  } catch {
    return null
  }
}

// Which files a run of Node loads, by what V8's coverage lists.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = resolve(import.meta.dirname, '..', '..')

/** Relative to the repository, in order. */
export function filesLoadedBy(args: readonly string[], cwd = root): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-loaded-'))
  try {
    const { status, stderr } = spawnSync(process.execPath, args, {
      cwd,
      env: { ...process.env, NODE_V8_COVERAGE: folder },
      encoding: 'utf8',
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}\n${stderr}`)
    const files = readdirSync(folder).flatMap((file) => filesIn(readFileSync(join(folder, file), 'utf8')))
    return [...new Set(files)].sort()
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function filesIn(coverage: string): string[] {
  const { result }: { result: readonly { url: string }[] } = JSON.parse(coverage)
  return result.filter(({ url }) => url.startsWith('file:')).map(({ url }) => relative(root, fileURLToPath(url)))
}

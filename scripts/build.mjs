// Builds the package into build/: what tsc emits, and nothing whose source is gone; then what oclif needs. Incremental, so that every script that needs build/
// can call it.

import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, readdirSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundleOclif, writeManifest } from './oclif.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const build = join(root, 'build')
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc')

/** What no source stands behind. */
const kept = /[.]tsbuildinfo$|^oclif[.]licences[.]txt$/

const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' })
if (existsSync(build)) removeOrphans(build)
if (status === 0) {
  // Part of what `millrace client` writes, as it is.
  for (const file of ['state-client.ts', 'wire-values.ts'])
    copyFileSync(join(root, 'cli', 'client', file), join(build, 'cli', 'client', file))
  await bundleOclif(root)
  await writeManifest(root)
}
process.exitCode = status ?? 1

/** tsc leaves what it emitted of a file that was since moved or deleted; the package would carry it on. */
function removeOrphans(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) removeOrphans(path)
    else if (!kept.test(entry.name) && !hasSource(path)) rmSync(path)
  }
}

function hasSource(emitted) {
  const source = join(root, relative(build, emitted))
  return existsSync(source) || existsSync(source.replace(/(\.d\.ts|\.js)(\.map)?$/, '.ts'))
}

// What makes the built CLI start fast: oclif and what it needs as one file, build/cli/oclif.js (their licences beside it, as they go out with the package),
// and oclif.manifest.json, from which help is printed without loading a command.

import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Config } from '@oclif/core'
import { build } from 'esbuild'

export async function bundleOclif(root) {
  const cli = join(root, 'build', 'cli')
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ['cli/oclif.ts'],
    outfile: 'build/cli/oclif.js',
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    // oclif looks for it when it is asked to load sources, which the built CLI never does.
    external: ['typescript'],
    banner: { js: banner },
    logOverride: { 'require-resolve-not-external': 'silent' },
    metafile: true,
    logLevel: 'warning',
  })
  // What tsc wrote of the file that this one takes the place of.
  rmSync(join(cli, 'oclif.js.map'), { force: true })
  writeFileSync(join(cli, 'oclif.licences.txt'), licencesOf(root, Object.keys(metafile.inputs)))
}

/** To be called when build/cli is whole: the commands are loaded. */
export async function writeManifest(root) {
  // oclif would take the commands from the manifest of before, whatever it is told.
  rmSync(join(root, 'oclif.manifest.json'), { force: true })
  const { plugins } = await Config.load({ root, ignoreManifest: true, errorOnManifestCreate: true })
  const manifest = [...plugins.values()].find(({ isRoot }) => isRoot).manifest
  writeFileSync(join(root, 'oclif.manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`)
}

/** oclif is CommonJS: it asks for Node's own modules by require, and for its place. */
const banner = `// @oclif/core and what it needs; see oclif.licences.txt.
import { createRequire as $createRequire } from 'node:module'
const require = $createRequire(import.meta.url), __filename = import.meta.filename, __dirname = import.meta.dirname;`

function licencesOf(root, files) {
  const packages = new Set(files.flatMap((file) => file.match(/^.*node_modules\/(@[^/]+\/)?[^/]+/)?.[0] ?? []))
  const licences = [...packages].sort().map((folder) => licenceOf(join(root, folder)))
  return licences.join('\n\n')
}

function licenceOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry))
  const text = file === undefined ? '' : `\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`
  return `${name} ${version}: ${license}${text}`
}

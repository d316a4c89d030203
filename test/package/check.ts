// The package as a stranger gets it: packed, looked at by the tools that know what goes wrong with packages, installed in an empty folder, and used there
// for its first topology. What all templates do there is in the tests of `npm run test:templates`. Run by `npm test`; ends with 1 and the output of the step that failed.

import { cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pack } from './packed.ts'
import { checkPlugin } from './plugin.ts'
import { run } from './run-command.ts'

const root = resolve(import.meta.dirname, '..', '..')
const bin = join(root, 'node_modules', '.bin')
const mustContain = [
  'build/cli/bin.js',
  'build/cli/oclif.licences.txt',
  'oclif.manifest.json',
  'build/framework/index.d.ts',
  'README.md',
  'CHANGELOG.md',
  'LICENSE',
  'templates/flight-delays/package.json',
  'templates/flight-delays/test/flight-delays.test.ts',
]
/** Files of the repository that nobody needs who only uses Millrace. */
const mustNotContain = /^(?!templates\/).*\.test\.|\.tsbuildinfo$|^(test|scripts|framework|node_modules)\//

const folder = await mkdtemp(join(tmpdir(), 'millrace-package-'))
try {
  const { tarball, paths } = await pack(folder)
  checkContent(paths)
  await run('publint', [join(bin, 'publint'), 'run', tarball, '--strict'])
  await run('attw', [join(bin, 'attw'), tarball, '--profile', 'esm-only', '--no-emoji'])
  await install(tarball)
  await firstTopology()
  await checkPlugin({ root, folder, tarball, run })
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
} finally {
  await rm(folder, { recursive: true, force: true })
}

function checkContent(paths: readonly string[]): void {
  const missing = mustContain.filter((path) => !paths.includes(path))
  const surplus = paths.filter((path) => mustNotContain.test(path))
  if (missing.length > 0 || surplus.length > 0) {
    throw new Error(`the package lacks [${missing.join(', ')}] and should not have [${surplus.join(', ')}]`)
  }
}

async function install(tarball: string): Promise<void> {
  await cp(join(root, 'templates', 'tumbling-sum'), join(folder, 'project'), { recursive: true })
  const manifest = { name: 'project', private: true, type: 'module', dependencies: { millrace: `file:${tarball}` } }
  await writeFile(join(folder, 'project', 'package.json'), JSON.stringify(manifest))
  await run('npm install', ['npm', 'install', '--prefer-offline', '--no-audit', '--no-fund'], join(folder, 'project'))
}

async function firstTopology(): Promise<void> {
  const project = join(folder, 'project')
  await run('millrace check', ['npx', 'millrace', 'check'], project)
  await run('millrace build', ['npx', 'millrace', 'build'], project)
  const wanted = '(a,1)\n(b,2)\n(c,3)\n'
  for (const command of [
    ['node', join('dist', 'tumbling-sum', 'app.mjs')],
    ['npx', 'millrace', 'run', 'tumbling-sum'],
  ]) {
    const printed = await run(command.join(' '), command, project)
    if (printed !== wanted) throw new Error(`${command.join(' ')} printed ${JSON.stringify(printed)}, not ${JSON.stringify(wanted)}`)
  }
  const written = await readdir(join(project, 'dist', 'tumbling-sum'))
  const missing = ['app.mjs', 'app.mjs.map', 'manifest.json', 'package.json', 'package-lock.json', 'Dockerfile', '.dockerignore'].filter(
    (file) => !written.includes(file),
  )
  if (missing.length > 0) throw new Error(`the build lacks ${missing.join(', ')}`)
}

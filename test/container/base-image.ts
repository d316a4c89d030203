// Stands for docker.io/library/node:20-slim where no registry of images can be reached: Debian's minimal system, the Node and npm that run the tests, and the user
// `node`, 1000. Made once and kept in .cache/; another release of Debian or of Node makes it anew.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { copyFile, cp, rm, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { buildah, debianRelease, run } from './tools.ts'

export const baseImage = 'docker.io/library/node:20-slim'

const label = 'millrace.test.base'
/** As official slim images do without them. */
const leftOut = ['var/cache/apt', 'var/lib/apt/lists', 'usr/share/doc', 'usr/share/man', 'usr/share/locale', 'usr/share/info']

export async function makeBaseImage(): Promise<void> {
  const release = debianRelease() ?? ''
  const content = `${release}, node ${process.version}, ${process.arch}`
  if (await isThere(content)) return
  const container = await buildah('from', 'scratch')
  try {
    const root = await buildah('mount', container)
    const mirror = mirrorOf(release)
    await run('debootstrap', ['--variant=minbase', release, root, ...(mirror === undefined ? [] : [mirror])])
    for (const folder of leftOut) await rm(join(root, folder), { recursive: true, force: true })
    await addNode(root)
    await run('chroot', [root, 'useradd', '--uid', '1000', '--user-group', '--create-home', 'node'])
    await buildah('config', '--label', `${label}=${content}`, '--env', `NODE_VERSION=${process.versions.node}`, '--cmd', 'node', container)
    await buildah('commit', '--quiet', container, baseImage)
  } finally {
    await buildah('rm', container)
  }
}

async function isThere(content: string): Promise<boolean> {
  const known = await buildah('images', '--quiet', '--filter', `reference=${baseImage}`)
  return known !== '' && (await buildah('inspect', '--type', 'image', baseImage)).includes(JSON.stringify(content))
}

async function addNode(root: string): Promise<void> {
  const npm = join(await run('npm', ['root', '--global']), 'npm')
  if (!existsSync(npm)) throw new Error(`npm is not where npm itself says, in ${dirname(npm)}.`)
  await copyFile(process.execPath, join(root, 'usr/local/bin/node'))
  await cp(npm, join(root, 'usr/local/lib/node_modules/npm'), { recursive: true, dereference: true })
  await symlink('../lib/node_modules/npm/bin/npm-cli.js', join(root, 'usr/local/bin/npm'))
}

/** Where apt of this machine has the release from. */
function mirrorOf(release: string): string | undefined {
  const folder = '/etc/apt/sources.list.d'
  const files = ['/etc/apt/sources.list', ...(existsSync(folder) ? readdirSync(folder).map((file) => join(folder, file)) : [])]
  const text = files
    .filter((file) => existsSync(file))
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n\n')
  const oneLine = new RegExp(`^deb\\s+(?:\\[[^\\]]*\\]\\s+)?(\\S+)\\s+${release}\\s+main\\b`, 'm')
  const stanza = text
    .split(/\n\s*\n/)
    .find((part) => new RegExp(`^Suites:.*\\b${release}(\\s|$)`, 'm').test(part) && /^Components:.*\bmain\b/m.test(part))
  return oneLine.exec(text)?.[1] ?? /^URIs:\s*(\S+)/m.exec(stanza ?? '')?.[1]
}

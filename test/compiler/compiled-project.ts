// Projects for tests of the compiler: a folder of its own, in which `millrace` is installed as a link to this repository.

import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

const repository = join(import.meta.dirname, '../..')

export const fixtures = join(repository, 'test/fixtures/compiler')

const tsconfig = {
  compilerOptions: {
    target: 'es2022',
    lib: ['es2023'],
    module: 'nodenext',
    strict: true,
    noEmit: true,
    allowImportingTsExtensions: true,
    types: [],
  },
}

/** What a build writes for a topology. */
export const builtFiles = [
  '.dockerignore',
  'Dockerfile',
  'app.mjs',
  'app.mjs.map',
  'asyncapi.json',
  'manifest.json',
  'package-lock.json',
  'package.json',
  'sbom.cdx.json',
]

export interface TestProject {
  readonly folder: string
  write(path: string, text: string): Promise<void>
  remove(): Promise<void>
}

/** Files by their path in the project; `from` is a folder to begin with. */
export async function testProject(files: Readonly<Record<string, string>>, from?: string): Promise<TestProject> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-project-'))
  if (from !== undefined) await cp(from, folder, { recursive: true })
  const write = async (path: string, text: string): Promise<void> => {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
  await mkdir(join(folder, 'node_modules'), { recursive: true })
  await symlink(repository, join(folder, 'node_modules/millrace'), 'dir')
  if (from === undefined) {
    await write('package.json', JSON.stringify({ name: 'test-project', private: true, type: 'module' }))
    await write('tsconfig.json', JSON.stringify(tsconfig))
  }
  for (const [path, text] of Object.entries(files)) await write(path, text)
  return { folder, write, remove: () => rm(folder, { recursive: true, force: true }) }
}

/** A topology file with this body of its builder. */
export function topologyText(name: string, body: string, imports = ''): string {
  return `import { topology } from 'millrace'\n${imports}\nexport default topology('${name}', (builder) => {\n${body}\n})\n`
}

// What the compiler must take, though hardly anybody writes it so: helpers with type parameters, files of JavaScript and JSON, aliases of paths, barrels, enums, classes that add operators,
// exports by another way. Each topology in test/fixtures/compiler/unusual has nothing against it, is built, and prints what stands in expected.txt.

import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { symlink } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { formatDiagnostics, openProject } from '../../framework/compiler/index.ts'
import { fixtures, type TestProject, testProject } from './compiled-project.ts'

// Compilations are work for the processor, and tests share it.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 })

const folder = join(fixtures, 'unusual')
const names = readdirSync(join(folder, 'topologies')).map((file) => file.replace(/[.]ts$/, ''))

let project: TestProject

beforeAll(async () => {
  project = await testProject(
    {
      'node_modules/text-parts/package.json': JSON.stringify({
        name: 'text-parts',
        version: '1.0.0',
        type: 'module',
        exports: { types: './index.d.ts', default: './index.js' },
      }),
      'node_modules/text-parts/index.d.ts':
        'export function capitalize(text: string): string\nexport default function clamp(n: number, min: number, max: number): number\n',
      'node_modules/text-parts/index.js':
        'export function capitalize(text) { return text.charAt(0).toUpperCase() + text.slice(1) }\nexport default (n, min, max) => Math.min(max, Math.max(min, n))\n',
    },
    folder,
  )
  await symlink(resolve('node_modules/@types'), join(project.folder, 'node_modules/@types'), 'dir')
})

afterAll(() => project.remove())

function printed(app: string): Promise<string> {
  return new Promise((done, fail) => {
    execFile(process.execPath, [app], { cwd: project.folder, env: { PATH: process.env.PATH } }, (error, stdout, stderr) =>
      error === null ? done(stdout) : fail(new Error(stderr, { cause: error })),
    )
  })
}

test('unusual topologies are taken, and give what they should', async () => {
  const out = join(project.folder, 'dist')
  const { diagnostics, topologies } = await openProject(project.folder).build({ out, linked: true })
  expect(formatDiagnostics(diagnostics)).toBe('')
  expect(topologies.map(({ name }) => name).sort()).toEqual([...names].sort())
  let text = ''
  for (const { name } of topologies) text += `# ${name}\n${await printed(join(out, name, 'app.mjs'))}`
  await expect(text).toMatchFileSnapshot(join(folder, 'expected.txt'))
})

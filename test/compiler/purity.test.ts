// What is certain is reported (test/fixtures/compiler/bad), and nothing else: a false alarm would teach its reader to look away. So this is one project of
// all that is known to be pure: code as people write it, with lodash, date-fns, zod and Node (test/fixtures/compiler/pure), the templates, and the
// examples of the documentation.

import { readdirSync, readFileSync } from 'node:fs'
import { symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Diagnostic, formatDiagnostics, openProject } from '../../framework/compiler/index.ts'
import { fixtures, type TestProject, testProject, topologyText } from './compiled-project.ts'

const repository = join(import.meta.dirname, '../..')
const templates = readdirSync(join(repository, 'templates')).filter((name) => name !== 'plugin')

let project: TestProject
let found: readonly Diagnostic[] = []
const examples = ['framework/dsl', 'framework/graph', 'framework/ports'].flatMap(examplesIn)

beforeAll(async () => {
  project = await testProject({}, join(fixtures, 'pure'))
  for (const name of ['lodash', 'date-fns', 'zod', '@types'])
    await symlink(join(repository, 'node_modules', name), join(project.folder, 'node_modules', name), 'dir')
  for (const template of templates) {
    const folder = join(repository, 'templates', template, 'topologies')
    for (const file of readdirSync(folder)) await project.write(`topologies/template-${file}`, readFileSync(join(folder, file), 'utf8'))
  }
  // Imported by one topology, so that they are all looked at and none of them is made.
  for (const [index, text] of examples.entries()) await project.write(`examples/example-${index}.ts`, text)
  const imports = examples.map((_, index) => `import '../examples/example-${index}.ts'`).join('\n')
  await project.write('topologies/examples.ts', topologyText('examples', `builder.stream<string, string>('in').to('out')`, imports))
  // That topologies and examples use the same names for topics is no matter of purity.
  found = (await openProject(project.folder).check()).filter(({ code }) => code !== 'MR1606' && code !== 'MR1408')
}, 240_000)

afterAll(() => project.remove())

test('pure callbacks raise no alarm, whatever their names look like, and whatever they do with what is their own', () => {
  expect(readdirSync(join(fixtures, 'pure/topologies')).length).toBeGreaterThan(4)
  expect(formatDiagnostics(found.filter(({ span }) => !/template-|examples/.test(span?.file ?? '')))).toBe('')
})

test('the templates raise no alarm', () => {
  expect(templates.length).toBeGreaterThan(4)
  expect(formatDiagnostics(found.filter(({ span }) => span?.file.includes('template-')))).toBe('')
})

test('the examples of the documentation raise no alarm', () => {
  expect(examples.length).toBeGreaterThan(40)
  const ofRules = found.filter(({ code, span }) => span?.file.includes('example') && /^(MR12|TS)/.test(code))
  expect(formatDiagnostics(ofRules)).toBe('')
})

function examplesIn(folder: string): readonly string[] {
  const files = readdirSync(join(repository, folder), { withFileTypes: true }).filter((entry) => entry.isFile())
  return files.flatMap(({ name }) => {
    const blocks = readFileSync(join(repository, folder, name), 'utf8').matchAll(/@example\n\s*\* ```ts\n([\s\S]*?)\n\s*\* ```/g)
    return [...blocks].map(([, block = '']) => block.replace(/^\s*\* ?/gm, '')).filter((text) => text.includes('export default topology('))
  })
}

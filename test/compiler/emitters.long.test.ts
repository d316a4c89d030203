// Emitters of plugins: what they are given, where their files go, and what becomes of those that do not keep to the rules.

import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type CompilerProject, formatDiagnostics, openProject } from '../../framework/compiler/index.ts'
import { builtFiles, type TestProject, testProject, topologyText } from './compiled-project.ts'

// Compilations are work for the processor, and tests share it.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const config = `import { defineConfig } from 'millrace'
import { acme } from './plugins/acme.ts'

export default defineConfig({ plugins: [acme()] })
`

const orders = topologyText(
  'orders',
  `  const orders = builder.stream<string, Order>('orders')\n  orders.groupByKey().count().toStream().to('counts')`,
  `/** What was bought. */
interface Order { id: string; lines: { item: string; at?: Date }[]; next: Order | null }`,
)

function emitting(body: string): string {
  return `import { definePlugin, type TopologyEmitter } from 'millrace'
const emitter: TopologyEmitter = { summary: 'Files.', emit({ manifest, types }) { ${body} } }
export const acme = () => definePlugin({ name: 'acme', emitters: { lists: emitter } })
`
}

let project: TestProject
let compiler: CompilerProject

beforeAll(async () => {
  project = await testProject({
    'topologies/orders.ts': orders,
    'millrace.config.ts': config,
    'plugins/acme.ts': emitting('return { files: {} }'),
  })
  compiler = openProject(project.folder)
})

afterAll(() => project.remove())

async function printWith(body: string): Promise<string> {
  await project.write('plugins/acme.ts', emitting(body))
  compiler.refresh()
  return formatDiagnostics(await compiler.check())
}

test('a build writes their files in a folder of theirs, with what was derived of the types', async () => {
  const body = `return { files: { 'types.json': JSON.stringify(types), 'deep/topics.txt': manifest.nodes.map(({ name }) => name).join() } }`
  expect(await printWith(body)).toBe('')
  const out = join(project.folder, 'dist')
  const { topologies } = await compiler.build({ out })
  expect((await readdir(join(out, 'orders'))).sort()).toEqual([...builtFiles, 'lists'].sort())
  expect(await readFile(join(out, 'orders/lists/deep/topics.txt'), 'utf8')).toBe('counts-count,counts-to,counts-toStream,orders')
  expect(topologies[0]?.sizesBytes['lists/types.json']).toBeGreaterThan(10)
  expect(JSON.parse(await readFile(join(out, 'orders/lists/types.json'), 'utf8'))).toEqual({
    'json(Order)': {
      name: 'Order',
      root: {
        kind: 'object',
        notes: { description: 'What was bought.' },
        members: [
          { name: 'id', optional: false, shape: { kind: 'string' } },
          {
            name: 'lines',
            optional: false,
            shape: {
              kind: 'array',
              items: {
                kind: 'object',
                members: [
                  { name: 'item', optional: false, shape: { kind: 'string' } },
                  { name: 'at', optional: true, shape: { kind: 'date' } },
                ],
                rest: null,
              },
            },
          },
          {
            name: 'next',
            optional: false,
            shape: { kind: 'union', tag: null, variants: [{ kind: 'reference', name: '#' }, { kind: 'null' }] },
          },
        ],
        rest: null,
      },
      definitions: {},
    },
  })
})

test('what they cannot write is said at the call, by check too, and stops a build', async () => {
  const print = await printWith(
    `return { files: { 'a.txt': '' }, problems: [{ node: 'orders', message: 'Order is too large.', remedy: 'Make it smaller.' }] }`,
  )
  expect(print).toBe(
    'topologies/orders.ts:5:26 - error MR1506: What lists would write cannot say this: Order is too large.\n  Make it smaller.\n',
  )
  const out = join(project.folder, 'never')
  expect((await compiler.build({ out })).topologies).toEqual([])
  expect(existsSync(out)).toBe(false)
})

test.each([
  ['../app.mjs', '"../app.mjs" is no path within its folder'],
  ['/etc/passwd', '"/etc/passwd" is no path within its folder'],
  ['a/../../b', '"a/../../b" is no path within its folder'],
  ['a\\b', '"a\\\\b" is no path within its folder'],
  ['.hidden', '".hidden" is no path within its folder'],
  ['', '"" is no path within its folder'],
  ['nul.txt', '"nul.txt" is no path within its folder'],
])('no path leads out of their folder: %s', async (path, problem) => {
  expect((await printWith(`return { files: { ${JSON.stringify(path)}: '' } }`)).split('\n')[0]).toBe(
    `topologies/orders.ts:4:16 - error MR1505: The emitter lists of the plugin acme has failed at orders: ${problem}.`,
  )
})

test('those that throw, or give nonsense, are told apart from mistakes of the project', async () => {
  const head = 'topologies/orders.ts:4:16 - error MR1505: The emitter lists of the plugin acme has failed at orders: '
  for (const [body, problem] of [
    [`throw new Error('no such type: x')`, 'no such type: x.'],
    [`return null as never`, 'it has given no files.'],
    [`return { files: { a: 1 as never } }`, 'a is no text.'],
    [`return { files: { a: '', 'A/b': '' } }`, 'A/b cannot be there beside another file that it has given.'],
    [
      `return { files: {}, problems: [{ message: '', remedy: 'x' }] }`,
      'it has reported a problem without a message, a remedy or a severity that there is.',
    ],
    [`(manifest as { nodes: unknown }).nodes = []; throw new Error('changed')`, 'changed.'],
  ])
    expect((await printWith(body!)).split('\n')[0]).toBe(`${head}${problem}`)
  expect((await compiler.describe())[0]?.manifest.nodes.length).toBeGreaterThan(3)
})

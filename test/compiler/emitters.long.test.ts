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
  const types = JSON.parse(await readFile(join(out, 'orders/lists/types.json'), 'utf8'))
  expect(types['json(Order)']).toEqual({
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
          shape: { kind: 'union', tag: null, variants: [{ kind: 'null' }, { kind: 'reference', name: '#' }] },
        },
      ],
      rest: null,
    },
    definitions: {},
  })
})

test('what a former build has written is removed where it is not written any more, and nothing else', async () => {
  const out = join(project.folder, 'dist')
  const files = async (): Promise<readonly string[]> => (await readdir(join(out, 'orders'))).sort()
  expect(await printWith(`return { files: { 'a.txt': 'a', 'deep/b.txt': 'b', 'changed.txt': 'c' } }`)).toBe('')
  await compiler.build({ out })
  await project.write('dist/orders/lists/changed.txt', 'by hand')
  await project.write('dist/orders/mine.txt', 'mine')
  expect(await printWith(`return { files: { 'a.txt': 'new' } }`)).toBe('')
  expect((await compiler.build({ out })).removed).toEqual(['orders/lists/deep/b.txt'])
  expect(await files()).toEqual([...builtFiles, 'lists', 'mine.txt'].sort())
  expect((await readdir(join(out, 'orders/lists'))).sort()).toEqual(['a.txt', 'changed.txt'])
  // A topology of another name, and a list that leads elsewhere.
  await project.write('topologies/orders.ts', orders.replace("topology('orders'", "topology('sales'"))
  const list = join(out, '.millrace-build.json')
  const { files: listed } = JSON.parse(await readFile(list, 'utf8'))
  await project.write(
    'dist/.millrace-build.json',
    JSON.stringify({ files: { ...listed, '../package.json': listed['orders/package.json'] } }),
  )
  compiler.refresh()
  const { removed } = await compiler.build({ out })
  expect(removed).toEqual([...builtFiles, 'lists/a.txt'].map((file) => `orders/${file}`).sort())
  expect(await files()).toEqual(['lists', 'mine.txt'])
  expect(existsSync(join(project.folder, 'package.json'))).toBe(true)
  // What cannot be read lists nothing, and stops nothing.
  await project.write('dist/.millrace-build.json', '{')
  await project.write('topologies/orders.ts', orders)
  compiler.refresh()
  expect((await compiler.build({ out })).removed).toEqual([])
  expect((await readdir(out)).sort()).toEqual(['.millrace-build.json', 'orders', 'sales'])
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

test('Avro schemas are written of what is in topics, and serdes are made of types, by avroOf() and by functions of any plugin', async () => {
  const derived = await testProject({
    'millrace.config.ts': `import { defineConfig } from 'millrace'
import { avroSchemas } from 'millrace/plugins/serde-avro'
export default defineConfig({ plugins: [avroSchemas({ namespace: 'shop' })] })
`,
    'shared/described.ts': `import { json, type Serde, type TypeDescription } from 'millrace'
export function described<T>(options: { readonly type?: TypeDescription<T> } = {}): Serde<T> {
  return { ...json<T>(), name: 'json(' + options.type?.name + ' of ' + options.type?.root.kind + ')' }
}
`,
    'topologies/orders.ts': topologyText(
      'orders',
      `  const orders = builder.stream<string, Order>('orders')
  orders.mapValues(({ lines }) => lines).to('lines', { value: described<Line[]>() })
  orders.mapValues(({ lines }): Line => lines[0]!).to('first-lines', { value: avroOf<Line>({ namespace: 'lines' }) })`,
      `import { avroOf } from 'millrace/plugins/serde-avro'
import { described } from '../shared/described.ts'
interface Line { item: string; at?: Date }
interface Order { id: string; lines: Line[]; state: 'open' | 'paid' }`,
    ),
  })
  const opened = openProject(derived.folder)
  const out = join(derived.folder, 'dist')
  const { diagnostics, topologies } = await opened.build({ out })
  expect(formatDiagnostics(diagnostics)).toBe('')
  const nodes = topologies[0]?.manifest.nodes.flatMap(({ kind, value }) => (kind === 'sink' ? [value] : []))
  expect(nodes?.sort()).toEqual(['avro(lines.Line)', 'json(Line[] of array)'])
  const read = async (path: string): Promise<unknown> => JSON.parse(await readFile(join(out, 'orders/avro', path), 'utf8'))
  const at = { name: 'at', type: ['null', { type: 'long', logicalType: 'timestamp-millis' }], default: null }
  const fields = [{ name: 'item', type: 'string' }, at]
  expect((await readdir(join(out, 'orders/avro'))).sort()).toEqual(['Line.avsc', 'Order.avsc'])
  expect(await read('Line.avsc')).toEqual({ type: 'record', name: 'Line', namespace: 'lines', fields })
  expect(await read('Order.avsc')).toMatchObject({
    name: 'Order',
    namespace: 'shop',
    fields: [
      { name: 'id', type: 'string' },
      { name: 'lines', type: { type: 'array', items: { type: 'record', name: 'Line', namespace: 'shop', fields } } },
      { name: 'state', type: { type: 'enum', symbols: ['open', 'paid'] } },
    ],
  })
  await derived.write(
    'topologies/orders.ts',
    topologyText(
      'orders',
      `  builder.stream<string, Order>('orders').to('copies')\n  builder.stream<string, never>('others', { value: avroOf<{ f: () => void }>() as never }).to('more', { value: avroOf<{ 'a-b': string }>() as never })`,
      `import { avroOf } from 'millrace/plugins/serde-avro'\ninterface Order { 'first-name': string }`,
    ),
  )
  opened.refresh()
  expect(formatDiagnostics(await opened.check())).toContain('MR1102')
  await derived.write(
    'topologies/orders.ts',
    topologyText('orders', `  builder.stream<string, Order>('orders').to('copies')`, `interface Order { 'first-name': string }`),
  )
  opened.refresh()
  expect(formatDiagnostics(await opened.check())).toBe(
    'topologies/orders.ts:4:11 - error MR1506: What avro would write cannot say this: Order.first-name is no name for an Avro field.\n' +
      '  Name the member with letters, digits and underscores, and do not begin with a digit.\n',
  )
  await derived.remove()
})

test('Protobuf schemas keep the numbers of their fields from build to build, in a file beside the configuration', async () => {
  const orders = (members: string): string =>
    topologyText('orders', `  builder.stream<string, Order>('orders').to('copies')`, `interface Order { ${members} }`)
  const numbered = await testProject({
    'millrace.config.ts': `import { defineConfig } from 'millrace'
import { protobufSchemas } from 'millrace/plugins/serde-protobuf'
export default defineConfig({ plugins: [protobufSchemas({ package: 'shop' })] })
`,
    'topologies/orders.ts': orders('id: string; note: string'),
  })
  const opened = openProject(numbered.folder)
  const out = join(numbered.folder, 'dist')
  const built = async (): Promise<string> => {
    opened.refresh()
    const { diagnostics } = await opened.build({ out })
    expect(formatDiagnostics(diagnostics)).toBe('')
    return await readFile(join(out, 'orders/proto/Order.proto'), 'utf8')
  }
  expect(await built()).toContain('  string id = 1;\n  string note = 2;\n')
  await numbered.write('topologies/orders.ts', orders('at: Date; note: string'))
  opened.refresh()
  expect(formatDiagnostics(await opened.check())).toBe('')
  expect(JSON.parse(await readFile(join(numbered.folder, 'millrace-proto.json'), 'utf8'))).toEqual({
    Order: { 'id string': 1, 'note string': 2 },
  })
  expect(await built()).toContain('  reserved 1;\n  google.protobuf.Timestamp at = 3;\n  string note = 2;\n')
  await numbered.write('topologies/orders.ts', orders('note: string; id: string'))
  expect(await built()).toContain('  reserved 3;\n  string note = 2;\n  string id = 1;\n')
  await numbered.write('millrace-proto.json', '{')
  opened.refresh()
  expect(formatDiagnostics(await opened.check())).toMatch(
    /MR1505: The emitter proto of the plugin protobuf-schemas has failed at orders: millrace-proto\.json cannot be read: /,
  )
  await numbered.remove()
})

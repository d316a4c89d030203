// Topologies in tests: through Vite as a test runner uses it, and through vitest as a user runs it.

import { rm, symlink } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { createServer, type ViteDevServer } from 'vite'
import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { formatDiagnostics, openProject, summarizeDiagnostics } from '../../framework/compiler/index.ts'
import type { Serde } from '../../framework/ports/serde.ts'
import { toBytes } from '../../framework/serdes/byte-buffer.ts'
import { millrace } from '../../framework/vitest/index.ts'
import { startNode } from '../cli/program.ts'
import { type TestProject, testProject, topologyText } from '../compiler/compiled-project.ts'

// Compilations are work for the processor, and tests share it.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000 })

const root = resolve(import.meta.dirname, '..', '..')

async function project(files: Readonly<Record<string, string>>): Promise<TestProject> {
  const made = await testProject(files)
  await symlink(join(root, 'node_modules', 'vitest'), join(made.folder, 'node_modules', 'vitest'), 'dir')
  onTestFinished(made.remove)
  return made
}

async function server({ folder }: TestProject): Promise<ViteDevServer> {
  const started = await createServer({
    root: folder,
    configFile: false,
    logLevel: 'silent',
    plugins: [millrace()],
    server: { middlewareMode: true, watch: null, ws: false },
    optimizeDeps: { noDiscovery: true },
    appType: 'custom',
  })
  onTestFinished(() => started.close())
  return started
}

interface Loaded {
  readonly default: { build(): { readonly nodes: ReadonlyMap<string, { readonly value: { readonly name: string } }> } }
}

async function nodesOf(vite: ViteDevServer, file: string): Promise<Record<string, string>> {
  const { default: definition } = (await vite.ssrLoadModule(`/topologies/${file}`)) as Loaded
  const nodes = [...definition.build().nodes].filter(([, node]) => node.value !== undefined)
  return Object.fromEntries(nodes.map(([name, node]) => [name, node.value.name]))
}

describe('a topology that a test imports', () => {
  it('carries classes by their codecs in Avro and in Protobuf, with the numbers of fields that a build has kept as JSON', async () => {
    const money = `import { codec } from 'millrace'
export class Money {
  static readonly codec = codec(Money, { encode: (money): { cents: number } => ({ cents: money.cents }), decode: ({ cents }) => new Money(cents) })
  readonly cents: number
  constructor(cents: number) { this.cents = cents }
}
`
    const orders = topologyText(
      'orders',
      `const orders = builder.stream<string, Order>('in')
orders.to('avro', { value: avroOf<Order>() })
orders.to('proto', { value: protobufOf<Order>({ package: 'shop', numbers }) })`,
      `import { avroOf } from 'millrace/plugins/serde-avro'
import { protobufOf } from 'millrace/plugins/serde-protobuf'
import numbers from '../millrace-proto.json' with { type: 'json' }
import { Money } from '../shared/money.ts'
interface Order { price: Money; parts: Money[] }`,
    )
    const numbers = JSON.stringify({ Order: { 'price Money': 9 } })
    const made = await project({ 'topologies/orders.ts': orders, 'shared/money.ts': money, 'millrace-proto.json': numbers })
    expect(formatDiagnostics(await openProject(made.folder).check())).toBe('')
    const vite = await server(made)
    const { Money } = (await vite.ssrLoadModule('/shared/money.ts')) as { readonly Money: new (cents: number) => object }
    const { default: definition } = (await vite.ssrLoadModule('/topologies/orders.ts')) as {
      readonly default: { build(): { readonly nodes: ReadonlyMap<string, { readonly value: Serde<unknown> }> } }
    }
    const { nodes } = definition.build()
    const value = { price: new Money(1250), parts: [new Money(1), new Money(200)] }
    for (const sink of ['avro-to', 'proto-to']) {
      const serde = nodes.get(sink)!.value
      const bytes = toBytes(serde, value)
      const read = serde.read(bytes, 0, bytes.length) as typeof value
      expect(read).toEqual(value)
      expect([read.price, ...read.parts].every((part) => part instanceof Money)).toBe(true)
      // The field 9 of a message, as Protobuf tags it.
      if (sink === 'proto-to') expect(bytes[0]).toBe((9 << 3) | 2)
    }
  })

  it('has the serdes and the names of a build', async () => {
    const made = await project({
      'topologies/orders.ts': topologyText('orders', `const orders = builder.stream<string, Order>('in')\norders.to('out')`, orderType),
    })
    expect(await nodesOf(await server(made), 'orders.ts')).toEqual({ orders: 'json(Order)', 'out-to': 'json(Order)' })
    const [described] = await openProject(made.folder).describe()
    expect(described?.manifest.nodes.map(({ name, value }) => [name, value])).toEqual([
      ['orders', 'json(Order)'],
      ['out-to', 'json(Order)'],
    ])
  })

  it('fails with what check prints, and only where it is wrong itself', async () => {
    const impure = topologyText('impure', `builder.stream<string, string>('in').mapValues(() => Math.random()).to('out')`)
    const untyped = topologyText('untyped', `builder.stream<string, symbol>('symbols').to('out')`)
    const sound = topologyText('sound', `builder.stream<string, string>('in').to('out')`)
    const made = await project({ 'topologies/impure.ts': impure, 'topologies/untyped.ts': untyped, 'topologies/sound.ts': sound })
    const vite = await server(made)
    const all = await openProject(made.folder).check()
    for (const file of ['impure.ts', 'untyped.ts']) {
      const own = all.filter(({ span }) => span?.file === `topologies/${file}`)
      expect(own).toHaveLength(1)
      const error = await vite.ssrLoadModule(`/topologies/${file}`).catch((failure: Error) => failure)
      expect((error as Error).message).toBe(`\n${formatDiagnostics(own)}${summarizeDiagnostics(own)}`)
    }
    expect(await nodesOf(vite, 'sound.ts')).toMatchObject({ 'out-stream': 'string' })
  })

  it('has a copy of its own of what it shares, if that is rewritten, and the same module if it is not', async () => {
    // One function for two topologies: the serde that is derived in it has another name in each.
    const shared = `import type { KStream } from 'millrace'
export const modules = { loaded: 0 }
export function keyed(stream: KStream<string, string>) {
  return stream.map((value) => [value, { length: value.length }] as [string, { length: number }]).repartition({ name: 'lengths' })
}`
    const topologyOf = (name: string, own: string): string =>
      topologyText(
        name,
        `count.of++\nbuilder.stream<string, ${own}>('first').to('copy')\nkeyed(builder.stream<string, string>('in')).to('out')`,
        `import { keyed } from '../shared/keyed.ts'\nimport { count } from '../shared/count.ts'\ninterface Own { length: number }`,
      )
    const made = await project({
      'shared/keyed.ts': shared,
      'shared/count.ts': 'export const count = { of: 0 }\n',
      'topologies/one.ts': topologyOf('one', 'string'),
      'topologies/two.ts': topologyOf('two', 'Own'),
    })
    const vite = await server(made)
    for (const file of ['one.ts', 'two.ts']) await nodesOf(vite, file)
    const modules = [...vite.environments.ssr.moduleGraph.idToModuleMap]
    const ids = modules.flatMap(([id, { transformResult }]) => (id.includes('/shared/') && transformResult !== null ? [id] : []))
    const named = ids.map((id) => id.slice(id.indexOf('/shared/'))).sort()
    expect(named).toEqual([
      '/shared/count.ts',
      '/shared/keyed.ts?millrace-topology=topologies/one.ts',
      '/shared/keyed.ts?millrace-topology=topologies/two.ts',
    ])
    const { count } = (await vite.ssrLoadModule('/shared/count.ts')) as { count: { of: number } }
    expect(count.of).toBe(2)
  })

  it('has the codecs of classes, and the class is one and the same for the test and the topology', async () => {
    const made = await project({
      'shared/money.ts': `import { codec } from 'millrace'
export class Money {
  static readonly codec = codec(Money, { encode: (money: Money) => money.cents, decode: (cents: number) => new Money(cents) })
  readonly cents: number
  constructor(cents: number) { this.cents = cents }
}`,
      'topologies/prices.ts': topologyText(
        'prices',
        `builder.stream<string, { price: Money }>('in').mapValues(({ price }) => ({ price: new Money(price.cents * 2), isMoney: price instanceof Money })).to('out')`,
        `import { Money } from '../shared/money.ts'`,
      ),
      'test/doubled.ts': `import { TopologyTestDriver } from 'millrace/testkit'
import { Money } from '../shared/money.ts'
import prices from '../topologies/prices.ts'
const driver = await TopologyTestDriver.open(prices)
driver.inputTopic('in').pipe('a', { price: new Money(21) })
const { value } = driver.outputTopic('out').read() as { value: { price: Money; isMoney: boolean } }
export const seen = [value.isMoney, value.price instanceof Money, value.price.cents]
`,
    })
    expect(((await (await server(made)).ssrLoadModule('/test/doubled.ts')) as { seen: unknown }).seen).toEqual([true, true, 42])
  })

  it('refuses keys that break what JSDoc says of the alias that they are written as', async () => {
    const made = await project({
      'topologies/users.ts': topologyText(
        'users',
        `builder.stream<UserId, string>('in').map((value, id) => [id.toUpperCase(), value]).to('out')\nbuilder.stream<string, string>('others').to('more')`,
        `/** @minLength 3 */\ntype UserId = string`,
      ),
      'test/keys.ts': `import { TopologyTestDriver } from 'millrace/testkit'
import users from '../topologies/users.ts'
const driver = await TopologyTestDriver.open(users)
driver.inputTopic('in').pipe('ada', 'x')
driver.inputTopic('others').pipe('b', 'y')
export const seen: unknown[] = [driver.outputTopic('out').read().key, driver.outputTopic('more').read().key]
try {
  driver.inputTopic('in').pipe('al', 'x')
} catch (error) {
  seen.push(String(error))
}
`,
    })
    expect(((await (await server(made)).ssrLoadModule('/test/keys.ts')) as { seen: unknown }).seen).toEqual([
      'ADA',
      'b',
      expect.stringContaining('value: expected at least 3 characters, not "al"'),
    ])
  })

  it('is read anew when a file that it is made of changes, types too', async () => {
    const made = await project({
      'types.ts': 'export interface Order { cents: number }\n',
      'topologies/orders.ts': topologyText(
        'orders',
        `builder.stream<string, Order>('in').to('out')`,
        `import type { Order } from '../types.ts'`,
      ),
    })
    const vite = await server(made)
    const derived = async (): Promise<string> => {
      await nodesOf(vite, 'orders.ts')
      const [id] = [...vite.environments.ssr.moduleGraph.idToModuleMap.keys()].filter((one) => one.includes('millrace:derived'))
      return (await vite.environments.ssr.transformRequest(id ?? ''))?.code ?? ''
    }
    expect(await derived()).toMatch(/cents/)
    const file = join(made.folder, 'types.ts')
    await made.write('types.ts', 'export interface Order { euros: number }\n')
    await vite.environments.client.pluginContainer.watchChange(file, { event: 'update' })
    vite.environments.ssr.moduleGraph.invalidateAll()
    expect(/euros/.test(await derived())).toBe(true)
    await rm(file)
    await vite.environments.client.pluginContainer.watchChange(file, { event: 'delete' })
    vite.environments.ssr.moduleGraph.invalidateAll()
    await expect(nodesOf(vite, 'orders.ts')).rejects.toThrow("Cannot find module '../types.ts'")
  })
})

const orderType = 'interface Order { cents: number }'

describe('vitest with the plugin', () => {
  const files = {
    'vitest.config.ts': `import { millrace } from 'millrace/vitest'
export default { plugins: [millrace()], test: { include: ['test/**/*.test.ts'] } }
`,
    'types.ts': 'export interface Order { cents: number }\n',
    'topologies/orders.ts': topologyText(
      'orders',
      `builder.stream<string, Order>('in').to('out')`,
      `import type { Order } from '../types.ts'`,
    ),
    'test/orders.test.ts': `import { TopologyTestDriver } from 'millrace/testkit'
import { expect, test } from 'vitest'
import orders from '../topologies/orders.ts'

test('it copies orders', async () => {
  const driver = await TopologyTestDriver.open(orders)
  driver.inputTopic('in').pipe('a', { cents: 5 })
  expect(driver.outputTopic('out').read().value).toEqual({ cents: 5 })
})
`,
  }
  const program = join(root, 'node_modules', 'vitest', 'vitest.mjs')
  /** Without what vitest tells the tests that it runs itself. */
  let environment: Record<string, string> = {}
  beforeAll(() => {
    const own = Object.keys(process.env).filter((name) => /^VITEST|^TEST$|^NODE_ENV$|^VITE_/.test(name))
    environment = Object.fromEntries(own.map((name) => [name, '']))
  })

  it('runs tests, and runs them again when a type is changed that the topology imports', async () => {
    const made = await project(files)
    const watching = startNode([program, '--watch', '--reporter=verbose'], made.folder, environment, 'pipe')
    let output = ''
    watching.stdout?.on('data', (text: string) => {
      output += text
    })
    await vi.waitUntil(() => /Waiting for file changes/.test(output), { timeout: 60_000 })
    expect(output).toContain('1 passed')
    output = ''
    await made.write('types.ts', 'export interface Order { euros: number }\n')
    await vi.waitUntil(() => /1 failed/.test(output), { timeout: 60_000 })
    expect(output).toContain('value.euros: expected a finite number, not undefined')
  })
})

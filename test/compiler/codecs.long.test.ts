// Classes with a codec: found at the class, at a constant, or in a package; they travel as what the codec makes of them, wherever they stand.

import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type CompilerProject, formatDiagnostics, openProject } from '../../framework/compiler/index.ts'
import { compareManifests } from '../../framework/graph/evolution/compare-manifests.ts'
import type { Manifest } from '../../framework/index.ts'
import { type TestProject, testProject, topologyText } from './compiled-project.ts'

// Compilations are work for the processor, and tests share it.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const money = `import { codec } from 'millrace'

export class Money {
  static readonly codec = codec(Money, {
    encode: (money: Money) => money.text,
    decode: (text: string) => {
      if (!/ [A-Z]{3}$/.test(text)) throw new Error('no currency in ' + text)
      return new Money(text)
    },
  })

  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  get text(): string {
    return this.#text
  }
}

interface BasketJson { readonly items: readonly Money[]; readonly inner: Basket | null }

export class Basket {
  static readonly codec = codec(Basket, {
    encode: ({ items, inner }: Basket): BasketJson => ({ items, inner }),
    decode: ({ items, inner }: BasketJson) => new Basket(items, inner),
  })

  readonly items: readonly Money[]
  readonly inner: Basket | null

  constructor(items: readonly Money[], inner: Basket | null) {
    this.items = items
    this.inner = inner
  }

  get size(): number {
    return this.items.length + (this.inner?.size ?? 0)
  }
}

export const urls = codec(URL, { encode: (url: URL) => url.href, decode: (text: string) => new URL(text) })
`

/** Prints what comes back out of a repartition topic, a store and its changelog. */
const baskets = topologyText(
  'baskets',
  `  const read = builder.fromElements<string, Order>([
    ['a', { basket: new Basket([new Money('1 EUR')], new Basket([new Money('2 USD'), new Money('3 USD')], null)), page: new URL('https://shop.example/x'), either: new Money('9 EUR'), by: new Map([['x', new Money('4 EUR')]]) }],
    ['b', { basket: new Basket([], null), page: new URL('https://shop.example/'), either: { text: 'plain' }, by: new Map() }],
  ])
  const grouped = read.map((order) => [order.page, order]).groupByKey()
  const last = grouped.reduce((_, order) => order, { store: 'last' })
  last.toStream((_, url) => url.href).mapValues((order) => ({
    size: order.basket.size,
    host: order.page.host,
    either: order.either instanceof Money ? 'money ' + order.either.text : order.either.text,
    by: [...order.by].map(([name, money]) => name + money.text).join(),
  })).print()`,
  `import { Basket, Money, urls } from '../shared/money.ts'
export const pages = urls
interface Order { basket: Basket; page: URL; either: Money | { text: string }; by: Map<string, Money> }`,
)

let project: TestProject
let compiler: CompilerProject

beforeAll(async () => {
  project = await testProject({ 'shared/money.ts': money, 'topologies/baskets.ts': baskets })
  compiler = openProject(project.folder)
})

afterAll(() => project.remove())

async function build(): Promise<Manifest> {
  compiler.refresh()
  const { diagnostics, topologies } = await compiler.build({ out: join(project.folder, 'dist') })
  expect(formatDiagnostics(diagnostics)).toBe('')
  return topologies[0]!.manifest
}

test('instances come back as instances, through a repartition topic and a store; the schema is that of the encoded form', async () => {
  await build()
  const printed = await new Promise((resolve) => {
    const env = { PATH: process.env.PATH }
    execFile(process.execPath, [join(project.folder, 'dist/baskets/app.mjs')], { cwd: project.folder, env }, (error, stdout) =>
      resolve(error ?? stdout),
    )
  })
  expect(printed).toBe(
    '(https://shop.example/x,{"size":3,"host":"shop.example","either":"money 9 EUR","by":"x4 EUR"})\n' +
      '(https://shop.example/,{"size":0,"host":"shop.example","either":"plain","by":""})\n',
  )
  const { schemas } = JSON.parse(await readFile(join(project.folder, 'dist/baskets/manifest.json'), 'utf8'))
  expect(schemas['string(URL)']).toMatchObject({ title: 'URL', type: 'string' })
  expect(schemas['json(Order)'].properties).toMatchObject({ page: { $ref: '#/$defs/URL' }, either: { anyOf: expect.anything() } })
  expect(schemas['json(Order)'].$defs).toMatchObject({
    Money: { type: 'string' },
    Basket: { properties: { items: { type: 'array', items: { $ref: '#/$defs/Money' } } } },
  })
})

test('a codec that encodes otherwise is a change of the schema: what runs would not be read', async () => {
  const complete = async (): Promise<Manifest> => {
    await build()
    return JSON.parse(await readFile(join(project.folder, 'dist/baskets/manifest.json'), 'utf8')) as Manifest
  }
  const before = await complete()
  await project.write(
    'shared/money.ts',
    money
      .replace('money.text,', '({ amount: money.text }),')
      .replace('(text: string) => {\n      if', '({ amount: text }: { amount: string }) => {\n      if'),
  )
  const after = await complete()
  await project.write('shared/money.ts', money)
  expect(compareManifests(before, after).map(({ verdict }) => verdict)).toContain('needs migration')
})

test('what the compiler cannot import, or would encode twice, is an error with a remedy', async () => {
  const clicks = (imports: string, type: string): Promise<string> =>
    printOf(topologyText('clicks', `  builder.stream<string, ${type}>('clicks').to('copies')`, imports))
  expect(
    await clicks(
      `import { codec } from 'millrace'\nclass Hidden { static readonly codec = codec(Hidden, { encode: () => 'x', decode: (_: string) => new Hidden() }); readonly h = 1 }`,
      '{ hidden: Hidden }',
    ),
  ).toMatch(/error MR1113: .*Hidden, which has a codec, but is not exported by its file.*\n {2}Write `export class Hidden`\./)
  expect(await clicks(`import { Money } from '../shared/money.ts'\nclass Sub extends Money { readonly s = 1 }`, '{ sub: Sub }')).toMatch(
    /error MR1105: .*Sub.*\n {2}Give it a codec, `static readonly codec = codec\(Sub, \{ encode, decode \}\)`/,
  )
  expect(
    await clicks(
      `import { codec } from 'millrace'\nimport { Money } from '../shared/money.ts'\nexport class Twice { static readonly codec = codec(Twice, { encode: () => new Money('1 EUR'), decode: (_: Money) => new Twice() }); readonly t = 1 }`,
      '{ twice: Twice }',
    ),
  ).toMatch(/error MR1114: .*Twice, whose codec gives an instance of Money again/)
  expect(
    await clicks(
      `import { codec } from 'millrace'\nexport class Deep { static readonly codec = codec(Deep, { encode: () => ({ f: () => 1 }), decode: (_: { f: () => number }) => new Deep() }); readonly d = 1 }`,
      '{ deep: Deep }',
    ),
  ).toMatch(/error MR1102/)
})

async function printOf(text: string): Promise<string> {
  await project.write('topologies/clicks.ts', text)
  compiler.refresh()
  const print = formatDiagnostics(await compiler.check())
  await project.write('topologies/clicks.ts', topologyText('clicks', '  builder.fromElements([]).print()'))
  return print
}

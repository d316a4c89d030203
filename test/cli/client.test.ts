// What `millrace client` writes: its types, how it makes values of what an app sends, and what it says where nothing comes.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import ts from 'typescript'
import { expect, test } from 'vitest'
import { clientFile } from '../../cli/client/client-file.ts'
import { jsonSchema } from '../../framework/compiler/derive/json-schema.ts'
import type { Schema, Shape } from '../../framework/compiler/derive/shape.ts'
import { jsonTextOf } from '../../framework/serdes/json-text.ts'
import { shapes, valuesOf } from '../compiler/derive/random-shapes.ts'
import { clientFolder, type LoadedClient, loadClient, type MakeClient, manifestWith } from './client-under-test.ts'

const member = (name: string, shape: Shape, optional = false) => ({ name, optional, shape })

const node: Schema = {
  name: 'Node',
  root: {
    kind: 'object',
    members: [
      member('at', { kind: 'date' }),
      member('cents', { kind: 'bigint' }, true),
      member('kind', { kind: 'literals', values: ['leaf', "it's a branch"] }),
      member('children', { kind: 'array', items: { kind: 'reference', name: '#' } }),
      member('tags', { kind: 'set', items: { kind: 'string' } }),
      member('places', { kind: 'map', key: { kind: 'number' }, value: { kind: 'bytes' } }),
      { name: 'unit', optional: true, shape: { kind: 'string' }, default: 'cm' },
      member('other', { kind: 'reference', name: 'Other' }, true),
    ],
    rest: null,
    notes: { description: 'A part of a tree. */ alert(1)' },
  },
  definitions: new Map([
    [
      'Other',
      {
        kind: 'union',
        tag: null,
        variants: [{ kind: 'date' }, { kind: 'tuple', items: [{ kind: 'number' }], required: 1, rest: { kind: 'bigint' } }],
      },
    ],
  ]),
}

const kinds = manifestWith(
  [
    { name: 'table', kind: 'timestampedKeyValue', value: 'json(Node)' },
    { name: 'by-colour', key: 'string(Colour)', value: 'double' },
    { name: 'keyed', key: 'json(Node)', value: 'long' },
    { name: 'items', key: 'entry(string, json(Node))', value: 'bytes' },
    { name: 'of-windows', key: 'windowed(string, 1000)', value: 'string' },
    { name: 'hourly', kind: 'window', key: 'long', value: 'json', windowSizeMs: 1000 },
    { name: 'plain', kind: 'plainWindow', value: 'avro(Thing)', windowSizeMs: 1000 },
    { name: 'visits', kind: 'session', value: 'long' },
    { name: 'history', kind: 'versioned', value: 'json(Node)' },
    { name: 'buffer', kind: 'suppressBuffer' as never },
  ],
  { 'json(Node)': jsonSchema(node), 'string(Colour)': { title: 'Colour', enum: ['red', 'blue'] } },
)

test('the types of a client are those of the topology', () => {
  const text = clientFile(kinds)!
  expect(text.slice(text.indexOf('export interface Node'), text.indexOf('// ====='))).toMatchInlineSnapshot(`
    "export interface Node {
      at: Date
      cents?: bigint | undefined
      children: Node[]
      kind: 'leaf' | 'it\\'s a branch'
      other?: Other | undefined
      places: Map<number, Uint8Array>
      tags: Set<string>
      unit: string
    }

    /** The stores of tried-out, by name. */
    export interface TriedOutStores {
      readonly 'by-colour': TextTableStore<Colour, number, Row<Colour, number>>
      readonly history: VersionedStore<string, Node>
      readonly hourly: WindowStore<number, unknown, TimestampedWindowRow<number, unknown>>
      readonly items: TableStore<readonly [string, Node], Uint8Array, Row<readonly [string, Node], Uint8Array>>
      readonly keyed: TableStore<Node, number, Row<Node, number>>
      readonly 'of-windows': TableStore<Windowed<string>, string, Row<Windowed<string>, string>>
      readonly plain: WindowStore<string, unknown, WindowRow<string, unknown>>
      readonly table: TextTableStore<string, Node, TimestampedRow<string, Node>>
      readonly visits: SessionStore<string, number>
    }

    export interface TriedOutClient {
      readonly stores: TriedOutStores
      /** Which stores there are, and which partitions the instance has that answers. */
      describe(options?: QueryOptions): Promise<readonly StoreDescription[]>
    }

    /** A client; it asks nothing yet. Throws a TypeError for what is no url. */
    export function triedOutClient(options: ClientOptions): TriedOutClient {
      const questions = new Questions(options)
      return {
        stores: {
          'by-colour': new TextTableStore(questions, {"name":"by-colour","key":{"as":"text","form":null},"value":"number"}),
          history: new VersionedStore(questions, {"name":"history","key":{"as":"text","form":null},"value":{"members":{"at":"Date","cents":"bigint","children":{"array":{"named":"json(Node) #"}},"other":{"named":"json(Node) #/$defs/Other"},"places":{"map":[null,"Uint8Array"]},"tags":{"set":null}}}}),
          hourly: new WindowStore(questions, {"name":"hourly","key":{"as":"json","form":null},"value":null}),
          items: new TableStore(questions, {"name":"items","key":{"as":"json","form":{"array":null,"first":[null,{"members":{"at":"Date","cents":"bigint","children":{"array":{"named":"json(Node) #"}},"other":{"named":"json(Node) #/$defs/Other"},"places":{"map":[null,"Uint8Array"]},"tags":{"set":null}}}]}},"value":"Uint8Array"}),
          keyed: new TableStore(questions, {"name":"keyed","key":{"as":"json","form":{"members":{"at":"Date","cents":"bigint","children":{"array":{"named":"json(Node) #"}},"other":{"named":"json(Node) #/$defs/Other"},"places":{"map":[null,"Uint8Array"]},"tags":{"set":null}}}},"value":null}),
          'of-windows': new TableStore(questions, {"name":"of-windows","key":{"as":"json","form":{"members":{"key":null,"end":"number"}}},"value":null}),
          plain: new WindowStore(questions, {"name":"plain","key":{"as":"text","form":null},"value":null}),
          table: new TextTableStore(questions, {"name":"table","key":{"as":"text","form":null},"value":{"members":{"at":"Date","cents":"bigint","children":{"array":{"named":"json(Node) #"}},"other":{"named":"json(Node) #/$defs/Other"},"places":{"map":[null,"Uint8Array"]},"tags":{"set":null}}}}),
          visits: new SessionStore(questions, {"name":"visits","key":{"as":"text","form":null},"value":null}),
        },
        describe: (options = {}) => questions.stores(options),
      }
    }

    "
  `)
  expect(text).not.toContain('suppress')
  expect(clientFile(manifestWith([{ kind: 'suppressBuffer' as never }]))).toBeUndefined()
})

test('the same topology gives the same file, in whatever order its manifest has its members', () => {
  const turned = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(turned)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value)
        .reverse()
        .map(([name, one]) => [name, turned(one)]),
    )
  }
  const other = turned(kinds) as typeof kinds
  expect(clientFile({ ...other, stores: [...other.stores].reverse() })).toBe(clientFile(kinds))
})

const usage = `
import { type Node, StateError, triedOutClient } from './client.ts'

const { stores, describe } = triedOutClient({ url: ['http://a:1', 'http://b:1'], token: async () => 'x', retryMs: undefined })
const node: Node | undefined = await stores.table.get('a')
const year: number | undefined = node?.at.getFullYear()
const cents: bigint = node?.cents ?? 0n
const unit: string | undefined = node?.unit
const bytes: Uint8Array | undefined = node?.places.get(1)
const has: boolean | undefined = node?.tags.has('x')
for await (const { key, value, timestamp } of stores.table.prefix('a', { limit: 3 })) key.slice(value.children.length + timestamp)
const colour: 'red' | 'blue' | undefined = (await stores['by-colour'].all().first())?.key
// @ts-expect-error
await stores['by-colour'].get('green')
// @ts-expect-error
stores.keyed.prefix('a')
const total: number | undefined = await stores.keyed.get(node!)
const item: Uint8Array | undefined = await stores.items.get(['a', node!])
const inWindow: string | undefined = await stores['of-windows'].get({ key: 'a', start: 0, end: 1_000 })
for await (const { start, end, timestamp, value } of stores.hourly.windows(1, { timeFrom: new Date(0), timeTo: 10, reverse: true }))
  console.log(start + end + timestamp, value satisfies unknown)
const lengths: number[] = (await stores.visits.sessions('a').toArray()).map(({ start, end, value }) => end - start + value)
// @ts-expect-error
stores.visits.all().timestamp
const before: Node | undefined = await stores.history.get('a', { at: new Date() })
const until: (number | undefined)[] = (await stores.history.versions('a').toArray()).map(({ validTo }) => validTo)
try { await describe() } catch (error) { if (error instanceof StateError) console.log(error.code, error.status) }
console.log(year, cents, unit, bytes, has, colour, total, item, inWindow, lengths, before, until)
declare const console: { log(...values: readonly unknown[]): void }
`

test.each([
  ['alone', { lib: ['lib.es2023.d.ts'] }, ''],
  [
    'with the types of a browser, which knows fetch',
    { lib: ['lib.es2023.d.ts', 'lib.dom.d.ts'] },
    "await stores.table.get('a', { signal: AbortSignal.timeout(10) })\ntriedOutClient({ url: 'http://a:1', fetch })\n",
  ],
])('a client type-checks under the strictest settings, %s', (_, { lib }, more) => {
  const folder = clientFolder()
  writeFileSync(join(folder, 'client.ts'), clientFile(kinds)!)
  writeFileSync(join(folder, 'usage.ts'), more === '' ? usage : usage.replace(/^declare const console.*$/m, more))
  const program = ts.createProgram([join(folder, 'usage.ts')], {
    lib,
    strict: true,
    declaration: true,
    isolatedDeclarations: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    moduleDetection: ts.ModuleDetectionKind.Force,
    allowImportingTsExtensions: true,
    emitDeclarationOnly: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noPropertyAccessFromIndexSignature: true,
    noImplicitOverride: true,
    noImplicitReturns: true,
    noUnusedLocals: true,
    noUnusedParameters: true,
    verbatimModuleSyntax: true,
    erasableSyntaxOnly: true,
    isolatedModules: true,
    types: [],
  })
  const problems = [...ts.getPreEmitDiagnostics(program), ...program.getDeclarationDiagnostics()]
  expect(
    problems.map(({ file, start = 0, messageText }) => {
      const line = file === undefined ? 0 : file.getLineAndCharacterOfPosition(start).line + 1
      return `${file?.fileName.slice(folder.length)}:${line} ${ts.flattenDiagnosticMessageText(messageText, '\n')}`
    }),
  ).toEqual([])
})

const ndjson = (...lines: readonly string[]) => new Response(lines.map((line) => `${line}\n`).join(''))

/** Answers `/state` with these stores, and all else with the rows of the store. */
function answering(make: MakeClient, rows: (store: string) => readonly string[]): LoadedClient {
  return make({
    url: 'http://app:1',
    fetch: async (url) => {
      const [, store = ''] = /\/state\/(.*)\?/.exec(url) ?? []
      return ndjson(...rows(decodeURIComponent(store)))
    },
  })
}

test('what an app sends of any type comes out as the topology has it', async () => {
  const seed = Number(process.env.MILLRACE_SEED ?? Date.now() % 1_000_000)
  const all = fc.sample(shapes, { seed, numRuns: 80 })
  const values = all.map((shape) => fc.sample(valuesOf(shape), { seed, numRuns: 5 }))
  const schemas = Object.fromEntries(all.map((root, at) => [`json(T${at})`, jsonSchema({ name: `T${at}`, root, definitions: new Map() })]))
  const make = await loadClient(
    manifestWith(
      all.map((_, at) => ({ name: `store-${at}`, value: `json(T${at})` })),
      schemas,
    ),
  )
  const { stores } = answering(make, (store) =>
    values[Number(store.slice('store-'.length))]!.map((value, row) => jsonTextOf({ key: String(row), value }, { bigints: 'texts' })),
  )
  for (const [at, expected] of values.entries()) {
    // Of one partition, so that the app is not asked how many there are.
    const rows = await stores[`store-${at}`]!.range({ partition: 0 }).toArray()
    expect(
      rows.map((row) => (row as { readonly value: unknown }).value),
      `seed ${seed}, ${JSON.stringify(all[at])}`,
    ).toEqual(expected)
  }
})

test('types that contain themselves are read to their depth, and numbers that JSON has no word for', async () => {
  const at = new Date(1_700_000_000_000)
  const leaf = { at, kind: 'leaf', children: [], tags: new Set(), places: new Map(), unit: 'mm', other: at }
  const root = {
    ...leaf,
    cents: 2n ** 70n,
    children: [{ ...leaf, other: [1, 2n, -3n] }],
    tags: new Set(['a']),
    places: new Map([[1, new Uint8Array([0, 255])]]),
  }
  const make = await loadClient(kinds)
  const { stores } = answering(make, (store) => {
    if (store === 'by-colour') return ['{"key":"red","value":"-Infinity"}']
    if (store === 'of-windows') return ['{"key":{"key":"a","start":5,"end":"Infinity"},"value":"x"}']
    if (store === 'items') return [jsonTextOf({ key: ['a', root], value: new Uint8Array([1, 2]) }, { bigints: 'texts' })]
    return [jsonTextOf({ key: 'a', value: root, timestamp: 7 }, { bigints: 'texts' })]
  })
  expect(await stores.table!.row('a')).toEqual({ key: 'a', value: root, timestamp: 7 })
  expect(await stores['by-colour']!.get('red')).toBe(Number.NEGATIVE_INFINITY)
  expect(await stores['of-windows']!.row({ key: 'a', start: 5, end: Number.POSITIVE_INFINITY })).toEqual({
    key: { key: 'a', start: 5, end: Number.POSITIVE_INFINITY },
    value: 'x',
  })
  expect(await stores.items!.row(['a', root])).toEqual({ key: ['a', root], value: new Uint8Array([1, 2]) })
})

test('a question has the key as it travels, the token, and no more than was asked', async () => {
  const asked: string[] = []
  const make = await loadClient(kinds)
  const { stores } = make({
    url: 'http://app:1/',
    token: () => 'correct horse',
    fetch: async (...[url, init]: readonly unknown[]) => {
      asked.push(`${decodeURIComponent(url as string)} ${(init as { headers: Record<string, string> }).headers.Authorization}`)
      return ndjson()
    },
  })
  const leaf = { at: new Date(0), cents: 5n, kind: 'leaf', children: [], tags: new Set(['t']), places: new Map([[1, new Uint8Array([1])]]) }
  await stores.keyed!.get(leaf)
  await stores.table!.range({ from: 'a b', to: 'c&d', reverse: true, stale: true, partition: 2, limit: 3 }).toArray()
  await stores.hourly!.windows(7, { timeFrom: new Date(5), timeTo: 9 }).toArray()
  await stores.history!.get('a', { at: 3 })
  expect(asked).toEqual(
    [
      'http://app:1/state/keyed?format=ndjson&key={"at":"1970-01-01T00:00:00.000Z","cents":"5","kind":"leaf","children":[],"tags":["t"],"places":[[1,"AQ=="]]}',
      'http://app:1/state/table?format=ndjson&from=a b&to=c&d&reverse=true&partition=2&limit=3&stale=true',
      'http://app:1/state/hourly?format=ndjson&timeFrom=5&timeTo=9&key=7',
      'http://app:1/state/history?format=ndjson&at=3&key=a',
    ].map((url) => `${url} Bearer correct horse`),
  )
})

const refused = (status: number, code: string, message: string) => new Response(JSON.stringify({ error: { code, message } }), { status })

test.each([
  [
    'nobody',
    async () => Promise.reject(new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') })),
    'unreachable 0 Nobody answers at http://app:1: connect ECONNREFUSED. Start the app with healthPort (MILLRACE_HEALTH_PORT), or give another url.',
  ],
  [
    'a web server',
    async () => new Response('<html>', { status: 502 }),
    'not-an-app 502 What answers at http://app:1 (HTTP 502) is no app of Millrace. Give the port of its probes (healthPort) as url.',
  ],
  ['a web server that is pleased', async () => new Response('<html>'), 'not-an-app 200 What came of the store table is no row: <html>'],
  ['an app with a token', async () => refused(401, 'token-wrong', 'No.'), 'token-wrong 401 No. Give this client the same one as `token`.'],
  [
    'another app',
    async () => refused(404, 'store-not-queryable', 'No store.'),
    'store-not-queryable 404 No store. If it runs another version of its topology, make this client anew: millrace client.',
  ],
  [
    'an app that breaks off',
    async () => ndjson('{"key":"a","value":null}', '{"error":{"code":"store-unavailable","message":"Gone."}}'),
    'store-unavailable 200 Gone.',
  ],
  [
    'an app of another version',
    async () => ndjson('{"key":"a","value":{"at":"soon"},"timestamp":1}'),
    'client-outdated 200 A row of the store table is not what the manifest says: expected a time, not "soon". If it runs another version of its topology, make this client anew: millrace client.',
  ],
])('%s is told from what a client can read, with what to do', async (_, fetch, problem) => {
  const make = await loadClient(kinds)
  const { stores } = make({ url: 'http://app:1', retryMs: 0, fetch })
  const failure = await stores
    .table!.range({ partition: 0 })
    .toArray()
    .catch((error: unknown) => error)
  const { name, code, status, message } = failure as Error & { code: string; status: number }
  expect(name).toBe('StateError')
  expect(`${code} ${status} ${message}`).toBe(problem)
})

test('what is no url is refused when the client is made', async () => {
  const make = await loadClient(kinds)
  expect(() => make({ url: 'localhost:8080' })).toThrow(
    'A url begins with http:// or https://, as http://localhost:8080 does; not localhost:8080.',
  )
  expect(() => make({ url: [] })).toThrow('Give the url of the app: http://localhost:8080.')
})

test('a question goes on to the next instance, and is asked again while the app rebalances, but not for ever', async () => {
  const make = await loadClient(kinds)
  const asked: string[] = []
  const answers = [
    refused(421, 'not-here', 'Elsewhere.'),
    refused(503, 'store-unavailable', 'The app is rebalancing.'),
    refused(421, 'not-here', 'Elsewhere.'),
    ndjson('{"key":"red","value":2}'),
    ndjson('{"key":"red","value":3}'),
  ]
  const fetch = async (url: string) => {
    asked.push(url.slice(0, 8))
    return answers.shift() ?? refused(503, 'busy', 'Too many.')
  }
  const { stores } = make({ url: ['http://a', 'http://b'], fetch })
  expect(await stores['by-colour']!.get('red')).toBe(2)
  // The one that answered is asked first.
  expect(await stores['by-colour']!.get('red')).toBe(3)
  expect(asked).toEqual(['http://a', 'http://b', 'http://a', 'http://b', 'http://b'])
  const impatient = make({ url: 'http://a', retryMs: 300, fetch })
  await expect(impatient.stores['by-colour']!.get('red')).rejects.toMatchObject({ code: 'busy', status: 503 })
  expect(
    await make({ url: 'http://a', fetch: async () => refused(404, 'key-not-found', 'None.') }).stores['by-colour']!.get('red'),
  ).toBeUndefined()
})

test('a walk that is left leaves no answer open', async () => {
  let cancelled = false
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(Buffer.from('{"key":"red","value":2}\n')),
    cancel: () => {
      cancelled = true
    },
  })
  const make = await loadClient(kinds)
  const { stores } = make({ url: 'http://a', fetch: async () => new Response(body) })
  for await (const row of stores['by-colour']!.range({ partition: 0 })) {
    expect(row).toEqual({ key: 'red', value: 2 })
    break
  }
  expect(cancelled).toBe(true)
})

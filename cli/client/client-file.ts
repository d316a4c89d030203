// A client for the stores of one topology, as one TypeScript file: their types and names from its manifest, then what every client has. The same manifest gives the same text.

import { readFileSync } from 'node:fs'
import { sorted } from '../../framework/compiler/manifest-text.ts'
import type { Manifest, ManifestStore } from '../../framework/graph/manifest.ts'
import { kindsOf } from '../../framework/runtime/store-queries.ts'
import { propertyName, quoted, SchemaTypes } from './schema-types.ts'
import { type CarriedType, SerdeTypes } from './serde-types.ts'
import { WireForms } from './wire-forms.ts'

/** What every client has; the build puts the sources beside the program. */
const sources = ['state-client.ts', 'wire-values.ts']
const placeholder = 'const namedForms: Readonly<Record<string, Form>> = {}\n'

interface ClientStore {
  readonly name: string
  readonly className: string
  readonly type: string
  /** Source text of its StoreForm. */
  readonly form: string
}

/** Undefined for a topology without a store that can be read. */
export function clientFile(given: Manifest): string | undefined {
  // Members of a schema stand in a manifest.json by name, elsewhere as they are declared.
  const manifest = sorted(given) as Manifest
  const runtime = sources.map(sourceOf).join('\n')
  if (!runtime.includes(placeholder)) throw new Error('the source of clients has no place for the forms of a topology')
  const base = pascalCase(manifest.topology)
  const types = new SchemaTypes([...namesIn(runtime), ...builtIn, `${base}Stores`, `${base}Client`, functionName(base)])
  const forms = new WireForms()
  const serdes = new SerdeTypes(manifest, types, forms)
  const byName = [...manifest.stores].sort((one, other) => (one.name < other.name ? -1 : 1))
  const stores = byName.flatMap((store) => clientStore(store, serdes) ?? [])
  if (stores.length === 0) return undefined
  return [
    head(manifest.topology, base, stores),
    types.text,
    interfaces(manifest.topology, base, stores),
    factory(base, stores),
    `${rule('what every client has')}\n\n`,
    runtime.replace(
      placeholder,
      placeholder.replace('{}', () => JSON.stringify(forms.named)),
    ),
  ].join('')
}

function clientStore(store: ManifestStore, serdes: SerdeTypes): ClientStore | undefined {
  const [kind] = kindsOf[store.kind] ?? []
  if (kind === undefined) return undefined
  const [key, value] = [serdes.of(store.key), serdes.of(store.result ?? store.value)]
  const form = JSON.stringify({ name: store.name, key: { as: key.as, form: key.form }, value: value.form })
  const of = (className: string, row?: string): ClientStore => ({
    name: store.name,
    className,
    type: `${className}<${key.type}, ${value.type}${row === undefined ? '' : `, ${row}<${key.type}, ${value.type}>`}>`,
    form,
  })
  switch (kind) {
    case 'keyValue':
      return of(tableClass(key), 'Row')
    case 'timestampedKeyValue':
      return of(tableClass(key), 'TimestampedRow')
    case 'window':
      return of('WindowStore', 'WindowRow')
    case 'timestampedWindow':
      return of('WindowStore', 'TimestampedWindowRow')
    case 'session':
      return of('SessionStore')
    case 'versioned':
      return of('VersionedStore')
  }
}

function tableClass({ as }: CarriedType): string {
  return as === 'text' ? 'TextTableStore' : 'TableStore'
}

// ------------------------------------------------------------------------------------------------------------ text

function head(topology: string, base: string, stores: readonly ClientStore[]): string {
  const { name, className } = stores[0]!
  const call = {
    TextTableStore: 'get(key)',
    TableStore: 'get(key)',
    WindowStore: 'windows(key, { timeFrom, timeTo }).toArray()',
    SessionStore: 'sessions(key, { timeFrom, timeTo }).toArray()',
    VersionedStore: 'get(key, { at })',
  }[className]
  return `// Reads the stores of ${topology} while it runs. Made by \`millrace client\`: make it anew when the topology changes, and edit it not.
//
//   const { stores } = ${functionName(base)}({ url: 'http://localhost:8080', token: process.env.MILLRACE_STATE_QUERY_TOKEN })
//   await stores${/^[A-Za-z_$][\w$]*$/.test(name) ? `.${name}` : `[${quoted(name)}]`}.${call}
//
// One instance of the app is enough where each has an applicationServer; else name the urls of all.

/* eslint-disable */
// biome-ignore-all lint: made by a program
// biome-ignore-all format: made by a program
// biome-ignore-all assist: made by a program

`
}

function interfaces(topology: string, base: string, stores: readonly ClientStore[]): string {
  return `/** The stores of ${topology}, by name. */
export interface ${base}Stores {
${stores.map(({ name, type }) => `  readonly ${propertyName(name)}: ${type}\n`).join('')}}

export interface ${base}Client {
  readonly stores: ${base}Stores
  /** Which stores there are, and which partitions the instance has that answers. */
  describe(options?: QueryOptions): Promise<readonly StoreDescription[]>
}

`
}

function factory(base: string, stores: readonly ClientStore[]): string {
  return `/** A client; it asks nothing yet. Throws a TypeError for what is no url. */
export function ${functionName(base)}(options: ClientOptions): ${base}Client {
  const questions = new Questions(options)
  return {
    stores: {
${stores.map(({ name, className, form }) => `      ${propertyName(name)}: new ${className}(questions, ${form}),\n`).join('')}    },
    describe: (options = {}) => questions.stores(options),
  }
}

`
}

function rule(title: string): string {
  return `// ${'='.repeat(Math.max(0, 116 - title.length))} ${title}`
}

function functionName(base: string): string {
  return `${base[0]!.toLowerCase()}${base.slice(1)}Client`
}

/** Of a topology's name, which may have dots, dashes and underscores, and begin with a digit. */
function pascalCase(name: string): string {
  const words = name.split(/[^A-Za-z0-9]+/).filter((word) => word !== '')
  const joined = words.map((word) => `${word[0]!.toUpperCase()}${word.slice(1)}`).join('')
  return /^[A-Za-z]/.test(joined) ? joined : `Topology${joined}`
}

/** Without its head and imports: all is one file. */
function sourceOf(file: string): string {
  const text = readFileSync(new URL(file, import.meta.url), 'utf8')
  return text.slice(text.indexOf('// ---'))
}

// ----------------------------------------------------------------------------------------------------------- names

/** What a type of the topology must not be called, because the file means something else by it. */
const builtIn = [
  'Array',
  'AsyncGenerator',
  'BigInt',
  'Date',
  'Error',
  'Extract',
  'Infinity',
  'JSON',
  'Map',
  'Number',
  'Object',
  'Omit',
  'Promise',
].concat(['Readonly', 'Record', 'RegExp', 'Set', 'String', 'Symbol', 'TypeError', 'Uint8Array', 'globalThis'])

function namesIn(source: string): readonly string[] {
  const declared = source.matchAll(/^(?:export )?(?:async )?(?:class|interface|type|const|function\*?) ([\w$]+)/gm)
  return [...declared].map(([, name]) => name!)
}

// The serdes of one topology: each type that it needs one for, once, with its schema; and the module that holds them. What is always a string travels as
// UTF-8, bytes as they are, all else as JSON.

import type { ts } from 'ts-morph'
import type { TypeDescription } from '../../ports/type-description.ts'
import { codecExpression, importedAs } from './class-codecs.ts'
import { type JsonSchema, jsonSchema } from './json-schema.ts'
import { reviverSource } from './reviver.ts'
import { type Definitions, isText, type Schema, type Shape, type ShapeCodec } from './shape.ts'
import { type Subject, schemaOfType, type TypeContext, type TypeProblem } from './shape-of-type.ts'
import { aliasOf, unwrapped } from './type-syntax.ts'
import { validatorSource } from './validator.ts'
import { writerSource } from './writer.ts'

/** A serde by the name under which the module exports it, or a call of a function that it exports. */
export type SerdeExpression = string

export type DerivedSerde =
  | { readonly kind: 'serde'; readonly expression: SerdeExpression }
  /** The key of a windowed result: the graph makes its serde of the key's and the window's. */
  | { readonly kind: 'inherited' }
  | { readonly kind: 'refused'; readonly problems: readonly TypeProblem[] }

export type DerivedDescription =
  | { readonly kind: 'description'; readonly expression: string }
  | { readonly kind: 'refused'; readonly problems: readonly TypeProblem[] }

interface TypeSerde {
  readonly variable: string
  /** Of the type. */
  readonly name: string
  readonly format: 'json' | 'string'
  readonly schema: Schema
  readonly json: JsonSchema
}

/** Where the module imports Millrace's serdes and formats from. */
export interface SerdeLibrary {
  readonly serdes: string
  readonly formats: string
}

const installedLibrary: SerdeLibrary = { serdes: 'millrace/serdes', formats: 'millrace/formats' }

const nameLengthMax = 60

/** Texts of modules by what is in them: ajv takes its time for each, and most edits change no type. */
export class ModuleTexts {
  private readonly texts = new Map<string, string>()

  of(key: string, make: () => string): string {
    const known = this.texts.get(key)
    if (known !== undefined) return known
    const text = make()
    const [oldest] = this.texts.keys()
    if (this.texts.size >= moduleTextsMax && oldest !== undefined) this.texts.delete(oldest)
    this.texts.set(key, text)
    return text
  }
}

const moduleTextsMax = 500

export class DerivedSerdes {
  private context: TypeContext | null
  private readonly expressions = new Map<ts.Type, SerdeExpression>()
  private readonly byContent = new Map<string, TypeSerde>()
  private readonly names = new Set<string>()
  /** Descriptions as expressions, each by its place, and the modules that they take. */
  private readonly described: string[] = []
  private readonly describedModules = new Set<string>()
  private readonly texts: ModuleTexts

  constructor(context: TypeContext, texts: ModuleTexts = new ModuleTexts()) {
    this.context = context
    this.texts = texts
  }

  /** What was derived stays; nothing more can be, and no type is held on to. */
  forgetTypes(): void {
    this.context = null
    this.expressions.clear()
  }

  /** What types are derived with, while they are. */
  get typeContext(): TypeContext {
    if (this.context === null) throw new Error('types are derived of a program that is gone')
    return this.context
  }

  /** `fallbackName` is what a long type without a name is called. */
  serdeOf(type: ts.Type, subject: Subject, fallbackName: string, node?: ts.TypeNode): DerivedSerde {
    const { context } = this
    if (context === null) throw new Error('serdes are derived of a program that is gone')
    const bare = context.checker.getNonNullableType(type)
    if (isWindowed(bare)) return { kind: 'inherited' }
    // The alias of a primitive is the same type to TypeScript, and may say more.
    const isAlias = node !== undefined && aliasOf(unwrapped(node), context.checker) !== undefined
    const known = isAlias ? undefined : this.expressions.get(bare)
    if (known !== undefined) return { kind: 'serde', expression: known }
    if (isBytes(bare, context)) return { kind: 'serde', expression: 'bytes()' }
    const derived = schemaOfType(type, subject, context, node)
    if (derived.kind === 'problems') return { kind: 'refused', problems: derived.problems }
    const { root } = derived.schema
    const expression = isPlainString(root) ? 'string()' : this.typeSerde(derived.schema, fallbackName).variable
    if (!isAlias) this.expressions.set(bare, expression)
    return { kind: 'serde', expression }
  }

  /** The description of a type, for a serde that a plugin makes. */
  descriptionOf(type: ts.Type, subject: Subject, fallbackName: string): DerivedDescription {
    const { context } = this
    if (context === null) throw new Error('types are described of a program that is gone')
    const derived = schemaOfType(type, subject, context)
    if (derived.kind === 'problems') return { kind: 'refused', problems: derived.problems }
    const { name } = derived.schema
    const text = descriptionText(derived.schema, name.length > nameLengthMax ? fallbackName : name)
    const known = this.described.indexOf(text)
    if (known < 0) {
      this.described.push(text)
      for (const { module } of codecsIn(derived.schema)) this.describedModules.add(module)
    }
    return { kind: 'description', expression: `described_${known < 0 ? this.described.length - 1 : known}` }
  }

  /** What each serde carries, by its name. */
  get shapes(): ReadonlyMap<string, Schema> {
    return new Map([...this.byContent.values()].map((serde) => [serdeName(serde), serde.schema]))
  }

  /** The same for emitters of plugins, as plain data. */
  get descriptions(): ReadonlyMap<string, TypeDescription<unknown>> {
    return new Map([...this.byContent.values()].map((serde) => [serdeName(serde), descriptionOf(serde.schema, serde.name)]))
  }

  /** JSON Schemas by the name of their serde. */
  get schemas(): ReadonlyMap<string, JsonSchema> {
    return new Map([...this.byContent.values()].map((serde) => [serdeName(serde), serde.json]))
  }

  /** The text of the module. */
  moduleSource(library: SerdeLibrary = installedLibrary): string {
    const serdes = [...this.byContent.values()]
    const key = JSON.stringify([library, this.described, ...serdes.map(({ variable, name }) => [variable, name]), ...this.byContent.keys()])
    return this.texts.of(key, () => {
      const described = this.described.map((text, index) => `export const described_${index} = ${text}\n`)
      return `${moduleText(serdes, library, this.describedModules)}${described.join('')}`
    })
  }

  private typeSerde(schema: Schema, fallbackName: string): TypeSerde {
    const content = JSON.stringify([schema.name, schema.root, [...schema.definitions]])
    const known = this.byContent.get(content)
    if (known !== undefined) return known
    const name = this.uniqueName(schema.name.length > nameLengthMax ? fallbackName : schema.name)
    const variable = this.variableOf(name)
    // An instance that is a string where it travels is one as a whole value, too.
    const { codec: _, ...plain } = schema.root
    const format = isText(plain, schema) ? 'string' : 'json'
    const serde: TypeSerde = { variable, name, format, schema, json: jsonSchema({ ...schema, name }) }
    this.byContent.set(content, serde)
    return serde
  }

  /** A legal identifier that is no word of the language and hides nothing of the platform: names of types begin with a capital, all else gets a prefix. */
  private variableOf(name: string): string {
    const word = name.replace(/\W+/g, '_').replace(/^_|_$/g, '')
    const identifier = /^[A-Z]/.test(word) && !(word in globalThis) ? word : `type_${word}`
    const isTaken = [...this.byContent.values()].some((serde) => serde.variable === identifier)
    return isTaken ? `${identifier}_${this.byContent.size}` : identifier
  }

  private uniqueName(name: string): string {
    let unique = name
    for (let count = 2; this.names.has(unique); count++) unique = `${name}-${count}`
    this.names.add(unique)
    return unique
  }
}

function moduleText(serdes: readonly TypeSerde[], { serdes: library, formats }: SerdeLibrary, modules: ReadonlySet<string>): string {
  const schemas = serdes.map(
    ({ variable, schema, name }) => [`validate${variable}`, jsonSchema({ ...schema, name }, { forValidator: true })] as const,
  )
  const validators = validatorSource(new Map(schemas))
  const parts = serdes.map((serde) => {
    const name = JSON.stringify(serdeName(serde))
    if (serde.format === 'string') {
      const text = `checkedString(${name}, validate${serde.variable})`
      const { codec } = serde.schema.root
      return `export const ${serde.variable} = ${codec === undefined ? text : `codedString(${text}, () => ${codecExpression(codec)})`}\n`
    }
    const reviver = reviverSource(serde.schema, `revive${serde.variable}`)
    const writer = writerSource(serde.schema, `write${serde.variable}`)
    const parse = `checked(validate${serde.variable}${reviver === null ? '' : `, ${reviver.entry}`})`
    const stringify = `$json.jsonText(${writer.entry})`
    return `${reviver?.source ?? ''}${writer.source}export const ${serde.variable} = json({ name: ${JSON.stringify(serde.name)}, parse: ${parse}, stringify: ${stringify} })\n`
  })
  const used = 'checked, checkedString, codedString, decoded, fromBase64, json, jsonWriters as $json, toDate, validation as $validation'
  const imports = [
    ...[...new Set([...modules, ...serdes.flatMap(({ schema }) => codecsIn(schema).map(({ module }) => module))])]
      .sort()
      .map((module) => `import * as ${importedAs(module)} from ${JSON.stringify(module)}`),
    `import { ${used} } from ${JSON.stringify(library)}`,
    `export { bytes, string } from ${JSON.stringify(library)}`,
    ...(validators.needsFormats ? [`import { formats as $formats } from ${JSON.stringify(formats)}`] : []),
  ]
  return `${imports.join('\n')}\n${validators.text}\n${parts.join('')}`
}

/** The codecs of classes that a type has anywhere. */
function codecsIn({ root, definitions }: Definitions): readonly ShapeCodec[] {
  const found = new Map<string, ShapeCodec>()
  JSON.stringify([root, ...definitions.values()], (name, part: unknown) => {
    if (name === 'codec' && isCodec(part)) found.set(`${part.module} ${part.path}`, part)
    return part
  })
  return [...found.values()]
}

function isCodec(part: unknown): part is ShapeCodec {
  return typeof part === 'object' && part !== null && 'module' in part && 'path' in part && typeof part.path === 'string'
}

/** __proto__ written as a member would set the prototype: JSON.parse makes a member of it. */
function descriptionText(schema: Schema, name: string): string {
  const data = `JSON.parse(${JSON.stringify(JSON.stringify(descriptionOf(schema, name)))})`
  const codecs = codecsIn(schema).map((codec) => `${JSON.stringify(`${codec.module} ${codec.path}`)}: () => ${codecExpression(codec)}`)
  return codecs.length === 0 ? data : `{ ...${data}, codecs: { ${codecs.join(', ')} } }`
}

function descriptionOf({ root, definitions }: Schema, name: string): TypeDescription<unknown> {
  return { name, root, definitions: Object.fromEntries(definitions) }
}

function serdeName({ format, name }: TypeSerde): string {
  return `${format}(${name})`
}

function isPlainString(shape: Shape): boolean {
  return shape.kind === 'string' && shape.pattern === undefined && shape.constraints === undefined && shape.codec === undefined
}

/** The key of a windowed result. */
export function isWindowed(type: ts.Type): boolean {
  return (type.aliasSymbol ?? type.getSymbol())?.name === 'Windowed' && type.getProperty('start') !== undefined
}

/** The platform's Uint8Array. */
export function isBytes(type: ts.Type, { program }: TypeContext): boolean {
  const symbol = type.getSymbol()
  if (symbol?.name !== 'Uint8Array') return false
  return (symbol.declarations ?? []).some((one) => program.isSourceFileDefaultLibrary(one.getSourceFile()))
}

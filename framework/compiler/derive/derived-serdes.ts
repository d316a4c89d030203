// The serdes of one topology: each type that it needs one for, once, with its schema; and the module that holds them. What is always a string travels as
// UTF-8, bytes as they are, all else as JSON.

import type { ts } from 'ts-morph'
import { type JsonSchema, jsonSchema } from './json-schema.ts'
import { reviverSource } from './reviver.ts'
import type { Schema, Shape } from './shape.ts'
import { type Subject, schemaOfType, type TypeContext, type TypeProblem } from './shape-of-type.ts'
import { validatorSource } from './validator.ts'

/** A serde by the name under which the module exports it, or a call of a function that it exports. */
export type SerdeExpression = string

export type DerivedSerde =
  | { readonly kind: 'serde'; readonly expression: SerdeExpression }
  /** The key of a windowed result: the graph makes its serde of the key's and the window's. */
  | { readonly kind: 'inherited' }
  | { readonly kind: 'refused'; readonly problems: readonly TypeProblem[] }

interface TypeSerde {
  readonly variable: string
  /** Of the type. */
  readonly name: string
  readonly format: 'json' | 'string'
  readonly schema: Schema
  readonly json: JsonSchema
}

const nameLengthMax = 60

export class DerivedSerdes {
  private readonly context: TypeContext
  private readonly expressions = new Map<ts.Type, SerdeExpression>()
  private readonly byContent = new Map<string, TypeSerde>()
  private readonly names = new Set<string>()
  private module: { readonly key: string; readonly text: string } | null = null

  constructor(context: TypeContext) {
    this.context = context
  }

  /** `fallbackName` is what a long type without a name is called. */
  serdeOf(type: ts.Type, subject: Subject, fallbackName: string): DerivedSerde {
    const bare = this.context.checker.getNonNullableType(type)
    if (isWindowed(bare)) return { kind: 'inherited' }
    const known = this.expressions.get(bare)
    if (known !== undefined) return { kind: 'serde', expression: known }
    if (isBytes(bare, this.context)) return { kind: 'serde', expression: 'bytes()' }
    const derived = schemaOfType(type, subject, this.context)
    if (derived.kind === 'problems') return { kind: 'refused', problems: derived.problems }
    const { root } = derived.schema
    const expression =
      root.kind === 'string' && root.pattern === undefined ? 'string()' : this.typeSerde(derived.schema, fallbackName).variable
    this.expressions.set(bare, expression)
    return { kind: 'serde', expression }
  }

  /** What each serde carries, by its name. */
  get shapes(): ReadonlyMap<string, Schema> {
    return new Map([...this.byContent.values()].map((serde) => [serdeName(serde), serde.schema]))
  }

  /** JSON Schemas by the name of their serde. */
  get schemas(): ReadonlyMap<string, JsonSchema> {
    return new Map([...this.byContent.values()].map((serde) => [serdeName(serde), serde.json]))
  }

  /** The text of the module; `library` is where it imports Millrace's serdes from. Kept, because a build asks twice and ajv takes its time. */
  moduleSource(library: string): string {
    const serdes = [...this.byContent.values()]
    const key = `${serdes.length} ${library}`
    if (this.module?.key !== key) this.module = { key, text: moduleText(serdes, library) }
    return this.module.text
  }

  private typeSerde(schema: Schema, fallbackName: string): TypeSerde {
    const content = JSON.stringify([schema.name, schema.root, [...schema.definitions]])
    const known = this.byContent.get(content)
    if (known !== undefined) return known
    const name = this.uniqueName(schema.name.length > nameLengthMax ? fallbackName : schema.name)
    const variable = this.variableOf(name)
    const format = isText(schema.root) ? 'string' : 'json'
    const serde: TypeSerde = { variable, name, format, schema, json: jsonSchema({ ...schema, name }) }
    this.byContent.set(content, serde)
    return serde
  }

  /** A legal identifier that is no word of the language: names of types begin with a capital, all else gets a prefix. */
  private variableOf(name: string): string {
    const word = name.replace(/\W+/g, '_').replace(/^_|_$/g, '')
    const identifier = /^[A-Z]/.test(word) ? word : `type_${word}`
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

function moduleText(serdes: readonly TypeSerde[], library: string): string {
  const validators = validatorSource(new Map(serdes.map((serde) => [`validate${serde.variable}`, serde.json])))
  const parts = serdes.map((serde) => {
    if (serde.format === 'string')
      return `export const ${serde.variable} = checkedString(${JSON.stringify(serdeName(serde))}, validate${serde.variable})\n`
    const reviver = reviverSource(serde.schema, `revive${serde.variable}`)
    const parse = `checked(validate${serde.variable}${reviver === null ? '' : `, ${reviver.entry}`})`
    return `${reviver?.source ?? ''}export const ${serde.variable} = json({ name: ${JSON.stringify(serde.name)}, parse: ${parse} })\n`
  })
  const imports = `import { checked, checkedString, json, toDate } from ${JSON.stringify(library)}\nexport { bytes, string } from ${JSON.stringify(library)}\n`
  return `${imports}${validators}\n${parts.join('')}`
}

function serdeName({ format, name }: TypeSerde): string {
  return `${format}(${name})`
}

/** Whether all values are strings: those travel as UTF-8, as the plain string does. */
function isText(shape: Shape): boolean {
  if (shape.kind === 'union') return shape.variants.every(isText)
  return shape.kind === 'string' || (shape.kind === 'literals' && shape.values.every((value) => typeof value === 'string'))
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

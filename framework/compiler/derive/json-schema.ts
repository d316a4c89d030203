// A shape as JSON Schema, draft 2020-12: what the manifest shows and what the validator is made from.

import { type Constraints, type Definitions, isAlwaysThere, isText, type Notes, resolve, type Schema, type Shape } from './shape.ts'

export type JsonSchema = { readonly [keyword: string]: JsonSchemaValue }
export type JsonSchemaValue = string | number | boolean | null | readonly JsonSchemaValue[] | JsonSchema

export const draft = 'https://json-schema.org/draft/2020-12/schema'

/** The keyword that names the type of the program where JSON has none: a Date, bigint, Uint8Array, Set or Map. Validators have no use for it. */
export const typeKeyword = 'x-typescript'

/** A Date's format in schemas that validators are made from: whether the day exists is seen when the Date is made. */
export const dateFormat = 'millrace-date'

const programTypes: { readonly [Kind in Shape['kind']]?: string } = {
  date: 'Date',
  bigint: 'bigint',
  bytes: 'Uint8Array',
  set: 'Set',
  map: 'Map',
}

const digits = '^(?:0|-?[1-9]\\d*)$'
const base64 = '^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$'

export interface JsonSchemaOptions {
  /** For a validator of ours, which has a format for Dates that is quicker than the public one. */
  readonly forValidator?: boolean
}

export function jsonSchema(schema: Schema, { forValidator = false }: JsonSchemaOptions = {}): JsonSchema {
  const writer = new SchemaWriter(schema, forValidator)
  const definitions = [...schema.definitions].map(([name, shape]) => [name, writer.schemaOf(shape)] as const)
  return {
    $schema: draft,
    title: schema.name,
    ...writer.schemaOf(schema.root),
    ...(definitions.length === 0 ? {} : { $defs: Object.fromEntries(definitions) }),
  }
}

class SchemaWriter {
  private readonly definitions: Definitions
  private readonly forValidator: boolean

  constructor(definitions: Definitions, forValidator: boolean) {
    this.definitions = definitions
    this.forValidator = forValidator
  }

  schemaOf(shape: Shape): JsonSchema {
    const { constraints, notes } = shape
    const form = this.typed(shape.kind, this.formOf(shape))
    if (constraints === undefined && notes === undefined) return form
    // A template literal has a pattern already.
    const { pattern, ...others } = constraints ?? {}
    const ofPattern: JsonSchema = pattern === undefined ? {} : 'pattern' in form ? { allOf: [{ pattern }] } : { pattern }
    const said: Constraints & Notes = { ...others, ...(this.forValidator ? {} : notes) }
    return { ...form, ...ofPattern, ...said }
  }

  /** With the type that its JSON does not tell: an array may be of a Set, too. */
  private typed(kind: Shape['kind'], form: JsonSchema): JsonSchema {
    const type = programTypes[kind]
    return type === undefined || this.forValidator ? form : { ...form, [typeKeyword]: type }
  }

  private formOf(shape: Shape): JsonSchema {
    switch (shape.kind) {
      case 'string':
        return shape.pattern === undefined ? { type: 'string' } : { type: 'string', pattern: shape.pattern }
      case 'number':
      case 'boolean':
      case 'null':
        return { type: shape.kind }
      case 'date':
        return { type: 'string', format: this.forValidator ? dateFormat : 'date-time' }
      case 'bigint':
        return { type: 'string', pattern: digits }
      case 'bytes':
        return { type: 'string', contentEncoding: 'base64', pattern: base64 }
      case 'literals': {
        const [first] = shape.values
        return shape.values.length === 1 && first !== undefined ? { const: first } : { enum: shape.values }
      }
      case 'array':
        return { type: 'array', items: this.schemaOf(shape.items) }
      case 'set':
        return { type: 'array', items: this.schemaOf(shape.items), ...(this.isScalar(shape.items) ? { uniqueItems: true } : {}) }
      case 'map':
        return this.mapSchema(shape.key, shape.value)
      case 'tuple': {
        const rest: JsonSchemaValue = shape.rest === null ? false : this.schemaOf(shape.rest)
        const prefix: JsonSchema = shape.items.length === 0 ? {} : { prefixItems: shape.items.map((item) => this.schemaOf(item)) }
        return { type: 'array', ...prefix, items: rest, minItems: shape.required }
      }
      case 'object':
        return this.objectSchema(shape)
      case 'union': {
        const variants = shape.variants.map((variant) => this.schemaOf(variant))
        return shape.tag === null
          ? { anyOf: variants }
          : { type: 'object', discriminator: { propertyName: shape.tag }, required: [shape.tag], oneOf: variants }
      }
      case 'reference':
        return { $ref: shape.name === '#' ? '#' : `#/$defs/${shape.name}` }
    }
  }

  private objectSchema(shape: Shape & { kind: 'object' }): JsonSchema {
    const required = shape.members.filter(isAlwaysThere).map((member) => member.name)
    const properties = shape.members.map((member) => {
      const schema = this.schemaOf(member.shape)
      return [member.name, member.default === undefined || this.forValidator ? schema : { ...schema, default: member.default }] as const
    })
    const patterns = (shape.patterns ?? []).map((one) => [one.pattern, this.schemaOf(one.shape)] as const)
    return {
      type: 'object',
      ...(properties.length === 0 ? {} : { properties: Object.fromEntries(properties) }),
      ...(patterns.length === 0 ? {} : { patternProperties: Object.fromEntries(patterns) }),
      ...(required.length === 0 ? {} : { required }),
      ...(shape.rest === null ? {} : { additionalProperties: this.schemaOf(shape.rest) }),
    }
  }

  private mapSchema(key: Shape, value: Shape): JsonSchema {
    if (!isText(key, this.definitions))
      return { type: 'array', items: { type: 'array', prefixItems: [this.schemaOf(key), this.schemaOf(value)], items: false, minItems: 2 } }
    const isPlain = key.kind === 'string' && key.pattern === undefined && key.constraints === undefined
    return {
      type: 'object',
      ...(isPlain ? {} : { propertyNames: this.schemaOf(key) }),
      additionalProperties: this.schemaOf(value),
    }
  }

  /** Values of which two that are equal are one: an object may stand twice in a set. */
  private isScalar(shape: Shape): boolean {
    const { kind } = resolve(shape, this.definitions)
    // A reference or a union of kinds would make a validator compare deeply.
    return shape.kind !== 'reference' && (kind === 'string' || kind === 'number' || kind === 'bigint')
  }
}

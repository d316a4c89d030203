// What a value looks like when it travels: TypeScript's types, reduced to what JSON can carry, and JSON's form of a few more. Made from types by shape-of-type.ts; the JSON Schema,
// the validator and the reviver are made from it, and other formats can be.

export type Shape = Form & {
  /** What JSDoc tags say beyond the type. */
  readonly constraints?: Constraints
  readonly notes?: Notes
}

type Form =
  | { readonly kind: 'string'; readonly pattern?: string }
  | { readonly kind: 'number' }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'null' }
  /** An ISO 8601 string in JSON, a Date in the program. */
  | { readonly kind: 'date' }
  /** A string of digits in JSON. */
  | { readonly kind: 'bigint' }
  /** A string in base64 in JSON, a Uint8Array in the program. */
  | { readonly kind: 'bytes' }
  | { readonly kind: 'literals'; readonly values: readonly Literal[] }
  | { readonly kind: 'array'; readonly items: Shape }
  /** An array in JSON. */
  | { readonly kind: 'set'; readonly items: Shape }
  /** An object in JSON if the keys are strings, else an array of pairs. */
  | { readonly kind: 'map'; readonly key: Shape; readonly value: Shape }
  | { readonly kind: 'tuple'; readonly items: readonly Shape[]; readonly required: number; readonly rest: Shape | null }
  | ObjectShape
  | { readonly kind: 'union'; readonly tag: string | null; readonly variants: readonly Shape[] }
  /** A definition of the same schema, or its root by the name `#`. */
  | { readonly kind: 'reference'; readonly name: string }

export type Literal = string | number | boolean

/** By JSON Schema's words, which are those of the tags too. */
export interface Constraints {
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly exclusiveMaximum?: number
  readonly multipleOf?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly pattern?: string
  readonly format?: string
  readonly minItems?: number
  readonly maxItems?: number
  readonly uniqueItems?: true
}

/** What people read and no program obeys. */
export interface Notes {
  readonly description?: string
  readonly deprecated?: true
}

export interface ObjectShape {
  readonly kind: 'object'
  readonly members: readonly Member[]
  /** What members of other names hold (index signatures); null: they are let through unread, as in TypeScript. */
  readonly rest: Shape | null
  /** What members hold whose names match: index signatures of numbers and template literals. */
  readonly patterns?: readonly NamePattern[]
}

export interface NamePattern {
  /** As a regular expression. */
  readonly pattern: string
  readonly shape: Shape
}

export interface Member {
  readonly name: string
  readonly optional: boolean
  readonly shape: Shape
  /** JSON of what is read where the member is missing. */
  readonly default?: Json
}

export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json }

/** A shape with what it refers to. */
export interface Schema {
  /** The name of the type, or its text if it has none. */
  readonly name: string
  readonly root: Shape
  readonly definitions: ReadonlyMap<string, Shape>
}

export type Definitions = Pick<Schema, 'root' | 'definitions'>

export function resolve(shape: Shape, schema: Definitions): Shape {
  let resolved = shape
  while (resolved.kind === 'reference') {
    const target: Shape | undefined = resolved.name === '#' ? schema.root : schema.definitions.get(resolved.name)
    if (target === undefined) throw new Error(`no definition of ${resolved.name}`)
    resolved = target
  }
  return resolved
}

/** Whether all values are strings: such ones travel as UTF-8, as the plain string does. */
export function isText(shape: Shape, schema: Definitions): boolean {
  const resolved = resolve(shape, schema)
  if (resolved.kind === 'union') return resolved.variants.every((variant) => isText(variant, schema))
  return resolved.kind === 'string' || (resolved.kind === 'literals' && resolved.values.every((value) => typeof value === 'string'))
}

/** Whether a member stands in every JSON of its object: one with a default is filled in where it is read. */
export function isAlwaysThere(member: Member): boolean {
  return !member.optional && member.default === undefined
}

/** A short text for people, the same on every machine. */
export function describeShape(shape: Shape): string {
  switch (shape.kind) {
    case 'string':
      return shape.pattern === undefined ? 'string' : `/${shape.pattern}/`
    case 'date':
      return 'Date'
    case 'bytes':
      return 'Uint8Array'
    case 'set':
      return `Set<${describeShape(shape.items)}>`
    case 'map':
      return `Map<${describeShape(shape.key)}, ${describeShape(shape.value)}>`
    case 'literals':
      return shape.values.map((value) => (typeof value === 'string' ? `'${value}'` : `${value}`)).join(' | ')
    case 'array':
      return /[ |]/.test(describeShape(shape.items)) ? `(${describeShape(shape.items)})[]` : `${describeShape(shape.items)}[]`
    case 'tuple': {
      const items = shape.items.map((item, index) => `${describeShape(item)}${index < shape.required ? '' : '?'}`)
      return `[${[...items, ...(shape.rest === null ? [] : [`...${describeShape(shape.rest)}[]`])].join(', ')}]`
    }
    case 'object': {
      const members = shape.members.map((member) => `${member.name}${member.optional ? '?' : ''}: ${describeShape(member.shape)}`)
      const patterns = (shape.patterns ?? []).map((one) => `[/${one.pattern}/]: ${describeShape(one.shape)}`)
      const rest = shape.rest === null ? [] : [`[name]: ${describeShape(shape.rest)}`]
      return `{ ${[...members, ...patterns, ...rest].join('; ')} }`
    }
    case 'union':
      return shape.variants.map(describeShape).join(' | ')
    case 'reference':
      return shape.name
    default:
      return shape.kind
  }
}

// What a value looks like when it travels: TypeScript's types, reduced to what JSON can carry, and JSON's form of a few more. Made from types by shape-of-type.ts; the JSON Schema,
// the validator and the reviver are made from it, and other formats can be.

import type {
  ObjectTypeShape,
  TypeCodec,
  TypeConstraints,
  TypeJson,
  TypeLiteral,
  TypeMember,
  TypeNamePattern,
  TypeNotes,
  TypeShape,
} from '../../ports/type-description.ts'

export type Shape = TypeShape
export type Literal = TypeLiteral
export type Constraints = TypeConstraints
export type Notes = TypeNotes
export type ShapeCodec = TypeCodec
export type ObjectShape = ObjectTypeShape
export type NamePattern = TypeNamePattern
export type Member = TypeMember
export type Json = TypeJson

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
  // An instance is no string, whatever it travels as.
  if (resolved.codec !== undefined) return false
  if (resolved.kind === 'union') return resolved.variants.every((variant) => isText(variant, schema))
  return resolved.kind === 'string' || (resolved.kind === 'literals' && resolved.values.every((value) => typeof value === 'string'))
}

/** Whether a member stands in every JSON of its object: one with a default is filled in where it is read. */
export function isAlwaysThere(member: Member): boolean {
  return !member.optional && member.default === undefined
}

/** A short text for people, the same on every machine. */
export function describeShape(shape: Shape): string {
  if (shape.codec !== undefined) return shape.codec.type
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

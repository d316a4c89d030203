// What a value looks like when it travels: TypeScript's types, reduced to what JSON can carry. Made from types by shape-of-type.ts; the JSON Schema,
// the validator and the reviver are made from it, and other formats can be.

export type Shape =
  | { readonly kind: 'string'; readonly pattern?: string }
  | { readonly kind: 'number' }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'null' }
  /** An ISO 8601 string in JSON, a Date in the program. */
  | { readonly kind: 'date' }
  | { readonly kind: 'literals'; readonly values: readonly Literal[] }
  | { readonly kind: 'array'; readonly items: Shape }
  | { readonly kind: 'tuple'; readonly items: readonly Shape[]; readonly required: number; readonly rest: Shape | null }
  | ObjectShape
  | { readonly kind: 'union'; readonly tag: string | null; readonly variants: readonly Shape[] }
  /** A definition of the same schema, or its root by the name `#`. */
  | { readonly kind: 'reference'; readonly name: string }

export type Literal = string | number | boolean

export interface ObjectShape {
  readonly kind: 'object'
  readonly members: readonly Member[]
  /** What members of other names hold (index signatures); null: they are let through unread, as in TypeScript. */
  readonly rest: Shape | null
}

export interface Member {
  readonly name: string
  readonly optional: boolean
  readonly shape: Shape
}

/** A shape with what it refers to. */
export interface Schema {
  /** The name of the type, or its text if it has none. */
  readonly name: string
  readonly root: Shape
  readonly definitions: ReadonlyMap<string, Shape>
}

export function resolve(shape: Shape, schema: Pick<Schema, 'root' | 'definitions'>): Shape {
  let resolved = shape
  while (resolved.kind === 'reference') {
    const target: Shape | undefined = resolved.name === '#' ? schema.root : schema.definitions.get(resolved.name)
    if (target === undefined) throw new Error(`no definition of ${resolved.name}`)
    resolved = target
  }
  return resolved
}

/** A short text for people, the same on every machine. */
export function describeShape(shape: Shape): string {
  switch (shape.kind) {
    case 'string':
      return shape.pattern === undefined ? 'string' : `/${shape.pattern}/`
    case 'date':
      return 'Date'
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
      return `{ ${[...members, ...(shape.rest === null ? [] : [`[name]: ${describeShape(shape.rest)}`])].join('; ')} }`
    }
    case 'union':
      return shape.variants.map(describeShape).join(' | ')
    case 'reference':
      return shape.name
    default:
      return shape.kind
  }
}

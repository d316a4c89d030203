// An Avro schema for what the compiler has derived of a TypeScript type. Each value has one form in it: what would have two, or none, is a problem with a remedy.

import {
  resolvedShape,
  type TypeConstraints,
  type TypeDescription,
  type TypeJson,
  type TypeMember,
  type TypeShape,
  variantsOf,
} from '../../framework/index.ts'

export type AvroJson = string | { readonly [attribute: string]: unknown } | readonly AvroJson[]

export interface TypeProblem {
  /** Sentences both. */
  readonly message: string
  readonly remedy: string
}

export interface DerivedAvroSchema {
  readonly schema: AvroJson
  readonly problems: readonly TypeProblem[]
  /** How each shape stands in the schema; derived-values.ts makes values by it. */
  readonly forms: ReadonlyMap<TypeShape, AvroForm>
}

/** How a shape stands in the schema. */
export interface AvroForm {
  /** As a branch of a union is called: its full name, or its kind. `union` is several. */
  readonly branch: string
}

export interface AvroSchemaOptions {
  /** Of records and enums. Default: none. */
  readonly namespace?: string
}

/** The name of a type that has none of its own, or one that is none in Avro. */
export function avroName(name: string): string {
  const word = name.replace(/[^A-Za-z0-9_]+/g, '_').replace(/^_+|_+$/g, '')
  return /^[A-Za-z_]/.test(word) ? word : `Type_${word}`
}

export function avroSchemaOf(type: TypeDescription<unknown>, { namespace }: AvroSchemaOptions = {}): DerivedAvroSchema {
  const writer = new SchemaWriter(type, namespace)
  const schema = writer.schemaOf(type.root, { path: type.name, name: avroName(type.name) })
  return { schema, problems: writer.problems, forms: writer.forms }
}

/** The least and greatest of what an int and a long are. A long is a number here, so it ends where numbers are no longer exact. */
const intMax = 2 ** 31 - 1

/** Whether a number is declared as a whole one. */
export function isWhole({ multipleOf }: TypeConstraints = {}): boolean {
  return multipleOf !== undefined && Number.isInteger(multipleOf)
}

interface Place {
  /** For messages: `Order.lines[].at`. */
  readonly path: string
  /** For a record or an enum that is made here. */
  readonly name: string
}

class SchemaWriter {
  readonly problems: TypeProblem[] = []
  readonly forms = new Map<TypeShape, AvroForm>()
  private readonly type: TypeDescription<unknown>
  private readonly namespace: string | undefined
  private readonly taken = new Set<string>()
  /** Full names of records and enums that are written already, by the shape. */
  private readonly written = new Map<TypeShape, string>()
  /** Shapes within which the writer is, that have no name that could be referred to. */
  private open = new Set<TypeShape>()

  constructor(type: TypeDescription<unknown>, namespace: string | undefined) {
    this.type = type
    this.namespace = namespace
  }

  schemaOf(shape: TypeShape, place: Place): AvroJson {
    const known = this.written.get(shape)
    if (known !== undefined) return known
    switch (shape.kind) {
      case 'string':
        return this.plain(shape, shape.constraints?.format === 'uuid' ? { type: 'string', logicalType: 'uuid' } : 'string')
      case 'number':
        return this.plain(shape, numberType(shape.constraints))
      case 'boolean':
      case 'null':
      case 'bytes':
        return this.plain(shape, shape.kind)
      case 'date':
        return this.plain(shape, { type: 'long', logicalType: 'timestamp-millis' })
      case 'bigint':
        return this.plain(shape, 'string')
      case 'literals':
        return this.literals(shape, place)
      case 'reference': {
        const target = shape.name === '#' ? this.type.root : this.type.definitions[shape.name]
        if (target === undefined) throw new Error(`no definition of ${shape.name}`)
        const schema = this.schemaOf(target, { ...place, name: avroName(shape.name === '#' ? this.type.name : shape.name) })
        this.forms.set(shape, this.forms.get(target) ?? { branch: 'null' })
        return schema
      }
      case 'array':
      case 'set':
        return this.nameless(shape, place, 'array', () => ({ type: 'array', items: this.schemaOf(shape.items, itemOf(place, 'item')) }))
      case 'map':
        return this.mapSchema(shape, place)
      case 'tuple':
        return this.tupleSchema(shape, place)
      case 'object':
        return this.objectSchema(shape, place)
      case 'union':
        return this.unionSchema(shape, place)
    }
  }

  private plain(shape: TypeShape, schema: AvroJson): AvroJson {
    this.forms.set(shape, { branch: typeof schema === 'string' ? schema : String((schema as { readonly type?: unknown }).type) })
    return schema
  }

  private literals(shape: TypeShape & { kind: 'literals' }, place: Place): AvroJson {
    const kinds = [...new Set(shape.values.map((value) => typeof value))].map((kind) => (kind === 'number' ? 'double' : kind))
    const isEnum = shape.values.length > 1 && shape.values.every((value) => typeof value === 'string' && /^[A-Za-z_]\w*$/.test(value))
    if (isEnum) return this.named(shape, place, (name) => ({ type: 'enum', ...name, ...docOf(shape), symbols: shape.values }))
    const [only] = kinds
    if (kinds.length === 1 && only !== undefined) return this.plain(shape, only)
    this.forms.set(shape, { branch: 'union' })
    return kinds
  }

  private mapSchema(shape: TypeShape & { kind: 'map' }, place: Place): AvroJson {
    if (this.isText(shape.key))
      return this.nameless(shape, place, 'map', () => ({ type: 'map', values: this.schemaOf(shape.value, itemOf(place, 'value')) }))
    return this.nameless(shape, place, 'array', () => {
      const name = this.fullName(`${place.name}_entry`)
      const fields = [
        { name: 'key', type: this.schemaOf(shape.key, itemOf(place, 'key')) },
        { name: 'value', type: this.schemaOf(shape.value, itemOf(place, 'value')) },
      ]
      return { type: 'array', items: { type: 'record', ...this.nameOf(name), fields } }
    })
  }

  /** A record whose fields are called after the places. */
  private tupleSchema(shape: TypeShape & { kind: 'tuple' }, place: Place): AvroJson {
    return this.named(shape, place, (name) => ({
      type: 'record',
      ...name,
      ...docOf(shape),
      fields: [
        ...shape.items.map((item, index) =>
          this.field({ name: `item${index + 1}`, optional: index >= shape.required, shape: item }, `${place.path}[${index}]`, place.name),
        ),
        ...(shape.rest === null
          ? []
          : [{ name: 'rest', type: { type: 'array', items: this.schemaOf(shape.rest, itemOf(place, 'rest')) } }]),
      ],
    }))
  }

  private objectSchema(shape: TypeShape & { kind: 'object' }, place: Place): AvroJson {
    const { members, rest, patterns = [] } = shape
    const others = [...patterns.map((one) => one.shape), ...(rest === null ? [] : [rest])]
    const [only] = others
    if (members.length === 0 && others.length === 1 && only !== undefined)
      return this.nameless(shape, place, 'map', () => ({ type: 'map', values: this.schemaOf(only, itemOf(place, 'value')) }))
    if (others.length > 0)
      this.fail(
        `${place.path} has members of any name beside others, which is neither an Avro record nor a map.`,
        'Put what has any name into a member of its own: `others: Record<string, …>`.',
      )
    return this.named(shape, place, (name) => ({
      type: 'record',
      ...name,
      ...docOf(shape),
      fields: members.map((member) => this.field(member, `${place.path}.${member.name}`, place.name)),
    }))
  }

  private field(member: TypeMember, path: string, owner: string): object {
    const { name, optional, shape } = member
    if (!/^[A-Za-z_]\w*$/.test(name))
      this.fail(
        `${path} is no name for an Avro field.`,
        'Name the member with letters, digits and underscores, and do not begin with a digit.',
      )
    const isNullable = this.mayBeNull(shape)
    if (optional && isNullable)
      this.fail(`${path} may be missing and may be null, which are one and the same in Avro.`, 'Leave out the question mark, or null.')
    const type = this.schemaOf(shape, { path, name: `${owner}_${avroName(name)}` })
    const doc = docOf(shape)
    if (!optional || isNullable) {
      const fallback = member.default === undefined ? undefined : defaultOf(member.default, shape)
      return { name, type, ...doc, ...(fallback === undefined ? {} : { default: fallback }) }
    }
    return { name, type: ['null', ...(Array.isArray(type) ? type : [type])], ...doc, default: null }
  }

  private unionSchema(shape: TypeShape & { kind: 'union' }, place: Place): AvroJson {
    if (this.open.has(shape)) return this.endless(place)
    this.open.add(shape)
    // Unions hold no unions in Avro.
    const variants = variantsOf(shape, this.type)
    const branches = variants.map((variant, index) => ({
      variant,
      schema: this.schemaOf(variant, { path: place.path, name: variants.length === 1 ? place.name : `${place.name}_${index + 1}` }),
    }))
    this.open.delete(shape)
    const schemas = branches.flatMap(({ schema }) => (Array.isArray(schema) ? (schema as readonly AvroJson[]) : [schema]))
    const names = schemas.map((schema) => branchName(schema))
    const twice = names.find((name, index) => names.indexOf(name) !== index)
    if (twice !== undefined)
      this.fail(
        `${place.path} is a union in which two variants are ${/^[aeiou]/.test(twice) ? 'an' : 'a'} ${twice} in Avro, which cannot be told apart.`,
        'Put the variants into objects of their own, with a member that tells them apart.',
      )
    this.forms.set(shape, { branch: 'union' })
    return schemas
  }

  /** A type that Avro has a name for. */
  private named(shape: TypeShape, place: Place, make: (name: object) => AvroJson): AvroJson {
    const name = this.fullName(place.name)
    const full = this.namespace === undefined ? name : `${this.namespace}.${name}`
    this.written.set(shape, full)
    this.forms.set(shape, { branch: full })
    const outer = this.open
    // Within a record all may come again: it ends at the record's name.
    this.open = new Set()
    const schema = make(this.nameOf(name))
    this.open = outer
    return schema
  }

  /** One that has none, so that it cannot contain itself. */
  private nameless(shape: TypeShape, place: Place, branch: string, make: () => AvroJson): AvroJson {
    if (this.open.has(shape)) return this.endless(place)
    this.open.add(shape)
    const schema = make()
    this.open.delete(shape)
    this.forms.set(shape, { branch })
    return schema
  }

  private endless({ path }: Place): AvroJson {
    this.fail(
      `${path} contains itself, and nothing on the way has a name in Avro: only records can be referred to.`,
      'Put an interface in between: `interface Node { children: Node[] }`.',
    )
    return 'null'
  }

  private nameOf(name: string): object {
    return this.namespace === undefined ? { name } : { name, namespace: this.namespace }
  }

  private fullName(name: string): string {
    let unique = name
    for (let count = 2; this.taken.has(unique); count++) unique = `${name}_${count}`
    this.taken.add(unique)
    return unique
  }

  private isText(shape: TypeShape): boolean {
    const resolved = resolvedShape(shape, this.type)
    if (resolved.kind === 'union') return resolved.variants.every((variant) => this.isText(variant))
    return resolved.kind === 'string' || (resolved.kind === 'literals' && resolved.values.every((value) => typeof value === 'string'))
  }

  private mayBeNull(shape: TypeShape, seen: readonly TypeShape[] = []): boolean {
    const resolved = resolvedShape(shape, this.type)
    if (resolved.kind === 'null') return true
    return (
      resolved.kind === 'union' && !seen.includes(resolved) && resolved.variants.some((one) => this.mayBeNull(one, [...seen, resolved]))
    )
  }

  private fail(message: string, remedy: string): void {
    if (!this.problems.some((problem) => problem.message === message)) this.problems.push({ message, remedy })
  }
}

function itemOf({ path, name }: Place, part: string): Place {
  return { path: `${path}[]`, name: `${name}_${part}` }
}

function numberType(constraints: TypeConstraints = {}): AvroJson {
  if (!isWhole(constraints)) return 'double'
  const least = constraints.minimum ?? constraints.exclusiveMinimum ?? Number.NEGATIVE_INFINITY
  const most = constraints.maximum ?? constraints.exclusiveMaximum ?? Number.POSITIVE_INFINITY
  return least >= -intMax && most <= intMax ? 'int' : 'long'
}

function branchName(schema: AvroJson): string {
  if (typeof schema === 'string') return schema
  const { type, name, namespace } = schema as { readonly type?: string; readonly name?: string; readonly namespace?: string }
  if (type === 'record' || type === 'enum') return namespace === undefined ? `${name}` : `${namespace}.${name}`
  return String(type)
}

/** Of what JSON and Avro's JSON have the same form of; Avro has no default else. */
function defaultOf(json: TypeJson, shape: TypeShape): TypeJson | undefined {
  const isPlain = shape.kind === 'string' || shape.kind === 'number' || shape.kind === 'boolean' || shape.kind === 'null'
  if (isPlain || shape.kind === 'literals') return json
  return shape.kind === 'date' && typeof json === 'string' ? new Date(json).getTime() : undefined
}

function docOf({ notes }: TypeShape): { readonly doc?: string } {
  return notes?.description === undefined ? {} : { doc: notes.description }
}

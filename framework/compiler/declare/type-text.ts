// Shapes as TypeScript: an expression for each type, and a declaration for each type that has a name. Two types of one name get two names, two types that are alike in
// all they refer to get one.

import type { Schema, Shape, ShapeCodec } from '../derive/shape.ts'
import type { TopicType } from './topic-types.ts'

/** Names that the generated file means something else by. */
const reserved = ['Date', 'Record', 'TopologyTopics', 'Uint8Array', 'Windowed']

const identifier = /^[A-Za-z_$][\w$]*$/

export class TypeText {
  private readonly declarations: string[] = []
  private readonly namesByContent = new Map<string, string>()
  private readonly taken = new Set<string>(reserved)

  /** The type as it can stand behind a colon. */
  of(type: TopicType): string {
    switch (type.kind) {
      case 'builtIn':
        return type.name
      case 'schema':
        return this.ofSchema(type.schema)
      case 'windowed':
        return `Windowed<${this.of(type.of)}>`
      case 'oneOf':
        return [...new Set(type.types.map((one) => this.of(one)))].join(' | ')
    }
  }

  /** The declarations of all types that were asked for so far. */
  get text(): string {
    return this.declarations.map((declaration) => `${declaration}\n\n`).join('')
  }

  private ofSchema(schema: Schema): string {
    const isNamed = identifier.test(schema.name) && (schema.root.kind !== 'string' || schema.root.pattern !== undefined)
    const isStructured = ['object', 'union', 'array', 'tuple', 'literals'].includes(schema.root.kind)
    if (isNamed && isStructured && schema.root.codec === undefined) return this.declared('#', schema)
    return this.textOf(schema.root, schema)
  }

  /** The name under which a definition of a schema is declared. */
  private declared(reference: string, schema: Schema): string {
    const content = contentOf(reference, schema)
    const known = this.namesByContent.get(content)
    if (known !== undefined) return known
    const name = this.uniqueName(reference === '#' ? schema.name : reference)
    this.namesByContent.set(content, name)
    const shape = shapeOf(reference, schema)
    if (shape.codec !== undefined) return classText(shape.codec)
    // What it refers to is declared before it, except for itself.
    const declaration =
      shape.kind === 'object' && shape.rest === null
        ? `interface ${name} {\n${shape.members.map((member) => `  ${this.member(member, schema)}\n`).join('')}}`
        : `type ${name} = ${this.textOf(shape, schema)}`
    this.declarations.push(declaration)
    return name
  }

  private textOf(shape: Shape, schema: Schema): string {
    if (shape.codec !== undefined) return classText(shape.codec)
    switch (shape.kind) {
      case 'date':
        return 'Date'
      case 'bytes':
        return 'Uint8Array'
      case 'set':
        return `Set<${this.textOf(shape.items, schema)}>`
      case 'map':
        return `Map<${this.textOf(shape.key, schema)}, ${this.textOf(shape.value, schema)}>`
      case 'literals':
        return shape.values.map((value) => (typeof value === 'string' ? quoted(value) : `${value}`)).join(' | ')
      case 'array':
        return `${this.grouped(shape.items, schema)}[]`
      case 'tuple': {
        const items = shape.items.map((item, index) =>
          index < shape.required ? this.textOf(item, schema) : `${this.grouped(item, schema)}?`,
        )
        return `[${[...items, ...(shape.rest === null ? [] : [`...${this.grouped(shape.rest, schema)}[]`])].join(', ')}]`
      }
      case 'object':
        return this.objectText(shape, schema)
      case 'union':
        return shape.variants.map((variant) => this.textOf(variant, schema)).join(' | ')
      case 'reference':
        return this.declared(shape.name, schema)
      default:
        return shape.kind
    }
  }

  private objectText({ members, rest }: Extract<Shape, { kind: 'object' }>, schema: Schema): string {
    const own = `{ ${members.map((member) => this.member(member, schema)).join('; ')} }`
    if (rest === null) return members.length === 0 ? 'object' : own
    const others = `{ [name: string]: ${this.textOf(rest, schema)} }`
    // In one object the members would have to be of the type of the others.
    return members.length === 0 ? others : `${own} & ${others}`
  }

  private member(
    { name, optional, shape }: { readonly name: string; readonly optional: boolean; readonly shape: Shape },
    schema: Schema,
  ): string {
    return `${propertyName(name)}${optional ? '?' : ''}: ${this.textOf(shape, schema)}${optional ? ' | undefined' : ''}`
  }

  private grouped(shape: Shape, schema: Schema): string {
    const text = this.textOf(shape, schema)
    return shape.kind !== 'array' && /[ |&]/.test(text) ? `(${text})` : text
  }

  private uniqueName(name: string): string {
    let unique = name
    for (let count = 2; this.taken.has(unique); count++) unique = `${name}_${count}`
    this.taken.add(unique)
    return unique
  }
}

/** The class itself, as it is imported; that of a constant is what the constant makes. */
function classText({ type, module, path }: ShapeCodec): string {
  const [exported, member] = path.split('.')
  if (member === undefined) return `ReturnType<(typeof import(${quoted(importable(module))}))['${exported}']['decode']>`
  return exported === 'default'
    ? `InstanceType<(typeof import(${quoted(importable(module))}))['default']>`
    : `import(${quoted(importable(module))}).${exported ?? type}`
}

/** A declaration file names what is made of a module. */
function importable(module: string): string {
  return /^[./]/.test(module) ? module.replace(/ts$/, 'js') : module
}

export function propertyName(name: string): string {
  return identifier.test(name) ? name : quoted(name)
}

function quoted(text: string): string {
  return `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`
}

function shapeOf(reference: string, schema: Schema): Shape {
  const shape = reference === '#' ? schema.root : schema.definitions.get(reference)
  if (shape === undefined) throw new Error(`no definition of ${reference}`)
  return shape
}

/** A definition with all that it refers to, in whatever schema it stands. */
function contentOf(reference: string, schema: Schema): string {
  const reached = [reference]
  const parts: unknown[] = []
  for (let next = 0; next < reached.length; next++) {
    const current = reached[next] as string
    const text = JSON.stringify(shapeOf(current, schema), (_, part: unknown) => {
      if (!isReference(part)) return part
      if (!reached.includes(part.name)) reached.push(part.name)
      return { kind: 'reference', index: reached.indexOf(part.name) }
    })
    parts.push([current === '#' ? schema.name : current, text])
  }
  return JSON.stringify(parts)
}

function isReference(part: unknown): part is { readonly kind: 'reference'; readonly name: string } {
  return typeof part === 'object' && part !== null && 'kind' in part && part.kind === 'reference' && 'name' in part
}

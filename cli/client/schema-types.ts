// JSON Schemas of a manifest as TypeScript: what a program has of a value, not what travels. A type with a name gets a declaration; two types of one name get two names,
// two that are alike get one.

import type { Json, JsonObject } from './json-schemas.ts'
import { definitionsOf, isObject, listOf, objectOf, programTypeOf } from './json-schemas.ts'

const identifier = /^[A-Za-z_$][\w$]*$/

export class SchemaTypes {
  private readonly declarations: string[] = []
  private readonly namesByContent = new Map<string, string>()
  private readonly taken: Set<string>

  /** `taken`: what the file calls something else. */
  constructor(taken: Iterable<string>) {
    this.taken = new Set(taken)
  }

  /** The type as it can stand behind a colon. */
  of(schema: Json): string {
    if (!isObject(schema)) return 'unknown'
    const { title } = schema
    const isNamed = typeof title === 'string' && identifier.test(title) && isStructured(schema)
    return isNamed ? this.declared(title, schema, schema) : this.textOf(schema, schema)
  }

  /** The declarations of all types that were asked for so far. */
  get text(): string {
    return this.declarations.map((declaration) => `${declaration}\n\n`).join('')
  }

  private declared(wanted: string, schema: JsonObject, root: JsonObject): string {
    const content = JSON.stringify([wanted, schema, definitionsOf(root)])
    const known = this.namesByContent.get(content)
    if (known !== undefined) return known
    const name = this.uniqueName(wanted.replace(/[^\w$]+/g, '_'))
    this.namesByContent.set(content, name)
    const head = documented(schema, '')
    const isInterface = schema.type === 'object' && programTypeOf(schema) === undefined && !isObject(schema.additionalProperties)
    const members = this.members(schema, root)
    const declaration =
      isInterface && schema.patternProperties === undefined && members.length > 0
        ? `export interface ${name} {\n${members.map((member) => `${member}\n`).join('')}}`
        : `export type ${name} = ${this.textOf(schema, root)}`
    // What it refers to is declared before it, except for itself.
    this.declarations.push(head + declaration)
    return name
  }

  private textOf(schema: Json, root: JsonObject): string {
    if (!isObject(schema)) return schema === false ? 'never' : 'unknown'
    if (typeof schema.$ref === 'string') return this.referred(schema.$ref, root)
    const programType = programTypeOf(schema)
    if (programType !== undefined) return this.programText(programType, schema, root)
    if ('const' in schema) return literal(schema.const)
    if (Array.isArray(schema.enum)) return union(schema.enum.map(literal))
    const variants = schema.anyOf ?? schema.oneOf
    if (Array.isArray(variants)) return union(variants.map((variant) => this.textOf(variant, root)))
    if (Array.isArray(schema.type)) return union(schema.type.map((type) => this.textOf({ ...schema, type }, root)))
    return this.typeText(schema, root)
  }

  private typeText(schema: JsonObject, root: JsonObject): string {
    switch (schema.type) {
      case 'string':
      case 'number':
      case 'boolean':
      case 'null':
        return schema.type
      case 'integer':
        return 'number'
      case 'array':
        return this.arrayText(schema, root)
      case 'object':
        return this.objectText(schema, root)
      default:
        return Array.isArray(schema.allOf) ? schema.allOf.map((part) => grouped(this.textOf(part, root))).join(' & ') : 'unknown'
    }
  }

  private programText(type: string, schema: JsonObject, root: JsonObject): string {
    const text = (part: Json): string => this.textOf(part, root)
    if (type === 'Set') return `Set<${text(schema.items ?? true)}>`
    if (type !== 'Map') return type
    if (schema.type === 'object')
      return `Map<${text(schema.propertyNames ?? { type: 'string' })}, ${text(schema.additionalProperties ?? true)}>`
    const [key = true, value = true] = listOf(objectOf(schema.items).prefixItems)
    return `Map<${text(key)}, ${text(value)}>`
  }

  private arrayText(schema: JsonObject, root: JsonObject): string {
    const { prefixItems, items = true, minItems = 0 } = schema
    if (!Array.isArray(prefixItems)) return items === false ? '[]' : `${grouped(this.textOf(items, root))}[]`
    const first = prefixItems.map((item, at) => {
      const text = this.textOf(item, root)
      return at < Number(minItems) ? text : `${grouped(text)}?`
    })
    return `[${[...first, ...(items === false ? [] : [`...${grouped(this.textOf(items, root))}[]`])].join(', ')}]`
  }

  private objectText(schema: JsonObject, root: JsonObject): string {
    const members = this.members(schema, root).map((member) => member.trim())
    const own = `{ ${members.join('; ')} }`
    const { additionalProperties: others, patternProperties } = schema
    const further = [...(isObject(others) ? [others] : []), ...Object.values(objectOf(patternProperties))]
    if (further.length === 0) return members.length === 0 ? 'Record<string, unknown>' : own
    const rest = `Record<string, ${union(further.map((one) => this.textOf(one, root)))}>`
    // In one object the members would have to be of the type of the others.
    return members.length === 0 ? rest : `${own} & ${rest}`
  }

  /** One a line, with what is said of it. */
  private members(schema: JsonObject, root: JsonObject): readonly string[] {
    const required = listOf(schema.required)
    return Object.entries(objectOf(schema.properties)).map(([name, member]) => {
      // What is missing in the JSON and has a default is filled in where the app reads it.
      const isThere = required.includes(name) || (isObject(member) && 'default' in member)
      return `${documented(member, '  ')}  ${propertyName(name)}${isThere ? '' : '?'}: ${this.textOf(member, root)}${isThere ? '' : ' | undefined'}`
    })
  }

  private referred(reference: string, root: JsonObject): string {
    if (reference === '#') return this.declared(typeof root.title === 'string' ? root.title : 'Value', root, root)
    const name = reference.replace('#/$defs/', '')
    const target = definitionsOf(root)[name]
    return isObject(target) ? this.declared(name, target, root) : this.textOf(target ?? true, root)
  }

  private uniqueName(name: string): string {
    let unique = name
    for (let count = 2; this.taken.has(unique); count++) unique = `${name}_${count}`
    this.taken.add(unique)
    return unique
  }
}

export function propertyName(name: string): string {
  return identifier.test(name) ? name : quoted(name)
}

export function quoted(text: string): string {
  return `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`
}

function isStructured(schema: JsonObject): boolean {
  return schema.type === 'object' || schema.type === 'array' || ['enum', 'anyOf', 'oneOf'].some((keyword) => keyword in schema)
}

function documented(schema: Json, indent: string): string {
  const { description, deprecated } = objectOf(schema)
  const words = [...(typeof description === 'string' ? [description] : []), ...(deprecated === true ? ['@deprecated'] : [])]
  return words.length === 0 ? '' : `${indent}/** ${words.join(' ').replaceAll('*/', '*\\/').replace(/\s+/g, ' ')} */\n`
}

function literal(value: Json): string {
  if (typeof value === 'string') return quoted(value)
  return value === null || typeof value !== 'object' ? String(value) : 'unknown'
}

function union(types: readonly string[]): string {
  const distinct = [...new Set(types)]
  if (distinct.includes('unknown')) return 'unknown'
  return distinct.length === 0 ? 'never' : distinct.join(' | ')
}

function grouped(type: string): string {
  return /[ |&]/.test(type) && !/^(\{[^{}]*\}|\w+<[^<>]*>)$/.test(type) ? `(${type})` : type
}

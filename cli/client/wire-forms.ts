// How values are made of their JSON, by their JSON Schemas: data for a generated client. null where JSON.parse gives the value itself.

import { definitionsOf, isObject, type Json, type JsonObject, listOf, objectOf, programTypeOf, resolved } from './json-schemas.ts'
import type { Form, Test } from './wire-values.ts'

export class WireForms {
  /** Of types that may contain themselves. */
  readonly named: Record<string, Form> = {}

  /** `name` tells the definitions of this schema from those of others. */
  of(name: string, schema: Json): Form {
    return new SchemaForms(name, objectOf(schema), this.named).form(schema)
  }
}

class SchemaForms {
  private readonly name: string
  private readonly root: JsonObject
  private readonly named: Record<string, Form>
  private readonly references: ReadonlySet<string>

  constructor(name: string, root: JsonObject, named: Record<string, Form>) {
    this.name = name
    this.root = root
    this.named = named
    this.references = referencesMade(root)
  }

  form(schema: Json): Form {
    if (!isObject(schema)) return null
    if (typeof schema.$ref === 'string') return this.referred(schema.$ref)
    const programType = programTypeOf(schema)
    if (programType === 'Date' || programType === 'bigint' || programType === 'Uint8Array') return programType
    if (programType === 'Set') return { set: this.form(schema.items) }
    if (programType === 'Map') {
      const [key, value] =
        schema.type === 'object' ? [schema.propertyNames, schema.additionalProperties] : listOf(objectOf(schema.items).prefixItems)
      return { map: [this.form(key), this.form(value)] }
    }
    const variants = schema.anyOf ?? schema.oneOf
    if (Array.isArray(variants)) return this.ofVariants(variants, objectOf(schema.discriminator).propertyName)
    if (schema.type === 'array') return this.ofArray(schema)
    return schema.type === 'object' ? this.ofObject(schema) : null
  }

  private ofArray({ prefixItems, items }: JsonObject): Form {
    const first = listOf(prefixItems).map((item) => this.form(item))
    const rest = this.form(items)
    if (rest === null && first.every((form) => form === null)) return null
    return first.length === 0 ? { array: rest } : { array: rest, first }
  }

  private ofObject({ properties, patternProperties, additionalProperties }: JsonObject): Form {
    const formOf = ([name, schema]: [string, Json]) => [name, this.form(schema)] as const
    const members = Object.entries(objectOf(properties)).map(formOf)
    const patterns = Object.entries(objectOf(patternProperties)).map(formOf)
    const others = this.form(additionalProperties)
    if (others === null && [...members, ...patterns].every(([, form]) => form === null)) return null
    // With others to be made, also what is left as it is has to be told from them.
    const needed = members.filter(([, form]) => form !== null || others !== null || patterns.length > 0)
    return {
      members: Object.fromEntries(needed),
      ...(patterns.length === 0 ? {} : { patterns }),
      ...(others === null ? {} : { others }),
    }
  }

  private ofVariants(variants: readonly Json[], tag: Json): Form {
    const forms = variants.map((variant) => this.form(variant))
    if (forms.every((form) => form === null)) return null
    const made = forms.flatMap((form, at) =>
      form === null ? [] : this.testsOf(variants[at], variants, tag).map((test) => [test, form] as const),
    )
    return { oneOf: made }
  }

  /** What tells a variant from the others: the compiler takes only unions that JSON tells apart. Of a union in a union each part by itself. */
  private testsOf(variant: Json, variants: readonly Json[], tag: Json): readonly Test[] {
    const schema = objectOf(resolved(variant, this.root))
    const inner = schema.anyOf ?? schema.oneOf
    if (Array.isArray(inner)) return inner.flatMap((one) => this.testsOf(one, variants, tag))
    const test = kindTest(schema)
    // A Map without entries comes as an object, whatever its keys are.
    if (test.is === 'array' && programTypeOf(schema) === 'Map' && this.objectsIn(variants) === 0) return [test, { is: 'object' }]
    if (test.is === 'array' && Array.isArray(schema.prefixItems))
      return [{ ...test, least: Number(schema.minItems ?? 0), ...(schema.items === false ? { most: schema.prefixItems.length } : {}) }]
    if (test.is !== 'object' || this.objectsIn(variants) < 2) return [test]
    const telling = (tag === undefined ? listOf(schema.required) : [tag]).map(String)
    const members = telling.map((name) => [name, memberTest(objectOf(resolved(objectOf(schema.properties)[name], this.root)))])
    return [{ ...test, members: Object.fromEntries(members) }]
  }

  private objectsIn(variants: readonly Json[]): number {
    const counts = variants.map((variant) => {
      const schema = objectOf(resolved(variant, this.root))
      const inner = schema.anyOf ?? schema.oneOf
      return Array.isArray(inner) ? this.objectsIn(inner) : kindTest(schema).is === 'object' ? 1 : 0
    })
    return counts.reduce((sum, count) => sum + count, 0)
  }

  private referred(reference: string): Form {
    if (!this.references.has(reference)) return null
    const name = `${this.name} ${reference}`
    if (!(name in this.named)) {
      this.named[name] = null
      this.named[name] = this.form(resolved({ $ref: reference }, this.root))
    }
    return { named: name }
  }
}

/** The references behind which something is that is not its own JSON. */
function referencesMade(root: JsonObject): ReadonlySet<string> {
  const all = [
    ['#', withoutDefinitions(root)] as const,
    ...Object.entries(definitionsOf(root)).map(([name, one]) => [`#/$defs/${name}`, one] as const),
  ]
  const made = new Set<string>()
  for (let size = -1; size !== made.size; ) {
    size = made.size
    for (const [reference, schema] of all) if (isMade(schema, made)) made.add(reference)
  }
  return made
}

function withoutDefinitions({ $defs: _, ...root }: JsonObject): JsonObject {
  return root
}

function isMade(schema: Json, made: ReadonlySet<string>): boolean {
  if (Array.isArray(schema)) return schema.some((part) => isMade(part, made))
  if (!isObject(schema)) return false
  if (programTypeOf(schema) !== undefined || (typeof schema.$ref === 'string' && made.has(schema.$ref))) return true
  return Object.values(schema).some((part) => isMade(part, made))
}

function kindTest(schema: JsonObject): Test {
  if ('const' in schema) return { values: [schema.const] }
  if (Array.isArray(schema.enum)) return { values: schema.enum }
  const { type } = schema
  if (type === 'integer') return { is: 'number' }
  return typeof type === 'string' ? { is: type } : {}
}

function memberTest(schema: JsonObject): Test {
  // It is an object where it is empty.
  return programTypeOf(schema) === 'Map' ? {} : kindTest(schema)
}

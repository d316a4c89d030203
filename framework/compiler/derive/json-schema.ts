// A shape as JSON Schema, draft 2020-12: what the manifest shows and what the validator is made from.

import type { Schema, Shape } from './shape.ts'

export type JsonSchema = { readonly [keyword: string]: JsonSchemaValue }
export type JsonSchemaValue = string | number | boolean | null | readonly JsonSchemaValue[] | JsonSchema

export const draft = 'https://json-schema.org/draft/2020-12/schema'

export function jsonSchema(schema: Schema): JsonSchema {
  const definitions = [...schema.definitions].map(([name, shape]) => [name, schemaOf(shape)] as const)
  return {
    $schema: draft,
    title: schema.name,
    ...schemaOf(schema.root),
    ...(definitions.length === 0 ? {} : { $defs: Object.fromEntries(definitions) }),
  }
}

function schemaOf(shape: Shape): JsonSchema {
  switch (shape.kind) {
    case 'string':
      return shape.pattern === undefined ? { type: 'string' } : { type: 'string', pattern: shape.pattern }
    case 'number':
    case 'boolean':
    case 'null':
      return { type: shape.kind }
    case 'date':
      return { type: 'string', format: 'date-time' }
    case 'literals': {
      const [first] = shape.values
      return shape.values.length === 1 && first !== undefined ? { const: first } : { enum: shape.values }
    }
    case 'array':
      return { type: 'array', items: schemaOf(shape.items) }
    case 'tuple': {
      const rest: JsonSchemaValue = shape.rest === null ? false : schemaOf(shape.rest)
      const prefix: JsonSchema = shape.items.length === 0 ? {} : { prefixItems: shape.items.map(schemaOf) }
      return { type: 'array', ...prefix, items: rest, minItems: shape.required }
    }
    case 'object': {
      const required = shape.members.filter((member) => !member.optional).map((member) => member.name)
      return {
        type: 'object',
        ...(shape.members.length === 0
          ? {}
          : { properties: Object.fromEntries(shape.members.map((member) => [member.name, schemaOf(member.shape)])) }),
        ...(required.length === 0 ? {} : { required }),
        ...(shape.rest === null ? {} : { additionalProperties: schemaOf(shape.rest) }),
      }
    }
    case 'union': {
      const variants = shape.variants.map(schemaOf)
      return shape.tag === null
        ? { anyOf: variants }
        : { type: 'object', discriminator: { propertyName: shape.tag }, required: [shape.tag], oneOf: variants }
    }
    case 'reference':
      return { $ref: shape.name === '#' ? '#' : `#/$defs/${shape.name}` }
  }
}

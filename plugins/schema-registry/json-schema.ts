// A serde for JSON whose JSON Schema is registered: the payload of Confluent's KafkaJsonSchemaSerializer is plain JSON.

import { type JsonOptions, json, type Serde } from '../../framework/index.ts'

export interface JsonSchemaOptions<T> extends JsonOptions<T> {
  /** The full name of the type, for the subject strategies that take it. Default: the schema's `title`. */
  readonly typeName?: string
}

/**
 * JSON with a JSON Schema to be registered. Nothing is checked against the schema, as by default in Java (`json.fail.invalid.schema`): give `parse` for that.
 *
 * @example
 * ```ts
 * import { jsonSchema, schemaRegistry } from 'millrace/plugins/schema-registry'
 *
 * interface Order { id: number }
 *
 * const registry = schemaRegistry({ url: 'http://localhost:8081' })
 * const orders = registry.serde(jsonSchema<Order>({ title: 'Order', type: 'object', properties: { id: { type: 'integer' } }, required: ['id'] }))
 * ```
 */
export function jsonSchema<T>(schema: string | object, options: JsonSchemaOptions<T> = {}): Serde<T> {
  const text = typeof schema === 'string' ? schema : JSON.stringify(schema)
  const parsed = JSON.parse(text) as { readonly title?: unknown }
  const typeName = options.typeName ?? (typeof parsed.title === 'string' ? parsed.title : undefined)
  const serde = json<T>({ ...(typeName === undefined ? {} : { name: typeName }), ...options })
  return {
    ...serde,
    schema: parsed,
    format: {
      language: 'JSON',
      text,
      references: new Map(),
      typeName,
      prefix: new Uint8Array(0),
      needsWriter: false,
      readerFor: () => serde,
    },
  }
}

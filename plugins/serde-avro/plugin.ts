// avroPlugin() as a configuration names it: for tools that read the schema from a manifest.

import { definePlugin, type Plugin } from '../../framework/index.ts'
import { type AvroSchema, avro } from './avro.ts'

/**
 * The format `avro`, so that tools can read what a topology's `avro()` serdes have written. A topology itself needs no plugin: it calls `avro()`.
 *
 * @example
 * ```ts
 * import { defineConfig } from 'millrace'
 * import { avroPlugin } from 'millrace/plugins/serde-avro'
 *
 * export default defineConfig({ plugins: [avroPlugin()] })
 * ```
 */
export function avroPlugin(): Plugin {
  return definePlugin({ name: 'serde-avro', serdes: { avro: { serde: (schema) => avro(schemaOf(schema)) } } })
}

function schemaOf(schema: unknown): AvroSchema {
  if (typeof schema === 'string' || (typeof schema === 'object' && schema !== null)) return schema as AvroSchema
  throw new Error('there is no Avro schema')
}

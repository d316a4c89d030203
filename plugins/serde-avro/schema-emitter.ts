// Writes the Avro schemas of what a topology reads and writes, a file for each type.

import { definePlugin, type GraphProblem, type Manifest, type Plugin, type TopologyEmitter } from '../../framework/index.ts'
import { type AvroSchemaOptions, avroName, avroSchemaOf } from './schema-of-type.ts'

/**
 * Writes an Avro schema for each type in the topics of a topology, `dist/<topology>/avro/Order.avsc`, derived of the TypeScript type; it changes nothing of how values travel. What Avro cannot
 * express is an error at the call. Types of internal topics and stores are left out.
 *
 * @example
 * ```ts
 * import { defineConfig } from 'millrace'
 * import { avroSchemas } from 'millrace/plugins/serde-avro'
 *
 * export default defineConfig({ plugins: [avroSchemas({ namespace: 'shop' })] })
 * ```
 */
export function avroSchemas(options: AvroSchemaOptions = {}): Plugin {
  return definePlugin({ name: 'avro-schemas', emitters: { avro: avroEmitter(options) } })
}

export function avroEmitter(options: AvroSchemaOptions = {}): TopologyEmitter {
  return {
    summary: 'Avro schemas of the types in topics.',
    emit({ manifest, types }) {
      const files: Record<string, string> = {}
      const problems: GraphProblem[] = []
      const add = (name: string, schema: unknown): void => {
        let path = `${name}.avsc`
        for (let count = 2; path.toLowerCase() in files; count++) path = `${name}_${count}.avsc`
        files[path] = `${JSON.stringify(schema, null, 2)}\n`
      }
      for (const [serde, node] of serdesOfTopics(manifest)) {
        const type = types[serde]
        if (type !== undefined) {
          const derived = avroSchemaOf(type, options)
          problems.push(...derived.problems.map((problem) => ({ node, ...problem })))
          add(avroName(type.name), derived.schema)
        } else if (serde.startsWith('avro('))
          add(avroName(serde.slice(serde.lastIndexOf('.') + 1).replace(/^avro\(|\)$/g, '')), manifest.schemas[serde])
      }
      return { files, problems }
    },
  }
}

/** Serdes of topics that are not the app's own, with the first node that has them. */
function serdesOfTopics({ nodes }: Manifest): Map<string, string> {
  const found = new Map<string, string>()
  for (const { name, input, topic, key, value } of nodes) {
    const isOutside =
      topic === undefined
        ? input?.kind === 'pattern' || (input?.kind === 'topics' && input.topics.some(({ internal }) => !internal))
        : !topic.internal
    if (!isOutside) continue
    for (const serde of [key, value]) if (serde !== undefined && !found.has(serde)) found.set(serde, name)
  }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)))
}

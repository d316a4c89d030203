// Writes the .proto files of what a topology reads and writes, one for each type.

import { definePlugin, type GraphProblem, type Manifest, type Plugin, type TopologyEmitter } from '../../framework/index.ts'
import { type FieldNumbers, protoName, protoOf } from './proto-of-type.ts'

export interface ProtobufSchemaOptions {
  /** What stands as `package` in the files. Default: none. */
  readonly package?: string
}

/**
 * Writes a .proto file for each type in the topics of a topology, `dist/<topology>/proto/Order.proto`, derived of the TypeScript type; it changes nothing of how values travel. The numbers of fields are
 * kept in millrace-proto.json, beside millrace.config.ts: commit it. What Protobuf cannot express is an error at the call. Types of internal topics and stores are left out.
 *
 * @example
 * ```ts
 * import { defineConfig } from 'millrace'
 * import { protobufSchemas } from 'millrace/plugins/serde-protobuf'
 *
 * export default defineConfig({ plugins: [protobufSchemas({ package: 'shop' })] })
 * ```
 */
export function protobufSchemas(options: ProtobufSchemaOptions = {}): Plugin {
  return definePlugin({ name: 'protobuf-schemas', emitters: { proto: protobufEmitter(options) } })
}

export function protobufEmitter(options: ProtobufSchemaOptions = {}): TopologyEmitter {
  return {
    summary: 'Protobuf schemas of the types in topics.',
    emit({ manifest, types, kept }) {
      const files: Record<string, string> = {}
      const problems: GraphProblem[] = []
      let numbers = fieldNumbers(kept)
      for (const [serde, node] of serdesOfTopics(manifest)) {
        const type = types[serde]
        if (type === undefined) continue
        const derived = protoOf(type, { ...options, numbers })
        numbers = derived.numbers
        problems.push(...derived.problems.map((problem) => ({ node, ...problem })))
        const name = protoName(type.name)
        let path = `${name}.proto`
        for (let count = 2; path in files; count++) path = `${name}_${count}.proto`
        files[path] = derived.proto
      }
      return { files, problems, kept: numbers }
    },
  }
}

function fieldNumbers(kept: unknown): FieldNumbers {
  if (kept === undefined) return {}
  const isNumbers = (fields: unknown): boolean =>
    typeof fields === 'object' && fields !== null && Object.values(fields).every((number) => Number.isInteger(number) && number > 0)
  if (typeof kept === 'object' && kept !== null && Object.values(kept).every(isNumbers)) return kept as FieldNumbers
  throw new Error('what millrace-proto.json holds are no numbers of fields: take it back from the version control')
}

/** Serdes of topics that are not the app's own, with the first node that has them. */
function serdesOfTopics({ nodes }: Manifest): Map<string, string> {
  const found = new Map<string, string>()
  for (const { name, input, topic, key, value } of nodes) {
    const isSource = input?.kind === 'pattern' || (input?.kind === 'topics' && input.topics.some(({ internal }) => !internal))
    if (!(topic === undefined ? isSource : !topic.internal)) continue
    for (const serde of [key, value]) if (serde !== undefined && !found.has(serde)) found.set(serde, name)
  }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)))
}

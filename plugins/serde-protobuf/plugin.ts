// protobufPlugin() as a configuration names it: for tools that read the .proto text from a manifest.

import { definePlugin, type Plugin } from '../../framework/index.ts'
import type { ProtobufSource } from './proto-source.ts'
import { protobuf } from './protobuf.ts'

/**
 * The format `protobuf`, so that tools can read what a topology's `protobuf()` serdes have written, if those were made with a .proto text. A topology itself
 * needs no plugin: it calls `protobuf()`.
 *
 * @example
 * ```ts
 * import { defineConfig } from 'millrace'
 * import { protobufPlugin } from 'millrace/plugins/serde-protobuf'
 *
 * export default defineConfig({ plugins: [protobufPlugin()] })
 * ```
 */
export function protobufPlugin(): Plugin {
  return definePlugin({ name: 'serde-protobuf', serdes: { protobuf: { serde: (schema) => protobuf(sourceOf(schema)) } } })
}

function sourceOf(schema: unknown): ProtobufSource {
  const { proto, type, imports } = (schema ?? {}) as Partial<ProtobufSource>
  if (typeof proto !== 'string' || typeof type !== 'string') throw new Error('there is no .proto text: give protobuf() the option proto')
  return { proto, type, ...(imports === undefined ? {} : { imports }) }
}

// An emitter of a plugin: what it is given of a topology.

import type { Emitted, Emitter } from '../ports/emitter.ts'
import type { TypeDescription } from '../ports/type-description.ts'
import type { Manifest } from './manifest.ts'

export interface EmittedTopology {
  /** What `manifest.json` holds: nodes, topics, stores, JSON Schemas by the names of serdes. */
  readonly manifest: Manifest
  /** The types that serdes were derived of, by the names of the serdes: `json(Order)`. Plain strings, bytes and serdes that the author gave have none. */
  readonly types: Readonly<Record<string, TypeDescription<unknown>>>
  /** What the emitter gave as `kept` last; undefined before it has given any. */
  readonly kept?: unknown
}

/**
 * Writes files beside the bundle of each topology: schemas in another language, documentation, rules for a firewall. It is asked by `millrace check` too, which shows its problems, each at the call
 * of the dsl that made the node it names; `millrace build` writes the files. It is given copies of its own. If it throws, or gives a path that leads out of its folder, that is an error with its
 * name and that of its plugin.
 *
 * @example
 * ```ts
 * import { definePlugin, type TopologyEmitter } from 'millrace'
 *
 * const topicList: TopologyEmitter = {
 *   summary: 'A list of the topics that a topology reads.',
 *   emit({ manifest }) {
 *     const topics = manifest.nodes.flatMap(({ input }) => (input?.kind === 'topics' ? input.topics : []))
 *     const names = topics.filter(({ internal }) => !internal).map(({ name }) => name)
 *     return { files: { 'reads.txt': `${names.sort().join('\n')}\n` } }
 *   },
 * }
 *
 * export const acme = () => definePlugin({ name: 'acme', emitters: { topics: topicList } })
 * ```
 */
export interface TopologyEmitter extends Emitter {
  emit(topology: EmittedTopology): Emitted
}

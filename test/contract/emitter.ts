// The contract of emitters: what they write is the same each time, lies in their folder, and changes nothing of what they look at.

import { describe, expect, test } from 'vitest'
import { manifestOf } from '../../framework/graph/manifest.ts'
import type { EmittedTopology, TopologyDefinition, TopologyEmitter, TypeDescription } from '../../framework/index.ts'

export interface EmitterUnderTest {
  /** As the plugin calls it. */
  readonly name: string
  readonly emitter: TopologyEmitter
  /** Topologies with the paths of the files that it writes of each. `types` are described by the names of serdes, as the compiler would. */
  readonly good: readonly {
    readonly topology: TopologyDefinition
    readonly types?: Readonly<Record<string, TypeDescription<unknown>>>
    readonly files: readonly string[]
  }[]
  /** Topologies that it cannot write all of, with the nodes at which it says so; undefined for a problem of the whole. */
  readonly bad?: readonly {
    readonly topology: TopologyDefinition
    readonly types?: Readonly<Record<string, TypeDescription<unknown>>>
    readonly nodes: readonly (string | undefined)[]
  }[]
}

/**
 * Runs the contract of emitters, in a test file of vitest.
 *
 * @example
 * ```ts
 * import { type TopologyEmitter, topology } from 'millrace'
 * import { emitterContract } from 'millrace/testkit/contract'
 *
 * const storeList: TopologyEmitter = {
 *   summary: 'A list of stores.',
 *   emit: ({ manifest }) => ({ files: { 'stores.txt': manifest.stores.map(({ name }) => `${name}\n`).join('') } }),
 * }
 *
 * emitterContract({ name: 'stores', emitter: storeList, good: [{ topology: topology('empty', () => {}), files: ['stores.txt'] }] })
 * ```
 */
export function emitterContract({ name, emitter, good, bad = [] }: EmitterUnderTest): void {
  describe(`the contract of the emitter ${name}`, () => {
    test('there is a topology to try it with', () => {
      expect(good.length).toBeGreaterThan(0)
    })

    test.each(good.map((one) => [one.topology.name, one] as const))('writes of %s what it is said to write', (_name, one) => {
      const { files, problems = [] } = emitter.emit(given(one))
      expect(problems.filter(({ severity = 'error' }) => severity === 'error')).toEqual([])
      expect(Object.keys(files).sort()).toEqual([...one.files].sort())
    })

    test.each(bad.map((one) => [one.topology.name, one] as const))('says what it cannot write of %s, and what to do', (_name, one) => {
      const topology = given(one)
      const { problems = [] } = emitter.emit(topology)
      expect(problems.map(({ node }) => node)).toEqual(one.nodes)
      const { nodes, stores, repartitionTopics } = topology.manifest
      const names = new Set([...nodes, ...stores, ...repartitionTopics].map((node) => node.name))
      for (const { node, message, remedy, severity = 'error' } of problems) {
        if (node !== undefined) expect(names).toContain(node)
        expect(['error', 'warning']).toContain(severity)
        expect(message).toMatch(/\S.*[.!?]$/s)
        expect(remedy).toMatch(/\S.*[.!?]$/s)
      }
    })

    test('writes texts, in its own folder, the same each time, and changes nothing of what it looks at', () => {
      for (const one of [...good, ...bad]) {
        const topology = given(one)
        const before = structuredClone(topology)
        const first = emitter.emit(topology)
        expect(topology).toEqual(before)
        expect(emitter.emit(structuredClone(before))).toEqual(first)
        // What it keeps changes nothing where nothing has changed.
        if (first.kept !== undefined) expect(emitter.emit({ ...structuredClone(before), kept: structuredClone(first.kept) })).toEqual(first)
        for (const [path, text] of Object.entries(first.files)) {
          expect(path).toMatch(/^\w[\w.-]*(\/\w[\w.-]*)*$/)
          expect(typeof text).toBe('string')
        }
      }
    })
  })
}

function given({ topology, types = {} }: Pick<EmitterUnderTest['good'][number], 'topology' | 'types'>): EmittedTopology {
  return { manifest: manifestOf(topology.build()), types }
}

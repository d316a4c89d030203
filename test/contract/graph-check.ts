// The contract of compiler checks of graphs: they find what they are there for and nothing else, and what they say can be shown.

import { describe, expect, test } from 'vitest'
import { type Manifest, manifestOf } from '../../framework/graph/manifest.ts'
import type { GraphCheck, TopologyDefinition } from '../../framework/index.ts'

export interface GraphCheckUnderTest {
  /** `ACME001`. */
  readonly code: string
  readonly check: GraphCheck
  /** Topologies that it has nothing to say about. */
  readonly good: readonly TopologyDefinition[]
  /** Topologies with the names of the nodes at which it finds something, in order; undefined for a problem of the whole. */
  readonly bad: readonly { readonly topology: TopologyDefinition; readonly nodes: readonly (string | undefined)[] }[]
}

/**
 * Runs the contract of graph checks, in a test file of vitest.
 *
 * @example
 * ```ts
 * import { type GraphCheck, topology } from 'millrace'
 * import { graphCheckContract } from 'millrace/testkit/contract'
 *
 * const noPrint: GraphCheck = {
 *   summary: 'Nothing is printed.',
 *   *graph({ nodes }) {
 *     for (const { name, operator } of nodes)
 *       if (operator?.kind === 'print') yield { node: name, message: 'It prints.', remedy: 'Leave it out.' }
 *   },
 * }
 * const printing = topology('printing', (builder) => builder.fromElements([]).print({ name: 'print' }))
 * const empty = topology('empty', () => {})
 *
 * graphCheckContract({ code: 'ACME001', check: noPrint, good: [empty], bad: [{ topology: printing, nodes: ['print'] }] })
 * ```
 */
export function graphCheckContract({ code, check, good, bad }: GraphCheckUnderTest): void {
  describe(`the contract of the check ${code}`, () => {
    test('there is a good topology and a bad one to try it with', () => {
      expect(good.length).toBeGreaterThan(0)
      expect(bad.length).toBeGreaterThan(0)
    })

    test.each(good.map((definition) => [definition.name, definition]))('has nothing to say about %s', (_name, definition) => {
      expect([...check.graph(manifestOf(definition.build()))]).toEqual([])
    })

    test.each(bad.map((one) => [one.topology.name, one] as const))(
      'finds what is wrong with %s, and says what to do',
      (_name, { topology, nodes }) => {
        const manifest = manifestOf(topology.build())
        const found = [...check.graph(manifest)]
        expect(found.map(({ node }) => node)).toEqual(nodes)
        expect(nodes.filter((node) => node !== undefined && !namesOf(manifest).has(node))).toEqual([])
        for (const { message, remedy, severity = 'error' } of found) {
          expect(['error', 'warning']).toContain(severity)
          expect(message).toMatch(/\S.*[.!?]$/s)
          expect(remedy).toMatch(/\S.*[.!?]$/s)
        }
      },
    )

    test('changes nothing of what it looks at, and says the same each time', () => {
      for (const definition of [...good, ...bad.map(({ topology }) => topology)]) {
        const manifest = manifestOf(definition.build())
        const before = structuredClone(manifest)
        const first = [...check.graph(manifest)]
        expect(manifest).toEqual(before)
        expect([...check.graph(manifest)]).toEqual(first)
      }
    })
  })
}

function namesOf({ nodes, stores, repartitionTopics }: Manifest): Set<string> {
  return new Set([...nodes, ...stores, ...repartitionTopics].map(({ name }) => name))
}

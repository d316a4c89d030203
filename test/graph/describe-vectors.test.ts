// describe() of every recorded case whose operators exist (all but a few) is, to the letter, what Kafka Streams printed.

import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { describe as describeTopology } from '../../framework/graph/describe.ts'
import { buildTopology } from '../conformance/build-topology.ts'
import { OperationMissing, readVectors, type VectorCase } from '../conformance/vector.ts'

const folder = join(import.meta.dirname, '../conformance/vectors')

/** What the dsl does not have yet; nothing else may be missing. */
const notBuiltYet = ['a stream-table join with grace', 'an LRU store', 'unlimited windows']

function descriptionOf(vector: VectorCase): string | undefined {
  try {
    return describeTopology(buildTopology(vector))
  } catch (error) {
    if (error instanceof OperationMissing && notBuiltYet.includes(error.message)) return undefined
    throw error
  }
}

test.each(readdirSync(folder).sort())('%s: names and describe are those of the JVM', async (file) => {
  const differing: string[] = []
  for (const vector of await readVectors(join(folder, file))) {
    const { describe: expected, error } = vector.expect
    if (error?.phase === 'build' || expected === undefined) continue
    const actual = descriptionOf(vector)
    if (actual !== undefined && actual !== expected) differing.push(`${vector.name}\n${expected}\n${actual}`)
  }
  expect(differing).toEqual([])
})

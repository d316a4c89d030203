// Every case with a chain of operators that can run as one function does what Kafka Streams does also when it does run so.

import { describe, expect, test } from 'vitest'
import { isMillraceError } from '../../framework/errors.ts'
import { chainsOf } from '../../framework/graph/chains.ts'
import { buildTopology } from './build-topology.ts'
import { problemOf } from './compare.ts'
import { keptVectorFiles } from './default-vector-files.ts'
import { runCase } from './run-case.ts'
import { readVectors, type VectorCase } from './vector.ts'

/** Fewer would mean that nearly nothing is tested here. */
const chainsMin = 100

function chainsIn(vector: VectorCase): number {
  try {
    return chainsOf(buildTopology(vector)).length
  } catch (error) {
    // Kafka Streams refuses it, too.
    if (!isMillraceError(error, 'topology-invalid')) throw error
    return 0
  }
}

describe('with chains as one function', async () => {
  const all = (await Promise.all((await keptVectorFiles()).map(readVectors))).flat()
  const counted = all.map((vector) => [vector, chainsIn(vector)] as const)
  const cases = counted.filter(([, chains]) => chains > 0).map(([vector]) => vector)

  test('there are chains among the cases', () => {
    expect(counted.reduce((sum, [, chains]) => sum + chains, 0)).toBeGreaterThanOrEqual(chainsMin)
  })

  test.for(cases.map((vector) => [vector.name, vector] as const))('%s', async ([, vector]) => {
    expect(problemOf(vector.expect, await runCase(vector, { fusion: true }))).toBe('')
  })
})

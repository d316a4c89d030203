// A test for each case of the vectors that are kept with the project.

import { basename } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { problemOf } from './compare.ts'
import { keptVectorFiles } from './default-vector-files.ts'
import { readVectors } from './vector.ts'
import { holdRangeThread, runOn, type StateKind } from './ways-to-run.ts'

export async function testCases(state: StateKind): Promise<void> {
  if (state === 'leveldb') keepRangeThread()
  for (const file of await keptVectorFiles()) {
    const cases = await readVectors(file)
    describe(`${basename(file)}, stores: ${state}`, () => {
      test.for(cases.map((vector) => [vector.name, vector] as const))('%s', async ([, vector]) => {
        expect(problemOf(vector.expect, await runOn(state, vector))).toBe('')
      })
    })
  }
}

/** For the tests of a file that open and close LevelDB all the time. */
export function keepRangeThread(): void {
  let letGo: () => Promise<void>
  beforeAll(async () => {
    letGo = await holdRangeThread()
  })
  afterAll(() => letGo())
}

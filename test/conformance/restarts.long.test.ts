// The same cases with restarts of the whole app in between: nothing of what Kafka Streams does depends on a process that lives on, but for what is listed. With
// stores in memory all state comes back from the changelogs; with LevelDB it is read from the folder again.

import { describe, expect, test } from 'vitest'
import { problemOf } from './compare.ts'
import { keptVectorFiles } from './default-vector-files.ts'
import { aspectsAfterRestarts, whatARestartChanges } from './restart-changes.ts'
import { keepRangeThread } from './test-cases.ts'
import { readVectors } from './vector.ts'
import { runOn, stateKinds } from './ways-to-run.ts'

const restarts = 3

const cases = (await Promise.all((await keptVectorFiles()).map(readVectors))).flat()

/** How many cases a restart may change, by the reason: more would hide what is wrong. */
const expectedChanges = {
  memory: {
    'a processor schedules its punctuations anew in init, and keeps nothing in its fields': 42,
    'what lies in memory and has no changelog is gone': 47,
    'how long ago results were last looked for is not kept: the next record looks': 2,
    'a record cache shows rows past their retention, and is empty after a restart': 24,
  },
  leveldb: {
    'a processor schedules its punctuations anew in init, and keeps nothing in its fields': 42,
    'what lies in memory and has no changelog is gone': 14,
    'how long ago results were last looked for is not kept: the next record looks': 2,
    'a record cache shows rows past their retention, and is empty after a restart': 26,
  },
}

for (const state of stateKinds) {
  describe(`stores: ${state}`, () => {
    keepRangeThread()
    const candidates = cases.filter((vector) => whatARestartChanges(vector, state) === undefined)

    test('a restart changes no more cases than are known, each for a reason', () => {
      const reasons: Record<string, number> = {}
      for (const vector of cases) {
        const reason = whatARestartChanges(vector, state)
        if (reason !== undefined) reasons[reason] = (reasons[reason] ?? 0) + 1
      }
      expect(reasons).toEqual(expectedChanges[state])
    })

    test.for(candidates.map((vector) => [vector.name, vector] as const))('%s', async ([, vector]) => {
      const actual = await runOn(state, vector, restarts)
      expect(problemOf(vector.expect, actual, aspectsAfterRestarts(vector))).toBe('')
    })
  })
}

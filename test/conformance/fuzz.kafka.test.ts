// New random topologies at every run, and the kept cases with other settings and records, recorded by Kafka Streams itself and compared: what no list of cases has
// thought of. MILLRACE_FUZZ_SEED repeats a run, as does `npm run fuzz -- --seed N --count M [--vary]`, which is for long ones.

import { expect, test } from 'vitest'
import { problemOf } from './compare.ts'
import { newSeed, randomCases } from './generator.ts'
import { variedCases } from './varied-cases.ts'
import type { VectorCase } from './vector.ts'
import { holdRangeThread, runOn, stateKinds } from './ways-to-run.ts'

const seed = Number(process.env.MILLRACE_FUZZ_SEED ?? newSeed())
const count = Number(process.env.MILLRACE_FUZZ_COUNT ?? 500)
const variedCount = Math.ceil(count / 2)

test(`${count} random cases from seed ${seed} do what Kafka Streams does`, { timeout: 1_800_000 }, async () => {
  console.log(`random cases: MILLRACE_FUZZ_SEED=${seed} MILLRACE_FUZZ_COUNT=${count}`)
  const cases = await randomCases(seed, count)
  expect(cases).toHaveLength(count)
  expect(await problemsIn(cases), `seed ${seed}`).toBe('')
})

test(`${variedCount} kept cases, varied from seed ${seed}, do what Kafka Streams does`, { timeout: 1_800_000 }, async () => {
  console.log(`varied cases: MILLRACE_FUZZ_SEED=${seed} MILLRACE_FUZZ_COUNT=${count}`)
  const cases = await variedCases(seed, variedCount)
  expect(cases.length).toBeGreaterThan(variedCount * 0.9)
  expect(await problemsIn(cases), `seed ${seed}`).toBe('')
})

async function problemsIn(cases: readonly VectorCase[]): Promise<string> {
  const letGo = await holdRangeThread()
  const problems: string[] = []
  try {
    for (const vector of cases) {
      for (const state of stateKinds) {
        const problem = problemOf(vector.expect, await runOn(state, vector))
        if (problem !== '') problems.push(`${vector.name} (${state}):\n${problem}`)
      }
    }
  } finally {
    await letGo()
  }
  return problems.join('\n')
}

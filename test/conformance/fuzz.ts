// npm run fuzz -- [--seed N] [--count M] [--vary]
//
// Makes random topologies, or with --vary the kept cases with other settings and records, lets Kafka Streams record what it does with them, and compares: on memory stores and on LevelDB. In batches, so that a long run shows what it
// has found so far. Exit code 1 if any case differs.

import { parseArgs } from 'node:util'
import { problemOf } from './compare.ts'
import { newSeed, randomCases } from './generator.ts'
import { variedCases } from './varied-cases.ts'
import type { VectorCase } from './vector.ts'
import { holdRangeThread, runOn, stateKinds } from './ways-to-run.ts'

const usage = 'usage: npm run fuzz -- [--seed N] [--count M] [--vary]'
const batchMax = 250
/** Cases are numbered from the seed on, and some numbers give none: the next batch begins well behind. */
const batchSeeds = 1_000

async function main(argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: { seed: { type: 'string' }, count: { type: 'string', default: '500' }, vary: { type: 'boolean', default: false } },
  })
  const casesOf = values.vary ? variedCases : randomCases
  const seed = values.seed === undefined ? newSeed() : numberOf('seed', values.seed)
  const count = numberOf('count', values.count)
  console.log(`npm run fuzz -- --seed ${seed} --count ${count}${values.vary ? ' --vary' : ''}`)
  let passed = 0
  let failed = 0
  const letGo = await holdRangeThread()
  try {
    for (let batch = 0; passed + failed < count; batch++) {
      const cases = await casesOf(seed + batch * batchSeeds, Math.min(batchMax, count - passed - failed))
      for (const vector of cases) {
        const problems = await problemsOf(vector)
        if (problems.length === 0) passed++
        else {
          failed++
          console.log(`${vector.name}\n${problems.join('\n')}`)
        }
      }
      console.error(`${passed + failed} of ${count}`)
    }
  } finally {
    await letGo()
  }
  console.log(`${passed} passed, ${failed} failed`)
  return failed > 0 ? 1 : 0
}

async function problemsOf(vector: VectorCase): Promise<string[]> {
  const problems: string[] = []
  for (const state of stateKinds) {
    try {
      const problem = problemOf(vector.expect, await runOn(state, vector))
      if (problem !== '') problems.push(`  on ${state}:\n${problem}`)
    } catch (error) {
      problems.push(`  on ${state}: crashed: ${error instanceof Error ? error.stack : String(error)}`)
    }
  }
  return problems
}

function numberOf(what: string, text: string): number {
  if (!/^\d+$/.test(text)) throw new Error(`--${what} takes a whole number, not ${text}\n${usage}`)
  return Number(text)
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 2
}

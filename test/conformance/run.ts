// npm run conformance -- [--only outputs,stores] [--explain] FILE…
//
// Runs vector files (.json, .json.gz; default: those of this repository) and prints each case that differs from Kafka Streams, and in what;
// then how many passed. Exit code 1 if any differs. An operation that is not built yet counts as a difference.

import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { type Aspect, aspects, differences, explain } from './compare.ts'
import { defaultVectorFiles } from './default-vector-files.ts'
import { runCase } from './run-case.ts'
import { OperationMissing, readVectors, type VectorCase } from './vector.ts'

const usage = 'usage: npm run conformance -- [--only outputs,stores,internal,describe] [--explain] FILE…'

async function main(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: { only: { type: 'string' }, explain: { type: 'boolean', default: false } },
  })
  const only = values.only === undefined ? aspects : values.only.split(',').map(aspectOf)
  const files = positionals.length > 0 ? positionals.map((file) => resolve(file)) : await defaultVectorFiles()
  let passed = 0
  let failed = 0
  for (const file of files) {
    for (const vector of await readVectors(file)) {
      const problem = await check(vector, only, values.explain)
      if (problem === undefined) passed++
      else {
        failed++
        console.log(`${vector.name}: ${problem}`)
      }
    }
  }
  console.log(`${passed} passed, ${failed} failed`)
  return failed > 0 ? 1 : 0
}

async function check(vector: VectorCase, only: readonly Aspect[], explains: boolean): Promise<string | undefined> {
  try {
    const actual = await runCase(vector)
    const differing = differences(vector.expect, actual, only)
    if (differing.length === 0) return undefined
    const details = explains ? differing.map((aspect) => `\n    ${explain(vector.expect, actual, aspect)}`) : []
    return differing.join(', ') + details.join('')
  } catch (error) {
    if (error instanceof OperationMissing) return `not built: ${error.message}`
    return `crashed: ${error instanceof Error ? (explains ? error.stack : error.message) : String(error)}`
  }
}

function aspectOf(text: string): Aspect {
  const aspect = aspects.find((known) => known === text)
  if (aspect === undefined) throw new Error(`there is no aspect ${text}\n${usage}`)
  return aspect
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 2
}

// npm run conformance -- [--state memory|leveldb] [--restarts N] [--only outputs,stores] [--explain] FILE…
//
// Runs vector files (.json, .json.gz) and prints each case that differs from Kafka Streams, and in what; then how many passed. Every case is run twice: with its
// persistent stores in memory, and on LevelDB, closed and opened again before every step. Exit code 1 if any differs, and if there was none to run. With
// `--restarts` the whole app is restarted so often in each case; what that changes in Kafka Streams too is left out, and counted.

import { basename, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { type Aspect, aspects, differences, explain } from './compare.ts'
import { defaultVectorFiles } from './default-vector-files.ts'
import { aspectsAfterRestarts, whatARestartChanges } from './restart-changes.ts'
import { readVectors, type VectorCase } from './vector.ts'
import { holdRangeThread, runOn, type StateKind, stateKinds } from './ways-to-run.ts'

const usage = `usage: npm run conformance -- [--state ${stateKinds.join('|')}] [--restarts N] [--only ${aspects.join(',')}] [--explain] FILE…`

interface Settings {
  readonly states: readonly StateKind[]
  readonly restarts: number
  readonly only: readonly Aspect[]
  readonly explains: boolean
}

interface Counts {
  passed: number
  failed: number
  leftOut: number
}

async function main(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      state: { type: 'string' },
      restarts: { type: 'string', default: '0' },
      only: { type: 'string' },
      explain: { type: 'boolean', default: false },
    },
  })
  const settings = {
    states: values.state === undefined ? stateKinds : [oneOf(stateKinds, 'state', values.state)],
    restarts: numberOf('restarts', values.restarts),
    only: values.only === undefined ? aspects : values.only.split(',').map((aspect) => oneOf(aspects, 'aspect', aspect)),
    explains: values.explain,
  }
  const files = positionals.length > 0 ? positionals.map((file) => resolve(file)) : await defaultVectorFiles()
  const total: Counts = { passed: 0, failed: 0, leftOut: 0 }
  const letGo = settings.states.includes('leveldb') ? await holdRangeThread() : async () => undefined
  try {
    for (const file of files) await runFile(file, settings, total)
  } finally {
    await letGo()
  }
  const leftOut = total.leftOut > 0 ? `, ${total.leftOut} left out` : ''
  console.log(`${total.passed} passed, ${total.failed} failed${leftOut}`)
  return total.failed > 0 || total.passed === 0 ? 1 : 0
}

async function runFile(file: string, settings: Settings, total: Counts): Promise<void> {
  const cases = await readVectors(file)
  for (const state of settings.states) {
    const started = performance.now()
    let done = 0
    for (const vector of cases) {
      const reason = settings.restarts > 0 ? whatARestartChanges(vector, state) : undefined
      if (reason !== undefined) {
        total.leftOut++
        continue
      }
      const problem = await check(vector, state, settings)
      if (problem === undefined) total.passed++
      else {
        total.failed++
        console.log(`${vector.name} (${state}): ${problem}`)
      }
      if (++done % 100 === 0 && done < cases.length) console.error(`${basename(file)} (${state}): ${done} of ${cases.length}`)
    }
    console.error(`${basename(file)} (${state}): ${done} cases, ${((performance.now() - started) / 1000).toFixed(1)} s`)
  }
}

async function check(vector: VectorCase, state: StateKind, { restarts, only, explains }: Settings): Promise<string | undefined> {
  const looked = restarts === 0 ? only : only.filter((aspect) => aspectsAfterRestarts(vector).includes(aspect))
  try {
    const actual = await runOn(state, vector, restarts)
    const differing = differences(vector.expect, actual, looked)
    if (differing.length === 0) return undefined
    const details = explains ? differing.map((aspect) => `\n    ${explain(vector.expect, actual, aspect)}`) : []
    return differing.join(', ') + details.join('')
  } catch (error) {
    return `crashed: ${error instanceof Error ? (explains ? error.stack : error.message) : String(error)}`
  }
}

function oneOf<T extends string>(known: readonly T[], what: string, text: string): T {
  const found = known.find((name) => name === text)
  if (found === undefined) throw new Error(`there is no ${what} ${text}\n${usage}`)
  return found
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

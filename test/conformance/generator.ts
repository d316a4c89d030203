// Random topologies and what the JVM's TopologyTestDriver makes of them: jvm/generate, which needs Java and Maven.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readVectors, type Scenario, type VectorCase } from './vector.ts'

const generate = join(import.meta.dirname, 'jvm', 'generate')

/** So far apart that the cases of two runs are seldom the same: a case has the seed of its run and its number added. */
const seedMax = 2 ** 31

/** For any number of cases that is asked for at once: what takes longer hangs. */
const minutesMax = 25

export function newSeed(): number {
  return Math.floor(Math.random() * seedMax)
}

/** Cases whose recording fails or gives nothing are replaced by those of the seeds that follow. Throws a line that says what is missing. */
export async function randomCases(seed: number, count: number): Promise<readonly VectorCase[]> {
  return await generated((file) => ['--seed', String(seed), '--count', String(count), '--out', file])
}

/** What Kafka Streams does with cases of ours; without those that do not come out twice alike. */
export async function recordedCases(cases: readonly Scenario[]): Promise<readonly VectorCase[]> {
  return await generated((file, folder) => {
    const scenarios = join(folder, 'scenarios.json')
    writeFileSync(scenarios, JSON.stringify({ cases }))
    return ['--record', scenarios, '--out', file]
  })
}

async function generated(argumentsOf: (file: string, folder: string) => readonly string[]): Promise<readonly VectorCase[]> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-fuzz-'))
  try {
    const file = join(folder, 'cases.json')
    const { error, status, stderr } = spawnSync(generate, argumentsOf(file, folder), {
      encoding: 'utf8',
      timeout: minutesMax * 60_000,
      // RocksDB writes where this folder is.
      env: { ...process.env, JAVA_TOOL_OPTIONS: `-Djava.io.tmpdir=${folder}` },
    })
    if (error !== undefined)
      throw new Error(`The generator of cases could not be started, or took over ${minutesMax} minutes: ${error.message}`)
    if (status !== 0) throw new Error(`The generator of cases needs Java 17 and Maven; it ended with ${status}:\n${stderr}`)
    return await readVectors(file)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

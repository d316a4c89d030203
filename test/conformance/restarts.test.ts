// The same cases with restarts in between: nothing of what Kafka Streams does depends on a process that lives on. With stores in memory all state comes back
// from the changelogs; with LevelDB it is read from the folder again.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { StateEngine } from '../../framework/ports/store.ts'
import { leveldb } from '../../plugins/store-leveldb/index.ts'
import { differences, explain } from './compare.ts'
import { defaultVectorFiles } from './default-vector-files.ts'
import { type RunOptions, runCase } from './run-case.ts'
import { OperationMissing, readVectors, type VectorCase } from './vector.ts'

const restarts = 3
/** A restart with LevelDB takes 10 ms or more, so that only every eighth case is run on it. */
const casesBetweenLeveldbRuns = 8

const cases = (await Promise.all((await defaultVectorFiles()).map(readVectors))).flat()
const candidates = cases.filter((vector) => whyNot(vector) === undefined)
const { leveldb: engine } = leveldb().stores as { readonly leveldb: StateEngine }

/** What a restart changes, in Kafka Streams too; a vector was recorded without one. */
function whyNot({ name, config, nodes }: VectorCase): string | undefined {
  if (config['statestore.cache.max.bytes'] !== '0') return 'a cache shows rows past their retention, until it is flushed'
  if (nodes.some(({ processor }) => processor?.fn === 'ticker' || processor?.fn === 'buffer')) return 'punctuations are scheduled anew'
  if (nodes.some(({ store, buffer }) => store?.logging === false || buffer?.logging === false)) return 'what is not logged is not restored'
  if (name.endsWith('-throttled') || name.endsWith('-throttled-by-wall-clock')) return 'the time of the last look is not kept'
  // Kafka Streams looks again by the last record that it saw waiting, we by the first one that waits: seen once, in an outer join.
  if (name === 'random/308') return 'unmatched records may be sent earlier after a restart'
  return undefined
}

test('most cases can be run with restarts', () => {
  expect(candidates.length).toBeGreaterThan(cases.length * 0.75)
})

describe('stores in memory, restored from their changelogs', () => {
  test.for(candidates.map((vector) => [vector.name, vector] as const))('%s', async ([, vector], context) => {
    expect(await problemOf(vector, { restarts }, context)).toBe('')
  })
})

describe('stores on LevelDB, closed and opened again', () => {
  const some = candidates.filter((_vector, index) => index % casesBetweenLeveldbRuns === 0)
  test.for(some.map((vector) => [vector.name, vector] as const))('%s', async ([, vector], context) => {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-conformance-'))
    try {
      expect(await problemOf(vector, { restarts, state: { engine, folder } }, context)).toBe('')
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})

async function problemOf(vector: VectorCase, options: RunOptions, context: { skip(note: string): void }): Promise<string> {
  try {
    const actual = await runCase(vector, options)
    return differences(vector.expect, actual)
      .map((aspect) => explain(vector.expect, actual, aspect))
      .join('\n')
  } catch (error) {
    if (!(error instanceof OperationMissing)) throw error
    context.skip(`not built: ${error.message}`)
    return ''
  }
}

// describe() of every recorded case is, to the letter, what Kafka Streams printed.

import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { describe as describeTopology } from '../../framework/graph/describe.ts'
import { buildTopology } from '../conformance/build-topology.ts'
import { readVectors } from '../conformance/vector.ts'

const folder = join(import.meta.dirname, '../conformance/vectors')

test.each(readdirSync(folder).sort())('%s: names and describe are those of the JVM', async (file) => {
  const differing: string[] = []
  for (const vector of await readVectors(join(folder, file))) {
    const { describe: expected, error } = vector.expect
    if (error?.phase === 'build' || expected === undefined) continue
    const actual = describeTopology(buildTopology(vector))
    if (actual !== expected) differing.push(`${vector.name}\n${expected}\n${actual}`)
  }
  expect(differing).toEqual([])
})

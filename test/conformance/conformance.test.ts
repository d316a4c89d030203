// Every case whose operations are built does what Kafka Streams does: in outputs, stores, internal topics and describe().

import { basename } from 'node:path'
import { describe, expect, test } from 'vitest'
import { aspects, differences, explain } from './compare.ts'
import { defaultVectorFiles } from './default-vector-files.ts'
import { runCase } from './run-case.ts'
import { OperationMissing, readVectors, type VectorCase } from './vector.ts'

for (const file of await defaultVectorFiles()) {
  const cases = await readVectors(file)
  describe(basename(file), () => {
    test.for(cases.map((vector) => [vector.name, vector] as const))('%s', async ([, vector], context) => {
      const problem = await check(vector)
      if (problem instanceof OperationMissing) context.skip(`not built: ${problem.message}`)
      expect(problem).toBe('')
    })
  })
}

async function check(vector: VectorCase): Promise<string | OperationMissing> {
  try {
    const actual = await runCase(vector)
    return differences(vector.expect, actual, aspects)
      .map((aspect) => explain(vector.expect, actual, aspect))
      .join('\n')
  } catch (error) {
    if (error instanceof OperationMissing) return error
    throw error
  }
}

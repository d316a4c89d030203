// What the compiler writes of a topology is data, whatever the topology has: its worker hands the manifest over, and others read it as JSON. Each case of the vectors
// that Kafka Streams can build has one that keeps to the published schema.

import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, test } from 'vitest'
import { manifestOf } from '../../framework/graph/manifest.ts'
import { buildTopology } from './build-topology.ts'
import { keptVectorFiles } from './default-vector-files.ts'
import { readVectors } from './vector.ts'

const schema = JSON.parse(readFileSync(join(import.meta.dirname, '../../schemas/manifest.schema.json'), 'utf8')) as object
const validate = new Ajv2020({ strict: false }).compile(schema)

for (const file of await keptVectorFiles()) {
  const cases = (await readVectors(file)).filter(({ expect: { error } }) => error === undefined)
  if (cases.length === 0) continue
  describe(basename(file), () => {
    test.for(cases.map((vector) => [vector.name, vector] as const))('%s', ([, vector]) => {
      const manifest = manifestOf(buildTopology(vector))
      expect(structuredClone(manifest)).toEqual(manifest)
      const written = JSON.parse(JSON.stringify(manifest)) as unknown
      expect(written).toEqual(manifest)
      expect(validate(written), JSON.stringify(validate.errors, undefined, 2)).toBe(true)
    })
  })
}

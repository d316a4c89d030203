// What a build of each template writes, held against the published schemas.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { asyncApiErrors, manifestValidator, outputsOf, sbomValidator } from './built-outputs.ts'
import { testProject } from './compiled-project.ts'

const templates = ['tumbling-sum', 'word-count', 'flight-delays', 'count-windows', 'session-activity', 'dedup', 'stateful-process']

test.each(templates)(
  'of %s are of their schemas',
  async (template) => {
    const out = await mkdtemp(join(tmpdir(), 'millrace-out-'))
    const project = await testProject({}, join(import.meta.dirname, '../../templates', template))
    try {
      const [manifest, sbom] = [manifestValidator(), sbomValidator()]
      const outputs = await outputsOf(project.folder, out)
      expect(outputs).not.toEqual([])
      for (const output of outputs) {
        expect(manifest(JSON.parse(output.manifest)), JSON.stringify(manifest.errors)).toBe(true)
        expect(sbom(JSON.parse(output.sbom)), JSON.stringify(sbom.errors)).toBe(true)
        expect(await asyncApiErrors(output.asyncapi)).toEqual([])
      }
    } finally {
      await project.remove()
      await rm(out, { recursive: true, force: true })
    }
  },
  240_000,
)

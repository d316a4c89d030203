// Topologies that a beginner would write (test/fixtures/wrong), each with what it is answered: the exact print lies beside it. What they have in common is that
// they would all start, and go wrong later: at the first record, after a restart, or in numbers that are a little off.

import { readdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { type Diagnostic, formatDiagnostics, openProject } from '../../framework/compiler/index.ts'

const folder = join(import.meta.dirname, '../fixtures/wrong')
const files = (await readdir(join(folder, 'topologies'))).sort()
let found: readonly Diagnostic[] = []

beforeAll(async () => {
  found = await openProject(folder).check()
}, 240_000)

test.each(files)('%s is answered', async (file) => {
  const own = found.filter(({ span }) => span?.file === `topologies/${file}`)
  expect(own).not.toEqual([])
  await expect(formatDiagnostics(own)).toMatchFileSnapshot(join(folder, 'prints', `${basename(file, '.ts')}.txt`))
})

test('each answer says what to do, in words of ours', () => {
  expect(files.length).toBeGreaterThan(30)
  expect(found.filter(({ code, remedy }) => !code.startsWith('MR') || remedy === undefined)).toEqual([])
})

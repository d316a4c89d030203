// Files as they are while somebody types: good and bad topologies with words taken out, doubled and swapped. Whatever comes of it, the answer is diagnostics.

import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openProject } from '../../framework/compiler/index.ts'
import { fixtures, testProject } from './compiled-project.ts'

const bad = join(fixtures, 'bad/topologies')
const names = (await readdir(bad)).filter((name) => name.endsWith('.ts') && name !== 'endless.ts').sort()
const originals = await Promise.all(
  [...names.map((name) => join(bad, name)), join(fixtures, 'operators/topologies/operators.ts')].map((path) => readFile(path, 'utf8')),
)

const mutated = fc
  .record({
    text: fc.constantFrom(...originals),
    edits: fc.array(fc.record({ kind: fc.constantFrom('remove', 'double', 'swap'), at: fc.nat(), other: fc.nat() }), {
      minLength: 1,
      maxLength: 3,
    }),
  })
  .map(({ text, edits }) => {
    const words = text.match(/\w+|\s+|[^\w\s]/g) ?? []
    for (const { kind, at, other } of edits) {
      const [one, two] = [at % words.length, other % words.length]
      if (kind === 'remove') words.splice(one, 1)
      else if (kind === 'double') words.splice(one, 0, words[two]!)
      else [words[one], words[two]] = [words[two]!, words[one]!]
    }
    return words.join('')
  })

test('a mutated topology is answered by diagnostics with a place and a sentence', async () => {
  const seed = Number(process.env.SEED ?? Date.now() % 1_000_000)
  const project = await testProject({ 'topologies/mutated.ts': '' })
  const compiler = openProject(project.folder, { evaluationTimeLimitMs: 3_000 })
  try {
    for (const text of fc.sample(mutated, { seed, numRuns: 25 })) {
      await project.write('topologies/mutated.ts', text)
      compiler.refresh()
      for (const one of await compiler.check()) {
        expect(one.span?.line, `seed ${seed}:\n${text}`).toBeGreaterThan(0)
        expect(one.message, `seed ${seed}:\n${text}`).not.toBe('')
      }
    }
  } catch (error) {
    throw new Error(`seed ${seed}`, { cause: error })
  } finally {
    await project.remove()
  }
}, 120_000)

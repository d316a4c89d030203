// The pages of docs/ that are made from code are what the code says today.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { generatedPages } from '../../scripts/generated-pages.ts'

const root = process.cwd()
const pages = await generatedPages(root)

it.each([...pages])('%s is as `npm run docs` writes it', (file, text) => {
  expect(readFileSync(join(root, file), 'utf8')).toBe(text)
})

it.each([...pages].filter(([file]) => /MR\d+\.md$/.test(file)))('%s has a wrong example and a right one', (_file, text) => {
  expect(text).toMatch(/\n## Wrong\n[^#]*```[^#]*```text\n[^#]*\n## Right\n[^#]*```/)
})

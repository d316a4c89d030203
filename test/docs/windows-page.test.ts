// docs/windows.md and its pictures show what windows make of records: they are made of runs anew here, so a table that were wrong would fail.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { windowsPage } from '../../scripts/windows-page.ts'

const pages = await windowsPage()

it.each([...pages])('%s is as `npm run docs` writes it', (file, text) => {
  expect(readFileSync(join(process.cwd(), file), 'utf8')).toBe(text)
})

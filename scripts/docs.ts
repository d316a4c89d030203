// Writes the pages of docs/ that are made from code: the commands from what oclif knows of them, the settings from their table, what windows make of
// records from runs. `npm test` fails where a page is not what this would write.

import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { generatedPages } from './generated-pages.ts'
import { windowsPage } from './windows-page.ts'

const root = resolve(import.meta.dirname, '..')

for (const [file, text] of [...(await generatedPages(root)), ...(await windowsPage())]) {
  mkdirSync(dirname(join(root, file)), { recursive: true })
  writeFileSync(join(root, file), text)
  console.log(file)
}

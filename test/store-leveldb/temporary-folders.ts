// Folders for tests, removed when the test file ends.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'

/** Gives paths in one temporary folder; nothing is at them yet. */
export function temporaryFolders(): () => string {
  const root = mkdtempSync(join(tmpdir(), 'millrace-state-'))
  let count = 0
  afterAll(() => rmSync(root, { recursive: true, force: true }))
  return () => join(root, `folder-${count++}`)
}

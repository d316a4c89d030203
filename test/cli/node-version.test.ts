// Which versions of Node the program runs with.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { nodeVersionProblem } from '../../cli/node-version.ts'

it('refuses a Node older than package.json allows, in a sentence with both versions', () => {
  const { engines } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')) as { engines: { node: string } }
  const oldest = engines.node.replace('>=', '')
  expect(nodeVersionProblem('18.20.8')).toBe(
    `Millrace needs Node ${oldest} or later, and this is 18.20.8. Install a later one, or choose it with your version manager.`,
  )
  expect(nodeVersionProblem('20.16.0')).toContain(`Node ${oldest} or later`)
})

it.each(['20.17.0', '20.20.2', '22.0.0', '24.1.0', '26.0.0-nightly'])('runs with %s', (version) => {
  expect(nodeVersionProblem(version)).toBeUndefined()
})

// Folders that one may not write to: every command that writes says so in one message, and leaves what was there. Root may write everywhere, so a test that runs as
// root gives up that right.

import { spawn } from 'node:child_process'
import { chmodSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import { type Ended, endOf, projectOf } from './program.ts'

vi.setConfig({ testTimeout: 120_000 })

const bin = join(resolve(import.meta.dirname, '..', '..'), 'build', 'cli', 'bin.js')
const isRoot = process.getuid?.() === 0

function withoutRights(command: string, folder: string): Promise<Ended> {
  const words = [process.execPath, bin, ...command.split(' ')]
  const [program, ...rest] = isRoot ? ['setpriv', '--bounding-set=-dac_override,-dac_read_search', ...words] : words
  return endOf(spawn(program!, rest, { cwd: folder, env: { ...process.env, NO_COLOR: '1' }, stdio: ['ignore', 'pipe', 'pipe'] }))
}

it.each([
  [
    'new my-app --no-install',
    /^error: The project cannot be made: EACCES: permission denied, mkdtemp '[^\n]*'\. Nothing is left of it\.\n$/,
  ],
  ['build', /^error: The build cannot be written: EACCES: permission denied[^\n]*\n$/],
  ['broker --port 0 --data data', /^error: The data folder [^\n]*data cannot be used: EACCES: permission denied[^\n]*\n$/],
  ['dev', /^error: [^\n]*EACCES: permission denied[^\n]*\n$/],
])('%s, in a folder that is read-only', async (command, message) => {
  const folder = projectOf('tumbling-sum')
  const before = readdirSync(folder).sort()
  chmodSync(folder, 0o555)
  onTestFinished(() => chmodSync(folder, 0o755))
  const ended = await withoutRights(command, folder)
  expect(ended).toEqual({ code: 1, stdout: '', stderr: expect.stringMatching(message) })
  expect(readdirSync(folder).sort()).toEqual(before)
})

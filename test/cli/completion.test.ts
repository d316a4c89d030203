// millrace completion: what bash offers with the script, asked as bash asks.

import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { hasColours } from '../../cli/colours.ts'
import { millrace, projectOf } from './program.ts'

async function offered(line: string): Promise<string[]> {
  const folder = projectOf({ 'dist/words/app.mjs': '', 'dist/other/app.mjs': '', 'in.jsonl': '' })
  const { code, stdout } = await millrace(['completion', 'bash'], folder)
  expect(code).toBe(0)
  writeFileSync(join(folder, 'completion.sh'), stdout)
  const ask = `source ./completion.sh; COMP_WORDS=(${line.replace(/(^| )$/, "$1''")}); COMP_CWORD=$(( \${#COMP_WORDS[@]} - 1 )); _millrace; printf '%s\\n' "\${COMPREPLY[@]}"`
  const { stdout: printed, stderr } = spawnSync('bash', ['--norc', '-c', ask], { cwd: folder, encoding: 'utf8' })
  expect(stderr).toBe('')
  return printed.split('\n').filter((word) => word !== '')
}

it.each([
  ['millrace co', ['completion', 'consume']],
  ['millrace topic de', ['delete', 'describe']],
  ['millrace check --s', ['--strict']],
  ['millrace topic list --', ['--json', '--brokers', '--help']],
  ['millrace describe --format ', ['text', 'mermaid', 'json']],
  ['millrace new my-app --template t', ['tumbling-sum']],
  ['millrace run ', ['other', 'words']],
  ['millrace consume t --topology w', ['words']],
  ['millrace produce t in', ['in.jsonl']],
  ['millrace completion f', ['fish']],
])('bash offers for %j', async (line, words) => {
  expect((await offered(line)).sort()).toEqual([...words].sort())
})

it.each(['zsh', 'fish'])('has a script for %s with every command and option', async (shell) => {
  const { code, stdout } = await millrace(['completion', shell], projectOf({}))
  expect(code).toBe(0)
  for (const word of ['describe', 'mermaid', 'replication-factor', 'flight-delays']) expect(stdout).toContain(word)
})

it('knows no other shell', async () => {
  expect(await millrace(['completion', 'zhs'], projectOf({}))).toEqual({
    code: 2,
    stdout: '',
    stderr: 'error: zhs is none of bash, zsh, fish. Did you mean zsh?\nSee more with --help\n',
  })
})

it.each([
  [{ isTTY: true }, {}, true],
  [{}, {}, false],
  [{ isTTY: true }, { NO_COLOR: '1' }, false],
  [{ isTTY: true }, { NO_COLOR: '' }, true],
  [{}, { FORCE_COLOR: '1' }, true],
  [{ isTTY: true }, { FORCE_COLOR: '0' }, false],
  [{}, { FORCE_COLOR: '1', NO_COLOR: '1' }, false],
])('a stream %j with %j has colours: %s', (stream, environment, colours) => {
  expect(hasColours(stream, environment)).toBe(colours)
})

// What the program says to a command line, right or wrong.

import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { millrace, projectOf } from './program.ts'

const escapeSequence = '\u001b'

const commands = ['broker', 'build', 'check', 'completion', 'consume', 'describe', 'dev', 'new', 'produce', 'run']
const twoWords = ['group describe', 'group list', 'topic create', 'topic delete', 'topic describe', 'topic list']

describe('millrace', () => {
  it('lists its commands with a line each, in plain text where NO_COLOR is set', async () => {
    const { code, stdout, stderr } = await millrace(['--help'], projectOf({}))
    expect(code).toBe(0)
    for (const command of commands) expect(stdout).toMatch(new RegExp(`^  ${command} +\\S.*\\.$`, 'm'))
    expect(stdout + stderr).not.toContain(escapeSequence)
  })

  it.each([...commands, ...twoWords])('shows examples of %s, and says its summary once', async (command) => {
    const { code, stdout } = await millrace([...command.split(' '), '--help'], projectOf({}))
    expect(code).toBe(0)
    expect(stdout).toMatch(/^EXAMPLES\n.*millrace/m)
    const words = stdout.replaceAll(/\s+/g, ' ')
    const summary = stdout.slice(0, stdout.indexOf('\n\nUSAGE')).replaceAll(/\s+/g, ' ')
    expect(summary).not.toBe('')
    expect(words.split(summary).length - 1).toBe(1)
  })

  it('refuses to develop in a folder that is no project, and leaves nothing there', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-no-project-'))
    try {
      const { code, stdout, stderr } = await millrace(['dev', '--port', '0'], folder)
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
      expect(stderr).toContain('error: This folder is no project: it has no tsconfig.json.')
      expect(readdirSync(folder)).toEqual([])
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('suggests the command that was probably meant, and exits 2', async () => {
    const { code, stdout, stderr } = await millrace(['biuld'], projectOf({}))
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain('There is no command biuld. Did you mean build?')
  })

  it.each(['topic lst', 'topc list'])('suggests topic list for %s', async (words) => {
    const { code, stderr } = await millrace(words.split(' '), projectOf({}))
    expect(code).toBe(2)
    expect(stderr).toContain(`There is no command ${words}. Did you mean topic list?`)
  })

  it('suggests the option that was probably meant, and exits 2', async () => {
    const { code, stderr } = await millrace(['check', '--strikt'], projectOf({}))
    expect(code).toBe(2)
    expect(stderr).toContain('There is no option --strikt. Did you mean --strict?')
  })

  it.each(['check', 'build', 'describe'])('says what is missing where %s finds no topologies', async (command) => {
    const { code, stdout, stderr } = await millrace([command], projectOf({}))
    expect(code).toBe(1)
    expect(stdout + stderr).toContain('There is no topology file in topologies/.')
  })

  it('says that a topology has to be built before it runs', async () => {
    const { code, stderr } = await millrace(['run', 'anything'], projectOf({}))
    expect(code).toBe(1)
    expect(stderr).toContain('Run `millrace build` first.')
  })
})

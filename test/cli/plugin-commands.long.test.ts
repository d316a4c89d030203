// Commands of plugins, as programs: they look and fail like the built-in ones.

import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { startBroker } from '../../plugins/kafka/server/index.ts'
import { filesLoadedBy } from './loaded-files.ts'
import { millrace, projectOf } from './program.ts'

vi.setConfig({ testTimeout: 120_000 })

const commands = `import { defineCommand } from 'millrace'

export const report = defineCommand({
  summary: 'Report on a topic.',
  description: 'It says all that there is to say.',
  examples: ['acme report flights --least 2'],
  args: { topic: { description: 'on which', required: true }, until: { description: 'until when' } },
  flags: {
    least: { kind: 'number', description: 'at least so many', short: 'l', default: 1, min: 1 },
    style: { kind: 'text', description: 'how', choices: ['long', 'short'] },
    tag: { kind: 'text', description: 'what for', multiple: true, value: 'TAG' },
    loud: { kind: 'boolean', description: 'loudly' },
  },
  usesBroker: true,
  async run({ args, flags, log, warn, fail, config, withBroker }) {
    if (flags.style === 'short') throw new TypeError('nobody expected this')
    if (flags.style === 'long') return fail('It is too long.')
    warn('warned')
    log(JSON.stringify({ args, flags, id: config.applicationId }))
    if (flags.loud) log(JSON.stringify(await withBroker((broker) => broker.admin.topicNames())))
  },
})
`

function configOf(names: string): string {
  return `import { defineConfig, definePlugin } from 'millrace'
import { report } from './commands.ts'

export default defineConfig({ applicationId: 'mine', plugins: [definePlugin({ name: 'acme', commands: { ${names} } })] })
`
}

function acmeProject(names = "'acme:report': report, 'acme:other': report"): string {
  return projectOf({ 'commands.ts': commands, 'millrace.config.ts': configOf(names) })
}

describe('a command of a plugin', () => {
  it('is given what was typed, checked and with defaults, and a broker', async () => {
    const folder = acmeProject()
    expect(await millrace(['acme', 'report', 'flights'], folder)).toEqual({
      code: 0,
      stdout: '{"args":{"topic":"flights"},"flags":{"tag":[],"least":1},"id":"mine"}\n',
      stderr: 'warned\n',
    })
    const broker = await startBroker()
    try {
      const typed = ['acme', 'report', 'flights', 'noon', '-l', '2', '--loud', '--tag', 'a', '--tag', 'b', '--brokers', broker.address]
      const { code, stdout } = await millrace(typed, folder)
      const flags = { tag: ['a', 'b'], least: 2, loud: true, brokers: broker.address }
      expect({ code, lines: stdout.split('\n').map((line) => (line === '' ? '' : JSON.parse(line))) }).toEqual({
        code: 0,
        lines: [{ args: { topic: 'flights', until: 'noon' }, flags, id: 'mine' }, [], ''],
      })
    } finally {
      await broker.close()
    }
  })

  it('has help like any other', async () => {
    const { code, stdout } = await millrace(['acme', 'report', '--help'], acmeProject())
    expect(code).toBe(0)
    expect(stdout).toContain('Report on a topic.\n\nUSAGE\n  $ millrace acme report TOPIC [UNTIL]')
    for (const part of [
      'TOPIC    on which',
      '-l, --least=<value>',
      '--tag=TAG...',
      '<options: long|short>',
      '--brokers=HOST:PORT,…',
      '$ millrace acme report flights --least 2',
    ])
      expect(stdout).toContain(part)
  })

  it('fails with the messages and exit codes of the built-in ones', async () => {
    const folder = acmeProject()
    const answers = [
      await millrace(['acme', 'report'], folder),
      await millrace(['acme', 'report', 'flights', '--lest', '3'], folder),
      await millrace(['acme', 'report', 'flights', '--least', '0'], folder),
      await millrace(['acme', 'report', 'flights', '--style', 'long'], folder),
      await millrace(['acme', 'report', 'flights', '--style', 'short'], folder),
      await millrace(['acme', 'reprot'], folder),
    ]
    expect(answers.map(({ code, stderr }) => `${code} ${stderr.split('\n')[0]}`)).toEqual([
      '2 error: TOPIC (on which) is missing.',
      '2 error: There is no option --lest. Did you mean --least?',
      '2 error: --least: expected an integer greater than or equal to 1, not 0.',
      '1 error: It is too long.',
      '1 TypeError: nobody expected this',
      '2 error: There is no command acme reprot. Did you mean acme report?',
    ])
  })

  it('stands in the list of commands, which is kept until a file changes', async () => {
    const folder = acmeProject()
    const first = await millrace(['--help'], folder)
    expect(first).toMatchObject({ code: 0, stderr: '' })
    expect(first.stdout).toMatch(/^ {2}acme {3}Commands of the plugin acme\.$/m)
    const kept = join(folder, '.millrace', 'plugin-commands.json')
    expect(JSON.parse(readFileSync(kept, 'utf8')).commands).toHaveLength(2)
    expect(
      filesLoadedBy([join(import.meta.dirname, '../../build/cli/bin.js'), '--help'], folder).filter((file) =>
        /esbuild|framework\/index/.test(file),
      ),
    ).toEqual([])
    expect((await millrace(['--help'], folder)).stdout).toBe(first.stdout)
    writeFileSync(join(folder, 'millrace.config.ts'), configOf("'zulu:report': report"))
    expect((await millrace(['--help'], folder)).stdout).toMatch(/^ {2}zulu {3}Commands of the plugin acme\.$/m)
  })

  it('is completed by a script that was printed in its project', async () => {
    const { code, stdout } = await millrace(['completion', 'bash'], acmeProject())
    expect(code).toBe(0)
    expect(stdout).toMatch(/"acme"\) .*-W "report other --help"/)
    expect(stdout).toMatch(/"acme report --style"\) .*-W "long short"/)
  })

  it('may not begin with a word of Millrace: both are named', async () => {
    const folder = acmeProject("'topic:move': report, build: report")
    const { code, stdout, stderr } = await millrace(['--help'], folder)
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr:
        "warning: There are no commands of plugins: the plugin acme has topic move, and `millrace topic` is Millrace's own. the plugin acme has build, and " +
        "`millrace build` is Millrace's own. A plugin's commands begin with a word of its own, such as its name.\n",
    })
    expect(stdout).toMatch(/^ {2}build {2,}Check the topologies/m)
  })

  it('is missing where the configuration cannot be read, which is said, and nothing else', async () => {
    const folder = acmeProject()
    rmSync(join(folder, 'commands.ts'))
    const { code, stderr } = await millrace(['acme', 'report', 'flights'], folder)
    expect(code).toBe(2)
    expect(stderr).toMatch(
      /^warning: There are no commands of plugins: millrace\.config\.ts cannot be read: .*commands\.ts.*\n.*error: There is no command acme/s,
    )
    expect(await millrace(['new', '--list'], folder)).toMatchObject({ code: 0, stderr: '' })
  })
})

// millrace new, as a program: what it makes, that what it makes works, and that nothing is left where it fails.

import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { type EmbeddedBroker, startBroker } from '../../plugins/kafka/server/index.ts'
import { Client } from '../e2e/client.ts'
import { endOf, millrace, node, projectOf, startMillrace } from './program.ts'

// A template is compiled, built and run, and tests share the processor.
vi.setConfig({ testTimeout: 120_000 })

const root = resolve(import.meta.dirname, '..', '..')
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const templateNames = [
  'tumbling-sum',
  'word-count',
  'flight-delays',
  'count-windows',
  'session-activity',
  'dedup',
  'stateful-process',
  'plugin',
]

describe('millrace new', () => {
  it('makes a whole project, named as it was told', async () => {
    const folder = projectOf({})
    const { code, stdout, stderr } = await millrace(['new', 'my-app', '--no-install'], folder)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain('  cd my-app\n  npm install\n  npm test\n  npx millrace dev\n')
    const made = join(folder, 'my-app')
    const files = ['.dockerignore', '.gitignore', 'README.md', 'millrace-env.d.ts', 'millrace.config.ts', 'package.json']
    files.push('test', 'topologies', 'tsconfig.json', 'vitest.config.ts')
    expect(readdirSync(made).sort()).toEqual(files)
    const manifest = JSON.parse(readFileSync(join(made, 'package.json'), 'utf8'))
    expect(manifest).toMatchObject({ name: 'my-app', dependencies: { millrace: `^${version}` } })
    expect(readdirSync(folder).sort()).toEqual(['my-app', 'node_modules', 'package.json', 'tsconfig.json'])
    // As readable as a folder that mkdir makes.
    mkdirSync(join(folder, 'other'))
    expect(statSync(made).mode).toBe(statSync(join(folder, 'other')).mode)
  })

  it('makes it where it is told, with the folders that lead there', async () => {
    const folder = projectOf({})
    const { code, stdout } = await millrace(['new', 'apps/of-mine/my-app', '--no-install'], folder)
    expect(code).toBe(0)
    expect(stdout).toContain('Made my-app from the template tumbling-sum. Its README says more; to begin:\n\n  cd apps/of-mine/my-app\n')
    expect(readFileSync(join(folder, 'apps', 'of-mine', 'my-app', 'package.json'), 'utf8')).toContain('"name": "my-app"')
    expect(readdirSync(join(folder, 'apps', 'of-mine'))).toEqual(['my-app'])
  })

  it('makes it where one is, which stays the same folder', async () => {
    const folder = join(projectOf({}), 'node_modules', 'my-app')
    mkdirSync(folder)
    const before = statSync(folder).ino
    const { code, stdout } = await millrace(['new', '.', '--no-install'], folder)
    expect(code).toBe(0)
    expect(stdout).toContain('to begin:\n\n  npm install\n  npm test\n')
    expect(statSync(folder).ino).toBe(before)
    expect(readFileSync(join(folder, 'package.json'), 'utf8')).toContain('"name": "my-app"')
    expect(readdirSync(join(folder, '..')).filter((name) => name.startsWith('my-app'))).toEqual(['my-app'])
  })

  it('takes a folder that is empty, and writes the dependency it is given', async () => {
    const folder = projectOf({})
    mkdirSync(join(folder, 'mine'))
    const { code } = await millrace(['new', 'mine', '--no-install', '--millrace', 'file:../millrace-1.0.0.tgz'], folder)
    expect(code).toBe(0)
    expect(readFileSync(join(folder, 'mine', 'package.json'), 'utf8')).toContain('"millrace": "file:../millrace-1.0.0.tgz"')
  })

  it('makes a plugin, which shares the Millrace of the project that uses it', async () => {
    const folder = projectOf({})
    const { code, stdout } = await millrace(
      ['new', 'my-plugin', '--template', 'plugin', '--no-install', '--millrace', 'file:../millrace-1.0.0.tgz'],
      folder,
    )
    expect(code).toBe(0)
    expect(stdout).toContain('  cd my-plugin\n  npm install\n  npm test\n')
    const manifest = JSON.parse(readFileSync(join(folder, 'my-plugin', 'package.json'), 'utf8'))
    expect(manifest).toMatchObject({
      name: 'my-plugin',
      peerDependencies: { millrace: `^${version}` },
      devDependencies: { millrace: 'file:../millrace-1.0.0.tgz' },
    })
    expect(manifest.dependencies).toBeUndefined()
  })

  it('lists its templates', async () => {
    const { code, stdout } = await millrace(['new', '--list'], projectOf({}))
    expect(code).toBe(0)
    expect([...stdout.matchAll(/^([a-z-]+) {2,}\S/gm)].map(([, name]) => name)).toEqual(templateNames)
  })

  it('refuses what it cannot make, and leaves all as it was', async () => {
    const folder = projectOf({ 'full/file': 'mine', taken: 'mine' })
    const before = readdirSync(folder)
    const answers = [
      await millrace(['new', 'full', '--no-install'], folder),
      await millrace(['new', 'taken', '--no-install'], folder),
      await millrace(['new', 'sub/Bad Name', '--no-install'], folder),
      await millrace(['new', 'millrace', '--no-install'], folder),
      await millrace(['new'], folder),
      await millrace(['new', 'my-app', '--template', 'word-cuont'], folder),
      await millrace(['new', 'my-app', '--no-instal'], folder),
    ]
    expect(answers.map(({ code, stdout, stderr }) => `${code} ${stdout}${stderr.split('\n')[0]}`)).toMatchInlineSnapshot(`
      [
        "1 error: The folder full is not empty. Choose another name.",
        "1 error: There is a file taken already.",
        "2 error: Bad Name cannot be the name of a project: use small letters, digits, dots, hyphens and underscores.",
        "2 error: millrace cannot be the name of a project: it is the name of the package itself.",
        "2 error: Say what the project is called: millrace new my-app",
        "2 error: There is no template word-cuont. Did you mean word-count? There are: tumbling-sum, word-count, flight-delays, count-windows, session-activity, dedup, stateful-process, plugin.",
        "2 error: There is no option --no-instal. Did you mean --no-install?",
      ]
    `)
    expect(readdirSync(folder)).toEqual(before)
  })

  it('leaves nothing when the installation fails', async () => {
    const folder = projectOf({})
    const before = readdirSync(folder)
    const { code, stderr } = await millrace(['new', 'my-app', '--millrace', 'file:../is-not-there.tgz'], folder)
    expect(code).toBe(1)
    expect(stderr).toMatch(/^error: npm install failed, so nothing was made; --no-install leaves it to you\.\n.*ENOENT/s)
    expect(readdirSync(folder)).toEqual(before)
  })

  it('leaves nothing on Ctrl-C', async () => {
    // An npm that takes its time.
    const folder = projectOf({})
    const bin = join(folder, 'node_modules', 'bin')
    mkdirSync(bin)
    writeFileSync(join(bin, 'npm'), '#!/bin/sh\necho > begun\nexec sleep 100\n', { mode: 0o755 })
    const before = readdirSync(folder)
    const program = startMillrace(['new', 'my-app'], folder, { PATH: `${bin}:${process.env.PATH}` })
    const ended = endOf(program)
    const begun = (name: string): boolean => name.startsWith('my-app.new-') && existsSync(join(folder, name, 'begun'))
    await vi.waitUntil(() => readdirSync(folder).some(begun), { timeout: 30_000 })
    program.kill('SIGINT')
    expect(await ended).toEqual({ code: 1, stdout: '', stderr: 'error: Stopped. Nothing is left of the project.\n' })
    expect(readdirSync(folder)).toEqual(before)
  })

  it('leaves nothing where it may not write', async () => {
    const { code, stderr } = await millrace(['new', 'my-app', '--no-install'], '/proc')
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/^error: The project cannot be made: .*mkdtemp.* Nothing is left of it\.\n$/),
    })
  })
})

describe('a project from the template', () => {
  let broker: EmbeddedBroker
  beforeAll(async () => {
    broker = await startBroker()
    return () => broker.close()
  })

  /** Made, as if installed, type-checked, checked and built. */
  async function built(template: string): Promise<string> {
    const folder = projectOf({})
    expect(await millrace(['new', 'my-app', '--template', template, '--no-install'], folder)).toMatchObject({ code: 0 })
    const project = join(folder, 'my-app')
    mkdirSync(join(project, 'node_modules'))
    symlinkSync(root, join(project, 'node_modules', 'millrace'), 'dir')
    symlinkSync(join(root, 'node_modules', 'vitest'), join(project, 'node_modules', 'vitest'), 'dir')
    expect(await node([join(root, 'node_modules', 'typescript', 'bin', 'tsc')], project)).toEqual({ code: 0, stdout: '', stderr: '' })
    expect(await millrace(['check', '--strict'], project)).toMatchObject({ code: 0, stdout: '' })
    expect(await millrace(['build'], project)).toMatchObject({ code: 0 })
    return project
  }

  /** What the app makes of these lines; it ends where its input ends. */
  async function resultsOf(
    template: string,
    inputs: Readonly<Record<string, readonly string[]>>,
    output: string,
    count: number,
  ): Promise<unknown[]> {
    const project = await built(template)
    const environment = { MILLRACE_BROKERS: broker.address }
    await new Client(broker.address).createTopics(1, ...Object.keys(inputs), output)
    for (const [topic, lines] of Object.entries(inputs)) {
      writeFileSync(join(project, 'in.jsonl'), lines.join('\n'))
      expect(await millrace(['produce', topic, 'in.jsonl'], project, environment)).toMatchObject({ code: 0 })
    }
    const ran = await millrace(['run', template, '--until-end'], project, environment)
    expect(ran.code, ran.stderr).toBe(0)
    const { stdout } = await millrace(['consume', output, '--from-start', '--max', String(count)], project, environment)
    return stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
  }

  it('tumbling-sum prints its sums', async () => {
    const project = await built('tumbling-sum')
    expect(await millrace(['run'], project)).toEqual({ code: 0, stdout: '(a,1)\n(b,2)\n(c,3)\n', stderr: '' })
  })

  it('word-count counts words', async () => {
    const results = await resultsOf('word-count', { lines: ['{"key":null,"value":"To be, or not to be"}'] }, 'word-counts', 4)
    const counts = results.map((line) => line as { key: string; value: { count: number } }).map(({ key, value }) => [key, value.count])
    expect(Object.fromEntries(counts)).toEqual({ to: 2, be: 2, or: 1, not: 1 })
  })

  it('flight-delays joins and sums up by hour', async () => {
    const flights = [66, 99, 3].map((delay) => `{"value":{"origin":"DTW","delay":${delay}},"timestamp":978310800000}`)
    const airports = ['{"key":"DTW","value":{"name":"Detroit Metropolitan","state":"MI"},"timestamp":0}']
    const results = await resultsOf('flight-delays', { airports, flights }, 'delay-by-state', 1)
    expect(results).toMatchObject([{ value: { flights: 2, meanDelay: 82.5 } }])
  })

  it('count-windows sums up every ten earthquakes', async () => {
    const quakes = [3, 4, 5, 4, 3, 6, 4, 3, 4, 4, 9].map((magnitude) => `{"key":"ak","value":{"magnitude":${magnitude},"place":"Alaska"}}`)
    const other = '{"key":"us","value":{"magnitude":7,"place":"Fiji"}}'
    const results = await resultsOf('count-windows', { quakes: [other, ...quakes] }, 'quakes-by-ten', 1)
    expect(results).toMatchObject([{ key: 'ak', value: { mean: 4, strongest: { magnitude: 6, place: 'Alaska' } } }])
  })
})

// A project of each template, as a stranger makes it: from the packed package, in an empty folder. It type-checks, its tests pass, it builds, runs on the embedded
// broker, and makes of the lines in its dev/ what the file of the template in expected/ holds.

import { existsSync, readdirSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Manifest } from '../../framework/graph/manifest.ts'
import { kindsOf } from '../../framework/runtime/store-queries.ts'
import { type EmbeddedBroker, startBroker } from '../../plugins/kafka/server/index.ts'
import { Client } from '../e2e/client.ts'
import { pack } from './packed.ts'
import { run } from './run-command.ts'

const root = resolve(import.meta.dirname, '..', '..')
/** It is made of parts for other projects, which have a check of their own. */
const others = ['plugin']
const templates = readdirSync(join(root, 'templates')).filter((name) => !others.includes(name))

/** A user's own environment: without what vitest tells the tests that it runs. */
const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(VITEST|TEST$|NODE_ENV$|VITE_)/.test(name)))

let folder: string
let tarball: string
/** What npm has installed for a set of dependencies: projects that have the same ones get a copy. */
const installed = new Map<string, string>()

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-templates-'))
  ;({ tarball } = await pack(folder))
  await mkdir(join(folder, 'cli'))
  await install(join(folder, 'cli'), { millrace: `file:${tarball}` })
  await mkdir(join(folder, 'typescript-7'))
  await install(join(folder, 'typescript-7'), { typescript: '^7.0.2' })
})

afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

async function install(where: string, dependencies: Readonly<Record<string, string>>): Promise<void> {
  await writeFile(join(where, 'package.json'), JSON.stringify({ private: true, dependencies }))
  await npmInstall(where)
}

function npmInstall(where: string): Promise<string> {
  return run('npm install', ['npm', 'install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'], where, environment)
}

/** The topologies that were built in a project; beside them lies the list of what the build has written. */
function built(projectFolder: string): readonly string[] {
  const entries = readdirSync(join(projectFolder, 'dist'), { withFileTypes: true })
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
}

describe.each(templates)('a project of the template %s', (template) => {
  let broker: EmbeddedBroker
  beforeAll(async () => {
    broker = await startBroker()
    return () => broker.close()
  })

  const project = (): string => join(folder, 'projects', template)
  const inProject = (step: string, command: readonly string[], more: NodeJS.ProcessEnv = {}): Promise<string> =>
    run(`${template}: ${step}`, command, project(), { ...environment, MILLRACE_BROKERS: broker.address, NO_COLOR: '1', ...more })
  const millrace = (...args: readonly string[]): Promise<string> => inProject(`millrace ${args.join(' ')}`, ['npx', 'millrace', ...args])

  it('is made and installed', async () => {
    await mkdir(join(folder, 'projects'), { recursive: true })
    const bin = join(folder, 'cli', 'node_modules', '.bin', 'millrace')
    const command = [bin, 'new', template, '--template', template, '--millrace', `file:${tarball}`, '--no-install']
    await run(`millrace new ${template}`, command, join(folder, 'projects'), environment)
    const { dependencies, devDependencies } = JSON.parse(await readFile(join(project(), 'package.json'), 'utf8'))
    const wanted = JSON.stringify([dependencies, devDependencies])
    const same = installed.get(wanted)
    if (same === undefined) await npmInstall(project())
    else await cp(same, join(project(), 'node_modules'), { recursive: true, verbatimSymlinks: true })
    installed.set(wanted, same ?? join(project(), 'node_modules'))
  })

  it('type-checks with TypeScript 6 and with TypeScript 7', async () => {
    expect(await inProject('tsc', ['npx', 'tsc', '--version'])).toMatch(/ 6\./)
    await inProject('tsc', ['npx', 'tsc'])
    const seven = join(folder, 'typescript-7', 'node_modules', '.bin', 'tsc')
    expect(await inProject('tsc', [seven, '--version'])).toMatch(/ 7\./)
    await inProject('tsc', [seven])
  })

  it('is checked, and has the declarations that check writes', async () => {
    const file = join(project(), 'millrace-env.d.ts')
    const before = await readFile(file, 'utf8')
    expect(await millrace('check', '--strict')).toBe('')
    expect(await readFile(file, 'utf8')).toBe(before)
  })

  it('passes its tests', async () => {
    expect(await inProject('npm test', ['npm', 'test'])).toMatch(/Tests +[1-9]\d* passed/)
  })

  it('builds, runs on the embedded broker, and gives what it should', async () => {
    await millrace('build')
    const inputs = existsSync(join(project(), 'dev')) ? readdirSync(join(project(), 'dev')) : []
    const outputs: string[] = []
    for (const topology of built(project())) {
      const { nodes }: Manifest = JSON.parse(await readFile(join(project(), 'dist', topology, 'manifest.json'), 'utf8'))
      outputs.push(...nodes.flatMap(({ kind, topic }) => (kind === 'sink' && topic?.internal === false ? [topic.name] : [])))
    }
    const topics = inputs.map((file) => file.replace('.jsonl', ''))
    if (topics.length + outputs.length > 0) await new Client(broker.address).createTopics(1, ...topics, ...outputs)
    for (const topic of topics) await millrace('produce', topic, join('dev', `${topic}.jsonl`))
    let printed = ''
    for (const topology of built(project()))
      printed += await inProject('node app.mjs', ['node', join('dist', topology, 'app.mjs'), '--until-end'])
    const made = [printed, ...(await Promise.all(outputs.map(async (topic) => `${topic}\n${await newestOf(topic)}`)))].join('')
    await expect(made).toMatchFileSnapshot(join(root, 'test', 'package', 'expected', `${template}.txt`))
  })

  it('has a client for its stores that type-checks with TypeScript 6 and with TypeScript 7', async () => {
    for (const topology of built(project())) {
      const { stores } = JSON.parse(await readFile(join(project(), 'dist', topology, 'manifest.json'), 'utf8')) as Manifest
      // What operators alone work with is read by nobody.
      if (!stores.some(({ kind }) => kindsOf[kind] !== undefined)) continue
      await millrace('client', topology, '--out', `${topology}-client.ts`)
    }
    await inProject('tsc', ['npx', 'tsc'])
    await inProject('tsc', [join(folder, 'typescript-7', 'node_modules', '.bin', 'tsc')])
  })

  /** The last value of each key, sorted: how many updates come before it depends on when the app commits. */
  async function newestOf(topic: string): Promise<string> {
    const endOffset = await new Client(broker.address).endOffset(topic)
    const lines =
      endOffset === 0 ? [] : (await millrace('consume', topic, '--from-start', '--max', String(endOffset))).trimEnd().split('\n')
    const newest = new Map<string, string>()
    for (const line of lines) {
      const { key, keyBase64, value } = JSON.parse(line)
      const name = keyBase64 === undefined ? JSON.stringify(key) : readable(Buffer.from(keyBase64, 'base64'))
      newest.set(name, `${name} ${JSON.stringify(value)}\n`)
    }
    return [...newest.values()].sort().join('')
  }
})

/** A windowed key: the key, and the start of the window. */
function readable(key: Buffer): string {
  return `${key.toString('utf8', 0, key.length - 8)} ${new Date(Number(key.readBigInt64BE(key.length - 8))).toISOString()}`
}

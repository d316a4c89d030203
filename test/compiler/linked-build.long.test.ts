// What `millrace dev` builds: small bundles that import Millrace from where it is installed, made quickly again and again by one project that is kept.

import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { type CompilerProject, formatDiagnostics, openProject } from '../../framework/compiler/index.ts'
import { type TestProject, testProject } from './compiled-project.ts'

// Compilations are work for the processor, and tests share it.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const projects: TestProject[] = []
afterAll(() => Promise.all(projects.map((one) => one.remove())))

const sums = (factor: string): string => `import { topology } from 'millrace'
import { factor } from '../factor.ts'

export default topology('sums', (builder) => {
  const numbers = builder.fromElements([['a', 1], ['b', 2]])
  numbers.mapValues((value) => value * factor${factor}).print()
})
`

async function project(): Promise<TestProject> {
  const made = await testProject({ 'topologies/sums.ts': sums(''), 'factor.ts': 'export const factor = 10\n' })
  projects.push(made)
  return made
}

async function build(compiler: CompilerProject, out: string): Promise<string> {
  const { diagnostics, topologies } = await compiler.build({ out, linked: true })
  expect(formatDiagnostics(diagnostics)).toBe('')
  expect(topologies.map(({ name }) => name)).toEqual(['sums'])
  return join(out, 'sums', 'app.mjs')
}

const run = (app: string, folder: string): string => execFileSync(process.execPath, [app], { cwd: folder, encoding: 'utf8' })

describe('a linked build', () => {
  it('runs, holds nothing of Millrace, and is followed by one of what has changed', async () => {
    const { folder, write } = await project()
    const out = join(folder, '.millrace', 'dev')
    const compiler = openProject(folder, { keepWarm: true })
    const app = await build(compiler, out)
    expect(run(app, folder)).toBe('(a,10)\n(b,20)\n')
    const first = readFileSync(app, 'utf8')
    expect(first.length).toBeLessThan(10_000)
    expect(first).toMatch(/^import .* from "file:.*\/build\/framework\/runtime\/index\.js";$/m)
    for (const file of ['Dockerfile', 'package.json']) expect(existsSync(join(out, 'sums', file))).toBe(false)
    const { sources } = JSON.parse(readFileSync(`${app}.map`, 'utf8')) as { sources: string[] }
    expect(sources).toContain('../../../topologies/sums.ts')

    compiler.refresh([])
    expect(readFileSync(await build(compiler, out), 'utf8')).toBe(first)
    await write('factor.ts', 'export const factor = 100\n')
    compiler.refresh([join(folder, 'factor.ts')])
    expect(run(await build(compiler, out), folder)).toBe('(a,100)\n(b,200)\n')
  })

  it('finds a file that was missing, and forgets one that is gone', async () => {
    const { folder, write } = await project()
    rmSync(join(folder, 'factor.ts'))
    const compiler = openProject(folder, { keepWarm: true })
    const codes = async (): Promise<string[]> => (await compiler.check()).map(({ code }) => code)
    expect(await codes()).toEqual(['TS2307'])
    await write('factor.ts', 'export const factor = 1\n')
    compiler.refresh([join(folder, 'factor.ts')])
    expect(await codes()).toEqual([])
    expect(
      compiler
        .files()
        .map((file) => basename(file))
        .sort(),
    ).toEqual(['factor.ts', 'sums.ts'])
    rmSync(join(folder, 'factor.ts'))
    compiler.refresh([join(folder, 'factor.ts')])
    expect(await codes()).toEqual(['TS2307'])
    rmSync(join(folder, 'topologies', 'sums.ts'))
    compiler.refresh([join(folder, 'topologies', 'sums.ts')])
    expect(await codes()).toEqual(['MR1002'])
  })

  it('makes each topology in a worker of its own, however often', async () => {
    const { folder, write } = await project()
    const counter = `import { topology } from 'millrace'
const shared = globalThis as { times?: number }
shared.times = (shared.times ?? 0) + 1
if (shared.times > 1) throw new Error('made before')
export default topology('sums', (builder) => { builder.fromElements([['a', 1]]).print() })
`
    await write('topologies/sums.ts', counter)
    const compiler = openProject(folder, { keepWarm: true })
    for (let time = 0; time < 3; time++) {
      compiler.refresh()
      expect(formatDiagnostics(await compiler.check())).toBe('')
    }
  })
})

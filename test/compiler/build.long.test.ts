// What a build writes, and that it runs: without a broker, without an install, from whatever folder.

import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build as esbuild } from 'esbuild'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type BuildProgress, formatDiagnostics, openProject } from '../../framework/compiler/index.ts'
import { builtFiles, fixtures, type TestProject, testProject, topologyText } from './compiled-project.ts'

// Compilations are work for the processor, and tests share it.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const templates = join(import.meta.dirname, '../../templates')
const { version: millraceVersion } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')) as {
  version: string
}
const projects: TestProject[] = []

async function project(...arguments_: Parameters<typeof testProject>): Promise<TestProject> {
  const made = await testProject(...arguments_)
  projects.push(made)
  return made
}

afterAll(async () => {
  await Promise.all(projects.map((one) => one.remove()))
})

async function built(folder: string, out = join(folder, 'dist')): Promise<readonly string[]> {
  const { diagnostics, topologies } = await openProject(folder).build({ out })
  expect(formatDiagnostics(diagnostics)).toBe('')
  return topologies.map((one) => one.folder)
}

interface Run {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

function run(app: string, cwd: string, environment: Readonly<Record<string, string>> = {}): Promise<Run> {
  const env = { PATH: process.env.PATH, MILLRACE_STATE_DIR: join(cwd, 'state'), ...environment }
  return new Promise((resolve) => {
    execFile(process.execPath, [app], { cwd, env, timeout: 20_000 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr })
    })
  })
}

describe('the seed example', () => {
  let folder = ''

  beforeAll(async () => {
    const seed = await project({}, join(templates, 'tumbling-sum'))
    folder = seed.folder
    await built(folder)
  })

  test('prints its three sums without a broker, and ends', async () => {
    const { code, stdout, stderr } = await run(join(folder, 'dist/tumbling-sum/app.mjs'), folder)
    expect(stderr).not.toContain('error')
    expect({ code, stdout }).toEqual({ code: 0, stdout: '(a,1)\n(b,2)\n(c,3)\n' })
  })

  test('is a folder of nine files', async () => {
    expect((await readdir(join(folder, 'dist/tumbling-sum'))).sort()).toEqual(builtFiles)
  })

  test('holds neither the compiler nor the command line nor the embedded broker', async () => {
    const map = JSON.parse(await readFile(join(folder, 'dist/tumbling-sum/app.mjs.map'), 'utf8')) as { sources: string[] }
    const strangers = map.sources.filter((source) =>
      /compiler|cli\/|plugins\/kafka\/server|npm:(ajv|esbuild|ts-morph|typescript|@oclif|magic-string)/.test(source),
    )
    expect(strangers).toEqual([])
    expect(
      map.sources.filter((source) => !/^(?:npm|millrace|virtual):|^\.\.\/\.\.\/(?:topologies\/|millrace\.config\.ts$)/.test(source)),
    ).toEqual([])
  })
})

test('a sketch of quantiles is bundled without what its library needs for Protocol Buffers, and runs', async () => {
  const body = `builder.fromElements([['a', 1], ['a', 2], ['a', 9]]).groupByKey().aggregate({ median: quantile(0.5, (value) => value) }).toStream().print()`
  const { folder } = await project({ 'topologies/medians.ts': topologyText('medians', body, `import { quantile } from 'millrace'`) })
  const [out] = await built(folder)
  const { code, stdout } = await run(join(out!, 'app.mjs'), folder)
  expect({ code, stdout }).toEqual({ code: 0, stdout: '(a,{"median":1.993661701417351})\n' })
})

describe('a build', () => {
  test('of the flight delays writes one folder, telling how far it is', async () => {
    const { folder } = await project({}, join(templates, 'flight-delays'))
    const steps: BuildProgress[] = []
    const { diagnostics, topologies } = await openProject(folder).build({
      out: join(folder, 'dist'),
      onProgress: (step) => steps.push(step),
    })
    expect(diagnostics).toEqual([])
    expect(topologies.map(({ name, source }) => ({ name, source }))).toEqual([
      { name: 'flight-delays', source: 'topologies/flight-delays.ts' },
    ])
    expect(steps).toEqual([
      { stage: 'check', topology: undefined },
      { stage: 'bundle', topology: 'flight-delays' },
      // All topologies at once: either every file takes its name or none.
      { stage: 'write', topology: undefined },
    ])
  })

  test('writes the manifest, the package, its lock and the Dockerfile as they were', async () => {
    const golden = join(fixtures, 'golden')
    const out = await mkdtemp(join(tmpdir(), 'millrace-out-'))
    const [folder] = await built(golden, out)
    const written = ['manifest.json', 'package.json', 'package-lock.json', 'Dockerfile', '.dockerignore']
    const texts = await Promise.all(written.map((file) => readFile(join(folder!, file), 'utf8')))
    await rm(out, { recursive: true })
    for (const [index, file] of written.entries()) {
      // A release changes the version and nothing else.
      const text = texts[index]!.replace(`millrace.version="${millraceVersion}"`, 'millrace.version="VERSION"')
      await expect(text).toMatchFileSnapshot(join(golden, `expected/${file.replace(/^[.]/, '')}.txt`))
    }
  })

  test('gives the same bytes in two folders, and a second time, and no path of this machine', async () => {
    const text = topologyText('copies', `builder.stream<string, { at: Date }>('in').to('out')`)
    const { folder } = await project({ 'topologies/copies.ts': text })
    const deeper = join((await project({})).folder, 'deeper/down')
    await cp(folder, deeper, { recursive: true, verbatimSymlinks: true })
    const outputs: Record<string, string>[] = []
    for (const one of [folder, deeper, deeper]) {
      const [out] = await built(one)
      const content = await Promise.all(builtFiles.map(async (file) => [file, await readFile(join(out!, file), 'utf8')] as const))
      outputs.push(Object.fromEntries(content))
    }
    for (const output of outputs.slice(1)) for (const file of builtFiles) expect(output[file] === outputs[0]![file], file).toBe(true)
    const all = Object.values(outputs[0]!).join('\n')
    for (const path of [tmpdir(), join(import.meta.dirname, '../..')]) expect(all.includes(path), path).toBe(false)
  }, 60_000)

  test('follows aliases of the tsconfig, and files beside the project', async () => {
    const { folder, write } = await project({})
    const inner = join(folder, 'apps/inner')
    const tsconfig = JSON.parse(await readFile(join(folder, 'tsconfig.json'), 'utf8')) as { compilerOptions: object }
    await write(
      'apps/inner/tsconfig.json',
      JSON.stringify({
        compilerOptions: { ...tsconfig.compilerOptions, module: 'esnext', moduleResolution: 'bundler', paths: { '#own/*': ['./own/*'] } },
      }),
    )
    await write('apps/inner/own/twice.ts', 'export const twice = (value: number): number => value * 2')
    await write('apps/shared/thrice.ts', 'export const thrice = (value: number): number => value * 3')
    await write(
      'apps/inner/topologies/times.ts',
      topologyText(
        'times',
        `builder.fromElements([['a', 1]]).mapValues(twice).mapValues(thrice).print()`,
        `import { twice } from '#own/twice.ts'\nimport { thrice } from '../../shared/thrice.ts'`,
      ),
    )
    const [out] = await built(inner)
    expect((await run(join(out!, 'app.mjs'), inner)).stdout).toBe('(a,6)\n')
  })

  test('with an error writes nothing', async () => {
    const { folder } = await project({
      'topologies/good.ts': topologyText('good', `builder.stream<string, string>('in').to('out')`),
      'topologies/wrong.ts': topologyText('wrong', `builder.stream<string, string>('in').peek(1)`),
    })
    const { diagnostics, topologies } = await openProject(folder).build({ out: join(folder, 'dist') })
    expect(diagnostics.map((one) => one.code)).toEqual(['TS2345'])
    expect(topologies).toEqual([])
    await expect(readdir(join(folder, 'dist'))).rejects.toThrow('ENOENT')
  })
})

describe('a built app', () => {
  const counting = topologyText(
    'counting',
    `const words = builder.fromElements([['one', 'a'], ['two', 'b'], ['three', 'a']])
     words.groupBy((letter) => letter).count().toStream().print()`,
  )

  test('finds classic-level also where only Millrace can', async () => {
    const { folder, write } = await testProject({})
    await rm(join(folder, 'node_modules/millrace'))
    await write('node_modules/millrace/package.json', '{ "name": "millrace", "exports": { "./package.json": "./package.json" } }')
    await installLinks(join(folder, 'node_modules/millrace'))
    const module = join(import.meta.dirname, '../../plugins/store-leveldb/native-module.ts')
    const app = join(folder, 'dist/app/app.mjs')
    const contents = `import { classicLevel } from ${JSON.stringify(module)}\nconsole.log(typeof classicLevel.load().ClassicLevel)`
    await esbuild({ stdin: { contents, resolveDir: folder }, bundle: true, platform: 'node', format: 'esm', outfile: app })
    const { stdout, stderr } = await run(app, folder)
    await rm(join(folder, 'node_modules/millrace/node_modules'), { recursive: true })
    const { code, stderr: complaint } = await run(app, folder)
    await rm(folder, { recursive: true })
    expect({ stdout, stderr }).toEqual({ stdout: 'function\n', stderr: '' })
    expect(code).toBe(1)
    expect(complaint).toContain("Cannot find module 'classic-level'")
  })

  test('runs where only what cannot be bundled is installed, as in its container', async () => {
    const { folder } = await project({ 'topologies/counting.ts': counting })
    const [out] = await built(folder)
    const container = await mkdtemp(join(tmpdir(), 'millrace-container-'))
    for (const file of builtFiles) await cp(join(out!, file), join(container, file))
    const { dependencies } = JSON.parse(await readFile(join(container, 'package.json'), 'utf8')) as { dependencies: Record<string, string> }
    expect(Object.keys(dependencies)).toEqual(['classic-level'])
    await installLinks(container)
    const { code, stdout } = await run(join(container, 'app.mjs'), container)
    await rm(container, { recursive: true })
    expect({ code, lines: stdout.trim().split('\n').sort() }).toEqual({ code: 0, lines: ['(a,2)', '(b,1)'] })
  })

  test("shows the author's own line when a callback throws", async () => {
    const body = `const numbers = builder.fromElements([['one', 1]])\nnumbers.mapValues((value) => {\n  throw new Error(\`no \${value}\`)\n}).print()`
    const { folder } = await project({ 'topologies/throwing.ts': topologyText('throwing', body) })
    const [out] = await built(folder)
    const { code, stderr } = await run(join(out!, 'app.mjs'), folder)
    expect(code).toBe(1)
    expect(stderr).toContain('no 1')
    expect(stderr).toContain('topologies/throwing.ts:6:9')
  })

  test("runs a chain of operators as one function, unless told otherwise, and shows the author's own line of it", async () => {
    const body = [
      `const numbers = builder.fromElements([['one', 1], ['two', 2]])`,
      `const doubled = numbers.filter((value) => value > 0).mapValues((value) => value * 2).peek((value) => {`,
      `  console.error(\`\${new Error('looked').stack}\`)`,
      `  if (value === 4) throw new Error('four')`,
      `})`,
      `doubled.print()`,
    ]
    const { folder } = await project({ 'topologies/chained.ts': topologyText('chained', body.join('\n')) })
    const [out] = await built(folder)
    const of = async (environment: Readonly<Record<string, string>>) => {
      const { code, stdout, stderr } = await run(join(out!, 'app.mjs'), folder, environment)
      const told = /A callback of (\S+) threw.*\n((?: +at .*\n)*)/.exec(stderr) ?? []
      return { code, stdout, looked: /looked\n.*\n.*\n/.exec(stderr)?.[0], node: told[1], frames: told[2] }
    }
    const together = await of({})
    expect(together).toEqual({
      code: 1,
      stdout: '(one,2)\n',
      looked: expect.stringMatching(/looked\n +at .*topologies\/chained\.ts:6:\d+\)?\n +at .*virtual:millrace:chains:\d+:\d+\)?\n/),
      node: 'doubled',
      frames: expect.stringMatching(/^ +at .*topologies\/chained\.ts:7:\d+\)?\n$/),
    })
    const apart = await of({ MILLRACE_FUSION: 'off' })
    expect(apart).toEqual({
      ...together,
      looked: expect.stringMatching(/looked\n.*chained\.ts:6:\d+\)?\n +at .*framework\/operators\/.*\n/),
    })
  })

  test("shows the author's own lines in every stack, whoever prints it", async () => {
    const body = `const numbers = builder.fromElements([['one', 1]])\nnumbers.peek(() => {\n  console.error(new Error('only looked at').stack)\n}).print()`
    const helper = `export const later = () => {\n  // millrace-ignore MR1203: it is to throw where nobody catches\n  queueMicrotask(() => {\n    throw new TypeError('nobody catches this')\n  })\n}\n`
    const { folder, write } = await project({
      'topologies/looking.ts': topologyText('looking', body),
      'topologies/falling.ts': topologyText(
        'falling',
        `builder.fromElements([['one', 1]]).peek(later).print()`,
        `import { later } from '../shared/later.ts'`,
      ),
    })
    await write('shared/later.ts', helper)
    const [falling, looking] = await built(folder)
    const looked = await run(join(looking!, 'app.mjs'), folder)
    expect({ code: looked.code, stdout: looked.stdout }).toEqual({ code: 0, stdout: '(one,1)\n' })
    expect(looked.stderr).toMatch(/Error: only looked at\n +at .*topologies\/looking\.ts:6:\d+/)
    const fallen = await run(join(falling!, 'app.mjs'), folder)
    expect(fallen.code).not.toBe(0)
    expect(fallen.stderr).toMatch(/TypeError: nobody catches this\n +at .*shared\/later\.ts:4:11/)
  })

  test('carries the configuration and the packages that the topology imports', async () => {
    const { folder, write } = await project({
      'topologies/shouting.ts': topologyText(
        'shouting',
        `builder.fromElements([['a', 'x']]).mapValues(shout).print()`,
        `import { shout } from 'shouting'`,
      ),
      'millrace.config.ts': `import { defineConfig } from 'millrace'\nexport default defineConfig({ logLevel: 'error' })\n`,
    })
    await write(
      'node_modules/shouting/package.json',
      '{ "name": "shouting", "version": "1.0.0", "type": "module", "exports": "./index.js", "types": "./index.d.ts" }',
    )
    await write('node_modules/shouting/index.js', `export const shout = (text) => text.toUpperCase()`)
    await write('node_modules/shouting/index.d.ts', `export declare const shout: (text: string) => string`)
    const [out] = await built(folder)
    // Without the setting a line at the level of info says what was assigned.
    expect(await run(join(out!, 'app.mjs'), folder)).toEqual({ code: 0, stdout: '(a,"X")\n', stderr: '' })
  })
})

/** What `npm install` would put beside the app, as links. */
async function installLinks(folder: string): Promise<void> {
  const installed = join(import.meta.dirname, '../../node_modules')
  await mkdir(join(folder, 'node_modules'))
  await symlink(join(installed, 'classic-level'), join(folder, 'node_modules/classic-level'), 'dir')
}

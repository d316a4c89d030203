// Each diagnostic has a bad file, in test/fixtures/compiler/bad/topologies, and its exact print beside it, in ../prints.

import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Diagnostic, diagnosticCodes, formatDiagnostics, openProject, summarizeDiagnostics } from '../../framework/compiler/index.ts'
import { fixtures, type TestProject, testProject, topologyText } from './compiled-project.ts'

const bad = join(fixtures, 'bad')
const files = (await readdir(join(bad, 'topologies'))).filter((name) => name.endsWith('.ts')).sort()

describe('the diagnostics of bad topology files', () => {
  let found: readonly Diagnostic[] = []

  beforeAll(async () => {
    found = await openProject(bad, { evaluationTimeLimitMs: 10_000 }).check()
  }, 120_000)

  test.each(files)('of %s are printed as tsc prints its own, with a remedy', async (file) => {
    const print = formatDiagnostics(found.filter((one) => one.span?.file === `topologies/${file}`))
    expect(print).not.toBe('')
    await expect(print).toMatchFileSnapshot(join(bad, 'prints', `${basename(file, '.ts')}.txt`))
  })

  test('of functions that operators call stand where the function does, with the way to it', async () => {
    const print = formatDiagnostics(found.filter((one) => one.span?.file.startsWith('shared/')))
    await expect(print).toMatchFileSnapshot(join(bad, 'prints', 'shared.txt'))
  })

  test('come in the order of files and places, each once', () => {
    const places = found.map(({ span }) => span?.file ?? '')
    expect(places).toEqual([...places].sort())
    expect(new Set(found.map((one) => formatDiagnostics([one]))).size).toBe(found.length)
  })

  test('stand in the imported file where the member is that cannot travel', () => {
    const imported = found.filter((one) => one.span?.file === 'shared/measure.ts')
    expect(imported.map(({ code, span }) => `${span?.line}:${span?.column} ${code}`)).toEqual(['2:12 MR1104', '3:7 MR1110'])
  })

  test('cover the whole list of codes', async () => {
    // What keys and partitions are answered with, beginners' topologies show.
    const prints = join(bad, '../../wrong/prints')
    const texts = await Promise.all((await readdir(prints)).map((file) => readFile(join(prints, file), 'utf8')))
    const ofBeginners = texts.flatMap((text) => [...text.matchAll(/ (?:error|warning) (MR\d{4}): /g)].map(([, code = '']) => code))
    const ofProjects = [
      ...ofBeginners,
      'MR1001',
      'MR1002',
      'MR1501',
      'MR1502',
      'MR1503',
      'MR1504',
      'MR1505',
      'MR1506',
      'MR1507',
      'MR1701',
      'MR1702',
      'MR1801',
      'MR1802',
      'MR1901',
      'MR1902',
      'MR1903',
      'MR1904',
      'MR1905',
    ]
    expect([...new Set([...found.map((one) => one.code), ...ofProjects])].filter((code) => code.startsWith('MR')).sort()).toEqual(
      diagnosticCodes,
    )
  })

  test('end with a count', () => {
    expect(summarizeDiagnostics(found.filter((one) => one.span?.file === 'topologies/numbered.ts'))).toBe('0 errors, 1 warning')
  })
})

describe('a project', () => {
  let project: TestProject

  beforeAll(async () => {
    project = await testProject({ 'topologies/clicks.ts': topologyText('clicks', `builder.stream<string, string>('clicks').to('copies')`) })
  })

  afterAll(() => project.remove())

  test('without a mistake has no diagnostics', async () => {
    expect(await openProject(project.folder).check()).toEqual([])
  })

  test('without a tsconfig.json is told so', async () => {
    const config = join(project.folder, 'tsconfig.json')
    await rename(config, `${config}.away`)
    try {
      expect(formatDiagnostics(await openProject(project.folder).check())).toBe(
        'error MR1001: The project has no tsconfig.json.\n  Create one, or run the command in the folder of the project.\n',
      )
    } finally {
      await rename(`${config}.away`, config)
    }
  })

  test('with a broken tsconfig.json gets what TypeScript says of it', async () => {
    const broken = await testProject({ 'tsconfig.json': '{ "compilerOptions": { "strikt": true }' })
    const print = formatDiagnostics(await openProject(broken.folder).check())
    await broken.remove()
    expect(print).toBe(
      "tsconfig.json:1:24 - error TS5025: Unknown compiler option 'strikt'. Did you mean 'strict'?\n" +
        "tsconfig.json:1:40 - error TS1005: '}' expected.\n",
    )
  })

  test('without topology files is told so, also where tests lie in another folder', async () => {
    const empty = await testProject({ 'test/clicks.ts': 'export const x = 1', 'topologies/README.md': '' })
    const print = formatDiagnostics(await openProject(empty.folder).check())
    await empty.remove()
    expect(print).toBe(
      'error MR1002: There is no topology file in topologies/.\n  Write one, as topologies/<name>.ts, whose default export is topology(...).\n',
    )
  })

  test('has its configuration checked too', async () => {
    const configured = await testProject({
      'topologies/clicks.ts': topologyText('clicks', `builder.stream<string, string>('clicks').to('copies')`),
      'millrace.config.ts': `import { defineConfig } from 'millrace'\nexport default defineConfig({ commitIntervallMs: 5 })\n`,
    })
    const print = formatDiagnostics(await openProject(configured.folder).check())
    await configured.remove()
    expect(print).toMatch(/^millrace\.config\.ts:2:31 - error TS2561: .*Did you mean to write 'commitIntervalMs'\?\n$/)
  })

  test('is read anew where it has changed, file by file', async () => {
    const changing = await testProject({
      'topologies/clicks.ts': topologyText('clicks', `builder.stream<string, string>('clicks').to('copies')`),
    })
    const opened = openProject(changing.folder)
    expect(await opened.check()).toEqual([])
    await changing.write('topologies/clicks.ts', topologyText('clicks', `builder.stream<string, Click>('clicks').to('copies')`))
    await changing.write('topologies/views.ts', topologyText('views', `builder.stream<string, string>('views').peek(1)`))
    opened.refresh([join(changing.folder, 'topologies/clicks.ts')])
    expect((await opened.check()).map((one) => `${one.span?.file} ${one.code}`)).toEqual([
      'topologies/clicks.ts TS2304',
      'topologies/views.ts TS2345',
    ])
    await rm(join(changing.folder, 'topologies/views.ts'))
    await changing.write('topologies/clicks.ts', topologyText('clicks', `builder.stream<string, string>('clicks').to('copies')`))
    opened.refresh()
    expect(await opened.check()).toEqual([])
    await changing.remove()
  })

  test('is checked with what its topologies import, and with nothing else', async () => {
    const shared = await testProject({
      'topologies/clicks.ts': topologyText(
        'clicks',
        `builder.stream<string, Click>('clicks').to('copies')`,
        `import type { Click } from '../shared/click.ts'`,
      ),
      'topologies/drafts/later.ts': 'not even TypeScript',
      'shared/click.ts': `export interface Click { page: string }\nexport const wrong: number = 'text'`,
      'shared/unused.ts': 'nor this',
    })
    await mkdir(join(shared.folder, 'topologies/empty'), { recursive: true })
    const found = await openProject(shared.folder).check()
    await shared.remove()
    expect(found.map((one) => `${one.span?.file}:${one.span?.line} ${one.code}`)).toEqual(['shared/click.ts:2 TS2322'])
  })
})

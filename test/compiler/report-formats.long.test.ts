// Diagnostics as other programs read them, and the good files that stand beside the bad ones on their pages.

import { createRequire } from 'node:module'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import ajvFormats from 'ajv-formats'
import { expect, test } from 'vitest'
import {
  type Diagnostic,
  diagnosticPage,
  type Fix,
  formatDiagnostics,
  gitHubText,
  openProject,
  sarifText,
} from '../../framework/compiler/index.ts'
import { diagnosticPages } from '../../scripts/diagnostic-pages.ts'
import { fixtures } from './compiled-project.ts'

const diagnostics: readonly Diagnostic[] = [
  { code: 'MR1001', severity: 'error', span: undefined, message: 'The project has no tsconfig.json.', remedy: 'Create one.' },
  {
    code: 'MR1101',
    severity: 'error',
    span: { file: 'topologies/a b,c.ts', line: 3, column: 5 },
    message: '100 % any.',
    remedy: 'Give\nit.',
  },
  { code: 'MR1101', severity: 'error', span: { file: 'topologies/d.ts', line: 1, column: 1 }, message: 'Again.', remedy: 'Give it.' },
  { code: 'TS2322', severity: 'warning', span: { file: 'topologies/d.ts', line: 2, column: 9 }, message: 'Not so.', remedy: undefined },
]

test('SARIF has a rule for each code, and a result for each diagnostic at its place', () => {
  const { version, runs } = JSON.parse(sarifText(diagnostics, '1.2.3')) as {
    version: string
    runs: {
      tool: { driver: { name: string; version: string; rules: { id: string; help?: object }[] } }
      results: { ruleIndex: number; locations?: object[] }[]
    }[]
  }
  const [run] = runs
  expect([version, run?.tool.driver.name, run?.tool.driver.version]).toEqual(['2.1.0', 'millrace', '1.2.3'])
  expect(run?.tool.driver.rules.map(({ id }) => id)).toEqual(['MR1001', 'MR1101', 'TS2322'])
  expect(run?.tool.driver.rules[1]?.help).toEqual({ text: 'Give\nit. See docs/diagnostics/MR1101.md in the package millrace.' })
  expect(run?.results.map(({ ruleIndex }) => ruleIndex)).toEqual([0, 1, 1, 2])
  expect(run?.results[0]?.locations).toBeUndefined()
  expect(run?.results[1]).toMatchObject({
    ruleId: 'MR1101',
    level: 'error',
    message: { text: '100 % any. Give\nit.' },
    locations: [{ physicalLocation: { artifactLocation: { uri: 'topologies/a%20b,c.ts' }, region: { startLine: 3, startColumn: 5 } } }],
  })
})

test('SARIF is as its published schema has it, with fixes and without', () => {
  const fix: Fix = {
    title: 'say { grace: 0 }',
    edits: [{ file: 'topologies/d.ts', start: { line: 3, column: 5 }, end: { line: 3, column: 5 }, text: ', { grace: 0 }' }],
  }
  const withFix = diagnostics.map((one) => (one.code === 'MR1101' ? { ...one, fix } : one))
  // Of draft 04, from which it uses nothing that draft 07 reads in another way.
  const {
    id: _id,
    $schema: _draft,
    ...schema
  } = createRequire(import.meta.url)('@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json') as Record<string, unknown>
  const isSarif = ajvFormats.default(new Ajv({ strict: false, allErrors: true, unicodeRegExp: false })).compile(schema)
  for (const found of [[], diagnostics, withFix])
    expect([isSarif(JSON.parse(sarifText(found, '1.2.3'))), isSarif.errors]).toEqual([true, null])
  expect(isSarif({ ...JSON.parse(sarifText(diagnostics, '1.2.3')), version: '2' })).toBe(false)
  expect(sarifText(withFix, '1.2.3')).toContain('"deletedRegion"')
})

test('annotations of GitHub are one line each, whatever stands in them', () => {
  expect(gitHubText(diagnostics)).toBe(
    '::error title=MR1001::The project has no tsconfig.json.%0ACreate one.\n' +
      '::error file=topologies/a b%2Cc.ts,line=3,col=5,title=MR1101::100 %25 any.%0AGive%0Ait.\n' +
      '::error file=topologies/d.ts,line=1,col=1,title=MR1101::Again.%0AGive it.\n' +
      '::warning file=topologies/d.ts,line=2,col=9,title=TS2322::Not so.\n',
  )
})

test('our own codes have pages', () => {
  expect(['MR1101', 'TS2322', 'ACME001'].map(diagnosticPage)).toEqual(['docs/diagnostics/MR1101.md', undefined, undefined])
})

test('each code of a topology file has a page with a wrong file and a right one', () => {
  const pages = diagnosticPages(join(fixtures, '../../..')).filter(([file]) => /MR(?!1001|1002|15|17|18|19)\d+/.test(file))
  expect(pages.filter(([, text]) => !text.includes('## Wrong')).map(([file]) => file)).toEqual([])
  expect(pages.filter(([, text]) => !text.includes('## Right')).map(([file]) => file)).toEqual([])
})

test('the files that the pages call right have nothing against them', async () => {
  expect(formatDiagnostics(await openProject(join(fixtures, 'good')).check())).toBe('')
}, 120_000)

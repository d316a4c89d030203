// `millrace check --fix`: test/fixtures/compiler/fixes has the files before and after, and what comes after has nothing against it.

import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { compatibleFixes, editedText } from '../../framework/compiler/fixes/apply-fixes.ts'
import { type Fix, type FixResult, formatDiagnostics, formatFixed, openProject } from '../../framework/compiler/index.ts'
import { fixtures, type TestProject, testProject, topologyText } from './compiled-project.ts'

const before = join(fixtures, 'fixes/before')
const files = (await readdir(join(before, 'topologies'))).sort()

describe('the fixes of a project', () => {
  let project: TestProject
  let result: FixResult

  beforeAll(async () => {
    const texts = await Promise.all(
      files.map(async (file) => [`topologies/${file}`, await readFile(join(before, 'topologies', file), 'utf8')] as const),
    )
    project = await testProject(Object.fromEntries(texts))
    result = await openProject(project.folder).fix()
  }, 120_000)

  afterAll(() => project.remove())

  test.each(files)('of %s make the file that somebody would have written', async (file) => {
    const text = await readFile(join(project.folder, 'topologies', file), 'utf8')
    expect(text).not.toBe(await readFile(join(before, 'topologies', file), 'utf8'))
    await expect(text).toMatchFileSnapshot(join(fixtures, 'fixes/after', file))
  })

  test('leave nothing to say', async () => {
    expect(result.refused).toEqual([])
    expect(formatDiagnostics(result.diagnostics)).toBe('')
    expect(formatDiagnostics(await openProject(project.folder).check())).toBe('')
  })

  test('are printed with the place and what was done', async () => {
    await expect(formatFixed(result.fixed)).toMatchFileSnapshot(join(fixtures, 'fixes/fixed.txt'))
  })
})

test('a file in which TypeScript finds more with the fixes than without is left as it was, and others are fixed', async () => {
  const wrong = topologyText(
    'wrong',
    "builder.table<string, string>('names').peek((name: string) => name.length).filter((name: string) => name !== '').to('copies')",
  )
  const project = await testProject({
    'topologies/wrong.ts': wrong,
    'topologies/right.ts': topologyText('right', "builder.stream<string, string>('lines').selectKey((_line, key) => key).to('same')"),
  })
  const { fixed, refused, diagnostics } = await openProject(project.folder).fix()
  const [left, mended] = await Promise.all(
    ['wrong', 'right'].map((name) => readFile(join(project.folder, `topologies/${name}.ts`), 'utf8')),
  )
  await project.remove()
  expect(refused).toEqual(['topologies/wrong.ts'])
  expect(left).toBe(wrong)
  expect(fixed.map(({ code }) => code)).toEqual(['MR1402'])
  expect(mended).toContain("stream<string, string>('lines').to('same')")
  expect(diagnostics.map(({ code, span }) => `${span?.file} ${code}`)).toContain('topologies/wrong.ts MR1608')
}, 60_000)

test('what a function does that is exported, or called twice, or a loop, gets no name by a fix', async () => {
  const counted = 'stream: KStream<string, string>) {\n  return stream.groupByKey().count()\n}'
  const project = await testProject({
    'topologies/twice.ts': `import { type KStream, topology } from 'millrace'
function twice(${counted}
export function exported(${counted}
export default topology('twice', (builder) => {
  twice(builder.stream<string, string>('a')).toStream().to('b')
  twice(builder.stream<string, string>('c')).toStream().to('d')
  exported(builder.stream<string, string>('e')).toStream().to('f')
  for (const topic of ['g', 'h']) builder.stream<string, string>(topic).groupByKey().count().toStream().to(\`\${topic}-counted\`)
})
`,
  })
  const { fixed, diagnostics } = await openProject(project.folder).fix()
  await project.remove()
  expect(fixed).toEqual([])
  expect(diagnostics.map(({ code }) => code)).toEqual(['MR1401', 'MR1401', 'MR1401'])
}, 60_000)

describe('fixes that touch the same text', () => {
  const fix = (...edits: readonly (readonly [from: number, to: number, text: string])[]): { readonly fix: Fix } => ({
    fix: {
      title: 'change it',
      edits: edits.map(([from, to, text]) => ({ file: 'a.ts', start: { line: 1, column: from }, end: { line: 1, column: to }, text })),
    },
  })
  const applied = (...fixes: readonly { readonly fix: Fix }[]): string => {
    const chosen = compatibleFixes(fixes)
    const texts = chosen.map((one) => one.fix)
    return `${chosen.map((one) => fixes.indexOf(one)).join()} ${editedText('abcdef', 'a.ts', texts)}`
  }

  test('wait for the next round, whole', () => {
    expect(applied(fix([2, 4, 'X']), fix([3, 5, 'Y'], [6, 7, 'Z']))).toBe('0 aXdef')
    expect(applied(fix([1, 7, 'X']), fix([3, 3, 'Y']))).toBe('0 X')
    expect(applied(fix([3, 3, 'X']), fix([3, 3, 'Y']))).toBe('0 abXcdef')
    expect(applied(fix([3, 3, 'X']), fix([3, 5, 'Y']))).toBe('0 abXcdef')
  })

  test('share an edit that both need, and may be neighbours', () => {
    expect(applied(fix([1, 2, 'X'], [6, 6, '!']), fix([3, 4, 'Y'], [6, 6, '!']))).toBe('0,1 XbYde!f')
    expect(applied(fix([2, 4, 'X']), fix([4, 6, 'Y']))).toBe('0,1 aXYf')
    expect(applied(fix([2, 4, '']), fix([4, 4, 'Y']))).toBe('0,1 aYdef')
  })

  test('are found by line and column of UTF-16, whatever ends the lines', () => {
    const edits = [{ file: 'a.ts', start: { line: 2, column: 3 }, end: { line: 2, column: 4 }, text: 'X' }]
    expect(editedText('one\r\n\u{1F600}bc\r\n', 'a.ts', [{ title: '', edits }])).toBe('one\r\n\u{1F600}Xc\r\n')
  })
})

// The rules of our style that a program can see, as tests, so that they are no matter of opinion in a review.

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

const fileLinesMax = 500
const functionLinesMax = 100
const namesThatSayNothing = /(^|[-.])(utils?|helpers?|common|manager|misc)([-.]|$)/
/** What reads a clock, waits, or draws lots. Inside framework/ only the clock's implementation may. */
const clockAndLots = new Set([
  'Date.now',
  'performance.now',
  'process.hrtime',
  'process.hrtime.bigint',
  'setTimeout',
  'setInterval',
  'Math.random',
  'randomUUID',
  'randomBytes',
])
const clockImplementation = 'framework/runtime/system-clock.ts'
const machinePaths = /\/(work|root|home)\/[a-z]|(?<![\w-])registry\.[a-z0-9-]+\.[a-z]{2,}|\/tmp\//
/** Settings and data of tools, whose texts are not ours. */
const notProse = /(^|\/)(package-lock\.json|.*\.(json|json\.gz|csv|svg|png|gz|bin))$/

const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { encoding: 'utf8' })
  .split('\n')
  .filter((file) => file !== '' && !file.startsWith('test/fixtures/'))
const code = files.filter((file) => /^(framework|plugins|cli|test|scripts)\/.*\.(ts|mjs)$/.test(file) && !file.endsWith('.d.ts'))
const source = code.filter((file) => /^(framework|plugins|cli)\//.test(file))

describe('every file', () => {
  it('has a name in kebab-case that says something', () => {
    const bad = code.filter((file) => !/^[a-z0-9]+([-.][a-z0-9]+)*$/.test(basename(file)) || namesThatSayNothing.test(basename(file)))
    expect(bad).toEqual([])
  })

  it(`has at most ${fileLinesMax} lines, documentation of what is public aside`, () => {
    const long = code.map((file) => ({ file, lines: linesOf(file) })).filter(({ lines }) => lines > fileLinesMax)
    expect(long).toEqual([])
  })

  it('names no machine and no registry', () => {
    const bad = files
      .filter((file) => !notProse.test(file) && file !== 'test/style.test.ts')
      .flatMap((file) => linesWith(file, machinePaths))
    expect(bad).toEqual([])
  })

  it('leaves nothing open and switches no test off', () => {
    const open = /\b(TO[D]O|FIX[M]E|X[X]X|HA[C]K)\b|\b(it|test|describe)\.(skip|only|todo)\(|@ts-[i]gnore/
    expect(code.flatMap((file) => linesWith(file, open))).toEqual([])
  })
})

describe('our code', () => {
  it('begins each file with what it is', () => {
    const headless = (file: string): boolean => basename(file) !== 'index.ts' && !/^(#!.*\n)?\/[/*]/.test(read(file))
    expect(source.filter(headless)).toEqual([])
  })

  it('has no any, enum, namespace, decorator or parameter property', () => {
    const forbidden = (node: ts.Node): boolean =>
      node.kind === ts.SyntaxKind.AnyKeyword ||
      ts.isEnumDeclaration(node) ||
      (ts.isModuleDeclaration(node) && ts.isIdentifier(node.name)) ||
      ts.isDecorator(node) ||
      (ts.isParameter(node) && ts.isConstructorDeclaration(node.parent) && (node.modifiers ?? []).length > 0)
    expect(code.flatMap((file) => nodesWhere(file, forbidden))).toEqual([])
  })

  it('exports by name; only an oclif command and a tool’s configuration have a default', () => {
    const isDefault = (node: ts.Node): boolean => ts.isExportAssignment(node) || node.kind === ts.SyntaxKind.DefaultKeyword
    const mayHave = (file: string): boolean => file.startsWith('cli/commands/')
    const exported = (node: ts.Node): boolean => isDefault(node) && !ts.isDefaultClause(node.parent) && !ts.isDefaultClause(node)
    expect(source.filter((file) => !mayHave(file)).flatMap((file) => nodesWhere(file, exported))).toEqual([])
  })

  it('keeps logic out of index.ts', () => {
    const logic = (node: ts.Node): boolean => ts.isSourceFile(node.parent) && !ts.isExportDeclaration(node) && !ts.isImportDeclaration(node)
    const indexes = source.filter((file) => basename(file) === 'index.ts' && file.startsWith('framework/'))
    expect(
      indexes.flatMap((file) =>
        nodesWhere(file, (node) => node.parent !== undefined && node.kind !== ts.SyntaxKind.EndOfFileToken && logic(node)),
      ),
    ).toEqual([])
  })

  it(`has functions of at most ${functionLinesMax} lines`, () => {
    const long = (node: ts.Node): boolean => ts.isFunctionLike(node) && node.getText().split('\n').length > functionLinesMax
    expect(source.flatMap((file) => nodesWhere(file, long))).toEqual([])
  })

  it('touches the clock, timers and randomness inside framework/ in the clock alone', () => {
    const touches = (node: ts.Node): boolean =>
      (ts.isCallExpression(node) && clockAndLots.has(node.expression.getText())) ||
      (ts.isNewExpression(node) && node.expression.getText() === 'Date' && (node.arguments ?? []).length === 0)
    const inside = source.filter((file) => file.startsWith('framework/') && file !== clockImplementation)
    expect(inside.flatMap((file) => nodesWhere(file, touches))).toEqual([])
  })
})

function read(file: string): string {
  return readFileSync(file, 'utf8')
}

/** Without TSDoc: each public operator has its semantics and an example, and nobody is to leave them out to keep a file short. */
function linesOf(file: string): number {
  return (
    read(file)
      .replaceAll(/^ *\/\*\*\n( *\*.*\n)+/gm, '')
      .split('\n').length - 1
  )
}

function linesWith(file: string, pattern: RegExp): string[] {
  return read(file)
    .split('\n')
    .flatMap((line, index) => (pattern.test(line) ? [`${file}:${index + 1}: ${line.trim()}`] : []))
}

function nodesWhere(file: string, holds: (node: ts.Node) => boolean): string[] {
  const tree = ts.createSourceFile(file, read(file), ts.ScriptTarget.ES2022, true)
  const found: string[] = []
  const visit = (node: ts.Node): void => {
    if (holds(node)) {
      const line = tree.getLineAndCharacterOfPosition(node.getStart()).line + 1
      found.push(`${file}:${line}: ${node.getText().split('\n')[0]}`)
    }
    ts.forEachChild(node, visit)
  }
  visit(tree)
  return found
}

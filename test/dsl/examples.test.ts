// Every example in the TSDoc of what users import compiles, and gives a topology where it defines one.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')
const index = join(root, 'framework/index.ts')

interface Example {
  readonly file: string
  readonly code: string
}

/** The code blocks behind @example, with the name under which each is compiled: beside the file that it is from. */
function examplesOf(folder: string): readonly Example[] {
  return readdirSync(join(root, folder)).flatMap((file) => {
    const source = readFileSync(join(root, folder, file), 'utf8')
    const blocks = source.matchAll(/@example\n\s*\* ```ts\n([\s\S]*?)\n\s*\* ```/g)
    return [...blocks].map(([, block = ''], i) => ({
      file: join(root, folder, `${file.replace('.ts', '')}.example-${i + 1}.ts`),
      code: block.replace(/^\s*\* ?/gm, ''),
    }))
  })
}

/** Compiles files that are only in memory; `millrace` and its plugins are the sources of this repository. */
function problemsOf(examples: readonly Example[]): readonly string[] {
  const config = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, root)
  const paths = { millrace: [index], 'millrace/plugins/*': [join(root, 'plugins/*/index.ts')] }
  const settings: ts.CompilerOptions = { ...options, noUnusedLocals: false, noEmit: true, paths }
  const host = ts.createCompilerHost(settings)
  const code = new Map(examples.map((example) => [example.file, example.code]))
  const { getSourceFile, fileExists } = host
  host.fileExists = (file) => code.has(file) || fileExists(file)
  host.getSourceFile = (file, language) => {
    const text = code.get(file)
    return text === undefined ? getSourceFile(file, language) : ts.createSourceFile(file, text, language)
  }
  const program = ts.createProgram([...code.keys()], settings, host)
  return [...code.keys()].flatMap((file) => {
    const source = program.getSourceFile(file)
    const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)]
    return found.map(({ messageText }) => `${file}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`)
  })
}

test('the examples in the documentation of the dsl compile', () => {
  const examples = examplesOf('framework/dsl')
  expect(examples.length).toBeGreaterThan(15)
  expect(problemsOf(examples)).toEqual([])
}, 60_000)

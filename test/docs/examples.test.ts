// Each TypeScript example of the documentation (TSDoc of what is exported, README, ARCHITECTURE, docs/, templates' READMEs) compiles as it stands.

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { expect, it, vi } from 'vitest'
import { millrace, projectOf } from '../cli/program.ts'

interface Example {
  /** Where it stands. */
  readonly source: string
  /** Where it is compiled: beside the sources, so that `millrace` resolves to this package. */
  readonly file: string
  readonly text: string
}

const root = process.cwd()

// A topology is compiled for one of them.
vi.setConfig({ testTimeout: 120_000 })

it('compiles every example', async () => {
  const examples = [...trackedFiles().flatMap(examplesOf), await client()]
  expect(examples.length).toBeGreaterThan(0)
  expect(problemsOf(examples)).toEqual([])
})

/** What an example imports that reads the stores of flight-delays. */
async function client(): Promise<Example> {
  const { code, stdout, stderr } = await millrace(['client', 'flight-delays'], projectOf('flight-delays'))
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return { source: 'millrace client flight-delays', file: join(root, 'flight-delays-client.ts'), text: stdout }
}

function trackedFiles(): string[] {
  const patterns = [
    'framework/**/*.ts',
    'plugins/**/*.ts',
    'test/kit/*.ts',
    'test/contract/*.ts',
    '*.md',
    'docs/**/*.md',
    'templates/**/*.md',
  ]
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', ...patterns], { encoding: 'utf8' })
  return listed.split('\n').filter((file) => file !== '')
}

function examplesOf(source: string): Example[] {
  const text = readFileSync(source, 'utf8')
  const inComment = source.endsWith('.ts')
  const block = inComment ? /^ *\* ```ts\n([\s\S]*?)^ *\* ```$/gm : /^```ts\n([\s\S]*?)^```$/gm
  return [...text.matchAll(block)].map((match) => {
    const line = text.slice(0, match.index).split('\n').length
    const code = match[1] ?? ''
    return {
      source: `${source}:${line}`,
      file: join(root, `example-${source.replaceAll(/[/.]/g, '-')}-${line}.ts`),
      // An example without imports shares no scope with the others all the same.
      text: `${inComment ? code.replaceAll(/^ *\* ?/gm, '') : code}\nexport {}\n`,
    }
  })
}

function problemsOf(examples: readonly Example[]): string[] {
  const texts = new Map(examples.map((example) => [example.file, example]))
  const parsed = ts.getParsedCommandLineOfConfigFile(
    'tsconfig.json',
    { noUnusedLocals: false, noUnusedParameters: false },
    {
      ...ts.sys,
      onUnRecoverableConfigFileDiagnostic: (diagnostic) => {
        throw new Error(ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n'))
      },
    },
  )
  const options = parsed?.options ?? {}
  const host = ts.createCompilerHost(options)
  const { readFile, fileExists } = host
  host.readFile = (file) => texts.get(file)?.text ?? readFile(file)
  host.fileExists = (file) => texts.has(file) || fileExists(file)
  const program = ts.createProgram([...texts.keys()], options, host)
  return ts.getPreEmitDiagnostics(program).flatMap((diagnostic) => {
    const example = texts.get(diagnostic.file?.fileName ?? '')
    if (example === undefined) return []
    const message = ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n')
    return [`${example.source}: ${example.text.split('\n')[lineOf(diagnostic)]?.trim()}: ${message}`]
  })
}

function lineOf({ file, start }: ts.Diagnostic): number {
  return file === undefined ? 0 : file.getLineAndCharacterOfPosition(start ?? 0).line
}

// The compiler's diagnostics on the terminal, and the exit code that follows from them.

import { readFileSync } from 'node:fs'
import type { Diagnostic, FixResult } from '../framework/compiler/index.ts'
import { hasColours } from './colours.ts'
import { Flags } from './oclif.ts'
import { jsonOf } from './tables.ts'

export async function printDiagnostics(
  diagnostics: readonly Diagnostic[],
  strict: boolean,
  stream: NodeJS.WriteStream = process.stdout,
): Promise<void> {
  const { formatDiagnostics, summarizeDiagnostics } = await import('../framework/compiler/index.ts')
  stream.write(formatDiagnostics(diagnostics, { colours: hasColours(stream, process.env) }))
  if (diagnostics.length > 0) stream.write(`${summarizeDiagnostics(diagnostics)}\n`)
  setExitCode(diagnostics, strict)
}

/** What `--format` takes. */
export const diagnosticFormats = ['pretty', 'json', 'sarif', 'github'] as const

export const formatFlag = Flags.option({ options: diagnosticFormats, default: 'pretty' as const })({
  description: 'how the diagnostics are written; github: as annotations of a workflow',
})

/** In the format that is asked for; `json` is what is written as JSON besides the diagnostics. */
export async function reportDiagnostics(
  diagnostics: readonly Diagnostic[],
  { strict, format }: { readonly strict: boolean; readonly format: (typeof diagnosticFormats)[number] },
  json: object = {},
): Promise<void> {
  if (format === 'pretty') {
    await printDiagnostics(diagnostics, strict)
    return writePages(diagnostics)
  }
  const { gitHubText, sarifText } = await import('../framework/compiler/index.ts')
  setExitCode(diagnostics, strict)
  if (format === 'json') process.stdout.write(`${jsonOf({ diagnostics, ...json })}\n`)
  else process.stdout.write(format === 'sarif' ? sarifText(diagnostics, millraceVersion()) : gitHubText(diagnostics))
}

/** What `--fix` has done; beside the output where that is for programs. */
export async function reportFixed(
  { fixed, refused }: Omit<FixResult, 'diagnostics'>,
  format: (typeof diagnosticFormats)[number],
): Promise<void> {
  if (format === 'json') return
  const { formatFixed } = await import('../framework/compiler/index.ts')
  const stream = format === 'pretty' ? process.stdout : process.stderr
  stream.write(formatFixed(fixed, { colours: hasColours(stream, process.env) }))
  for (const file of refused)
    stream.write(
      `${file} is left as it was: with the fixes in it TypeScript found more errors, or the check of a plugin as many problems as before.\n`,
    )
  if (fixed.length > 0) stream.write(`${fixed.length} fixed\n`)
}

/** Where more is to be read. */
async function writePages(diagnostics: readonly Diagnostic[]): Promise<void> {
  const { diagnosticPage } = await import('../framework/compiler/index.ts')
  const pages = new Set(diagnostics.map(({ code }) => diagnosticPage(code)).filter((page) => page !== undefined))
  if (pages.size > 0) process.stdout.write(`In node_modules/millrace: ${[...pages].sort().join(', ')}\n`)
}

function millraceVersion(): string {
  const file = new URL(import.meta.url.includes('/build/') ? '../../package.json' : '../package.json', import.meta.url)
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}

export function setExitCode(diagnostics: readonly Diagnostic[], strict: boolean): void {
  if (diagnostics.some(({ severity }) => strict || severity === 'error')) process.exitCode = 1
}

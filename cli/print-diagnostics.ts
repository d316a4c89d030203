// The compiler's diagnostics on the terminal, and the exit code that follows from them.

import type { Diagnostic } from '../framework/compiler/index.ts'

export async function printDiagnostics(diagnostics: readonly Diagnostic[], strict: boolean): Promise<void> {
  const { formatDiagnostics, summarizeDiagnostics } = await import('../framework/compiler/index.ts')
  const colours = process.stdout.isTTY === true && !process.env.NO_COLOR
  process.stdout.write(formatDiagnostics(diagnostics, { colours }))
  if (diagnostics.length > 0) process.stdout.write(`${summarizeDiagnostics(diagnostics)}\n`)
  if (diagnostics.some(({ severity }) => strict || severity === 'error')) process.exitCode = 1
}

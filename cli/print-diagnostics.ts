// The compiler's diagnostics on the terminal, and the exit code that follows from them.

import type { Diagnostic } from '../framework/compiler/index.ts'
import { hasColours } from './colours.ts'

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

export function setExitCode(diagnostics: readonly Diagnostic[], strict: boolean): void {
  if (diagnostics.some(({ severity }) => strict || severity === 'error')) process.exitCode = 1
}

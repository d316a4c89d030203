// Diagnostics as text, in the form of tsc, so that editors and CI that read tsc's output read ours.

import type { Diagnostic } from './diagnostics.ts'

export interface FormatOptions {
  /** Escape sequences for a terminal. */
  readonly colours?: boolean
}

/** One line for each diagnostic, its remedy indented below it; ends with a line end unless there is nothing to say. */
export function formatDiagnostics(diagnostics: readonly Diagnostic[], options: FormatOptions = {}): string {
  return diagnostics.map((one) => `${formatDiagnostic(one, options.colours === true)}\n`).join('')
}

/** The last line of a check: `2 errors, 1 warning`. */
export function summarizeDiagnostics(diagnostics: readonly Diagnostic[]): string {
  const errors = diagnostics.filter((one) => one.severity === 'error').length
  const warnings = diagnostics.length - errors
  return `${plural(errors, 'error')}, ${plural(warnings, 'warning')}`
}

function formatDiagnostic(one: Diagnostic, colours: boolean): string {
  const paint = (colour: number, text: string): string => (colours ? `\u001b[${colour}m${text}\u001b[0m` : text)
  const { span } = one
  const place = span === undefined ? '' : `${paint(36, span.file)}:${paint(33, `${span.line}`)}:${paint(33, `${span.column}`)} - `
  const head = `${place}${paint(one.severity === 'error' ? 31 : 33, one.severity)} ${paint(90, `${one.code}:`)} ${one.message}`
  return one.remedy === undefined ? head : `${head}\n  ${one.remedy}`
}

function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`
}

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

/** One line for each diagnostic that was fixed: where it stood, and what was done. */
export function formatFixed(fixed: readonly Diagnostic[], options: FormatOptions = {}): string {
  return fixed.map((one) => `${formatFix(one, options.colours === true)}\n`).join('')
}

/** The last line of a check: `2 errors, 1 warning`. */
export function summarizeDiagnostics(diagnostics: readonly Diagnostic[]): string {
  const errors = diagnostics.filter((one) => one.severity === 'error').length
  const warnings = diagnostics.length - errors
  return `${plural(errors, 'error')}, ${plural(warnings, 'warning')}`
}

function formatDiagnostic(one: Diagnostic, colours: boolean): string {
  const paint = painter(colours)
  const head = `${placeText(one, colours)}${paint(one.severity === 'error' ? 31 : 33, one.severity)} ${paint(90, `${one.code}:`)} ${one.message}`
  return one.remedy === undefined ? head : `${head}\n  ${one.remedy}`
}

function formatFix(one: Diagnostic, colours: boolean): string {
  const paint = painter(colours)
  return `${placeText(one, colours)}${paint(32, 'fixed')} ${paint(90, `${one.code}:`)} ${one.fix?.title ?? ''}`
}

function placeText({ span }: Diagnostic, colours: boolean): string {
  const paint = painter(colours)
  return span === undefined ? '' : `${paint(36, span.file)}:${paint(33, `${span.line}`)}:${paint(33, `${span.column}`)} - `
}

function painter(colours: boolean): (colour: number, text: string) => string {
  return (colour, text) => (colours ? `\u001b[${colour}m${text}\u001b[0m` : text)
}

function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`
}

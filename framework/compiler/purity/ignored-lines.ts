// Comments that silence a rule on a line, with a reason: `// millrace-ignore MR1201: only shown, never kept`, at the end of the line or alone above it. One that
// has no reason, or nothing to silence, is reported itself, so that none outlives what it was for.

import { ts } from 'ts-morph'
import { type Diagnostic, diagnostic, diagnosticCodes, type Span } from '../diagnostics.ts'
import { type Fix, replaced } from '../fixes/text-edits.ts'
import type { Sources } from '../project.ts'

interface Ignore {
  readonly code: string
  readonly span: Span
  /** The line that it is for. */
  readonly line: number
  /** What takes it out. */
  readonly fix: Fix
}

/** What says that something cannot be built or run cannot be silenced: rules on what operators do, advice, and plugins' checks can. */
function canBeSilenced(code: string): boolean {
  return !/^(MR|TS)/.test(code) || /^MR1(20[1-9]|21[01]|4\d\d)$/.test(code)
}

const form = /^\/\/\s*millrace-ignore\b\s*([A-Za-z]+\d+)?\s*(?::\s*(.*))?$/

/** The diagnostics without those that a comment silences, and what is wrong with the comments. `files` are all that was looked at. */
export function withoutIgnored(
  diagnostics: readonly Diagnostic[],
  files: readonly ts.SourceFile[],
  sources: Sources,
): readonly Diagnostic[] {
  const ignores: Ignore[] = []
  const problems: Diagnostic[] = []
  for (const file of files) {
    // Most files have none, and need not be cut into words.
    if (file.text.includes('millrace-ignore')) read(file, sources, ignores, problems)
  }
  if (ignores.length + problems.length === 0) return diagnostics
  const used = new Set<Ignore>()
  const left = diagnostics.filter(({ code, span }) => {
    const ignore = ignores.find((one) => one.code === code && one.span.file === span?.file && one.line === span.line)
    if (ignore !== undefined) used.add(ignore)
    return ignore === undefined
  })
  const unused = ignores.filter((ignore) => !used.has(ignore)).map(({ code, span, fix }) => diagnostic('MR1213', span, { code }, fix))
  return [...left, ...problems, ...unused]
}

function read(file: ts.SourceFile, sources: Sources, ignores: Ignore[], problems: Diagnostic[]): void {
  for (const { pos: start, end } of comments(file)) {
    const text = file.text.slice(start, end)
    if (!/^\/\/\s*millrace-ignore\b/.test(text)) continue
    const span = sources.spanAt(file, start)
    const [, code, reason = ''] = form.exec(text) ?? []
    const problem = problemOf(code, reason)
    if (problem === undefined && code !== undefined)
      ignores.push({ code, span, line: isAlone(file, start) ? nextLine(file, end) : span.line, fix: removal(file, start, end, sources) })
    else problems.push(diagnostic('MR1212', span, { problem: problem ?? '' }))
  }
}

/** With its line, if nothing else is on it; else with the space before it. */
function removal(file: ts.SourceFile, start: number, end: number, sources: Sources): Fix {
  const lineStart = file.text.lastIndexOf('\n', start - 1) + 1
  const lineEnd = file.text.indexOf('\n', end)
  const range: readonly [number, number] = isAlone(file, start)
    ? [lineStart, lineEnd === -1 ? file.text.length : lineEnd + 1]
    : [lineStart + file.text.slice(lineStart, start).trimEnd().length, end]
  return { title: 'take the comment out', edits: [replaced(sources.editedFile(file), ...range, '')] }
}

function problemOf(code: string | undefined, reason: string): string | undefined {
  if (code === undefined) return 'it names no code.'
  if (code.startsWith('MR') && !(diagnosticCodes as readonly string[]).includes(code)) return `there is no ${code}.`
  if (!canBeSilenced(code)) return `${code} cannot be silenced, because nothing could be built or run with it.`
  return reason.trim() === '' ? `it gives no reason for ${code}.` : undefined
}

/** The line comments of a file. They lie before tokens, never inside of one, so what looks like one in a text is none. */
function comments(file: ts.SourceFile): readonly ts.CommentRange[] {
  const found = new Map<number, ts.CommentRange>()
  const visit = (node: ts.Node): void => {
    const ranges = [
      ...(ts.getLeadingCommentRanges(file.text, node.getFullStart()) ?? []),
      ...(ts.getTrailingCommentRanges(file.text, node.getEnd()) ?? []),
    ]
    for (const range of ranges) if (range.kind === ts.SyntaxKind.SingleLineCommentTrivia) found.set(range.pos, range)
    for (const child of node.getChildren(file)) visit(child)
  }
  visit(file)
  return [...found.values()].sort((a, b) => a.pos - b.pos)
}

function isAlone(file: ts.SourceFile, start: number): boolean {
  const lineStart = file.text.lastIndexOf('\n', start - 1) + 1
  return file.text.slice(lineStart, start).trim() === ''
}

/** The first line below that is neither empty nor a comment: several comments may stand above one line. */
function nextLine(file: ts.SourceFile, end: number): number {
  const lines = file.text.split('\n')
  let line = file.getLineAndCharacterOfPosition(end).line + 1
  while (line < lines.length && /^\s*(\/\/.*)?$/.test(lines[line] ?? '')) line++
  return line + 1
}

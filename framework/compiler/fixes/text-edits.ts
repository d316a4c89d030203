// Edits of a source file as data, and the few that all fixes are made of: an option put into a call, a call taken out of its chain. An edit that would throw a
// comment away is none: it may say why the code is as it is.

import { ts } from 'ts-morph'
import type { Span } from '../diagnostics.ts'

/** What stands between two places gives way to a text. The places are of the same file; equal ones insert. */
export interface TextEdit {
  /** Relative to the project, with forward slashes. */
  readonly file: string
  readonly start: Omit<Span, 'file'>
  readonly end: Omit<Span, 'file'>
  readonly text: string
}

export interface Fix {
  /** What it does, as an imperative: `say { grace: 0 }`. */
  readonly title: string
  /** All of them, or none. */
  readonly edits: readonly TextEdit[]
}

/** A file whose edits are made: its syntax tree, and how it is called in them. */
export interface EditedFile {
  readonly path: string
  readonly source: ts.SourceFile
}

export function replaced({ path, source }: EditedFile, start: number, end: number, text: string): TextEdit {
  return { file: path, start: placeOf(source, start), end: placeOf(source, end), text }
}

export function inserted(file: EditedFile, position: number, text: string): TextEdit {
  return replaced(file, position, position, text)
}

export function replacedNode(file: EditedFile, node: ts.Node, text: string): TextEdit {
  return replaced(file, node.getStart(file.source), node.getEnd(), text)
}

function placeOf(source: ts.SourceFile, position: number): TextEdit['start'] {
  const { line, character } = source.getLineAndCharacterOfPosition(position)
  return { line: line + 1, column: character + 1 }
}

/** `.method(…)` out of a chain, whose calls before and behind it stay. undefined where that cannot be done. */
export function withoutCall(file: EditedFile, call: ts.CallExpression): TextEdit | undefined {
  const { expression } = call
  if (!ts.isPropertyAccessExpression(expression)) return undefined
  const [start, end] = [expression.expression.getEnd(), call.getEnd()]
  return hasComment(file.source, start, end) ? undefined : replaced(file, start, end, '')
}

/** A call of another method in the place of one, with other arguments; what it is called on stays. */
export function otherCall(file: EditedFile, call: ts.CallExpression, text: string): TextEdit | undefined {
  const { expression } = call
  if (!ts.isPropertyAccessExpression(expression)) return undefined
  const [start, end] = [expression.name.getStart(file.source), call.getEnd()]
  return hasComment(file.source, start, end) ? undefined : replaced(file, start, end, text)
}

/** A property put into the object of options at `index` of the arguments. undefined where the options are no object literal. */
export function withOption(file: EditedFile, call: ts.CallExpression, index: number, property: string): TextEdit | undefined {
  const given = call.arguments[index]
  if (given === undefined) {
    const missing = Array.from({ length: index - call.arguments.length }, () => 'undefined')
    const text = [...missing, `{ ${property} }`].join(', ')
    const last = call.arguments.at(-1)
    return last === undefined ? inserted(file, call.getEnd() - 1, text) : inserted(file, last.getEnd(), `, ${text}`)
  }
  if (!ts.isObjectLiteralExpression(given)) return undefined
  const last = given.properties.at(-1)
  return last === undefined ? replacedNode(file, given, `{ ${property} }`) : inserted(file, last.getEnd(), `, ${property}`)
}

/** Whether an edit of the range would take a comment out. What only looks like one, in a text, counts too: then nothing is edited. */
export function hasComment(source: ts.SourceFile, start: number, end: number): boolean {
  return /\/[/*]/.test(source.text.slice(start, end))
}

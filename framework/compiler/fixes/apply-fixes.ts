// Fixes applied to texts. Those of one round must not touch each other: of two that do the first wins, and the other one comes again in the next round, made for
// the text as it is then.

import { ts } from 'ts-morph'
import type { Fix, TextEdit } from './text-edits.ts'

/** Which fixes can be applied together, in the order given. An edit that several of them share counts once. */
export function compatibleFixes<T extends { readonly fix: Fix }>(candidates: readonly T[]): T[] {
  const accepted: TextEdit[] = []
  return candidates.filter(({ fix }) => {
    const added = fix.edits.filter((edit) => !accepted.some((other) => isSame(edit, other)))
    if (added.some((edit) => accepted.some((other) => touches(edit, other)))) return false
    accepted.push(...added)
    return true
  })
}

/** A text with the edits that are of its file. */
export function editedText(text: string, file: string, fixes: readonly Fix[]): string {
  const own = fixes.flatMap(({ edits }) => edits).filter((edit) => edit.file === file)
  const unique = own.filter((edit, index) => own.findIndex((other) => isSame(edit, other)) === index)
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest)
  const offset = ({ line, column }: TextEdit['start']): number => source.getPositionOfLineAndCharacter(line - 1, column - 1)
  // From behind, so that the places before stay where they are.
  const ordered = unique.sort((a, b) => compared(b.start, a.start) || compared(b.end, a.end))
  return ordered.reduce((whole, edit) => whole.slice(0, offset(edit.start)) + edit.text + whole.slice(offset(edit.end)), text)
}

function isSame(a: TextEdit, b: TextEdit): boolean {
  return a.file === b.file && a.text === b.text && compared(a.start, b.start) === 0 && compared(a.end, b.end) === 0
}

/** Whether they share a character, or begin at the same place, so that their order would be chance. */
export function touches(a: TextEdit, b: TextEdit): boolean {
  if (a.file !== b.file) return false
  return compared(a.start, b.start) === 0 || (compared(a.start, b.end) < 0 && compared(b.start, a.end) < 0)
}

function compared(a: TextEdit['start'], b: TextEdit['start']): number {
  return a.line - b.line || a.column - b.column
}

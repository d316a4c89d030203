// Applies the fixes of a project's diagnostics, checks again, and goes on until nothing is left to fix. Each round is written as a whole before the next check;
// a file in which TypeScript then finds more than before, or a plugin's check not less, or
// that leaves no topology, gets back what it was, and is left alone: a fix must never leave a project
// worse than it was.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Diagnostic } from '../diagnostics.ts'
import { writeWholly } from '../whole-files.ts'
import { compatibleFixes, editedText } from './apply-fixes.ts'
import type { Fix } from './text-edits.ts'

export interface FixResult {
  /** In the order in which they were applied; the places are those of the files as they were then. */
  readonly fixed: readonly Diagnostic[]
  /** Files whose fixes were taken back, because what came out is worse: TypeScript finds more in it, or the check of a plugin that gave them as much as before. */
  readonly refused: readonly string[]
  /** What is left. */
  readonly diagnostics: readonly Diagnostic[]
}

/** Fixes that bring forth others go round after this many. */
const roundsMax = 10

/** `check` reads these files anew, by absolute path, and checks the project. */
export async function fixFiles(folder: string, check: (changed: readonly string[]) => Promise<readonly Diagnostic[]>): Promise<FixResult> {
  const fixed: Diagnostic[] = []
  const refused = new Set<string>()
  let diagnostics = await check([])
  for (let round = 0; round < roundsMax; round++) {
    const chosen = compatibleFixes(diagnostics.filter(hasFix).filter(({ fix }) => !fix.edits.some(({ file }) => refused.has(file))))
    if (chosen.length === 0) break
    const files = [...new Set(chosen.flatMap(({ fix }) => fix.edits.map(({ file }) => file)))]
    const before = new Map(await Promise.all(files.map(async (file) => [file, await readFile(join(folder, file), 'utf8')] as const)))
    const fixes = chosen.map(({ fix }) => fix)
    const write = async (texts: ReadonlyMap<string, string>): Promise<readonly Diagnostic[]> => {
      const byPath = new Map([...texts].map(([file, text]) => [join(folder, file), text]))
      await writeWholly(byPath)
      return check([...byPath.keys()])
    }
    const after = await write(new Map([...before].map(([file, text]) => [file, editedText(text, file, fixes)])))
    const vain = vainFiles(chosen, diagnostics, after)
    // A fix of several files stands or falls with all of them.
    const worse = files.filter((file) => vain.has(file) || typeErrors(after, file) > typeErrors(diagnostics, file))
    const undone = worse.length === 0 ? [] : files.filter((file) => worse.includes(file) || sharesFix(file, worse, fixes))
    for (const file of undone) refused.add(file)
    fixed.push(...chosen.filter(({ fix }) => !fix.edits.some(({ file }) => refused.has(file))))
    diagnostics = undone.length === 0 ? after : await write(new Map(undone.map((file) => [file, before.get(file) ?? ''])))
  }
  return { fixed, refused: [...refused].sort(), diagnostics }
}

function hasFix(one: Diagnostic): one is Diagnostic & { readonly fix: Fix } {
  return one.fix !== undefined
}

/** The files of fixes of plugins' checks that find as much afterwards as before, and would be made again in each round, or after which a topology cannot be made. */
function vainFiles(
  chosen: readonly (Diagnostic & { readonly fix: Fix })[],
  before: readonly Diagnostic[],
  after: readonly Diagnostic[],
): ReadonlySet<string> {
  const count = (diagnostics: readonly Diagnostic[], code: string): number => diagnostics.filter((one) => one.code === code).length
  const breaks = ['MR1301', 'MR1302', 'MR1303'].some((code) => count(after, code) > count(before, code))
  const vain = chosen.filter(({ code }) => !code.startsWith('MR') && (breaks || count(after, code) >= count(before, code)))
  return new Set(vain.flatMap(({ fix }) => fix.edits.map(({ file }) => file)))
}

/** MR1608 stands in the place of one. */
function typeErrors(diagnostics: readonly Diagnostic[], file: string): number {
  return diagnostics.filter(({ code, span }) => (code.startsWith('TS') || code === 'MR1608') && span?.file === file).length
}

function sharesFix(file: string, others: readonly string[], fixes: readonly Fix[]): boolean {
  return fixes.some(({ edits }) => edits.some((edit) => edit.file === file) && edits.some((edit) => others.includes(edit.file)))
}

// `millrace check --watch`: one compiler, kept from edit to edit. No signal is listened to: Ctrl-C ends the process at once, also in the middle of a check.

import { realpathSync } from 'node:fs'
import { basename, dirname, join, relative, sep } from 'node:path'
import { type CompilerProject, type Diagnostic, formatDiagnostics, openProject, summarizeDiagnostics } from '../framework/compiler/index.ts'
import { hasColours } from './colours.ts'
import { type Changes, ProjectWatcher } from './dev/project-watcher.ts'
import { readerGone } from './stop-signal.ts'

export interface WatchOptions {
  readonly folder: string
  /** json: a line for each check. */
  readonly format: 'pretty' | 'json'
}

/** What decides how all else is read, in the folder of the project. */
const settings = /^(tsconfig.*|package)\.json$/
const configFile = 'millrace.config.ts'

/** Checks now and after each edit, until nobody reads any more. */
export async function watchChecks({ folder, format }: WatchOptions): Promise<void> {
  const real = realpathSync(folder)
  const output = process.stdout
  const gone = readerGone()
  const watcher = await ProjectWatcher.start(real)
  const show = format === 'json' ? showJson : showText
  try {
    let project = openProject(real, { keepWarm: true })
    let changes: Changes = { files: [], atMs: performance.now() }
    for (;;) {
      const names = changes.files.map((file) => relative(real, file).split(sep).join('/')).sort()
      if (changes.files.some((file) => isSetting(file, real))) project = openProject(real, { keepWarm: true })
      else if (names.length > 0) project.refresh(changes.files)
      if (format === 'pretty') output.write(names.length === 0 ? 'Checking\n' : `Checking after a change of ${names.join(', ')}\n`)
      const diagnostics = await project.check()
      show(output, { names, diagnostics, tookMs: Math.round(performance.now() - changes.atMs) })
      await project.writeDeclarations()
      watcher.addOutside(project.files().filter((file) => relative(real, file).startsWith('..')))
      const next = await Promise.race([nextRelevant(watcher, real, project, diagnostics.length > 0), gone])
      if (next === 'stopped') return
      changes = next
    }
  } finally {
    await watcher.close()
  }
}

/** The next edit that may change what is said. A file that is missing in an import may be any, so with problems each counts. */
async function nextRelevant(watcher: ProjectWatcher, folder: string, project: CompilerProject, hasProblems: boolean): Promise<Changes> {
  for (;;) {
    const changes = await watcher.next()
    const known = new Set(project.files())
    const topologies = join(folder, 'topologies') + sep
    const isRelevant = (file: string): boolean => {
      const name = basename(file)
      if (name.endsWith('.d.ts') && !known.has(file)) return false
      return hasProblems || known.has(file) || file.startsWith(topologies) || name === configFile || isSetting(file, folder)
    }
    const files = changes.files.filter(isRelevant)
    if (files.length > 0) return { ...changes, files }
  }
}

function isSetting(file: string, folder: string): boolean {
  return dirname(file) === folder && settings.test(basename(file))
}

interface Checked {
  /** The files that have changed since the last time, relative to the project. */
  readonly names: readonly string[]
  readonly diagnostics: readonly Diagnostic[]
  /** Since the first of the changes was seen. */
  readonly tookMs: number
}

function showText(output: NodeJS.WriteStream, { diagnostics, tookMs }: Checked): void {
  const text = formatDiagnostics(diagnostics, { colours: hasColours(output, process.env) })
  output.write(`${text}${summarizeDiagnostics(diagnostics)}, in ${tookMs} ms. Waiting for changes; Ctrl-C ends.\n`)
}

function showJson(output: NodeJS.WriteStream, { names, diagnostics, tookMs }: Checked): void {
  output.write(`${JSON.stringify({ changed: names, diagnostics, tookMs })}\n`)
}

// What the commands of a project's plugins say of themselves, kept in .millrace so that the list of commands need not load the configuration. It holds as long as
// none of the files that it was read from has changed.

import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from '../framework/index.ts'

/** A command without what it does. */
export interface CommandData extends Omit<Command, 'run'> {
  readonly plugin: string
  readonly id: string
}

interface Kept {
  readonly version: typeof version
  /** By path: when it was changed, and its size. */
  readonly files: Readonly<Record<string, string>>
  readonly commands: readonly CommandData[]
}

/** Of the form of the file. */
const version = 1
const folder = '.millrace'
const file = join(folder, 'plugin-commands.json')

/** undefined if there is nothing that can be relied on. */
export function keptCommands(): readonly CommandData[] | undefined {
  try {
    const kept = JSON.parse(readFileSync(file, 'utf8')) as Kept
    const isGood = kept.version === version && Object.entries(kept.files).every(([path, stamp]) => stampOf(path) === stamp)
    return isGood ? kept.commands : undefined
  } catch {
    return undefined
  }
}

/** Where it cannot be written, the configuration is read the next time too. */
export function keepCommands(files: readonly string[], commands: readonly CommandData[]): void {
  try {
    const kept: Kept = { version, files: Object.fromEntries(files.map((path) => [path, stampOf(path)])), commands }
    mkdirSync(folder, { recursive: true })
    writeFileSync(file, `${JSON.stringify(kept)}\n`)
  } catch {
    // See above.
  }
}

/** npm gives each file of a package the same time of modification, so what counts is when the system last changed it. */
function stampOf(path: string): string {
  const { ctimeMs, size } = statSync(path)
  return `${ctimeMs}/${size}`
}

// Where Millrace itself lies: the compiler tells Millrace's declarations from the project's by it.

import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of the package, with links resolved. */
export const libraryFolder: string = packageFolderOf(dirname(realpathSync(fileURLToPath(import.meta.url))))

/** Whether a file is Millrace's own (and not a test's or a template's in its repository). */
export function isLibraryPath(path: string): boolean {
  return liesIn('framework', path) || isPluginPath(path)
}

/** Whether it is of a plugin that Millrace brings. */
export function isPluginPath(path: string): boolean {
  return liesIn('plugins', path)
}

/** As source or as built. */
function liesIn(part: string, path: string): boolean {
  return [part, join('build', part)].some((folder) => path.startsWith(withForwardSlashes(join(libraryFolder, folder, sep))))
}

export function withForwardSlashes(path: string): string {
  return sep === '/' ? path : path.replaceAll(sep, '/')
}

/** The nearest folder upwards with a package.json. */
export function packageFolderOf(folder: string): string {
  for (let current = folder; ; current = dirname(current)) {
    if (existsSync(join(current, 'package.json'))) return current
    if (dirname(current) === current) throw new Error(`no package.json above ${folder}`)
  }
}

export function packageAt(folder: string): { readonly name: string; readonly version: string; readonly licence: string | undefined } {
  const content = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { name?: string; version?: string; license?: unknown }
  const { name = '', version = '', license } = content
  return { name, version, licence: typeof license === 'string' ? license : undefined }
}

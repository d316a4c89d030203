// The templates that `millrace new` copies: complete projects, in the package beside the program.

import { cpSync, existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

export interface Template {
  readonly name: string
  readonly description: string
  readonly folder: string
}

interface PackageJson {
  readonly name: string
  readonly version: string
  readonly description: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

/** npm leaves files of these names out of a package, or takes them for its own, so they lie there without the dot. */
const dotFiles = ['gitignore', 'dockerignore']
const packageFile = createRequire(import.meta.url).resolve('millrace/package.json')

/** The simplest first, as each grows by one idea. */
const order = ['tumbling-sum', 'word-count', 'flight-delays', 'count-windows', 'session-activity', 'dedup', 'stateful-process', 'plugin']

export function templates(): readonly Template[] {
  const all = join(dirname(packageFile), 'templates')
  return readdirSync(all)
    .filter((name) => existsSync(join(all, name, 'package.json')))
    .sort((left, right) => order.indexOf(left) - order.indexOf(right))
    .map((name) => ({ name, description: read(join(all, name, 'package.json')).description, folder: join(all, name) }))
}

/** Makes the project in a folder that is there and empty. `millrace` is what npm is to install. */
export function copyTemplate(template: Template, folder: string, name: string, millrace: string): void {
  cpSync(template.folder, folder, { recursive: true })
  for (const file of dotFiles) renameSync(join(folder, file), join(folder, `.${file}`))
  const manifest = read(join(folder, 'package.json'))
  const own = { ...manifest, name, ...dependenciesOf(manifest, millrace) }
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(own, null, 2)}\n`)
}

/** A plugin is tested with the Millrace that is named, and used with that of its project. */
function dependenciesOf({ dependencies, devDependencies, peerDependencies }: PackageJson, millrace: string): Partial<PackageJson> {
  if (peerDependencies?.millrace === undefined) return { dependencies: { ...dependencies, millrace } }
  return { peerDependencies: { ...peerDependencies, millrace: ownVersion() }, devDependencies: { ...devDependencies, millrace } }
}

/** The version that this program is of, and those that fit it. */
export function ownVersion(): string {
  return `^${read(packageFile).version}`
}

function read(file: string): PackageJson {
  return JSON.parse(readFileSync(file, 'utf8'))
}

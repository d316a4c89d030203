// The Vite plugin that gives topologies to tests. What a test imports from topologies/ goes through the compiler, with the serdes and the names that a build gives
// it, so there is no second way in which a topology could behave. The compiler runs once in Vite's process, whatever the number of test workers.

import { realpathSync } from 'node:fs'
import { join } from 'node:path'
import type { Plugin } from 'vite'
import { declarationFileName } from '../compiler/declare/declaration-file.ts'
import type { CompilerProject, Diagnostic, ProjectModules } from '../compiler/index.ts'

export interface MillraceOptions {
  /** The folder of the project, with its tsconfig.json and topologies/. Default: Vite's root, which is where vitest.config.ts lies. */
  readonly folder?: string
}

/**
 * Makes vitest compile topologies as `millrace build` does. What `millrace check` finds wrong with a topology fails the tests that import it, in the same words.
 * It also writes millrace-env.d.ts, the types of the project's topics.
 *
 * @example
 * ```ts
 * import { millrace } from 'millrace/vitest'
 * import { defineConfig } from 'vitest/config'
 *
 * export default defineConfig({ plugins: [millrace()], test: { include: ['test/**\/*.test.ts'] } })
 * ```
 */
export function millrace(options: MillraceOptions = {}): Plugin {
  let project: ProjectUnderTest | undefined
  return {
    name: 'millrace',
    enforce: 'pre',
    configResolved({ root }) {
      project = new ProjectUnderTest(realpathSync(options.folder ?? root))
    },
    async resolveId(source, importer, resolution) {
      if (project === undefined || importer === undefined) return null
      if (importer.startsWith(derivedPrefix)) {
        // It imports codecs of classes, as seen from the project's folder, and packages of Millrace's.
        if (!source.startsWith('.')) return null
        const topology = importer.slice(derivedPrefix.length)
        const found = await this.resolve(source, project.inFolder('tsconfig.json'), { ...resolution, skipSelf: true })
        if (found === null || found.external) return found
        return (await project.isShared(found.id, topology)) ? { ...found, id: sharedId(found.id, topology) } : found
      }
      const topology = await project.topologyOf(importer)
      if (topology === undefined) return null
      if (source === derivedModule) return derivedId(topology)
      const found = await this.resolve(source, addressOf(importer).file, { ...resolution, skipSelf: true })
      if (found === null || found.external) return found
      return (await project.isShared(found.id, topology)) ? { ...found, id: sharedId(found.id, topology) } : found
    },
    async load(id) {
      if (project === undefined) return null
      const isDerived = id.startsWith(derivedPrefix)
      const topology = isDerived ? id.slice(derivedPrefix.length) : await project.topologyOf(id)
      if (topology === undefined) return null
      const modules = await project.modules()
      // A type that is changed in one file changes the serdes that are derived for another, though the types are imported by no module that runs.
      for (const file of modules.filesOf(topology)) this.addWatchFile(file)
      if (isDerived) return modules.derivedModule(topology)
      const { file } = addressOf(id)
      if (file === modules.fileOf(topology)) await throwErrors(modules.diagnosticsOf(topology))
      const rewritten = modules.rewritten(file, topology)
      if (rewritten === undefined) return null
      return { code: rewritten.text, map: { ...JSON.parse(rewritten.map), sources: [file] } }
    },
    watchChange(id) {
      project?.changed(id)
    },
  }
}

/** The module that rewritten files import their serdes from: the compiler's `millrace:derived`, written here because the compiler is loaded late. */
const derivedModule = 'millrace:derived'
const derivedPrefix = `\0${derivedModule}?`
const topologyParameter = '?millrace-topology='

/** Each topology has its own. */
function derivedId(topology: string): string {
  return `${derivedPrefix}${topology}`
}

/** A file that several topologies import, as the module that it is in one of them. */
function sharedId(file: string, topology: string): string {
  return `${file}${topologyParameter}${topology}`
}

function addressOf(id: string): { readonly file: string; readonly topology: string | undefined } {
  const start = id.indexOf(topologyParameter)
  return start === -1
    ? { file: id, topology: undefined }
    : { file: id.slice(0, start), topology: id.slice(start + topologyParameter.length) }
}

/** The project under the compiler, from one change of a file to the next. */
class ProjectUnderTest {
  private readonly folder: string
  private project: CompilerProject | undefined
  private loaded: Promise<ProjectModules> | undefined

  constructor(folder: string) {
    this.folder = folder
  }

  inFolder(file: string): string {
    return join(this.folder, file)
  }

  modules(): Promise<ProjectModules> {
    this.loaded ??= this.load()
    return this.loaded
  }

  /** The topology as part of which a module is loaded: its own, or the only one that it is part of. */
  async topologyOf(id: string): Promise<string | undefined> {
    const { file, topology } = addressOf(id)
    if (topology !== undefined || !this.isSource(file)) return topology
    const modules = await this.modules()
    const [first, second] = modules.topologiesWith(file)
    return first === undefined || second === undefined || modules.fileOf(first) === file ? first : undefined
  }

  /** Whether a file is another module in this topology than elsewhere. */
  async isShared(file: string, topology: string): Promise<boolean> {
    if (!this.isSource(file)) return false
    const modules = await this.modules()
    return (await this.topologyOf(file)) !== topology && modules.differs(file, topology)
  }

  changed(file: string): void {
    if (file.endsWith('.d.ts') && file === join(this.folder, declarationFileName)) return
    this.loaded = undefined
    // What tsconfig.json says is read when a project is opened.
    if (/\.json$/.test(file)) this.project = undefined
    this.project?.refresh([file])
  }

  private async load(): Promise<ProjectModules> {
    // Not before the first file of a project is asked for: it takes a second.
    const { openProject } = await import('../compiler/index.ts')
    this.project ??= openProject(this.folder)
    const modules = await this.project.modules()
    await this.project.writeDeclarations()
    return modules
  }

  /** Whether a file may be part of a topology. */
  private isSource(file: string): boolean {
    return /\.[cm]?ts$/.test(file) && !file.startsWith('\0') && !file.includes('/node_modules/')
  }
}

/** What `millrace check` prints, as the error of the tests that import the topology. */
async function throwErrors(diagnostics: readonly Diagnostic[]): Promise<void> {
  const { formatDiagnostics, hasErrors, summarizeDiagnostics } = await import('../compiler/index.ts')
  if (!hasErrors(diagnostics)) return
  throw new Error(`\n${formatDiagnostics(diagnostics)}${summarizeDiagnostics(diagnostics)}`)
}

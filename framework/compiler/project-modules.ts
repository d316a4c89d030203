// The project's files as a build has them, for tools that load them one by one, as test runners do. A file is rewritten for a topology: one that two topologies
// import may be rewritten in two ways, because names and serdes are told apart within a topology.

import type { CheckedTopology } from './compiler.ts'
import type { Diagnostic } from './diagnostics.ts'
import { withForwardSlashes } from './library.ts'
import type { RewrittenFile } from './rewrite.ts'

/** A topology is named by its file, relative to the project; files by absolute paths, with links resolved. */
export class ProjectModules {
  private readonly folder: string
  private readonly closures: ReadonlyMap<string, readonly string[]>
  private readonly checked: ReadonlyMap<string, CheckedTopology>
  private readonly diagnostics: readonly Diagnostic[]

  constructor(parts: {
    readonly folder: string
    /** The files of each topology. */
    readonly closures: ReadonlyMap<string, readonly string[]>
    readonly topologies: readonly CheckedTopology[]
    /** Of the whole project. */
    readonly diagnostics: readonly Diagnostic[]
  }) {
    this.folder = parts.folder
    this.closures = parts.closures
    this.checked = new Map(parts.topologies.map((topology) => [topology.source, topology]))
    this.diagnostics = parts.diagnostics
  }

  /** The topologies that a file is part of; first the one that it is the file of. */
  topologiesWith(file: string): readonly string[] {
    const path = withForwardSlashes(file)
    const found = [...this.closures].filter(([, files]) => files.includes(path)).map(([topology]) => topology)
    return found.sort((left, right) => Number(this.fileOf(right) === path) - Number(this.fileOf(left) === path))
  }

  fileOf(topology: string): string {
    return `${withForwardSlashes(this.folder)}/${topology}`
  }

  /** All files that a topology is made of: what a change of can change what it is rewritten to. */
  filesOf(topology: string): readonly string[] {
    return this.closures.get(topology) ?? []
  }

  /** What `millrace check` has to say of a topology, and of the project as a whole. */
  diagnosticsOf(topology: string): readonly Diagnostic[] {
    const files = new Set(this.filesOf(topology))
    const others = new Set([...this.closures.values()].flat())
    // What belongs to no topology is the configuration's, which all of them share.
    return this.diagnostics.filter(({ span }) => {
      const file = span === undefined ? undefined : this.fileOf(span.file)
      return file === undefined || files.has(file) || !others.has(file)
    })
  }

  /** A file as a build of the topology has it; undefined if the topology has errors, or does without the file. */
  rewritten(file: string, topology: string): RewrittenFile | undefined {
    return this.checked.get(topology)?.derivation.files.get(withForwardSlashes(file))
  }

  /** Whether anything was written into a file, or into what it imports: only then it is another one than that of other topologies. */
  differs(file: string, topology: string): boolean {
    return this.checked.get(topology)?.derivation.rewrittenWithImports.has(withForwardSlashes(file)) ?? false
  }

  /** The text of the module that the rewritten files of a topology import their serdes from. */
  derivedModule(topology: string): string {
    return this.checked.get(topology)?.derivation.serdes.moduleSource() ?? ''
  }
}

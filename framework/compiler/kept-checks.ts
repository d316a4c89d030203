// What is known of topologies from one check to the next. A file that has not changed is the same object in the next program, so what was said of a topology holds
// as long as its files are these objects.

import { ts } from 'ts-morph'
import type { Naming } from '../graph/topology.ts'
import type { CheckedTopology } from './compiler.ts'
import { ModuleTexts } from './derive/derived-serdes.ts'
import type { Diagnostic } from './diagnostics.ts'
import { TopicCheck } from './keys/topic-uses.ts'
import type { TopologyCheck } from './topology-check.ts'

interface Kept<T> {
  readonly files: readonly ts.SourceFile[]
  readonly state: string
  readonly result: T
}

export class KeptChecks {
  readonly topics = new TopicCheck()
  readonly texts = new ModuleTexts()
  private readonly topologies = new Map<string, Kept<TopologyCheck>>()
  private readonly ofPlugins = new Map<string, Kept<CheckedTopology | readonly Diagnostic[]>>()
  private ofConfig: Kept<readonly Diagnostic[]> | undefined
  private ambient: readonly ts.SourceFile[] = []

  /** Begins a check. What a file declares for all others is in no import: with it everything may change. */
  begin(files: readonly ts.SourceFile[]): void {
    const ambient = files.filter(isAmbient)
    if (!isSame(ambient, this.ambient)) {
      this.topologies.clear()
      this.ofPlugins.clear()
      this.ofConfig = undefined
    }
    this.ambient = ambient
    const names = new Set(files.map(({ fileName }) => fileName))
    for (const name of this.topologies.keys()) if (!names.has(name)) this.topologies.delete(name)
  }

  /** What is kept of the topology in a file, or what `check` says now. */
  async topology(
    files: readonly ts.SourceFile[],
    fileName: string,
    naming: Naming,
    isProjectSound: boolean,
    check: () => Promise<TopologyCheck>,
  ): Promise<TopologyCheck> {
    const state = `${naming} ${isProjectSound}`
    const known = this.topologies.get(fileName)
    if (known !== undefined && known.state === state && isSame(known.files, files)) return known.result
    const result = await check()
    this.topologies.set(fileName, { files, state, result })
    return result
  }

  /** The same for one that a plugin brings, which changes with the configuration alone. */
  async pluginTopology(
    files: readonly ts.SourceFile[],
    name: string,
    check: () => Promise<CheckedTopology | readonly Diagnostic[]>,
  ): Promise<CheckedTopology | readonly Diagnostic[]> {
    const known = this.ofPlugins.get(name)
    if (known !== undefined && isSame(known.files, files)) return known.result
    const result = await check()
    this.ofPlugins.set(name, { files, state: '', result })
    return result
  }

  /** TypeScript's errors in the configuration. */
  configErrors(files: readonly ts.SourceFile[], check: () => readonly Diagnostic[]): readonly Diagnostic[] {
    if (this.ofConfig === undefined || !isSame(this.ofConfig.files, files)) this.ofConfig = { files, state: '', result: check() }
    return this.ofConfig.result
  }
}

function isSame(a: readonly ts.SourceFile[], b: readonly ts.SourceFile[]): boolean {
  return a.length === b.length && a.every((file, index) => file === b[index])
}

/** A script, whose names are everybody's, or a module that adds to what others declare. */
function isAmbient(file: ts.SourceFile): boolean {
  if (!ts.isExternalModule(file)) return true
  return file.statements.some(
    (statement) =>
      ts.isModuleDeclaration(statement) &&
      (ts.isStringLiteral(statement.name) || (statement.flags & ts.NodeFlags.GlobalAugmentation) !== 0),
  )
}

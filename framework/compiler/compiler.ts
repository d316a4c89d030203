// A project under the compiler: read once, checked and built as often as wanted. Stages follow each other, and each reports all that it finds; the
// graph is only looked at where the source is sound, because its problems would otherwise be the same ones in other words.

import { ts } from 'ts-morph'
import type { TopologyCost } from '../graph/cost/topology-cost.ts'
import type { Manifest } from '../graph/manifest.ts'
import { type NamedPart, namedParts } from '../plugins/plugin-set.ts'
import type { Plugin } from '../ports/plugin.ts'
import { build } from './build.ts'
import { clusterProblems, type LiveCluster } from './cluster/cluster-check.ts'
import { configFileName, namingIn } from './config-file.ts'
import { configuredParts } from './configured-parts.ts'
import { costProblems } from './cost-check.ts'
import { declarationText, writeDeclarationFile } from './declare/declaration-file.ts'
import type { TopicTypes } from './declare/topic-types.ts'
import { typesOf } from './declare/types-of.ts'
import { type Derivation, nothingDerived } from './derivation.ts'
import { type Diagnostic, diagnostic, hasErrors, type Span, sortDiagnostics } from './diagnostics.ts'
import { type DslCall, dslCalls, isLibraryFile } from './dsl-calls.ts'
import { type EmittedFiles, emittedFiles } from './emitted-files.ts'
import type { DefinitionSource } from './entry-point.ts'
import { type Evaluation, type EvaluationRequest, evaluate } from './evaluate.ts'
import { EvaluationWorkers } from './evaluation-workers.ts'
import { type Deployed, refusedByState } from './evolution-check.ts'
import { type FixResult, fixFiles } from './fixes/fix-files.ts'
import { KeptChecks } from './kept-checks.ts'
import { flowProblems } from './keys/flow.ts'
import type { TopicUse } from './keys/topic-uses.ts'
import { retentionAdvice } from './keys/window-advice.ts'
import { completeManifest } from './manifest-text.ts'
import { checkGraphs, checkSources } from './plugin-checks.ts'
import { Sources } from './project.ts'
import { ProjectModules } from './project-modules.ts'
import { withoutIgnored } from './purity/ignored-lines.ts'
import { checkTopology, type Making, type TopologyCheck } from './topology-check.ts'
import { duplicateNames } from './topology-file.ts'

export interface ProjectOptions {
  /** How long a topology may take to be made. */
  readonly evaluationTimeLimitMs?: number
  /** Whether there will be many checks: what the next one needs is then made ready ahead. */
  readonly keepWarm?: boolean
}

export interface BuildOptions {
  /** The folder for the output; each topology gets one of its name in it. */
  readonly out: string
  /**
   * Millrace's own modules are imported from where they are installed, not taken into the bundle: for `millrace dev`, where the app runs on this machine and
   * the build should take no time. There is no Dockerfile then, and no package.json.
   */
  readonly linked?: boolean
  readonly onProgress?: (progress: BuildProgress) => void
  /** What runs now: a change that would not keep its state is an error. Default: nothing is compared. */
  readonly deployed?: Deployed
}

export interface BuildProgress {
  readonly stage: 'check' | 'bundle' | 'write'
  readonly topology: string | undefined
}

export interface BuiltTopology {
  readonly name: string
  /** The file it comes from, relative to the project, or `plugin acme`. */
  readonly source: string
  readonly folder: string
  /** By file name. */
  readonly sizesBytes: Readonly<Record<string, number>>
  readonly description: string
  readonly manifest: Manifest
  readonly cost: TopologyCost
}

export interface BuildResult {
  /** With an error among them nothing was written. */
  readonly diagnostics: readonly Diagnostic[]
  readonly topologies: readonly BuiltTopology[]
  /** What a former build has written into the folder of the output and this one has not, by its path there: it was removed, unless somebody has changed it. */
  readonly removed: readonly string[]
}

/** A topology that has passed all checks. */
export interface CheckedTopology {
  readonly name: string
  readonly source: string
  readonly definition: DefinitionSource
  /** Where it is defined: the call of topology(), or where the configuration names plugins. */
  readonly span: Span
  readonly derivation: Derivation
  readonly evaluation: Evaluation
  readonly types: TopicTypes
}

export interface CompilerProject {
  /** All diagnostics of the project, in order. */
  check(): Promise<readonly Diagnostic[]>
  build(options: BuildOptions): Promise<BuildResult>
  /** Does in the author's files what their diagnostics' fixes say, checks again, and so on until none is left. */
  fix(): Promise<FixResult>
  /** The same, with what the topics of a cluster say of the topologies that have no errors. */
  checkCluster(cluster: LiveCluster): Promise<readonly Diagnostic[]>
  /** The graph of each topology, as text; only of those without errors. */
  describe(): Promise<readonly { readonly name: string; readonly description: string; readonly manifest: Manifest }[]>
  /** The project's files as a build has them. */
  modules(): Promise<ProjectModules>
  /**
   * Writes millrace-env.d.ts, the types of the project's topics for its tests, if its content changes. With an error in the project it is left as it is:
   * of what a topology was, more is known than of what it may become.
   */
  writeDeclarations(): Promise<void>
  /** Reads files anew before the next check; without names, all. */
  refresh(files?: readonly string[]): void
  /** The author's files that the last check has read, as absolute paths: what a change of can change the next one. */
  files(): readonly string[]
}

/** Opens the project in a folder: its tsconfig.json, and topologies/ with what is imported from there. */
export function openProject(folder: string, options: ProjectOptions = {}): CompilerProject {
  return new Compiler(folder, options)
}

const evaluationTimeLimitMsDefault = 10_000

class Compiler implements CompilerProject {
  private readonly folder: string
  private readonly timeLimitMs: number
  private readonly workers: EvaluationWorkers
  private readonly kept = new KeptChecks()
  private sources: Sources | null = null
  private result: Promise<CheckResult> | null = null

  constructor(folder: string, { evaluationTimeLimitMs = evaluationTimeLimitMsDefault, keepWarm = false }: ProjectOptions) {
    this.folder = folder
    this.workers = new EvaluationWorkers(keepWarm)
    this.timeLimitMs = evaluationTimeLimitMs
  }

  async check(): Promise<readonly Diagnostic[]> {
    return (await this.checked()).diagnostics
  }

  async checkCluster(cluster: LiveCluster): Promise<readonly Diagnostic[]> {
    const { diagnostics, topologies } = await this.checked()
    return sortDiagnostics([...diagnostics, ...(await clusterProblems(topologies, cluster))])
  }

  async describe(): Promise<readonly { name: string; description: string; manifest: Manifest }[]> {
    const { topologies } = await this.checked()
    return topologies.map((topology) => ({
      name: topology.name,
      description: topology.evaluation.description,
      manifest: completeManifest(topology),
    }))
  }

  async build({ out, linked = false, onProgress = () => {}, deployed }: BuildOptions): Promise<BuildResult> {
    onProgress({ stage: 'check', topology: undefined })
    const { diagnostics: found, topologies, emitted } = await this.checked()
    const refused = deployed === undefined ? [] : refusedByState(topologies, deployed)
    const diagnostics = refused.length === 0 ? found : sortDiagnostics([...found, ...refused])
    if (hasErrors(diagnostics) || this.sources === null) return { diagnostics, topologies: [], removed: [] }
    return build({ folder: this.sources.folder, topologies, emitted, diagnostics, out, linked, onProgress })
  }

  async fix(): Promise<FixResult> {
    await this.checked()
    return fixFiles(this.sources?.folder ?? this.folder, (changed) => {
      if (changed.length > 0) this.refresh(changed)
      return this.check()
    })
  }

  async modules(): Promise<ProjectModules> {
    const { diagnostics, topologies, closures } = await this.checked()
    return new ProjectModules({ folder: this.sources?.folder ?? this.folder, closures, topologies, diagnostics })
  }

  async writeDeclarations(): Promise<void> {
    const { diagnostics, topologies } = await this.checked()
    if (hasErrors(diagnostics)) return
    await writeDeclarationFile(this.folder, declarationText(new Map(topologies.map(({ name, types }) => [name, types]))))
  }

  refresh(files?: readonly string[]): void {
    this.result = null
    this.sources?.refresh(files)
  }

  files(): readonly string[] {
    return this.sources?.ownFiles() ?? []
  }

  private checked(): Promise<CheckResult> {
    this.result ??= this.runCheck()
    return this.result
  }

  private async runCheck(): Promise<CheckResult> {
    if (this.sources === null) {
      const opened = Sources.open(this.folder)
      if (!(opened instanceof Sources)) return { ...nothingChecked, diagnostics: sortDiagnostics(opened) }
      opened.refresh()
      this.sources = opened
    }
    return checkProject(this.sources, this.kept, { workers: this.workers, timeLimitMs: this.timeLimitMs })
  }
}

type Named = NonNullable<TopologyCheck['named']>

interface CheckResult {
  readonly diagnostics: readonly Diagnostic[]
  readonly topologies: readonly CheckedTopology[]
  /** The files of each topology, with errors or without, by its own file. */
  readonly closures: ReadonlyMap<string, readonly string[]>
  /** What emitters of plugins have given. */
  readonly emitted: Omit<EmittedFiles, 'diagnostics'>
}

const nothingChecked: CheckResult = { diagnostics: [], topologies: [], closures: new Map(), emitted: { files: new Map(), kept: new Map() } }

async function checkProject(sources: Sources, kept: KeptChecks, making: Making): Promise<CheckResult> {
  const files = sources.topologyFiles()
  const closures = new Map(files.map((file) => [file, sources.closureOf(file)]))
  const all = [...new Set([...closures.values()].flat())]
  const config = sources.configFile()
  const ofConfig = config === undefined ? [] : sources.closureOf(config)
  kept.begin([...new Set([...all, ...ofConfig])])
  const projectErrors = sources.projectErrors()
  const configErrors = kept.configErrors(ofConfig, () => sources.typeErrors(ofConfig))
  const isProjectSound = !projectErrors.some(({ span }) => span === undefined)
  const configured = await configuredParts(isProjectSound && configErrors.length === 0 ? config : undefined, sources)
  const naming = namingIn(config)
  const ofPlugins = namedParts(configured.plugins, 'topologies')
  const typeErrors = [...projectErrors, ...configErrors]
  if (files.length + ofPlugins.length === 0 && configured.diagnostics.length === 0)
    return { ...nothingChecked, diagnostics: sortDiagnostics([...typeErrors, diagnostic('MR1002', undefined)]) }
  const calls = new CallsOfFiles(sources)
  const checks = await inTurns([...closures], ([file, closure]) =>
    kept.topology(closure, file.fileName, naming, isProjectSound, () => {
      // TypeScript's own check comes first: it resolves each call in its place, and who asks for one in the middle of others pays twice.
      const typeErrors = sources.typeErrors(closure)
      const ofClosure = closure.flatMap((one) => calls.of(one))
      return checkTopology({
        file,
        closure,
        calls: ofClosure,
        ownCalls: calls.of(file),
        typeErrors,
        isProjectSound,
        naming,
        sources,
        making,
        texts: kept.texts,
      })
    }),
  )
  const topologies = checks.flatMap(({ named }) => named ?? [])
  const others = ofPlugins.filter(({ name }) => !topologies.some((topology) => topology.name === name))
  const graphs = await inTurns(others, (topology) =>
    kept.pluginTopology(ofConfig, topology.name, () => checkPluginTopology(topology, configured.span, sources, { ...making, naming })),
  )
  const passed = [...checks.flatMap((check) => check.passed ?? []), ...graphs.filter((one): one is CheckedTopology => 'evaluation' in one)]
  const diagnostics = [
    ...typeErrors,
    ...ofTopologies(checks),
    ...kept.topics.problems(usesOf(checks), sources),
    ...configured.diagnostics,
    ...duplicateNames(topologies, sources),
    ...namesOfPlugins(topologies, ofPlugins, sources),
    ...graphs.flatMap((graph) => ('evaluation' in graph ? [...flowProblems([graph]), ...retentionAdvice(graph)] : graph)),
  ]
  const emitted = emittedFiles(configured.plugins, passed, sources)
  diagnostics.push(...checkGraphs(configured.plugins, passed, sources), ...emitted.diagnostics, ...costProblems(passed, configured.budget))
  if (isProjectSound && checks.every(({ isSound }) => isSound))
    diagnostics.push(...checkSourcesOf(all, topologies, configured.plugins, sources))
  const paths = [...closures].map(([file, closure]) => [sources.pathOf(file), closure.map(({ fileName }) => fileName)] as const)
  return { diagnostics: sortDiagnostics(withoutIgnored(diagnostics, all, sources)), topologies: passed, closures: new Map(paths), emitted }
}

/** The diagnostics of all. What operators of several do by the same function is said once, with the way of the first. */
function ofTopologies(checks: readonly TopologyCheck[]): Diagnostic[] {
  const said = new Map<string, TopologyCheck>()
  return checks.flatMap((check) =>
    check.diagnostics.filter(({ code, span }) => {
      if (!code.startsWith('MR12')) return true
      const place = JSON.stringify([code, span])
      const first = said.get(place) ?? check
      said.set(place, first)
      return first === check
    }),
  )
}

/** A file that several topologies import uses its topics once. */
function usesOf(checks: readonly TopologyCheck[]): readonly TopicUse[] {
  return [...new Map(checks.flatMap(({ uses }) => uses.map((use) => [`${use.topic} ${JSON.stringify(use.span)}`, use] as const))).values()]
}

/** The calls of Millrace's methods, file by file, as they are asked for. */
class CallsOfFiles {
  private readonly checker: ts.TypeChecker
  private readonly known = new Map<ts.SourceFile, readonly DslCall[]>()

  constructor({ program }: Sources) {
    this.checker = program.getTypeChecker()
  }

  of(file: ts.SourceFile): readonly DslCall[] {
    const calls = this.known.get(file) ?? dslCalls(file, { checker: this.checker, isLibraryFile })
    this.known.set(file, calls)
    return calls
  }
}

/** Workers at a time; each is a thread with a heap of its own. */
const evaluationsMax = 4

/** The results in order, a few at a time. */
async function inTurns<T, R>(items: readonly T[], step: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  const waiting = [...items.entries()]
  const turns = Array.from({ length: Math.min(evaluationsMax, items.length) }, async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) results[next[0]] = await step(next[1])
  })
  await Promise.all(turns)
  return results
}

/** What a plugin brings is compiled already: nothing is derived. */
async function checkPluginTopology(
  { plugin, name }: NamedPart<'topologies'>,
  span: Span,
  sources: Sources,
  making: Making & Pick<EvaluationRequest, 'naming'>,
): Promise<CheckedTopology | readonly Diagnostic[]> {
  const derivation = nothingDerived(sources)
  const definition: DefinitionSource = { kind: 'plugin', config: `./${configFileName}`, plugin, topology: name }
  const evaluation = await evaluate({ folder: sources.folder, definition, span, derivation, ...making })
  if ('description' in evaluation) {
    const types = typesOf(evaluation, derivation, [], derivation.serdes.typeContext)
    return { name, source: `plugin ${plugin}`, definition, span, derivation, evaluation, types }
  }
  return evaluation.map((problem) => ({ ...problem, message: `Topology ${name} of the plugin ${plugin}: ${problem.message}` }))
}

/** Topologies of plugins that have the name of one of the project's own. */
function namesOfPlugins(topologies: readonly Named[], ofPlugins: readonly NamedPart<'topologies'>[], sources: Sources): Diagnostic[] {
  return ofPlugins.flatMap(({ plugin, name }) =>
    topologies
      .filter((topology) => topology.name === name)
      .map(({ nameNode }) => diagnostic('MR1504', sources.spanOf(nameNode), { plugin, name })),
  )
}

function checkSourcesOf(
  files: readonly ts.SourceFile[],
  topologies: readonly Named[],
  plugins: readonly Plugin[],
  sources: Sources,
): Diagnostic[] {
  const { program } = sources
  const checked = {
    ts,
    program,
    checker: program.getTypeChecker(),
    files,
    topologies: topologies.map(({ name, file, call }) => ({ name, file, call })),
  }
  return checkSources(plugins, checked, sources)
}

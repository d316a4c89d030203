// Runs the emitters of plugins. An emitter writes in a folder of its own beside the bundle and nowhere else, whatever paths it gives. What is wrong with the emitter itself is a diagnostic
// that names it and its plugin, so that nobody looks for the mistake in the project.

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type NamedPart, namedParts } from '../plugins/plugin-set.ts'
import type { Emitted } from '../ports/emitter.ts'
import type { Plugin } from '../ports/plugin.ts'
import type { TypeDescription } from '../ports/type-description.ts'
import type { CheckedTopology } from './compiler.ts'
import { type Diagnostic, diagnostic } from './diagnostics.ts'
import { completeManifest, sorted } from './manifest-text.ts'
import { spanOfNode } from './node-span.ts'
import { graphFix } from './plugin-checks.ts'
import type { Sources } from './project.ts'

export interface EmittedFiles {
  /** Texts of files that lie in the folder of the project, by name: what emitters want to have again. */
  readonly kept: ReadonlyMap<string, string>
  /** Texts by path in the folder of the topology, in order, by the topology's name. */
  readonly files: ReadonlyMap<string, ReadonlyMap<string, string>>
  readonly diagnostics: readonly Diagnostic[]
}

/** More are a loop without end, or nothing that a person could look through. */
const filesMax = 1000
const problemsMax = 1000
const pathLengthMax = 200

export function emittedFiles(plugins: readonly Plugin[], topologies: readonly CheckedTopology[], sources: Sources): EmittedFiles {
  const emitters = namedParts(plugins, 'emitters')
  const diagnostics: Diagnostic[] = []
  const files = new Map<string, ReadonlyMap<string, string>>()
  if (emitters.length === 0) return { files, kept: new Map(), diagnostics }
  const kept = new Kept(sources.folder)
  for (const topology of topologies) {
    const ofTopology = emitters.flatMap((emitter) => [...filesOf(emitter, topology, { kept, diagnostics, sources })])
    files.set(topology.name, new Map(ofTopology.sort(([a], [b]) => (a < b ? -1 : 1))))
  }
  return { files, kept: kept.texts, diagnostics }
}

/** What emitters have kept, by their names. */
class Kept {
  readonly texts = new Map<string, string>()
  private readonly folder: string

  constructor(folder: string) {
    this.folder = folder
  }

  of(emitter: string): unknown {
    const [name, known] = [fileOf(emitter), this.texts.get(fileOf(emitter))]
    if (known !== undefined) return JSON.parse(known) as unknown
    const path = join(this.folder, name)
    if (!existsSync(path)) return undefined
    try {
      return JSON.parse(readFileSync(path, 'utf8')) as unknown
    } catch (error) {
      throw new Error(`${name} cannot be read: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
    }
  }

  keep(emitter: string, kept: unknown): void {
    this.texts.set(fileOf(emitter), `${JSON.stringify(sorted(kept), null, 2)}\n`)
  }
}

function fileOf(emitter: string): string {
  return `millrace-${emitter}.json`
}

interface Emission {
  readonly kept: Kept
  readonly diagnostics: Diagnostic[]
  readonly sources: Sources
}

function filesOf(emitter: NamedPart<'emitters'>, topology: CheckedTopology, { kept, diagnostics, sources }: Emission): Map<string, string> {
  const { plugin, name, part } = emitter
  const failed = (problem: string): Map<string, string> => {
    diagnostics.push(
      diagnostic('MR1505', topology.span, { emitter: name, plugin, topology: topology.name, problem: problem.replace(/[.]$/, '') }),
    )
    return new Map()
  }
  try {
    // Copies, so that no emitter changes what others see.
    const types = Object.fromEntries([...topology.derivation.serdes.descriptions].map(([serde, type]) => [serde, structuredClone(type)]))
    const before = kept.of(name)
    const given: { manifest: object; types: Record<string, TypeDescription<unknown>>; kept?: unknown } = {
      manifest: structuredClone(completeManifest(topology)),
      types,
      ...(before === undefined ? {} : { kept: before }),
    }
    const emitted: Partial<Emitted> | undefined = part.emit(given)
    const wrong = problemOf(emitted)
    if (wrong !== undefined) return failed(wrong)
    if (emitted?.kept !== undefined) kept.keep(name, emitted.kept)
    for (const { severity = 'error', message, remedy, node, fix: given } of emitted?.problems ?? []) {
      const fix = graphFix(topology, node, given, sources)
      diagnostics.push({ ...diagnostic('MR1506', spanOfNode(topology, node), { problem: message, emitter: name, remedy }, fix), severity })
    }
    return new Map(Object.entries(emitted?.files ?? {}).map(([path, text]) => [`${name}/${path}`, text]))
  } catch (error) {
    return failed(error instanceof Error ? error.message : String(error))
  }
}

/** What is wrong with what an emitter has given. */
function problemOf(emitted: Partial<Emitted> | undefined): string | undefined {
  if (typeof emitted !== 'object' || emitted === null || typeof emitted.files !== 'object' || emitted.files === null)
    return 'it has given no files'
  const { files, problems = [] } = emitted
  const paths = Object.keys(files)
  if (paths.length > filesMax) return `it has given ${paths.length} files, and ${filesMax} are the most`
  const badPath = paths.find((path) => !isPath(path))
  if (badPath !== undefined) return `${JSON.stringify(badPath)} is no path within its folder`
  const same = paths.find((path) => paths.some((other) => other !== path && `${path}/`.toLowerCase().startsWith(`${other}/`.toLowerCase())))
  if (same !== undefined) return `${same} cannot be there beside another file that it has given`
  const noText = paths.find((path) => typeof files[path] !== 'string')
  if (noText !== undefined) return `${noText} is no text`
  if (!Array.isArray(problems) || problems.length > problemsMax) return `its problems are no list of at most ${problemsMax}`
  const isSound = problems.every(
    (problem: unknown) =>
      isObject(problem) &&
      isText(problem.message) &&
      isText(problem.remedy) &&
      ['error', 'warning', undefined].includes(problem.severity as string),
  )
  return isSound ? undefined : 'it has reported a problem without a message, a remedy or a severity that there is'
}

/** On any file system: letters in the same case only once, no names that a shell or Windows takes for something else. */
function isPath(path: string): boolean {
  const parts = path.split('/')
  return (
    path.length <= pathLengthMax && parts.every((part) => /^\w[\w.-]*$/.test(part) && !/[.]$|[.]new$/.test(part) && !reserved.test(part))
  )
}

const reserved = /^(con|prn|aux|nul|com\d|lpt\d)([.]|$)/i

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

function isText(text: unknown): text is string {
  return typeof text === 'string' && text !== ''
}

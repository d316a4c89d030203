// Makes a topology at build time, in a worker of its own: nothing that its code does reaches the compiler, and it ends after a time limit. What is wrong
// with the graph comes back as diagnostics at the calls that made it.

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { SourceMap } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Chain } from '../graph/chains.ts'
import type { Manifest } from '../graph/manifest.ts'
import type { Naming } from '../graph/topology.ts'
import { type BundleProblem, bundle, entryModule } from './bundler.ts'
import { type Derivation, derivedModule, type RefusedSerde } from './derivation.ts'
import { type Diagnostic, diagnostic, type Span } from './diagnostics.ts'
import { type DefinitionSource, definitionSource } from './entry-point.ts'
import type { EvaluatedProblem, EvaluationAnswer } from './evaluation-program.ts'
import type { EvaluationWorkers } from './evaluation-workers.ts'

export interface Evaluation {
  readonly description: string
  readonly manifest: Manifest
  /** Chains of operators that can run as one function each. */
  readonly chains: readonly Chain[]
}

export interface EvaluationRequest {
  readonly folder: string
  readonly definition: DefinitionSource
  /** The call of topology(), where problems are shown that have no better place. */
  readonly span: Span
  readonly derivation: Derivation
  readonly naming: Naming
  readonly timeLimitMs: number
  readonly workers: EvaluationWorkers
}

export async function evaluate(request: EvaluationRequest): Promise<Evaluation | readonly Diagnostic[]> {
  const { folder, derivation, span } = request
  const bundled = await bundle({
    folder,
    virtual: new Map([
      [entryModule, `${definitionSource(request.definition)}\nexport default definition\n`],
      [derivedModule, derivation.serdes.moduleSource()],
    ]),
    rewritten: derivation.files,
    projectFolder: '',
    linked: true,
    // Packages in CommonJS ask for Node's own modules by require.
    banner: `import { createRequire as $createRequire } from 'node:module'; const require = $createRequire(${JSON.stringify(pathToFileURL(join(folder, 'package.json')).href)});`,
  })
  if (isProblems(bundled)) return bundled.map((problem) => bundleDiagnostic(problem, span))
  const answer = await runInWorker(bundled.text, request)
  if (answer === 'timeout') return [diagnostic('MR1303', span, { seconds: String(request.timeLimitMs / 1000) })]
  const stacks = new StackReader(bundled.map)
  switch (answer.kind) {
    case 'topology':
      return answer
    case 'threw':
      return [diagnostic('MR1302', stacks.place(answer.stack) ?? span, { problem: ended(answer.message) })]
    case 'problems':
      return answer.problems.flatMap((problem) => graphDiagnostics(problem, stacks, request))
  }
}

export function isProblems<T>(result: T | readonly BundleProblem[]): result is readonly BundleProblem[] {
  return Array.isArray(result)
}

export function bundleDiagnostic({ text, place }: BundleProblem, span: Span): Diagnostic {
  const isOwn = place !== undefined && !place.module.includes(':')
  const at = isOwn ? { file: place.module, line: place.line, column: place.column } : span
  return diagnostic('MR1008', at, { problem: ended(isOwn || place === undefined ? text : `${text} (in ${place.module})`) })
}

async function runInWorker(program: string, { workers, naming, timeLimitMs }: EvaluationRequest): Promise<EvaluationAnswer | 'timeout'> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-'))
  try {
    const file = join(folder, 'topology.mjs')
    await writeFile(file, program)
    return await workers.evaluate({ module: pathToFileURL(file).href, naming }, timeLimitMs)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Finds the author's line in the stack of an error that the bundle has thrown. */
class StackReader {
  private readonly map: SourceMap

  constructor(map: string) {
    this.map = new SourceMap(JSON.parse(map))
  }

  /** The first frame in a file of the project. */
  place(stack: string): Span | undefined {
    for (const [, line, column] of stack.matchAll(/topology\.mjs:(\d+):(\d+)/g)) {
      const entry = this.map.findEntry(Number(line) - 1, Number(column) - 1)
      // Only files of the project have no namespace.
      if (!('originalSource' in entry) || entry.originalSource === undefined || entry.originalSource.includes(':')) continue
      return { file: entry.originalSource, line: entry.originalLine + 1, column: entry.originalColumn + 1 }
    }
    return undefined
  }
}

function graphDiagnostics(problem: EvaluatedProblem, stacks: StackReader, { derivation, span }: EvaluationRequest): readonly Diagnostic[] {
  const place = stacks.place(problem.stack)
  const named = derivation.callSpans.find((call) => call.name !== undefined && call.name === problem.node)
  const refused = derivation.refused.find((one) => isCause(one, problem, place)) ?? causeBefore(derivation.refused, problem, place)
  if (refused !== undefined) return refused.problems
  const remedy = problem.remedy
  return [diagnostic('MR1301', place ?? named?.span ?? span, { problem: ended(problem.problem), remedy })]
}

/** Whether a serde that could not be derived is the one whose absence is the problem. */
function isCause(refused: RefusedSerde, { node, problem }: EvaluatedProblem, place: Span | undefined): boolean {
  if (!problem.includes(`no serde for its ${refused.property}s`)) return false
  const { name, span } = refused.call
  if (name !== undefined && name === node) return true
  // What an applied operator adds has other names; its calls were set off at this place.
  return place !== undefined && place.file === span.file && place.line === span.line && place.column === span.column
}

/** A serde may be missed by a later operator than the one whose type has none: the nearest before it, in the order of the text. */
function causeBefore(refused: readonly RefusedSerde[], { problem }: EvaluatedProblem, place: Span | undefined): RefusedSerde | undefined {
  if (place === undefined) return undefined
  const before = refused.filter(({ property, call: { span } }) => {
    const isBefore = span.line < place.line || (span.line === place.line && span.column <= place.column)
    return problem.includes(`no serde for its ${property}s`) && span.file === place.file && isBefore
  })
  return before.reduce<RefusedSerde | undefined>((best, one) => {
    const isLater =
      best === undefined ||
      one.call.span.line > best.call.span.line ||
      (one.call.span.line === best.call.span.line && one.call.span.column > best.call.span.column)
    return isLater ? one : best
  }, undefined)
}

function ended(text: string): string {
  return /[.!?:]$/.test(text.trim()) ? text.trim() : `${text.trim()}.`
}

// What can be said of one topology by its file and what it imports. It is kept until one of these files is another one: so an edit in a project of many topologies
// costs what its own topology costs. What is kept holds no type of TypeScript: a type holds on to the whole program that it comes from.

import type { ts } from 'ts-morph'
import type { Naming } from '../graph/topology.ts'
import type { CheckedTopology } from './compiler.ts'
import { typesOf } from './declare/types-of.ts'
import { derive } from './derivation.ts'
import type { ModuleTexts } from './derive/derived-serdes.ts'
import type { Diagnostic } from './diagnostics.ts'
import type { DslCall } from './dsl-calls.ts'
import type { DefinitionSource } from './entry-point.ts'
import { type EvaluationRequest, evaluate } from './evaluate.ts'
import { unconnectedStores } from './keys/connected-stores.ts'
import { flowProblems } from './keys/flow.ts'
import { keyProblems, withoutJoinErrors } from './keys/key-types.ts'
import { missingMethods } from './keys/missing-methods.ts'
import { type TopicUse, topicUses } from './keys/topic-uses.ts'
import { graceAdvice, retentionAdvice } from './keys/window-advice.ts'
import type { Sources } from './project.ts'
import { impurities } from './purity/impurities.ts'
import { readTopologyFile, type TopologyFile } from './topology-file.ts'

export interface TopologyCheck {
  /** The file and what it imports of the project. */
  readonly closure: readonly ts.SourceFile[]
  readonly diagnostics: readonly Diagnostic[]
  /** Whether TypeScript has nothing against its files. */
  readonly isSound: boolean
  /** undefined where the file is none of a topology. */
  readonly named: (Pick<TopologyFile, 'file' | 'name' | 'nameNode'> & { readonly call: ts.CallExpression }) | undefined
  readonly uses: readonly TopicUse[]
  /** undefined with errors that leave no graph. */
  readonly passed: CheckedTopology | undefined
}

/** How topologies are made. */
export type Making = Pick<EvaluationRequest, 'workers' | 'timeLimitMs'>

export interface TopologyCheckRequest {
  readonly file: ts.SourceFile
  readonly closure: readonly ts.SourceFile[]
  /** Of all files of the closure. */
  readonly calls: readonly DslCall[]
  readonly ownCalls: readonly DslCall[]
  /** TypeScript's, in these files. */
  readonly typeErrors: readonly Diagnostic[]
  /** Whether the project as a whole can be read. */
  readonly isProjectSound: boolean
  readonly naming: Naming
  readonly sources: Sources
  readonly making: Making
  /** Of what was derived before. */
  readonly texts: ModuleTexts
}

export async function checkTopology(request: TopologyCheckRequest): Promise<TopologyCheck> {
  const { file, closure, calls, ownCalls, typeErrors, naming, sources } = request
  const read = readTopologyFile(file, ownCalls, sources, naming)
  const ofKeys = keyProblems(calls, sources)
  const diagnostics = [
    ...missingMethods(closure, withoutJoinErrors(typeErrors, calls, ofKeys, sources), sources),
    ...ofKeys,
    ...unconnectedStores(calls, sources),
    ...('file' in read ? [] : read),
    ...impurities(calls, sources),
  ]
  const uses = topicUses(calls, sources)
  // What has type errors would be derived from types that are not meant.
  const isSound = request.isProjectSound && typeErrors.length === 0
  if (!('file' in read)) return { closure, diagnostics, isSound, named: undefined, uses, passed: undefined }
  const named = { file, name: read.name, nameNode: read.nameNode, call: read.call.node }
  const graph = isSound ? await checkGraph(read, request) : []
  if (!('evaluation' in graph)) return { closure, diagnostics: [...diagnostics, ...graph], isSound, named, uses, passed: undefined }
  const advice = [...graph.derivation.advice, ...flowProblems([graph]), ...retentionAdvice(graph), ...graceAdvice(graph, calls, sources)]
  return { closure, diagnostics: [...diagnostics, ...advice], isSound, named, uses, passed: graph }
}

async function checkGraph(
  topology: TopologyFile,
  { closure, calls, sources, making, texts }: TopologyCheckRequest,
): Promise<CheckedTopology | readonly Diagnostic[]> {
  const derivation = derive(topology, closure, calls, sources, texts)
  if (derivation.undescribed.length > 0) return derivation.undescribed
  const source = sources.pathOf(topology.file)
  const definition: DefinitionSource = { kind: 'file', file: `./${source}` }
  const span = sources.spanOf(topology.call.node)
  const evaluation = await evaluate({ folder: sources.folder, definition, span, derivation, naming: topology.naming, ...making })
  const types = 'description' in evaluation ? typesOf(evaluation, derivation, calls, derivation.serdes.typeContext) : undefined
  derivation.serdes.forgetTypes()
  if (!('description' in evaluation) || types === undefined) return evaluation as readonly Diagnostic[]
  return { name: topology.name, source, definition, span, derivation, evaluation, types }
}

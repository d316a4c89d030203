// The program of the worker that makes a topology, to see its graph. It is told the file of the topology, and answers with data only, because functions cannot
// leave a worker. One worker makes one topology: what its code leaves behind is gone with it.

import { parentPort } from 'node:worker_threads'
import type { MillraceError } from '../errors.ts'
import { type Chain, chainsOf } from '../graph/chains.ts'
import { describe } from '../graph/describe.ts'
import { type Manifest, manifestOf } from '../graph/manifest.ts'
import { requireSources } from '../graph/require-sources.ts'
import type { Naming, Topology } from '../graph/topology.ts'

export interface EvaluationTask {
  /** The address of a module with the topology as its default export. */
  readonly module: string
  /** The project's default. */
  readonly naming: Naming
}

export type EvaluationAnswer =
  | { readonly kind: 'topology'; readonly description: string; readonly manifest: Manifest; readonly chains: readonly Chain[] }
  | { readonly kind: 'problems'; readonly problems: readonly EvaluatedProblem[] }
  | { readonly kind: 'threw'; readonly message: string; readonly stack: string }

/** `started` says that all is loaded and the topology is made now. */
export type EvaluationMessage = { readonly kind: 'started' } | EvaluationAnswer

/** One problem of the graph, with the stack of the dsl call that made it. */
export interface EvaluatedProblem {
  readonly node: string
  readonly problem: string
  readonly remedy: string
  readonly stack: string
}

/** So that the author's own frame is among them. */
Error.stackTraceLimit = 50

parentPort?.once('message', async (task: EvaluationTask) => {
  send({ kind: 'started' })
  send(await evaluate(task))
})

function send(message: EvaluationMessage): void {
  parentPort?.postMessage(message)
}

async function evaluate({ module, naming }: EvaluationTask): Promise<EvaluationAnswer> {
  try {
    const { default: definition } = (await import(module)) as { default: { build(options: { naming: Naming }): Topology } }
    const topology = definition.build({ naming })
    requireSources(topology)
    return { kind: 'topology', description: describe(topology), manifest: manifestOf(topology), chains: chainsOf(topology) }
  } catch (error) {
    if (!(error instanceof Error)) return { kind: 'threw', message: String(error), stack: '' }
    if (!isInvalid(error)) return { kind: 'threw', message: error.message, stack: String(error.stack) }
    const errors = error.cause instanceof AggregateError ? (error.cause.errors as MillraceError[]) : [error]
    return { kind: 'problems', problems: errors.map(problemOf) }
  }
}

/** By its code: a project may have another copy of Millrace than the compiler, with classes of its own. */
function isInvalid(error: Error): error is MillraceError {
  return 'code' in error && error.code === 'topology-invalid'
}

function problemOf({ details, remedy, stack }: MillraceError): EvaluatedProblem {
  return { node: String(details.node ?? ''), problem: String(details.problem), remedy, stack: String(stack) }
}

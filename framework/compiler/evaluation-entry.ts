// The text of the program that makes a topology in a worker, to see its graph: it answers with data only, because functions cannot leave a worker.

import { join } from 'node:path'
import type { Manifest } from '../graph/manifest.ts'
import { libraryFolder } from './library.ts'

export type EvaluationAnswer =
  | { readonly kind: 'topology'; readonly description: string; readonly manifest: Manifest }
  | { readonly kind: 'problems'; readonly problems: readonly EvaluatedProblem[] }
  | { readonly kind: 'threw'; readonly message: string; readonly stack: string }

/** One problem of the graph, with the stack of the dsl call that made it. */
export interface EvaluatedProblem {
  readonly node: string
  readonly problem: string
  readonly remedy: string
  readonly stack: string
}

/** `naming` is the project's default. */
export function evaluationEntry(topologyPath: string, naming: string): string {
  const library = (file: string): string => JSON.stringify(join(libraryFolder, 'build', 'framework', file))
  return `import { parentPort } from 'node:worker_threads'
import { describe } from ${library('graph/describe.js')}
import { manifestOf } from ${library('graph/manifest.js')}
import { requireSources } from ${library('graph/require-sources.js')}

Error.stackTraceLimit = 50

const problemOf = ({ details, remedy, stack }) => ({ node: String(details.node ?? ''), problem: String(details.problem), remedy, stack: String(stack) })

async function evaluate() {
  try {
    const { default: definition } = await import(${JSON.stringify(topologyPath)})
    const topology = definition.build({ naming: ${JSON.stringify(naming)} })
    requireSources(topology)
    return { kind: 'topology', description: describe(topology), manifest: manifestOf(topology) }
  } catch (error) {
    if (!(error instanceof Error)) return { kind: 'threw', message: String(error), stack: '' }
    if (error.code !== 'topology-invalid') return { kind: 'threw', message: error.message, stack: String(error.stack) }
    const errors = error.cause instanceof AggregateError ? error.cause.errors : [error]
    return { kind: 'problems', problems: errors.map(problemOf) }
  }
}

parentPort.postMessage(await evaluate())
`
}

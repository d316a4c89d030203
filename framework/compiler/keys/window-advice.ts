// Advice on windows: what takes no late record because nobody said how long it should, and what keeps all that it has ever seen.

import { ts } from 'ts-morph'
import type { CheckedTopology } from '../compiler.ts'
import { type Diagnostic, diagnostic } from '../diagnostics.ts'
import type { DslCall } from '../dsl-calls.ts'
import { withOption } from '../fixes/text-edits.ts'
import { spanOfNode } from '../node-span.ts'
import type { Sources } from '../project.ts'

const windows: ReadonlySet<string> = new Set(['hopping', 'session', 'sliding', 'tumbling', 'within'])
const dayMs = 86_400_000
/** A join that keeps more than this of both sides keeps, for most, everything. */
const joinDaysMax = 31

export function graceAdvice(topology: CheckedTopology, calls: readonly DslCall[], sources: Sources): Diagnostic[] {
  const { nodes } = topology.evaluation.manifest
  // What is in the program itself comes in its order: nothing is late.
  if (!nodes.some(({ input }) => input?.kind === 'topics' || input?.kind === 'pattern')) return []
  return calls.flatMap(({ node, method, isMethod }) => {
    if (isMethod || !windows.has(method)) return []
    const options = node.arguments[1]
    if (options !== undefined && !ts.isObjectLiteralExpression(options)) return []
    const saysIt = options?.properties.some((one) => one.name?.getText() === 'grace' || ts.isSpreadAssignment(one)) ?? false
    if (saysIt) return []
    const edit = withOption(sources.editedFile(node), node, 1, 'grace: 0')
    // It is what the window has anyway: the state stays what it is.
    const fix = edit === undefined ? undefined : { title: 'say { grace: 0 }', edits: [edit] }
    return [diagnostic('MR1405', sources.spanOf(node), { call: `${method}()` }, fix)]
  })
}

export function retentionAdvice(topology: CheckedTopology): Diagnostic[] {
  return topology.evaluation.manifest.nodes.flatMap(({ name, operator }): readonly Diagnostic[] => {
    const window = operator?.window as { kind?: string; beforeMs?: number; afterMs?: number; graceMs?: number } | undefined
    if (window?.kind === 'unlimited') return [diagnostic('MR1406', spanOfNode(topology, name), { name })]
    if (window?.kind !== 'join') return []
    const days = ((window.beforeMs ?? 0) + (window.afterMs ?? 0) + (window.graceMs ?? 0)) / dayMs
    return days <= joinDaysMax ? [] : [diagnostic('MR1407', spanOfNode(topology, name), { days: String(Math.round(days)) })]
  })
}

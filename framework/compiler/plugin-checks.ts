// Runs the checks of plugins. What a check reports has its code; what is wrong with the check itself is a diagnostic of ours that names it and its plugin, so
// that nobody looks for the mistake in the project.

import type { ts } from 'ts-morph'
import { type NamedPart, namedParts } from '../plugins/plugin-set.ts'
import type { CheckProblem, OptionsFix } from '../ports/check.ts'
import type { Plugin } from '../ports/plugin.ts'
import type { CheckedTopology } from './compiler.ts'
import { type Diagnostic, diagnostic, type Span } from './diagnostics.ts'
import { optionsFix, sourceFix } from './fixes/plugin-fix.ts'
import type { Fix } from './fixes/text-edits.ts'
import { completeManifest } from './manifest-text.ts'
import { callOfNode, spanOfNode } from './node-span.ts'
import type { Sources } from './project.ts'
import type { CheckedSources } from './source-check.ts'

/** A check that reports more has a loop without end, or there is nothing that a person could do with its list. */
const problemsMax = 1000

export function checkGraphs(plugins: readonly Plugin[], topologies: readonly CheckedTopology[], sources: Sources): Diagnostic[] {
  return namedParts(plugins, 'checks').flatMap((check) => {
    if (check.part.graph === undefined) return []
    return topologies.flatMap((topology) =>
      // A copy, so that no check changes what others see.
      problemsOf(
        check,
        topology.span,
        () => check.part.graph?.(structuredClone(completeManifest(topology))),
        ({ node, fix }) => ({ span: spanOfNode(topology, node), fix: graphFix(topology, node, fix, sources) }),
      ),
    )
  })
}

export function checkSources(plugins: readonly Plugin[], checked: CheckedSources, sources: Sources): Diagnostic[] {
  return namedParts(plugins, 'checks').flatMap((check) => {
    if (check.part.source === undefined) return []
    return problemsOf(
      check,
      undefined,
      () => check.part.source?.(checked),
      ({ at, fix }) => ({
        span: at === undefined ? undefined : sources.spanOf(at as ts.Node),
        fix: fix === undefined ? undefined : sourceFix(fix, sources),
      }),
    )
  })
}

/** The fix of what a plugin has found in a graph, at the call of the node that it names. Throws an Error that says what is wrong with it. */
export function graphFix(
  topology: CheckedTopology,
  node: string | undefined,
  fix: OptionsFix | undefined,
  sources: Sources,
): Fix | undefined {
  if (fix === undefined) return undefined
  return optionsFix(fix, node === undefined ? undefined : callOfNode(topology, node), sources)
}

interface Place {
  readonly span: Span | undefined
  readonly fix: Fix | undefined
}

/** `span` is where it is shown that the check has failed. */
function problemsOf<P extends CheckProblem>(
  { plugin, name: code }: NamedPart<'checks'>,
  span: Span | undefined,
  run: () => Iterable<P> | undefined,
  place: (problem: P) => Place,
): Diagnostic[] {
  const found: Diagnostic[] = []
  const failed = (problem: string): Diagnostic => diagnostic('MR1503', span, { code, plugin, problem: problem.replace(/[.]$/, '') })
  try {
    for (const problem of run() ?? []) {
      if (found.length === problemsMax) return [...found, failed(`it has reported ${problemsMax} problems and goes on`)]
      const { severity = 'error', message, remedy } = problem
      if (!isText(message) || !isText(remedy) || (severity !== 'error' && severity !== 'warning'))
        return [...found, failed('it has reported a problem without a message, a remedy or a severity that there is')]
      const { span: at, fix } = place(problem)
      found.push({ code, severity, span: at, message, remedy, ...(fix === undefined ? {} : { fix }) })
    }
  } catch (error) {
    found.push(failed(error instanceof Error ? error.message : String(error)))
  }
  return found
}

function isText(text: unknown): text is string {
  return typeof text === 'string' && text !== ''
}

// A compiler check of a plugin that looks at sources: with the types, which the port leaves open, so that nobody needs TypeScript who has no such check.

import type { ts } from 'ts-morph'
import type { Check, SourceProblem } from '../ports/check.ts'

/**
 * A check of the TypeScript of a project. TypeScript itself comes with what it looks at, so a plugin imports types alone: what a plugin imports is in the
 * bundle of every app that is configured with it.
 *
 * @example
 * ```ts
 * import { definePlugin } from 'millrace'
 * import type { SourceCheck, ts } from 'millrace/compiler'
 *
 * const noConsole: SourceCheck = {
 *   summary: 'Topologies do not write to the console.',
 *   *source({ ts, files }) {
 *     for (const file of files) {
 *       const found: ts.Node[] = []
 *       const visit = (node: ts.Node): void => {
 *         if (ts.isIdentifier(node) && node.text === 'console') found.push(node)
 *         ts.forEachChild(node, visit)
 *       }
 *       visit(file)
 *       for (const at of found) yield { at, message: 'A topology writes to the console.', remedy: 'Use print().' }
 *     }
 *   },
 * }
 *
 * export const acme = () => definePlugin({ name: 'acme', checks: { ACME002: noConsole } })
 * ```
 */
export interface SourceCheck extends Check {
  source(sources: CheckedSources): Iterable<SourceProblem>
}

export interface CheckedSources {
  /** TypeScript's own functions: the same TypeScript that has parsed the files. */
  readonly ts: typeof ts
  readonly program: ts.Program
  readonly checker: ts.TypeChecker
  /** The topology files and what they import of the project, dependencies first. They have no type errors. */
  readonly files: readonly ts.SourceFile[]
  readonly topologies: readonly SourceTopology[]
}

export interface SourceTopology {
  readonly name: string
  readonly file: ts.SourceFile
  /** The call of topology(). */
  readonly call: ts.CallExpression
}

// A compiler check of a plugin that looks at graphs.

import type { Check, GraphProblem } from '../ports/check.ts'
import type { Manifest } from './manifest.ts'

/**
 * A check of the graph of each topology of a project. It is given what `manifest.json` will hold, a copy of its own, and gives the problems that it finds; each
 * is shown at the call of the dsl that made the node it names. If it throws, that is an error of the check, with its code and the name of its plugin.
 *
 * @example
 * ```ts
 * import { definePlugin, type GraphCheck } from 'millrace'
 *
 * const topicNames: GraphCheck = {
 *   summary: 'Topics are named team.thing.',
 *   *graph({ nodes }) {
 *     for (const { name, topic } of nodes) {
 *       if (topic === undefined || topic.internal || /^[a-z]+[.][a-z-]+$/.test(topic.name)) continue
 *       yield { node: name, severity: 'warning', message: `${topic.name} is no name for a topic.`, remedy: 'Name it team.thing.' }
 *     }
 *   },
 * }
 *
 * export const acme = () => definePlugin({ name: 'acme', checks: { ACME001: topicNames } })
 * ```
 */
export interface GraphCheck extends Check {
  graph(topology: Manifest): Iterable<GraphProblem>
}

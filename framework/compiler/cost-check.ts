// The budget of a project: what a topology costs more than its configuration allows is an error at the topology.

import { type Budget, limitsOf, overBudget } from '../graph/cost/budget.ts'
import { costOf } from '../graph/cost/topology-cost.ts'
import type { CheckedTopology } from './compiler.ts'
import { type Diagnostic, diagnostic } from './diagnostics.ts'

export function costProblems(topologies: readonly CheckedTopology[], budget: Budget | undefined): Diagnostic[] {
  if (budget === undefined) return []
  return topologies.flatMap(({ name, span, evaluation }) =>
    overBudget(costOf(evaluation.manifest), limitsOf(budget, name)).map(({ limit, problem }) =>
      diagnostic('MR1801', span, { topology: name, problem, limit }),
    ),
  )
}

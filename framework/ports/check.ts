// A check that the compiler makes besides its own. What it looks at is opaque here: `GraphCheck` of millrace and `SourceCheck` of millrace/compiler are the
// same with the types.

export interface Check {
  /** What it looks for, in a sentence. */
  readonly summary: string
  /** Looks at the graph of each topology. */
  graph?(topology: object): Iterable<GraphProblem>
  /** Looks at the TypeScript of the topologies and what they import of the project, once. */
  source?(sources: object): Iterable<SourceProblem>
}

export interface CheckProblem {
  /** A warning changes the exit code only with `--strict`. Default: error. */
  readonly severity?: 'error' | 'warning'
  /** What is wrong, in a sentence. */
  readonly message: string
  /** What to do, in a sentence. */
  readonly remedy: string
}

export interface GraphProblem extends CheckProblem {
  /** The name of a node, store or internal topic: the problem is shown at the call that made it. Without one, at the topology. */
  readonly node?: string
}

export interface SourceProblem extends CheckProblem {
  /** A node of TypeScript's syntax tree: the problem is shown there. Without one it concerns the whole project. */
  readonly at?: object
}

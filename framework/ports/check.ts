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
  /** Where the remedy is an option of the call that made the node: `millrace check --fix` writes it there. */
  readonly fix?: OptionsFix
}

export interface OptionsFix {
  /** What it does, as an imperative: `keep it for a day`. */
  readonly title: string
  /** Options with their values, which are JSON: `{ store: { retention: '1d' } }`. One that is given already gets this value. */
  readonly options: Readonly<Record<string, unknown>>
}

export interface SourceProblem extends CheckProblem {
  /** A node of TypeScript's syntax tree: the problem is shown there. Without one it concerns the whole project. */
  readonly at?: object
  /** Where the remedy is mechanical: `millrace check --fix` does it. */
  readonly fix?: SourceFix
}

export interface SourceFix {
  /** What it does, as an imperative: `take the console out`. */
  readonly title: string
  /** All of them are made, or none. They must not overlap. */
  readonly edits: readonly SourceEdit[]
}

export interface SourceEdit {
  /** A node of TypeScript's syntax tree, in a file of the project: what stands there gives way to the text, the space and comments before it stay. */
  readonly at: object
  readonly text: string
  /** Positions in the text of the node's file, from 0, where not the whole node is meant. Equal ones insert. */
  readonly start?: number
  readonly end?: number
}

// What is wrong with a topology, collected while it is built, so that its author sees all of it at once. Each problem is an error of its own, made
// where the dsl was called: its stack leads to the author's line.

import { MillraceError } from '../errors.ts'

export class Problems {
  private readonly topology: string
  private readonly found: MillraceError[] = []

  constructor(topology: string) {
    this.topology = topology
  }

  /** `node` is the name by which the author can find the place; `at` is an error made at it, if that is not where this is called. */
  report(node: string, problem: string, remedy: string, at?: Error): void {
    const error = new MillraceError('topology-invalid', { topology: this.topology, node, problem: `${node}: ${problem}`, remedy })
    if (at?.stack !== undefined) error.stack = at.stack
    this.found.push(error)
  }

  /** Throws the one problem, or one error with all of them as `cause.errors`. */
  throwIfAny(): void {
    const [first, ...others] = this.found
    if (first === undefined) return
    if (others.length === 0) throw first
    const lines = this.found.map((error) => `\n  - ${error.details.problem} ${error.remedy}`)
    throw new MillraceError(
      'topology-invalid',
      { topology: this.topology, problem: `${this.found.length} problems:${lines.join('')}\n`, remedy: 'Mend all of them.' },
      new AggregateError(this.found),
    )
  }
}

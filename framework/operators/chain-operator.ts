// A chain of operators without state, run as the one function that the compiler has written for it. To those around it is its first operator; a step that
// throws is named as the operator that it stands for.

import { type ChainCode, callbackOf } from '../graph/chains.ts'
import type { ProcessorNode } from '../graph/topology.ts'
import type { Failures } from './failures.ts'
import type { Flow, Operator, Outlet } from './operator.ts'

export interface ChainParts {
  /** A step each. */
  readonly nodes: readonly ProcessorNode[]
  readonly code: ChainCode
  /** To what is behind the last step. */
  readonly outlet: Outlet
  readonly failures: Failures
  /** Told of each step but the first before it begins; gives the same number. */
  readonly enter: (step: number) => number
}

export class ChainOperator implements Operator {
  readonly name: string
  readonly process: (record: Flow) => void

  constructor({ nodes, code, outlet, failures, enter }: ChainParts) {
    const names = nodes.map(({ name }) => name)
    this.name = names[0] as string
    this.process = code.make(nodes.map(callbackOf), {
      outlet,
      enter,
      fail(error, step, record) {
        failures.handle(error, names[step] as string, record as Flow)
      },
    })
  }
}

/** Of chains that nobody watches. */
export function unwatched(step: number): number {
  return step
}

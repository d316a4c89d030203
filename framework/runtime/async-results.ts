// What comes of calls to the outside, of all operators of a task that make some.

import type { Operator } from '../operators/operator.ts'
import type { AsyncCalls, AsyncOperator } from '../operators/operator-environment.ts'
import type { Retries } from '../operators/retries.ts'
import type { TaskOptions } from './task-options.ts'
import type { WorkCursor } from './work-cursor.ts'

export class AsyncResults {
  private readonly operators: readonly (Operator & AsyncOperator)[]
  private readonly retries: Retries | undefined
  private readonly cursor: WorkCursor | undefined

  constructor(operators: readonly Operator[], retries: Retries | undefined, cursor: WorkCursor | undefined) {
    this.operators = operators.filter((operator): operator is Operator & AsyncOperator => 'deliver' in operator)
    this.retries = retries
    this.cursor = cursor
  }

  /** Sends on what has come; gives of how many records. */
  deliver(): number {
    let count = 0
    for (const operator of this.operators) {
      if (this.retries?.areWaiting === true) break
      this.cursor?.enters(this.cursor.numberOf(operator.name))
      count += operator.deliver()
    }
    if (count > 0) this.cursor?.rests()
    return count
  }

  beforeCommit(): void {
    for (const operator of this.operators) operator.beforeCommit()
  }

  get pending(): number {
    return this.operators.reduce((sum, { pending }) => sum + pending, 0)
  }

  get areFull(): boolean {
    // Asked for after each record, of mostly no operator.
    for (const operator of this.operators) if (operator.isFull) return true
    return false
  }
}

export function asyncCalls({ awaitReady, clock }: TaskOptions): AsyncCalls {
  return {
    start: (call) => awaitReady(call, () => {}),
    after: (delayMs, run) => clock.after(delayMs, run),
    monotonicMs: () => clock.monotonicMs(),
  }
}

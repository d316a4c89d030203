// What the app is at: the record and the operator, as three numbers in shared memory, so that a thread that watches can name them while this one is stuck in
// them. A number is written for each record and each operator that it comes to; an app that nobody watches has no cursor.

import type { Flow, Operator } from '../operators/operator.ts'
import type { WorkInView } from '../ports/health.ts'
import { partitionName, type TopicPartition } from '../ports/record.ts'

const input = 0
const offset = 1
const operator = 2
const none = -1

export class WorkCursor implements WorkInView {
  readonly shared = new SharedArrayBuffer(3 * Float64Array.BYTES_PER_ELEMENT)
  private readonly cells = new Float64Array(this.shared).fill(none)
  private readonly numbers = new Map<string, number>()
  /** Looked up only where it is another one than before. */
  private input: TopicPartition | undefined
  private inputNumber = none
  private take: ((number: number, name: string) => void) | undefined

  onName(take: (number: number, name: string) => void): void {
    this.take = take
    for (const [name, number] of this.numbers) take(number, name)
  }

  /** The number that stands for a name. */
  numberOf(name: string): number {
    const known = this.numbers.get(name)
    if (known !== undefined) return known
    const number = this.numbers.size
    this.numbers.set(name, number)
    this.take?.(number, name)
    return number
  }

  takes(from: TopicPartition, recordOffset: number): void {
    const { cells } = this
    if (this.input !== from) {
      this.input = from
      this.inputNumber = this.numberOf(partitionName(from))
    }
    cells[input] = this.inputNumber
    cells[offset] = recordOffset
  }

  /** Gives the operator that was at work before. */
  enters(operatorNumber: number): number {
    const { cells } = this
    const before = cells[operator] as number
    cells[operator] = operatorNumber
    return before
  }

  rests(): void {
    this.cells.fill(none)
  }
}

/** An operator that says when it is at work. */
export class WatchedOperator implements Operator {
  readonly name: string
  private readonly inner: Operator
  private readonly cursor: WorkCursor
  private readonly number: number

  constructor(inner: Operator, cursor: WorkCursor) {
    this.name = inner.name
    this.inner = inner
    this.cursor = cursor
    this.number = cursor.numberOf(inner.name)
  }

  process(record: Flow): void {
    const { cursor } = this
    const before = cursor.enters(this.number)
    this.inner.process(record)
    // Not after a failure: whoever handles it goes on with another operator, which says so itself.
    cursor.enters(before)
  }
}

/** For a chain that runs as one function: tells of each step that it begins, as if the operator of that name did. */
export function stepsWatchedBy(cursor: WorkCursor, names: readonly string[]): (step: number) => number {
  const numbers = names.map((name) => cursor.numberOf(name))
  return (step) => {
    cursor.enters(numbers[step] as number)
    return step
  }
}

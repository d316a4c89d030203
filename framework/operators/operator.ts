// A running operator and its way on to its children. Operators are synchronous: process() returns when the record and all that it caused in this task is done.

import { noHeaders } from '../ports/record.ts'
import type { Failures } from './failures.ts'
import { Cell, FlowRecord, noOrigin } from './flow-record.ts'

/** A record whose types the operators do not know; the dsl has checked them. */
export type Flow = FlowRecord<unknown, unknown>

/** What the end of the input stands for where a record is asked for: it has no key, no value and no place. */
export function endRecord(timestamp: number): Flow {
  return new FlowRecord<unknown, unknown>(Cell.of(null), Cell.of(null), timestamp, noHeaders, noOrigin)
}

export interface Operator {
  /** The name of its node. */
  readonly name: string
  process(record: Flow): void
  /** Called once, before the first record, in the order in which the nodes were added. */
  open?(): void
  /** Nothing comes any more: what waits for time to pass is sent. Called after the operators before it have sent theirs. */
  endOfInput?(): void
  /** Called once when the task ends; users' processors have something to close. */
  close?(): void
}

/** Where an operator sends records: to its children in the order of their attachment. A child that throws is named in the error. */
export class Outlet {
  private readonly children: readonly Operator[]
  private readonly failures: Failures

  constructor(children: readonly Operator[], failures: Failures) {
    this.children = children
    this.failures = failures
  }

  forward(record: Flow): void {
    const { children } = this
    for (let index = 0; index < children.length; index++) this.forwardTo(children[index] as Operator, record)
  }

  /** The child at a position, or a named one. */
  child(name: string): Operator | undefined {
    return this.children.find((child) => child.name === name)
  }

  forwardTo(child: Operator, record: Flow): void {
    try {
      child.process(record)
    } catch (error) {
      this.failures.handle(error, child.name, record)
    }
  }
}

// Records that nodes have failed on and will be given again after a pause. While there are some, the task takes no further record, so nothing overtakes a
// record but what the same record sets off elsewhere: what comes for a node that still has one to try waits behind it.

import type { Failures } from './failures.ts'
import { UndecodableError } from './flow-record.ts'
import { type Flow, type Operator, Outlet } from './operator.ts'

export interface RetryPolicy {
  /** How often a record is tried again. */
  readonly retriesMax: number
  /** Before the first time; it doubles up to the largest. */
  readonly backoffMs: number
  readonly backoffMsMax: number
}

interface Waiting {
  readonly record: Flow
  /** How often the node has failed on it; 0: it waits behind another. */
  readonly failures: number
  readonly dueMs: number
}

export class Retries {
  private readonly policy: RetryPolicy
  private readonly failures: Failures
  private readonly monotonicMs: () => number
  /** Each in its order; none is empty. */
  private readonly waiting = new Map<Operator, Waiting[]>()

  constructor(policy: RetryPolicy, failures: Failures, monotonicMs: () => number) {
    this.policy = policy
    this.failures = failures
    this.monotonicMs = monotonicMs
  }

  get areWaiting(): boolean {
    return this.waiting.size > 0
  }

  /** When the next one is due, by the monotonic clock; Infinity if none waits. */
  get nextDueMs(): number {
    let nextMs = Infinity
    for (const [first] of this.waiting.values()) nextMs = Math.min(nextMs, first?.dueMs ?? Infinity)
    return nextMs
  }

  /** Gives a node a record, or lets it wait behind one that the node has failed on. Throws where the policy is to fail. */
  give(node: Operator, record: Flow): void {
    const queue = this.waiting.size === 0 ? undefined : this.waiting.get(node)
    if (queue !== undefined) {
      queue.push({ record, failures: 0, dueMs: 0 })
      return
    }
    try {
      node.process(record)
    } catch (error) {
      const again = this.waitsAfter(error, node, record, 1)
      if (again !== undefined) this.waiting.set(node, [again])
    }
  }

  /** Tries those that are due. */
  run(): void {
    this.runUntil(this.monotonicMs())
  }

  /** Tries all of them, without a pause, until none is left: for a commit, which cannot wait. */
  settle(): void {
    while (this.areWaiting) this.runUntil(Infinity)
  }

  private runUntil(nowMs: number): void {
    for (const [node, queue] of [...this.waiting]) {
      for (let first = queue[0]; first !== undefined && first.dueMs <= nowMs; first = queue[0]) {
        const again = this.tryAgain(node, first)
        if (again === undefined) queue.shift()
        else queue[0] = again
      }
      if (queue.length === 0) this.waiting.delete(node)
    }
  }

  /** Undefined if it is done. */
  private tryAgain(node: Operator, { record, failures }: Waiting): Waiting | undefined {
    try {
      node.process(record)
      return undefined
    } catch (error) {
      if (!(error instanceof UndecodableError)) return this.waitsAfter(error, node, record, failures + 1)
      // The source that the error would have reached is behind us.
      error.node ??= node.name
      this.failures.handleUndecodable(error, record)
      return undefined
    }
  }

  /** What a record waits for on which a node has failed; undefined if it is left out. Throws where the policy is to fail. */
  private waitsAfter(error: unknown, node: Operator, record: Flow, failures: number): Waiting | undefined {
    const { retriesMax, backoffMs, backoffMsMax } = this.policy
    if (!this.failures.handle(error, node.name, record, { failures, retriesMax })) return undefined
    return { record, failures, dueMs: this.monotonicMs() + Math.min(backoffMsMax, backoffMs * 2 ** (failures - 1)) }
  }
}

/** An outlet whose children may be given a record again. */
export class RetryingOutlet extends Outlet {
  private readonly retries: Retries

  constructor(children: readonly Operator[], failures: Failures, retries: Retries) {
    super(children, failures)
    this.retries = retries
  }

  override forwardTo(child: Operator, record: Flow): void {
    this.retries.give(child, record)
  }
}

// What happens when something below a node throws: the error is told once, with task, node and record, where it first passes an outlet, and goes
// up from there unchanged. Errors of ours (a full disk) know already where they came from, but for a record that is too large: what sends it does not
// know what it was made of.

import { isMillraceError, MillraceError } from '../errors.ts'
import type { DeadLetters } from './dead-letters.ts'
import type { DroppedRecords } from './dropped-records.ts'
import { type Origin, UndecodableError } from './flow-record.ts'
import type { Flow } from './operator.ts'

export interface FailurePolicy {
  /** What a throwing callback does: `fail` ends the task, `continue` drops the record at that node (Kafka Streams: processing.exception.handler). */
  readonly onCallbackFailure: 'fail' | 'continue'
}

export class Failures {
  private readonly taskId: string
  private readonly policy: FailurePolicy
  private readonly dropped: DroppedRecords
  private readonly deadLetters: DeadLetters | undefined

  constructor(taskId: string, policy: FailurePolicy, dropped: DroppedRecords, deadLetters: DeadLetters | undefined) {
    this.taskId = taskId
    this.policy = policy
    this.dropped = dropped
    this.deadLetters = deadLetters
  }

  /** Called in a catch block of whoever ran `node` on `record`. Returns only if the policy is to go on. */
  handle(error: unknown, node: string, record: Flow): void {
    this.handleAt(error, node, record)
  }

  handlePunctuation(error: unknown, node: string): void {
    this.handleAt(error, node, undefined)
  }

  /** What to throw when all are closed: no record is at stake, so the policy for records has no say. */
  ofClosing(error: unknown, node: string): unknown {
    return isMillraceError(error) ? error : this.told(error, node, undefined)
  }

  private handleAt(error: unknown, node: string, record: Flow | undefined): void {
    if (error instanceof UndecodableError) error.node ??= node
    if (isMillraceError(error, 'record-too-large') && error.details.made === '') throw this.tooLarge(error, node, record)
    if (error instanceof UndecodableError || isMillraceError(error)) throw error
    if (this.policy.onCallbackFailure === 'continue') {
      this.dropped.add('callback-failed')
      if (record !== undefined) this.deadLetters?.add(error, record)
      return
    }
    throw this.told(error, node, record)
  }

  private tooLarge(error: MillraceError, node: string, record: Flow | undefined): MillraceError {
    const made = `, made of ${describeOrigin(record?.origin)} by ${node} in task ${this.taskId},`
    return new MillraceError('record-too-large', { ...error.details, made }, error)
  }

  private told(error: unknown, node: string, record: Flow | undefined): MillraceError {
    const problem = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
    return new MillraceError(
      'callback-failed',
      { task: this.taskId, node, place: describeOrigin(record?.origin), problem, frames: userFrames(error) },
      error,
    )
  }
}

export function describeOrigin(origin: Origin | undefined): string {
  return origin?.topic === undefined ? 'no input record' : `${origin.topic}-${origin.partition}@${origin.offset}`
}

/** The frames above the first of ours: where the user's code threw, and how it got there. */
function userFrames(error: unknown): string {
  const stack = error instanceof Error ? error.stack : undefined
  if (stack === undefined) return ''
  const frames = stack.split('\n').filter((line) => /^\s+at /.test(line))
  const ours = frames.findIndex((line) => /[\\/:]framework[\\/](operators|runtime)[\\/]|Outlet\.forwardTo/.test(line))
  const theirs = ours < 0 ? frames : frames.slice(0, ours)
  return theirs.map((line) => `\n${line}`).join('')
}

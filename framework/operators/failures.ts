// What happens when something below a node throws: the error is told once, with task, node and record, where it first passes an outlet, and goes
// up from there unchanged. What becomes of the record is decided by a policy or by a function of the topology. Errors of ours (a full disk) know already
// where they came from and are no record's fault, but for a record that is too large: what sends it does not know what it was made of.

import { isMillraceError, MillraceError } from '../errors.ts'
import type {
  ErrorHandlerContext,
  ErrorHandlers,
  ErrorResponse,
  ProcessingErrorResponse,
  ProductionErrorResponse,
} from '../graph/error-handlers.ts'
import type { Logger } from '../ports/logger.ts'
import { asOffset, asTimestamp, noHeaders } from '../ports/record.ts'
import type { DeadLetters } from './dead-letters.ts'
import type { DroppedRecords, DropReason } from './dropped-records.ts'
import { noOrigin, type Origin, UndecodableError } from './flow-record.ts'
import type { Flow } from './operator.ts'

/** What becomes of records that fail: each kind by name or by a function. */
export interface FailurePolicy extends Required<ErrorHandlers> {
  /** What becomes of a record after `retry`, or where nothing can be tried again. Default: `fail`. */
  readonly processingRetriesExhausted?: ErrorResponse
}

export interface FailureParts {
  readonly taskId: string
  readonly policy: FailurePolicy
  readonly dropped: DroppedRecords
  /** Undefined: there is no dead letter topic. */
  readonly deadLetters: DeadLetters | undefined
  /** The nodes from the source of a topic to a node; only the node where there is no such way. */
  readonly pathTo: (node: string, topic: string | undefined) => readonly string[]
  readonly source: SourceBytes
  readonly logger: Logger
  /** How often what a broker has refused is sent again under `retry`. Default: never. */
  readonly retriesMax?: number
}

/** The input record that the task is working on. */
export class SourceBytes {
  private current: Flow | undefined

  workOn(record: Flow): void {
    this.current = record
  }

  /** Of the input record that `record` came from; not known if it is another one by now, and of elements of the program, which never had bytes. */
  of(record: Flow | undefined): { readonly key: Buffer | null; readonly value: Buffer | null; readonly isKnown: boolean } {
    const { current } = this
    if (current === undefined || current.origin !== record?.origin) return { key: null, value: null, isKnown: false }
    const { keyCell, valueCell } = current
    return { key: keyCell.copyOfBytes(), value: valueCell.copyOfBytes(), isKnown: keyCell.isAsItCame && valueCell.isAsItCame }
  }
}

interface Attempts {
  /** How often the node has failed on the record, this time included. */
  readonly failures: number
  readonly retriesMax: number
}

const once: Attempts = { failures: 1, retriesMax: 0 }

export class Failures {
  private readonly parts: FailureParts

  constructor(parts: FailureParts) {
    this.parts = parts
  }

  /** Whether a record may have to be tried again. */
  get mayRetry(): boolean {
    const { processingExceptionHandler: handler } = this.parts.policy
    return handler === 'retry' || typeof handler === 'function'
  }

  /** Called in a catch block of whoever ran `node` on `record`. Gives whether to try again; throws where the policy is to fail. */
  handle(error: unknown, node: string, record: Flow | undefined, attempts = once): boolean {
    if (error instanceof UndecodableError) error.node ??= node
    if (isMillraceError(error, 'record-too-large') && error.details.made === '') throw this.tooLarge(error, node, record)
    if (error instanceof UndecodableError || isMillraceError(error)) throw error
    const { processingExceptionHandler: handler, processingRetriesExhausted = 'fail' } = this.parts.policy
    const response: ProcessingErrorResponse =
      typeof handler === 'function'
        ? this.ask(() => handler(asError(error), this.context(node, record, attempts.failures), record), error, node)
        : handler
    if (response === 'retry' && attempts.failures <= attempts.retriesMax) {
      this.log(`Trying again (${attempts.failures} of ${attempts.retriesMax})`, error, node, record)
      return true
    }
    const decided = response === 'retry' ? processingRetriesExhausted : response
    if (decided === 'fail') throw this.told(error, node, record)
    this.leaveOut('callback-failed', decided, { error, node, record })
    return false
  }

  handlePunctuation(error: unknown, node: string): void {
    this.handle(error, node, undefined)
  }

  /** A value that could not be read on the way of the input record `record`. Returns only if it is to be left out. */
  handleUndecodable(error: UndecodableError, record: Flow): void {
    const node = error.node ?? 'a source'
    const { deserializationExceptionHandler: handler } = this.parts.policy
    const decided = typeof handler === 'function' ? this.ask(() => handler(error, this.context(node, record, 1)), error, node) : handler
    if (decided === 'fail') {
      const place = describeOrigin(record.origin)
      throw new MillraceError('record-undecodable', { task: this.parts.taskId, node, place, problem: error.message }, error)
    }
    this.leaveOut('undecodable', decided, { error, node, record })
  }

  /** A sink could not write `record`. Returns only if it is to be left out. */
  handleProduction(error: unknown, node: string, record: Flow, topic: string): void {
    const isTooLarge = isMillraceError(error, 'record-too-large') && error.details.made === ''
    if (error instanceof UndecodableError || (isMillraceError(error) && !isTooLarge)) throw error
    const decided = this.productionDecision(error, node, record, once)
    // To give its serde the same value again would not help.
    const response = decided === 'retry' ? this.exhausted : decided
    if (response !== 'fail') {
      this.leaveOut('not-written', response, { error, node, record })
      return
    }
    if (isTooLarge) throw this.tooLarge(error, node, record)
    const place = describeOrigin(record.origin)
    throw new MillraceError('record-unwritable', { task: this.parts.taskId, node, place, topic, problem: problemOf(error) }, error)
  }

  /** The broker has refused what `node` wrote, for what it is: `record` is that. Throws where the policy is to fail. */
  handleRefused(error: Error, node: string, record: Flow, attempt: number): 'leave-out' | 'retry' {
    const { retriesMax = 0 } = this.parts
    const decided = this.productionDecision(error, node, record, { failures: attempt, retriesMax })
    if (decided === 'retry' && attempt <= retriesMax) {
      this.log(`Trying again (${attempt} of ${retriesMax})`, error, node, record)
      return 'retry'
    }
    const response = decided === 'retry' ? this.exhausted : decided
    if (response === 'fail') throw isMillraceError(error, 'record-too-large') ? this.tooLarge(error, node, record) : error
    this.leaveOut('not-written', response, { error, node, record })
    return 'leave-out'
  }

  private productionDecision(error: unknown, node: string, record: Flow, { failures }: Attempts): ProductionErrorResponse {
    const { productionExceptionHandler: handler } = this.parts.policy
    return typeof handler === 'function'
      ? this.ask(() => handler(asError(error), this.context(node, record, failures), record), error, node)
      : handler
  }

  private get exhausted(): ErrorResponse {
    return this.parts.policy.processingRetriesExhausted ?? 'fail'
  }

  /** What to throw when all are closed: no record is at stake, so the policy for records has no say. */
  ofClosing(error: unknown, node: string): unknown {
    return isMillraceError(error) ? error : this.told(error, node, undefined)
  }

  private leaveOut(
    reason: DropReason,
    response: 'continue' | 'dead-letter',
    failure: { readonly error: unknown; readonly node: string; readonly record: Flow | undefined },
  ): void {
    const { dropped, deadLetters, taskId, source, pathTo } = this.parts
    const { error, node, record } = failure
    if (response === 'dead-letter' && deadLetters === undefined)
      throw new MillraceError('dead-letter-topic-unset', { task: taskId, node, place: describeOrigin(record?.origin) }, error)
    dropped.add(reason)
    this.log('Left out a record', error, node, record)
    if (record === undefined) return
    deadLetters?.add(record, source.of(record), { error, taskId, path: pathTo(node, record.origin.topic) })
  }

  /** Asks a function of the user; what it throws, or says that is no answer, ends the task. */
  private ask<R extends ProcessingErrorResponse>(handler: () => R, error: unknown, node: string): R {
    try {
      const response = handler()
      if (['fail', 'continue', 'dead-letter', 'retry'].includes(response)) return response
      throw new TypeError(`it answered ${JSON.stringify(response)}`)
    } catch (problem) {
      throw new MillraceError(
        'error-handler-failed',
        { task: this.parts.taskId, node, problem: problemOf(problem), about: problemOf(error) },
        problem,
      )
    }
  }

  private context(node: string, record: Flow | undefined, attempt: number): ErrorHandlerContext {
    const { topic, partition, offset } = record?.origin ?? noOrigin
    const { key, value } = this.parts.source.of(record)
    return {
      taskId: this.parts.taskId,
      processorNodeId: node,
      path: this.parts.pathTo(node, topic),
      topic,
      partition,
      offset: asOffset(offset),
      timestamp: record?.timestamp ?? asTimestamp(-1),
      headers: record?.headers ?? noHeaders,
      sourceRawKey: key,
      sourceRawValue: value,
      attempt,
    }
  }

  private log(what: string, error: unknown, node: string, record: Flow | undefined): void {
    const fields = { task: this.parts.taskId, node, place: describeOrigin(record?.origin), problem: problemOf(error) }
    this.parts.logger.log('warn', `${what}: ${node} in task ${fields.task} failed on ${fields.place}: ${fields.problem}`, fields)
  }

  private tooLarge(error: MillraceError, node: string, record: Flow | undefined): MillraceError {
    const made = `, made of ${describeOrigin(record?.origin)} by ${node} in task ${this.parts.taskId},`
    return new MillraceError('record-too-large', { ...error.details, made }, error)
  }

  private told(error: unknown, node: string, record: Flow | undefined): MillraceError {
    return new MillraceError(
      'callback-failed',
      { task: this.parts.taskId, node, place: describeOrigin(record?.origin), problem: problemOf(error), frames: userFrames(error) },
      error,
    )
  }
}

export function describeOrigin(origin: Origin | undefined): string {
  return origin?.topic === undefined ? 'no input record' : `${origin.topic}-${origin.partition}@${origin.offset}`
}

function problemOf(error: unknown): string {
  if (error instanceof UndecodableError || isMillraceError(error)) return error.message
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
}

/** Users may throw anything. */
function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error), { cause: error })
}

/** The frames above the first of ours: where the user's code threw, and how it got there. */
function userFrames(error: unknown): string {
  const stack = error instanceof Error ? error.stack : undefined
  if (stack === undefined) return ''
  const frames = stack.split('\n').filter((line) => /^\s+at /.test(line))
  const ours = frames.findIndex((line) => /[\\/:]framework[\\/](operators|runtime)[\\/]|millrace:chains|Outlet\.forwardTo/.test(line))
  const theirs = ours < 0 ? frames : frames.slice(0, ours)
  return theirs.map((line) => `\n${line}`).join('')
}

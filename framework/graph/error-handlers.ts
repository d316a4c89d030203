// What becomes of a record that cannot be read, processed or written: by name in the settings, or decided by a function of the topology. The words are
// Kafka Streams' (DeserializationExceptionHandler, ProcessingExceptionHandler of KIP-1033, ProductionExceptionHandler; ErrorHandlerContext; dead letters: KIP-1034).

import type { Headers, Offset, StreamRecord, Timestamp } from '../ports/record.ts'

/**
 * What an error handler answers:
 *
 * - `fail`: the app ends; the record comes again when it starts.
 * - `continue`: the record is left out at the node that failed, counted, and written to the `deadLetterTopic` if there is one.
 * - `dead-letter`: as `continue`, but never without a dead letter topic.
 */
export type ErrorResponse = 'fail' | 'continue' | 'dead-letter'

/**
 * `retry` gives the record to the node again, after a pause that doubles each time (`processingRetryBackoffMs`), up to `processingRetriesMax` times; then
 * `processingRetriesExhausted` decides. What the node did before it failed stays done.
 */
export type ProcessingErrorResponse = ErrorResponse | 'retry'

/** Where something went wrong (Kafka Streams: ErrorHandlerContext). */
export interface ErrorHandlerContext {
  /** `<sub-topology>_<partition>` */
  readonly taskId: string
  /** The node that failed. */
  readonly processorNodeId: string
  /** The nodes from the source to the one that failed, by the shortest way; only the last one where the input record is not known. */
  readonly path: readonly string[]
  /** Of the input record; undefined and -1 where there is none, as in a punctuation. */
  readonly topic: string | undefined
  readonly partition: number
  readonly offset: Offset
  readonly timestamp: Timestamp
  readonly headers: Headers
  /** The input record as it came. null: it has none, or what failed comes out of a cache and its input record is gone. */
  readonly sourceRawKey: Uint8Array | null
  readonly sourceRawValue: Uint8Array | null
  /** How often this node has failed on this record, from 1. */
  readonly attempt: number
}

/** Decides about a record whose bytes cannot be read. An error that it throws itself ends the app. */
export type DeserializationExceptionHandler = (error: Error, context: ErrorHandlerContext) => ErrorResponse

/** Decides about a record on which a callback threw; `record` is what the node was given, undefined in a punctuation. */
export type ProcessingExceptionHandler = (
  error: Error,
  context: ErrorHandlerContext,
  record: StreamRecord<unknown, unknown> | undefined,
) => ProcessingErrorResponse

/**
 * Decides about a record that cannot be written: its serde refuses it, it is larger than a request may be, or the broker refuses it after it was sent (too large for its topic, without a
 * key where that is compacted, a timestamp that is not allowed). `record` is what the sink was given; where the broker refused it, what it was sent, without the place of the input
 * record, which is not known any more. `retry` sends a record that the broker refused again, up to `processingRetriesMax` times; then, and for others,
 * `processingRetriesExhausted` decides. Not asked about changelogs, which have to have everything.
 */
export type ProductionExceptionHandler = (
  error: Error,
  context: ErrorHandlerContext,
  record: StreamRecord<unknown, unknown>,
) => ProductionErrorResponse

/** As `ProcessingErrorResponse`, about a record that cannot be written. */
export type ProductionErrorResponse = ProcessingErrorResponse

/** Those of a topology; what it leaves out is as the settings say. */
export interface ErrorHandlers {
  readonly deserializationExceptionHandler?: ErrorResponse | DeserializationExceptionHandler
  readonly processingExceptionHandler?: ProcessingErrorResponse | ProcessingExceptionHandler
  readonly productionExceptionHandler?: ProductionErrorResponse | ProductionExceptionHandler
}

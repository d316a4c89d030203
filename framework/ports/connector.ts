// What brings records in from elsewhere than Kafka, and what takes them out. Connectors do I/O and may wait; the operators between them never do: a source is read
// ahead of the task that takes its records, and a sink keeps what it is given until the commit waits for it.

import type { Clock } from './clock.ts'
import type { Logger } from './logger.ts'
import type { Headers, StreamRecord } from './record.ts'

/** What a connector is told of the task that it belongs to. */
export interface ConnectorContext {
  readonly applicationId: string
  readonly taskId: string
  readonly logger: Logger
  readonly clock: Clock
}

/**
 * Records from outside, in an order that stays the same: what was at a position once is there again after a restart. One task reads it, however many instances
 * run; its position is committed with the offsets of topics, so a restart goes on behind the last record that was committed.
 *
 * @example
 * ```ts
 * import { type Source, topology } from 'millrace'
 *
 * const countdown: Source<string, number> = {
 *   name: 'countdown',
 *   bounded: true,
 *   async open({ position }) {
 *     let next = position
 *     return {
 *       async read() {
 *         return next < 3 ? [{ key: 'left', value: 3 - next++ }] : 'end'
 *       },
 *       async close() {},
 *     }
 *   },
 * }
 *
 * export default topology('launch', (builder) => {
 *   const left = builder.fromSource(countdown)
 *   left.print()
 * })
 * ```
 */
export interface Source<K, V> {
  /** What it is called in messages and in the manifest, such as `json-lines`. */
  readonly name: string
  /** Whether it ends. A bounded one closes its windows at its end, as `fromElements` does, and an app of bounded sources only ends with them. */
  readonly bounded: boolean
  /** `position`: how far it was read and committed before; 0 at first. Rejects if it cannot be read: the app fails with `source-failed`. */
  open(context: SourceContext): Promise<SourceReader<K, V>>
}

export interface SourceContext extends ConnectorContext {
  /** Where to begin: the `position` behind the last record that was committed, 0 at first. */
  readonly position: number
}

export interface SourceReader<K, V> {
  /**
   * The next records, in order; waits until there are some. `end`: there will be none any more. It is called again when most of what it gave is processed, and
   * never twice at once, so as much as one call gives lies in memory twice at most. Retries are its own matter: where it rejects, the app fails with `source-failed`.
   */
  read(): Promise<readonly SourceRecord<K, V>[] | 'end'>
  /** Also while `read` waits, which then has to settle. */
  close(): Promise<void>
}

export interface SourceRecord<K, V> {
  readonly key: K
  readonly value: V
  /** Milliseconds since 1970. Default: when it becomes the next record of its task. */
  readonly timestamp?: number
  readonly headers?: Headers
  /** Where reading goes on behind it: a line number, a sequence number; whole, and never smaller than that of the record before. Default: one more than it. */
  readonly position?: number
}

/**
 * Takes records out: into a file, a database, a service. At least once: whatever was written since the last commit is written again after a crash, so write
 * in a way that can be repeated; topic, partition and offset of a record are the same then.
 *
 * @example
 * ```ts
 * import { type Sink, topology } from 'millrace'
 *
 * const log: Sink<string, string> = {
 *   name: 'log',
 *   async open() {
 *     let lines: string[] = []
 *     return {
 *       write: ({ key, value }) => lines.push(`${key}: ${value}`),
 *       async flush() {
 *         const written = lines
 *         lines = []
 *         for (const line of written) console.error(line)
 *       },
 *       async close() {},
 *     }
 *   },
 * }
 *
 * export default topology('greetings', (builder) => {
 *   const greetings = builder.stream<string, string>('greetings')
 *   greetings.sinkTo(log)
 * })
 * ```
 */
export interface Sink<K, V> {
  /** What it is called in messages and in the manifest. */
  readonly name: string
  /** Whether it touches nothing outside of the process; the test driver opens such a one. Default: false. */
  readonly inMemory?: boolean
  /** Opened once for each task, before its first record. Rejects if it cannot be written: the app fails with `sink-failed`. */
  open(context: ConnectorContext): Promise<SinkWriter<K, V>>
}

export interface SinkWriter<K, V> {
  /** Keeps a record until `flush`; synchronous, because operators are. The record may be kept as it is. Nothing it gives back is looked at. */
  write(record: StreamRecord<K, V>): unknown
  /** Whether it holds so much that a commit should come before the next record. Default: never. */
  readonly full?: boolean
  /** Resolves when all that was written is where it belongs; offsets are committed only then. Where it rejects, the app fails with `sink-failed`. */
  flush(): Promise<void>
  /** What was not flushed is dropped: it comes again. */
  close(): Promise<void>
}

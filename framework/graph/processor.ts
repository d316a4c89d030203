// The Processor API as users implement it (Kafka Streams: Processor, ProcessorContext, KIP-478), in one object.

import type { Headers, Offset, Timestamp } from '../ports/record.ts'

export type ProcessorSupplier = () => Processor<unknown, unknown, unknown, unknown>

/**
 * What `process()` and `addProcessor()` hand the records to: made once for each task, which calls it for one record at a time, in order, null keys and
 * null values too. It may keep fields, which are gone after a restart; what must not be lost belongs into a store.
 *
 * Kafka Streams: `Processor` (KIP-478).
 *
 * @example
 * ```ts
 * import { type Processor, type ProcessorContext, type ProcessorRecord, topology } from 'millrace'
 *
 * class Summing implements Processor<string, number, string, number> {
 *   private sum = 0
 *
 *   init(context: ProcessorContext<string, number>): void {
 *     context.schedule({ everyMs: 60_000, by: 'streamTime' }, (time) => {
 *       context.forward({ key: 'sum', value: this.sum, timestamp: time })
 *       this.sum = 0
 *     })
 *   }
 *
 *   process({ value }: ProcessorRecord<string, number>): void {
 *     this.sum += value
 *   }
 * }
 *
 * export default topology('sums', (builder) => {
 *   const readings = builder.stream<string, number>('readings')
 *   const sums = readings.process<string, number>(() => new Summing())
 *   sums.to('sums')
 * })
 * ```
 */
export interface Processor<K, V, KOut, VOut> {
  /** Called once, before the first record; stores are open, punctuations can be scheduled. */
  init?(context: ProcessorContext<KOut, VOut>): void
  /**
   * Called for each record. What it throws stops the app, or the record is left out, as the setting `processingExceptionHandler` says.
   */
  process(record: ProcessorRecord<K, V>): void
  /**
   * Called once when the task ends here: at the end of the app, or when another instance takes the task over.
   */
  close?(): void
}

/** A record that a processor takes or forwards: with its timestamp and headers, and nothing of where it came from. */
export interface ProcessorRecord<K, V> {
  readonly key: K
  readonly value: V
  readonly timestamp: number
  readonly headers: Headers
}

/**
 * What a processor sees of the task it runs in.
 *
 * Kafka Streams: `ProcessorContext`, `RecordMetadata`.
 *
 * @example
 * ```ts
 * import { type Processor, type ProcessorContext, type ProcessorRecord, topology } from 'millrace'
 *
 * class Summing implements Processor<string, number, string, number> {
 *   private sum = 0
 *
 *   init(context: ProcessorContext<string, number>): void {
 *     context.schedule({ everyMs: 60_000, by: 'streamTime' }, (time) => {
 *       context.forward({ key: 'sum', value: this.sum, timestamp: time })
 *       this.sum = 0
 *     })
 *   }
 *
 *   process({ value }: ProcessorRecord<string, number>): void {
 *     this.sum += value
 *   }
 * }
 *
 * export default topology('sums', (builder) => {
 *   const readings = builder.stream<string, number>('readings')
 *   const sums = readings.process<string, number>(() => new Summing())
 *   sums.to('sums')
 * })
 * ```
 */
export interface ProcessorContext<K, V> {
  readonly applicationId: string
  readonly taskId: string
  /** The settings of the app, all of them, by their names (Kafka Streams: appConfigs). Empty in the test driver. */
  readonly appConfigs: Readonly<Record<string, unknown>>
  /** The folder of the task's state. It is there only if the task has stores on disk; what is put beside them may be deleted with them. */
  readonly stateDir: string
  /** Numbers of the processor's own, for the reporters of metrics. */
  readonly metrics: ProcessorMetricsContext
  /** Sends a record to the children, or to the named one. Left-out timestamp and headers are those of the record being processed. */
  forward(record: { readonly key: K; readonly value: V; readonly timestamp?: number; readonly headers?: Headers }, child?: string): void
  /** A store connected to this processor. */
  store<S>(name: string): S
  /** Calls back by stream time or by wall clock, as Kafka Streams' `schedule` (KIP-138); `startMs` anchors it (KIP-1146). */
  schedule(
    options: { readonly everyMs: number; readonly by: 'streamTime' | 'wallClock'; readonly startMs?: number },
    punctuate: (time: Timestamp) => void,
  ): { cancel(): void }
  /** Where the record being processed came from; undefined in a punctuation. */
  readonly metadata: { readonly topic: string; readonly partition: number; readonly offset: Offset } | undefined
  readonly streamTime: Timestamp
  readonly wallClock: Timestamp
  /** Asks for a commit after the current record. */
  commit(): void
}

/**
 * A number that only grows (Kafka Streams: a Sensor with a CumulativeCount).
 *
 * @example
 * ```ts
 * import type { Counter } from 'millrace'
 *
 * const countEach = (seen: Counter, values: readonly unknown[]): void => seen.add(values.length)
 * ```
 */
export interface Counter {
  /** Default: 1. */
  add(count?: number): void
}

/**
 * Metrics of a processor's own. Names are of a-z, 0-9 and hyphen; they are tagged with the processor's name and its task (Kafka Streams: StreamsMetrics).
 *
 * @example
 * ```ts
 * import { type Counter, type ProcessorContext, topology } from 'millrace'
 *
 * export default topology('watched', (builder) => {
 *   const watch = () => {
 *     let large: Counter
 *     return {
 *       init(context: ProcessorContext<string, number>) {
 *         large = context.metrics.counter('large-readings-total', 'readings above 100')
 *       },
 *       process({ value }: { value: number }) {
 *         if (value > 100) large.add()
 *       },
 *     }
 *   }
 *   builder.stream<string, number>('readings').process(watch)
 * })
 * ```
 */
export interface ProcessorMetricsContext {
  /** The counter of this name, at 0 when it is asked for first. */
  counter(name: string, description?: string): Counter
  /** `read` is called whenever a reporter asks. */
  gauge(name: string, read: () => number, description?: string): void
}

export type ValueTransformerSupplier = () => ValueTransformer<unknown, unknown, unknown>

/**
 * Makes the values of a table's rows with the help of stores.
 *
 * Kafka Streams: `ValueTransformerWithKey`.
 *
 * @example
 * ```ts
 * import { type KeyValueStore, topology, type TransformerContext } from 'millrace'
 *
 * export default topology('labels', (builder) => {
 *   const state = () => {
 *     let seen: KeyValueStore<string, number>
 *     return {
 *       init(context: TransformerContext) {
 *         seen = context.store('seen')
 *       },
 *       transform: (name: string | null, key: string) => `${name} (${seen.get(key) ?? 0})`,
 *     }
 *   }
 *   builder.addStore<string, number>('seen')
 *   builder.table<string, string>('names').transformValues(state, { stores: ['seen'] }).toStream().to('labels')
 * })
 * ```
 */
export interface ValueTransformer<K, V, R> {
  /**
   * Called once, before the first row; stores are open.
   */
  init?(context: TransformerContext): void
  /** null for a row that is deleted. Called again whenever a row is read that is not stored, so it should not count calls. */
  transform(value: V | null, key: K): R
  /**
   * Called once when the task ends here.
   */
  close?(): void
}

/** What a processor's context has, but for `forward`: what is returned goes on. */
export type TransformerContext = Omit<ProcessorContext<never, never>, 'forward'>

export type FixedKeyProcessorSupplier = () => FixedKeyProcessor<unknown, unknown, unknown>

/**
 * A processor that keeps the key of each record, so that nothing need be repartitioned behind it.
 *
 * Kafka Streams: `FixedKeyProcessor` (KIP-820).
 *
 * @example
 * ```ts
 * import { type FixedKeyProcessorContext, topology } from 'millrace'
 *
 * export default topology('doubled', (builder) => {
 *   const readings = builder.stream<string, number>('readings')
 *   const doubled = readings.processValues<number>(() => {
 *     let forward: FixedKeyProcessorContext<string, number>['forward']
 *     return {
 *       init(context) {
 *         forward = (record) => context.forward(record)
 *       },
 *       process: ({ value }) => forward({ value: value * 2 }),
 *     }
 *   })
 *   doubled.to('doubled')
 * })
 * ```
 */
export interface FixedKeyProcessor<K, V, VOut> {
  /**
   * Called once, before the first record; stores are open, punctuations can be scheduled.
   */
  init?(context: FixedKeyProcessorContext<K, VOut>): void
  /**
   * Called for each record, null keys and null values too.
   */
  process(record: ProcessorRecord<K, V>): void
  /**
   * Called once when the task ends here.
   */
  close?(): void
}

/**
 * What a processor that keeps keys sees of its task.
 *
 * Kafka Streams: `FixedKeyProcessorContext`.
 *
 * @example
 * ```ts
 * import { type FixedKeyProcessorContext, topology } from 'millrace'
 *
 * export default topology('doubled', (builder) => {
 *   const readings = builder.stream<string, number>('readings')
 *   const doubled = readings.processValues<number>(() => {
 *     let forward: FixedKeyProcessorContext<string, number>['forward']
 *     return {
 *       init(context) {
 *         forward = (record) => context.forward(record)
 *       },
 *       process: ({ value }) => forward({ value: value * 2 }),
 *     }
 *   })
 *   doubled.to('doubled')
 * })
 * ```
 */
export interface FixedKeyProcessorContext<K, V> extends Omit<ProcessorContext<K, V>, 'forward'> {
  /** Sends on the record being processed with this value; throws in a punctuation, where there is no record whose key to keep. */
  forward(record: { readonly value: V; readonly timestamp?: number; readonly headers?: Headers }, child?: string): void
}

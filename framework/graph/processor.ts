// The Processor API as users implement it (Kafka Streams: Processor, ProcessorContext, KIP-478), in one object.

import type { Headers, Offset, Timestamp } from '../ports/record.ts'

export type ProcessorSupplier = () => Processor<unknown, unknown, unknown, unknown>

export interface Processor<K, V, KOut, VOut> {
  /** Called once, before the first record; stores are open, punctuations can be scheduled. */
  init?(context: ProcessorContext<KOut, VOut>): void
  process(record: ProcessorRecord<K, V>): void
  close?(): void
}

/** A record that a processor takes or forwards: with its timestamp and headers, and nothing of where it came from. */
export interface ProcessorRecord<K, V> {
  readonly key: K
  readonly value: V
  readonly timestamp: number
  readonly headers: Headers
}

export interface ProcessorContext<K, V> {
  readonly applicationId: string
  readonly taskId: string
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

export type ValueTransformerSupplier = () => ValueTransformer<unknown, unknown, unknown>

/** Makes the values of a table's rows with the help of stores (Kafka Streams: ValueTransformerWithKey). */
export interface ValueTransformer<K, V, R> {
  init?(context: TransformerContext): void
  /** null for a row that is deleted. Called again whenever a row is read that is not stored, so it should not count calls. */
  transform(value: V | null, key: K): R
  close?(): void
}

/** What a processor's context has, but for `forward`: what is returned goes on. */
export type TransformerContext = Omit<ProcessorContext<never, never>, 'forward'>

export type FixedKeyProcessorSupplier = () => FixedKeyProcessor<unknown, unknown, unknown>

/** A processor that keeps the key of each record, so that nothing need be repartitioned behind it (Kafka Streams: FixedKeyProcessor, KIP-820). */
export interface FixedKeyProcessor<K, V, VOut> {
  init?(context: FixedKeyProcessorContext<K, VOut>): void
  process(record: ProcessorRecord<K, V>): void
  close?(): void
}

export interface FixedKeyProcessorContext<K, V> extends Omit<ProcessorContext<K, V>, 'forward'> {
  /** Sends on the record being processed with this value; throws in a punctuation, where there is no record whose key to keep. */
  forward(record: { readonly value: V; readonly timestamp?: number; readonly headers?: Headers }, child?: string): void
}

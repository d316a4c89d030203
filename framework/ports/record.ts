// What a record is, to everyone: the broker plugins that carry it, the operators that change it, the callbacks that read it.
// Bytes stay where they were fetched; whoever needs a key or a value reads it in place, between two positions.

declare const offsetBrand: unique symbol
declare const timestampBrand: unique symbol

/** The position of a record in its partition. */
export type Offset = number & { readonly [offsetBrand]: true }

/** Milliseconds since 1970-01-01T00:00:00Z, as Kafka's record timestamps. */
export type Timestamp = number & { readonly [timestampBrand]: true }

export function asOffset(value: number): Offset {
  return value as Offset
}

export function asTimestamp(value: number): Timestamp {
  return value as Timestamp
}

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/** As Kafka writes it, `<topic>-<partition>`. The last hyphen is the one between them, so no two have the same name. */
export function partitionName({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`
}

export function isSamePartition(left: TopicPartition, right: TopicPartition): boolean {
  return left.partition === right.partition && left.topic === right.topic
}

export interface Header {
  readonly key: string
  readonly value: Uint8Array | null
}

export type Headers = readonly Header[]

export const noHeaders: Headers = Object.freeze([])

/**
 * A record as callbacks see it: read-only, and valid only during the call.
 *
 * `topic`, `partition` and `offset` are those of the input record that the task is working on; a record that a
 * punctuator forwards has none (`topic` is undefined, `partition` and `offset` are -1), as in Kafka Streams.
 */
export interface StreamRecord<K, V> {
  readonly key: K
  readonly value: V
  readonly timestamp: Timestamp
  readonly headers: Headers
  readonly topic: string | undefined
  readonly partition: number
  readonly offset: Offset
}

/**
 * A cursor over fetched records of one partition. `next()` moves to the next record and sets the fields; the bytes of its key
 * and value are `bytes` between the two positions, where a start of -1 says null. The fields are undefined before the
 * first `next()` and after it gave false. `bytes` may change from one record to the next (decompression).
 */
export interface RecordReader {
  readonly bytes: Buffer
  readonly offset: number
  readonly timestamp: number
  readonly keyStart: number
  readonly keyEnd: number
  readonly valueStart: number
  readonly valueEnd: number
  next(): boolean
  /** Headers of the current record, `noHeaders` if it has none. */
  headers(): Headers
  /** After `next()` gave false: where reading goes on, behind control records and what compaction has removed. */
  readonly nextOffset: number
}

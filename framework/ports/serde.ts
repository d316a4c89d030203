// How keys and values become bytes and back. Both ways work in place: a serde reads between two positions of the
// fetched bytes and writes at the end of the bytes to send, so that nothing is copied on the way. A serde never sees null:
// a null key or value has no bytes.

import type { Logger } from './logger.ts'

/** Where a serde writes: it calls `reserve`, then writes into `bytes` from `end` on, and moves `end`. */
export interface ByteTarget {
  /** Replaced by a larger one by `reserve`: read it anew after each call. */
  bytes: Buffer
  end: number
  /** Makes room for this many bytes behind `end`. */
  reserve(sizeBytes: number): void
}

/** What a serde is given when an app, or a test driver, starts. */
export interface SerdeContext {
  readonly applicationId: string
  /** Where the serde stands in the topology. */
  readonly uses: readonly SerdeUse[]
  /** A folder beside the state of the app, which lives as long as that does; it may not exist yet. Undefined: the state is in memory. */
  readonly folder: string | undefined
  readonly logger: Logger
}

export interface SerdeUse {
  /** The name on the broker, of changelogs and repartition topics too; undefined where each record chooses its topic, and for stores without a changelog. */
  readonly topic: string | undefined
  readonly part: 'key' | 'value'
  /** Whether the app writes there. */
  readonly writes: boolean
}

export interface Serde<out T> {
  /** What messages, `describe` and the manifest call it: `string`, `long`, `json(Flight)`. */
  readonly name: string
  /**
   * Plain JSON that, with the name, tells a tool how to read the bytes: an Avro schema, say. It stands in the manifest under the name of the serde, so serdes
   * of one topology that have other schemas need other names. Absent: the name is enough.
   */
  readonly schema?: unknown
  /**
   * Whether a value can be shared and kept without a copy, because nobody can change it (strings, numbers). State keeps others as
   * bytes, so that a callback that changes an object changes its own copy only.
   */
  readonly immutable: boolean
  /** Throws an Error whose message says what is wrong with the bytes. */
  read(bytes: Buffer, start: number, end: number): T
  /** Throws an Error whose message says what is wrong with the value. */
  write(value: T, target: ByteTarget): void
  /**
   * Fetches what reading and writing take from outside, such as the id of a schema; resolves before the first record is read. Called at each start, and
   * again for each serde that is made of this one, so it gathers what it is told. Rejects with an Error that says what to do.
   */
  open?(context: SerdeContext): Promise<void>
  /**
   * Whether `read` has all it takes for these bytes. Called for each record that a source reads, before any operator sees it, so it looks at the first
   * few bytes only. `end` may lie behind the value. Absent: it always has.
   */
  canRead?(bytes: Buffer, start: number, end: number): boolean
  /**
   * Fetches what `canRead` misses, which it looks for before it returns: the bytes may be gone later. Afterwards `canRead` holds, and `read` throws if there
   * is nothing to be had. Meanwhile the partition waits. Rejects with what ends the app: nobody answers, access is refused.
   */
  prepare?(bytes: Buffer, start: number, end: number): Promise<void>
  /** Of a serde that writes by a schema of a known language: what lets a schema registry stand before it. */
  readonly format?: SchemaFormat<T>
}

/** The bytes of one value, read between two positions. */
export type SerdeReader<T> = Pick<Serde<T>, 'read'>

/** The languages that Confluent's Schema Registry knows, by its names. */
export type SchemaLanguage = 'AVRO' | 'PROTOBUF' | 'JSON'

/** A schema in its own language, with those that it names and does not contain. */
export interface SchemaText {
  readonly language: SchemaLanguage
  readonly text: string
  /** By the name under which the text refers to them: an Avro type, an imported .proto file, a JSON `$ref`. */
  readonly references: ReadonlyMap<string, SchemaText>
}

/** The schema by which a serde writes, and how it reads what was written by another version of it. */
export interface SchemaFormat<T> extends SchemaText {
  /** The full name of the type, such as `shop.Order`; undefined if it has none. */
  readonly typeName: string | undefined
  /** What stands between the id of the schema and the value: the message indexes of Protobuf, nothing elsewhere. */
  readonly prefix: Uint8Array
  /**
   * Whether reading takes the schema by which a value was written. If not, `readerFor` is never called with a schema, and values of any version are read alike.
   */
  readonly needsWriter: boolean
  /** Reads what stands behind the id, the prefix too, as it was written by `writer`. Throws an Error that says why that cannot be read. */
  readerFor(writer: SchemaText | undefined): SerdeReader<T>
}

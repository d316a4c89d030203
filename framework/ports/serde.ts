// How keys and values become bytes and back. Both ways work in place: a serde reads between two positions of the
// fetched bytes and writes at the end of the bytes to send, so that nothing is copied on the way. A serde never sees null:
// a null key or value has no bytes.

/** Where a serde writes: it calls `reserve`, then writes into `bytes` from `end` on, and moves `end`. */
export interface ByteTarget {
  /** Replaced by a larger one by `reserve`: read it anew after each call. */
  bytes: Buffer
  end: number
  /** Makes room for this many bytes behind `end`. */
  reserve(sizeBytes: number): void
}

export interface Serde<T> {
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
}

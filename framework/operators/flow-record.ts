// A record on its way through the operators. Key and value are cells that know their bytes, their value, or both: a value is parsed where it is
// first read, and bytes that nobody changed are written out as they came. Deriving a record shares the cells that stay.

import { asOffset, asTimestamp, type Headers, noHeaders, type Offset, type StreamRecord, type Timestamp } from '../ports/record.ts'
import type { ByteTarget, Serde } from '../ports/serde.ts'
import type { RecordOrigin } from '../state/contract.ts'

export type { Change } from '../serdes/changed.ts'

/** Where the input record that caused all this came from. */
export type Origin = RecordOrigin

export const noOrigin: Origin = Object.freeze({ topic: undefined, partition: -1, offset: -1 })

/** Bytes that their serde refuses, found where the cell was first read. The task makes an error or a counted drop of it, with the record's place. */
export class UndecodableError extends Error {
  override readonly name = 'UndecodableError'
  /** The node that read it, told by the first outlet that the error passes. */
  node: string | undefined

  constructor(serdeName: string, cause: unknown) {
    super(`its bytes are not ${serdeName}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
}

const unread: unique symbol = Symbol('unread')

export class Cell<T> {
  /** Set if the cell came as bytes; `start` -1: null. */
  readonly bytes: Buffer | undefined
  readonly start: number
  readonly end: number
  readonly serde: Serde<T> | undefined
  private decoded: T | typeof unread

  private constructor(bytes: Buffer | undefined, start: number, end: number, serde: Serde<T> | undefined, decoded: T | typeof unread) {
    this.bytes = bytes
    this.start = start
    this.end = end
    this.serde = serde
    this.decoded = decoded
  }

  static ofBytes<T>(bytes: Buffer, start: number, end: number, serde: Serde<T>): Cell<T> {
    return new Cell<T>(bytes, start, end, serde, start < 0 ? (null as T) : unread)
  }

  static of<T>(value: T): Cell<T> {
    return new Cell<T>(undefined, -1, -1, undefined, value)
  }

  get isNull(): boolean {
    return this.decoded === null
  }

  get(): T {
    const decoded = this.decoded
    if (decoded !== unread) return decoded
    return this.decode()
  }

  private decode(): T {
    const serde = this.serde as Serde<T>
    try {
      const value = serde.read(this.bytes as Buffer, this.start, this.end)
      this.decoded = value
      return value
    } catch (error) {
      throw new UndecodableError(serde.name, error)
    }
  }

  /** Whether it is what bytes, or no bytes, stood for, and not a value of the program. */
  get isAsItCame(): boolean {
    return this.serde !== undefined
  }

  /** The bytes that it came as; null if it is null, or never had any. */
  copyOfBytes(): Buffer | null {
    return this.bytes === undefined || this.start < 0 ? null : Buffer.from(this.bytes.subarray(this.start, this.end))
  }

  /** Whether the bytes can stand for the value as this serde would write it. Only of an immutable value: another may have been changed since it was read. */
  hasBytesOf(serde: Serde<T>): boolean {
    return this.bytes !== undefined && this.serde === serde && this.start >= 0 && (this.decoded === unread || serde.immutable)
  }

  /** Writes the value's bytes; not for null. */
  writeTo(target: ByteTarget, serde: Serde<T>): void {
    if (this.hasBytesOf(serde)) {
      const size = this.end - this.start
      target.reserve(size)
      ;(this.bytes as Buffer).copy(target.bytes, target.end, this.start, this.end)
      target.end += size
    } else serde.write(this.get(), target)
  }
}

export class FlowRecord<K, V> implements StreamRecord<K, V> {
  readonly keyCell: Cell<K>
  readonly valueCell: Cell<V>
  readonly timestamp: Timestamp
  readonly headers: Headers
  readonly origin: Origin

  constructor(keyCell: Cell<K>, valueCell: Cell<V>, timestamp: number, headers: Headers, origin: Origin) {
    this.keyCell = keyCell
    this.valueCell = valueCell
    this.timestamp = asTimestamp(timestamp)
    this.headers = headers
    this.origin = origin
  }

  static of<K, V>(key: K, value: V, timestamp: number, headers: Headers = noHeaders, origin: Origin = noOrigin): FlowRecord<K, V> {
    return new FlowRecord(Cell.of(key), Cell.of(value), timestamp, headers, origin)
  }

  get key(): K {
    return this.keyCell.get()
  }

  get value(): V {
    return this.valueCell.get()
  }

  get topic(): string | undefined {
    return this.origin.topic
  }

  get partition(): number {
    return this.origin.partition
  }

  get offset(): Offset {
    return asOffset(this.origin.offset)
  }

  withValue<W>(value: W): FlowRecord<K, W> {
    return new FlowRecord(this.keyCell, Cell.of(value), this.timestamp, this.headers, this.origin)
  }

  withKey<L>(key: L): FlowRecord<L, V> {
    return new FlowRecord(Cell.of(key), this.valueCell, this.timestamp, this.headers, this.origin)
  }

  withPair<L, W>(key: L, value: W): FlowRecord<L, W> {
    return new FlowRecord(Cell.of(key), Cell.of(value), this.timestamp, this.headers, this.origin)
  }
}

// A row as the record cache and the uncommitted buffer keep it, and how it becomes one for readers, for the changelog and for the engine. Values that
// nobody can change are kept as they are and serialized when they leave; others are kept as bytes, and each reader gets a copy of its own.

import { MillraceError } from '../errors.ts'
import { type Headers, noHeaders } from '../ports/record.ts'
import type { ByteTarget, Serde } from '../ports/serde.ts'
import { toBytes } from '../serdes/byte-buffer.ts'
import { append } from '../serdes/serdes.ts'
import type { RecordOrigin, Row } from './contract.ts'

/** Never changed once made: layers share it. With neither value nor bytes it says that the row was deleted. */
export class KeptRow<V> {
  /** Of an immutable serde. */
  readonly value: V | null
  /** Of any other. */
  readonly bytes: Buffer | null
  readonly timestamp: number
  readonly headers: Headers
  /** Where the record that made it came from. */
  readonly origin: RecordOrigin | undefined

  constructor(value: V | null, bytes: Buffer | null, timestamp: number, headers: Headers, origin?: RecordOrigin) {
    this.value = value
    this.bytes = bytes
    this.timestamp = timestamp
    this.headers = headers
    this.origin = origin
  }

  get deleted(): boolean {
    return this.value === null && this.bytes === null
  }
}

const timestampBytes = 8

/** The engine's form of a row: the timestamp (a double, for it has no limits to check), then the value. */
export class RowForm<V> {
  readonly store: string
  readonly serde: Serde<V>

  constructor(store: string, serde: Serde<V>) {
    this.store = store
    this.serde = serde
  }

  keep(value: V | null, timestamp: number, headers: Headers, origin?: RecordOrigin): KeptRow<V> {
    if (value === null || this.serde.immutable) return new KeptRow<V>(value, null, timestamp, headers, origin)
    return new KeptRow<V>(null, toBytes(this.serde, value), timestamp, headers, origin)
  }

  /** The value of a kept row, for a reader to keep; null if the row was deleted. */
  valueOf(row: KeptRow<V>): V | null {
    return row.bytes === null ? row.value : this.read(row.bytes, 0)
  }

  give(row: KeptRow<V>): Row<V> | undefined {
    if (row.bytes !== null) return { value: this.read(row.bytes, 0), timestamp: row.timestamp }
    return row.value === null ? undefined : (row as Row<V>)
  }

  /** A guess at the memory that the value takes. */
  valueBytes(row: KeptRow<V>): number {
    if (row.bytes !== null) return row.bytes.length
    return typeof row.value === 'string' ? row.value.length : 8
  }

  /** Writes the engine's form of a row that is not deleted. */
  writeEntry(row: KeptRow<V>, target: ByteTarget): void {
    target.reserve(timestampBytes)
    target.end = target.bytes.writeDoubleBE(row.timestamp, target.end)
    if (row.bytes !== null) append(target, row.bytes)
    else this.serde.write(row.value as V, target)
  }

  readEntry(entry: Buffer): KeptRow<V> {
    const timestamp = entry.readDoubleBE(0)
    if (!this.serde.immutable) return new KeptRow<V>(null, entry.subarray(timestampBytes), timestamp, noHeaders)
    return new KeptRow<V>(this.read(entry, timestampBytes), null, timestamp, noHeaders)
  }

  private read(bytes: Buffer, start: number): V {
    try {
      return this.serde.read(bytes, start, bytes.length)
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error)
      throw new MillraceError('state-unreadable', { store: this.store, serde: this.serde.name, problem }, error)
    }
  }
}

/** The engine's form of a changelog record. */
export function entryOfRecord(timestamp: number, bytes: Buffer, valueStart: number, valueEnd: number): Buffer {
  const entry = Buffer.allocUnsafe(timestampBytes + valueEnd - valueStart)
  entry.writeDoubleBE(timestamp, 0)
  bytes.copy(entry, timestampBytes, valueStart, valueEnd)
  return entry
}

// What a left or outer stream-stream join keeps of records that have met nobody yet, in Kafka Streams' bytes: the key is timestamp, side and
// key (TimestampedKeyAndJoinSideSerializer); the value is the list of all records of that key (ListValueStore, ListSerializer), each with a
// byte for its side before it (LeftOrRightValueSerializer).

import type { Serde } from '../ports/serde.ts'
import type { BinaryKey } from '../ports/store.ts'
import { ByteBuffer } from '../serdes/byte-buffer.ts'
import { append } from '../serdes/serdes.ts'
import type { RecordContext } from './contract.ts'
import type { RowForm } from './kept-row.ts'
import { binaryLong, readBinaryLong } from './key-layout.ts'
import type { Rows } from './rows.ts'
import type { UnmatchedRow, UnmatchedStore } from './windowed-contract.ts'

export interface UnmatchedParts<L, R> {
  readonly name: string
  readonly form: RowForm<readonly Buffer[]>
  readonly rows: Rows<readonly Buffer[]>
  readonly left: Serde<L>
  readonly right: Serde<R>
}

const sideAt = 8
const leftSide = '\x01'
const rightSide = '\0'

export class UnmatchedRows<L, R> implements UnmatchedStore<L, R> {
  readonly name: string
  private readonly parts: UnmatchedParts<L, R>
  private readonly scratch = new ByteBuffer()

  constructor(parts: UnmatchedParts<L, R>) {
    this.name = parts.name
    this.parts = parts
  }

  add({ timestamp, side, key, value }: UnmatchedRow<L, R>, context: RecordContext): void {
    const identity = identityOf(timestamp, side, key)
    const { form, rows } = this.parts
    const before = rows.get(identity, 0)
    const values = before === undefined ? [] : (form.valueOf(before) ?? [])
    this.write(identity, [...values, this.valueBytes(side, value)], context)
  }

  delete(timestamp: number, side: 'left' | 'right', key: BinaryKey, context: RecordContext): void {
    const identity = identityOf(timestamp, side, key)
    if (this.parts.rows.get(identity, 0) !== undefined) this.write(identity, null, context)
  }

  *all(): Generator<UnmatchedRow<L, R>> {
    const { form, rows, left, right } = this.parts
    for (const [identity, row] of rows.range({})) {
      const side = identity[sideAt] === leftSide ? 'left' : 'right'
      const serde: Serde<L | R> = side === 'left' ? (left as Serde<L | R>) : (right as Serde<L | R>)
      for (const bytes of form.valueOf(row) ?? []) {
        const value = serde.read(bytes, 1, bytes.length)
        yield { timestamp: readBinaryLong(identity, 0), side, key: identity.slice(sideAt + 1), value }
      }
    }
  }

  private write(identity: BinaryKey, values: readonly Buffer[] | null, { timestamp, headers }: RecordContext): void {
    this.parts.rows.put(identity, 0, this.parts.form.keep(values, timestamp, headers))
  }

  private valueBytes(side: 'left' | 'right', value: L | R): Buffer {
    const { scratch } = this
    scratch.end = 0
    scratch.reserve(1)
    scratch.end = scratch.bytes.writeUInt8(side === 'left' ? 1 : 0, 0)
    if (side === 'left') this.parts.left.write(value as L, scratch)
    else this.parts.right.write(value as R, scratch)
    return Buffer.from(scratch.bytes.subarray(0, scratch.end))
  }
}

function identityOf(timestamp: number, side: 'left' | 'right', key: BinaryKey): BinaryKey {
  return binaryLong(timestamp) + (side === 'left' ? leftSide : rightSide) + key
}

/** What ListSerializer writes before values of varying size. */
const variableSize = 1

/** A list of byte arrays, as Serdes.ListSerde(ArrayList.class, Serdes.ByteArray()) writes it. */
export const listOfBytes: Serde<readonly Buffer[]> = {
  name: 'list(bytes)',
  immutable: false,
  read(bytes, start, end) {
    const values: Buffer[] = []
    let at = start + 5
    for (let left = bytes.readInt32BE(start + 1); left > 0; left--) {
      const valueEnd = at + 4 + bytes.readInt32BE(at)
      if (valueEnd > end) throw new Error('the bytes end within a value')
      values.push(bytes.subarray(at + 4, valueEnd))
      at = valueEnd
    }
    return values
  },
  write(values, target) {
    target.reserve(5)
    target.end = target.bytes.writeUInt8(variableSize, target.end)
    target.end = target.bytes.writeInt32BE(values.length, target.end)
    for (const value of values) {
      target.reserve(4)
      target.end = target.bytes.writeInt32BE(value.length, target.end)
      append(target, value)
    }
  },
}

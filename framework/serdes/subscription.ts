// What a foreign-key join sends between its two tables, byte for byte as Kafka Streams does (SubscriptionWrapperSerde, version 1;
// SubscriptionResponseWrapperSerde, version 0; CombinedKeySchema).

import type { ByteTarget, Serde } from '../ports/serde.ts'
import { madeOf } from './made-of.ts'
import { append } from './serdes.ts'

/** What to do at the other table with the wish of a left row: Kafka Streams' instructions, by their numbers. */
export const instructions = ['deleteSilently', 'deleteAndTell', 'tellAlways', 'tellIfFound'] as const
export type Instruction = (typeof instructions)[number]

/** A left row wants to know of the row of the other table that its foreign key names. */
export interface Subscription<K> {
  /** Of the left row's value; null: the row was deleted. It tells later whether an answer is still wanted. */
  readonly hash: Buffer | null
  readonly instruction: Instruction
  readonly primaryKey: K
  /** The partition of the left row, where the answer goes. */
  readonly primaryPartition: number
}

export interface SubscriptionResponse<V> {
  readonly hash: Buffer | null
  /** null: there is no such row. */
  readonly foreignValue: V | null
  /** Not written: where the answer goes. */
  readonly primaryPartition: number | undefined
}

const hashBytes = 16
const partitionBytes = 4
const noHash = 0x80
const subscriptionVersion = 1
const responseVersion = 0

export function subscription<K>(primaryKey: Serde<K>): Serde<Subscription<K>> {
  return {
    name: `subscription(${primaryKey.name})`,
    ...madeOf(primaryKey, (bytes, start, end, found) => found(hashEnd(bytes, start, start + 2), end)),
    immutable: false,
    read(bytes, start, end) {
      const { hash, at } = readHash(bytes, start, start + 2)
      const keyEnd = (bytes[start] as number) % noHash === 0 ? end : end - partitionBytes
      if (keyEnd < at) throw new Error(`a subscription has at least ${at - start + partitionBytes} bytes, not ${end - start}`)
      return {
        hash,
        instruction: instructionOf(bytes[start + 1]),
        primaryKey: primaryKey.read(bytes, at, keyEnd),
        // Version 0, of Kafka Streams before 3.5, does not tell it.
        primaryPartition: keyEnd === end ? -1 : bytes.readInt32BE(keyEnd),
      }
    },
    write({ hash, instruction, primaryKey: key, primaryPartition }, target) {
      target.reserve(2)
      target.bytes[target.end++] = hash === null ? subscriptionVersion | noHash : subscriptionVersion
      target.bytes[target.end++] = instructions.indexOf(instruction)
      if (hash !== null) append(target, hash)
      primaryKey.write(key, target)
      target.reserve(partitionBytes)
      target.end = target.bytes.writeInt32BE(primaryPartition, target.end)
    },
  }
}

/** An empty foreign value comes back as none, as in Kafka Streams. */
export function subscriptionResponse<V>(foreignValue: Serde<V>): Serde<SubscriptionResponse<V>> {
  return {
    name: `subscriptionResponse(${foreignValue.name})`,
    ...madeOf(foreignValue, (bytes, start, end, found) => {
      const at = hashEnd(bytes, start, start + 1)
      if (end > at) found(at, end)
    }),
    immutable: false,
    read(bytes, start, end) {
      const { hash, at } = readHash(bytes, start, start + 1)
      return { hash, foreignValue: end > at ? foreignValue.read(bytes, at, end) : null, primaryPartition: undefined }
    },
    write({ hash, foreignValue: value }, target) {
      target.reserve(1)
      target.bytes[target.end++] = hash === null ? responseVersion | noHash : responseVersion
      if (hash !== null) append(target, hash)
      if (value !== null) foreignValue.write(value, target)
    },
  }
}

/** What all keys of the subscriptions to one foreign key begin with; the primary key follows. */
export function writeForeignKeyPrefix<K>(foreignKey: Serde<K>, key: K, target: ByteTarget): void {
  const start = target.end
  target.reserve(4)
  target.end += 4
  foreignKey.write(key, target)
  target.bytes.writeInt32BE(target.end - start - 4, start)
}

function readHash(bytes: Buffer, start: number, at: number): { hash: Buffer | null; at: number } {
  const end = hashEnd(bytes, start, at)
  return { hash: end === at ? null : Buffer.from(bytes.subarray(at, end)), at: end }
}

function hashEnd(bytes: Buffer, start: number, at: number): number {
  return (bytes[start] as number) >= noHash ? at : at + hashBytes
}

function instructionOf(code: number | undefined): Instruction {
  const instruction = code === undefined ? undefined : instructions[code]
  if (instruction === undefined) throw new Error(`there is no instruction ${code} in a foreign-key join`)
  return instruction
}

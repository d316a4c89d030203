// What travels in a foreign-key join, byte for byte as Kafka Streams writes it (SubscriptionWrapperSerde, SubscriptionResponseWrapperSerde,
// CombinedKeySchema): rows of the left table subscribe to keys of the right one, and are answered.

import type { ByteTarget, Serde } from '../ports/serde.ts'
import { append } from './serdes.ts'

/** What is to be done with a subscription, in the order of Kafka Streams' codes. */
export const subscriptionInstructions = ['delete', 'deleteAndAnswer', 'answer', 'answerIfFound'] as const
export type SubscriptionInstruction = (typeof subscriptionInstructions)[number]

/** The left row `primaryKey` wants to know of the right row whose key this is written under. */
export interface Subscription<K> {
  /** Of the left row's value as written (murmur3); null: the row was deleted. */
  readonly hash: Buffer | null
  readonly instruction: SubscriptionInstruction
  readonly primaryKey: K
  /** Where the left row is, so that the answer finds it; null in what older versions wrote. */
  readonly primaryPartition: number | null
}

export interface SubscriptionAnswer<V> {
  /** That of the subscription: an answer to a row that has changed since is dropped. */
  readonly hash: Buffer | null
  /** Of the right row; null: there is none. */
  readonly value: V | null
  /** Where to send the answer; not written. */
  readonly primaryPartition: number | null
}

const noHash = 0x80
const hashSize = 16
const version = 1

export function subscription<K>(primaryKey: Serde<K>): Serde<Subscription<K>> {
  return {
    name: `subscription(${primaryKey.name})`,
    immutable: false,
    read(bytes, start, end) {
      if (end - start < 2) throw new Error(`a subscription has at least 2 bytes, not ${end - start}`)
      const { hash, at, versionRead } = readHash(bytes, start, start + 2)
      const instruction = subscriptionInstructions[bytes[start + 1]!]
      if (instruction === undefined) throw new Error(`a subscription has no instruction ${bytes[start + 1]}`)
      if (versionRead === 0) return { hash, instruction, primaryKey: primaryKey.read(bytes, at, end), primaryPartition: null }
      return { hash, instruction, primaryKey: primaryKey.read(bytes, at, end - 4), primaryPartition: bytes.readInt32BE(end - 4) }
    },
    write(value, target) {
      const written = value.primaryPartition === null ? 0 : version
      target.reserve(2)
      target.bytes[target.end++] = value.hash === null ? written | noHash : written
      target.bytes[target.end++] = subscriptionInstructions.indexOf(value.instruction)
      if (value.hash !== null) append(target, value.hash)
      primaryKey.write(value.primaryKey, target)
      if (value.primaryPartition !== null) writeInt32(target, value.primaryPartition)
    },
  }
}

export function subscriptionAnswer<V>(foreignValue: Serde<V>): Serde<SubscriptionAnswer<V>> {
  return {
    name: `answer(${foreignValue.name})`,
    immutable: false,
    read(bytes, start, end) {
      const { hash, at } = readHash(bytes, start, start + 1)
      return { hash, value: at === end ? null : foreignValue.read(bytes, at, end), primaryPartition: null }
    },
    write({ hash, value }, target) {
      target.reserve(1)
      target.bytes[target.end++] = hash === null ? noHash : 0
      if (hash !== null) append(target, hash)
      if (value !== null) foreignValue.write(value, target)
    },
  }
}

/** Under what a subscription is stored: all of one foreign key lie together, behind its size and bytes. */
export interface CombinedKey<KO, K> {
  readonly foreignKey: KO
  readonly primaryKey: K
}

export function combinedKey<KO, K>(foreignKey: Serde<KO>, primaryKey: Serde<K>): Serde<CombinedKey<KO, K>> {
  return {
    name: `combined(${foreignKey.name},${primaryKey.name})`,
    immutable: false,
    read(bytes, start, end) {
      const split = start + 4 + bytes.readInt32BE(start)
      return { foreignKey: foreignKey.read(bytes, start + 4, split), primaryKey: primaryKey.read(bytes, split, end) }
    },
    write(value, target) {
      writePrefix(foreignKey, value.foreignKey, target)
      primaryKey.write(value.primaryKey, target)
    },
  }
}

/** With what the stored keys of all subscriptions to a foreign key begin. */
export function writePrefix<KO>(serde: Serde<KO>, foreignKey: KO, target: ByteTarget): void {
  const sizeAt = target.end
  writeInt32(target, 0)
  serde.write(foreignKey, target)
  target.bytes.writeInt32BE(target.end - sizeAt - 4, sizeAt)
}

function writeInt32(target: ByteTarget, value: number): void {
  target.reserve(4)
  target.end = target.bytes.writeInt32BE(value, target.end)
}

function readHash(bytes: Buffer, first: number, hashAt: number): { hash: Buffer | null; at: number; versionRead: number } {
  const versionRead = bytes[first]! & 0x7f
  if (versionRead > version) throw new Error(`version ${versionRead} is newer than this program, which reads up to ${version}`)
  if ((bytes[first]! & noHash) !== 0) return { hash: null, at: hashAt, versionRead }
  return { hash: Buffer.from(bytes.subarray(hashAt, hashAt + hashSize)), at: hashAt + hashSize, versionRead }
}

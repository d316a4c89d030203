// What members of a group tell each other through the group protocol. The outside is Kafka's consumer protocol (ConsumerProtocolSubscription and
// ConsumerProtocolAssignment, version 0), because the broker reads it: it keeps the offsets of the topics named there, and tools show the partitions. Our
// own message is the user data in it: a version byte, then JSON. Releases meet in one group during an upgrade, so everybody ignores fields it does
// not know, whatever the version; a leader writes to each member in the version that it speaks, and asks of it no more than that version can do.
//
// Version 1: which tasks run where, and where their state lies. Version 2: processes, standbys, how far each state has come, tags.

import * as v from 'valibot'
import { MillraceError } from '../errors.ts'
import type { TopicPartition } from '../ports/record.ts'
import { ByteBuffer } from '../serdes/byte-buffer.ts'

export const messageVersion = 2
const consumerProtocolVersion = 0

export interface SubscriptionMessage {
  /** All topics that the application reads. */
  readonly topics: readonly string[]
  /** Tasks that run here now. */
  readonly runs: readonly string[]
  /** Tasks whose state lies here. */
  readonly hasState: readonly string[]
  /** Members of one process share its state folder; undefined of version 1. */
  readonly process?: string | undefined
  /** Which of the threads of its process it is. */
  readonly thread: number
  /** Tasks whose state is kept up to date here. */
  readonly standbys: readonly string[]
  /** By task whose state lies here and does not run: the sum of the offsets that it has reached in its internal changelogs (KIP-441). */
  readonly offsetSums: Readonly<Record<string, number>>
  readonly tags: Readonly<Record<string, string>>
  /** Whether all members are to end, because this one has failed. Missing: no. */
  readonly shutdown?: boolean | undefined
  /** Host and port at which its state can be asked for. */
  readonly server?: string | undefined
  /** The transactional id of its producer; undefined: it has none. */
  readonly producer?: string | undefined
}

export interface ReadSubscription extends Omit<SubscriptionMessage, 'topics'> {
  /** In which the member writes, and may be newer than what is known here. */
  readonly version: number
}

export interface AssignmentMessage {
  readonly tasks: readonly string[]
  /** Tasks whose state is to be kept up to date. */
  readonly standbys: readonly string[]
  /** After how long the member is to ask for another assignment, because tasks wait for their state somewhere; undefined: not. */
  readonly probeInMs?: number | undefined
  /** Whether the member is to end, because another one has failed. Missing: no. */
  readonly shutdown?: boolean | undefined
  /** Which tasks run at which server, of all members that have said one. */
  readonly servers?: Readonly<Record<string, readonly string[]>> | undefined
  /** The transactional ids of all members: of one that is missing in the next assignment, nothing more is to come. */
  readonly producers?: readonly string[] | undefined
  /** What the tasks read. */
  readonly partitions: readonly TopicPartition[]
}

const texts = v.array(v.string())
const subscriptionSchema = v.object({
  runs: texts,
  hasState: texts,
  process: v.optional(v.string()),
  thread: v.optional(v.number(), 1),
  standbys: v.optional(texts, []),
  offsetSums: v.optional(v.record(v.string(), v.number()), {}),
  tags: v.optional(v.record(v.string(), v.string()), {}),
  shutdown: v.optional(v.boolean()),
  server: v.optional(v.string()),
  producer: v.optional(v.string()),
})
const assignmentSchema = v.object({
  tasks: texts,
  standbys: v.optional(texts, []),
  probeInMs: v.optional(v.number()),
  shutdown: v.optional(v.boolean()),
  servers: v.optional(v.record(v.string(), texts)),
  producers: v.optional(texts),
})

export function encodeSubscription({ topics, ...message }: SubscriptionMessage): Uint8Array {
  const writer = new MessageWriter()
  writer.int16(consumerProtocolVersion)
  writer.int32(topics.length)
  for (const topic of topics) writer.text(topic)
  return writer.withUserData(messageVersion, message)
}

export function decodeSubscription(bytes: Uint8Array): ReadSubscription {
  const { version, message } = decode(bytes, subscriptionSchema, (reader) => {
    for (let left = reader.int32(); left > 0; left--) reader.text()
  })
  return { ...message, version }
}

/** `version`: the one that the member speaks. */
export function encodeAssignment({ partitions, tasks, ...later }: AssignmentMessage, version: number = messageVersion): Uint8Array {
  const byTopic = new Map<string, number[]>()
  for (const { topic, partition } of partitions) byTopic.set(topic, [...(byTopic.get(topic) ?? []), partition])
  const writer = new MessageWriter()
  writer.int16(consumerProtocolVersion)
  writer.int32(byTopic.size)
  for (const [topic, numbers] of byTopic) {
    writer.text(topic)
    writer.int32(numbers.length)
    for (const number of numbers) writer.int32(number)
  }
  return writer.withUserData(Math.min(version, messageVersion), version === 1 ? { tasks } : { tasks, ...later })
}

/** A member that came too late for an assignment has none, and no bytes. */
export function decodeAssignment(bytes: Uint8Array): Omit<AssignmentMessage, 'partitions'> {
  if (bytes.length === 0) return { tasks: [], standbys: [] }
  const { message } = decode(bytes, assignmentSchema, (reader) => {
    for (let topics = reader.int32(); topics > 0; topics--) {
      reader.text()
      for (let partitions = reader.int32(); partitions > 0; partitions--) reader.int32()
    }
  })
  return message
}

/** Host and port of the instance that runs each task, of those but `own` that have said one. */
export function serversByTask({ servers = {} }: Pick<AssignmentMessage, 'servers'>, own: string | undefined): ReadonlyMap<string, string> {
  const others = Object.entries(servers).filter(([server]) => server !== own)
  return new Map(others.flatMap(([server, tasks]) => tasks.map((task) => [task, server] as const)))
}

interface Decoded<T> {
  readonly version: number
  readonly message: T
}

function decode<T>(bytes: Uint8Array, schema: v.GenericSchema<unknown, T>, skipTopics: (reader: MessageReader) => void): Decoded<T> {
  try {
    const reader = new MessageReader(Buffer.from(bytes))
    reader.int16()
    skipTopics(reader)
    const userData = reader.bytes()
    const version = userData?.[0] ?? 0
    if (userData === null || version < 1) throw new Error('it has no data of ours')
    return { version, message: v.parse(schema, JSON.parse(userData.toString('utf8', 1))) }
  } catch (error) {
    throw new MillraceError('group-message-unreadable', { problem: error instanceof Error ? error.message : String(error) }, error)
  }
}

class MessageWriter {
  private readonly buffer = new ByteBuffer()

  int16(value: number): void {
    this.buffer.reserve(2)
    this.buffer.end = this.buffer.bytes.writeInt16BE(value, this.buffer.end)
  }

  int32(value: number): void {
    this.buffer.reserve(4)
    this.buffer.end = this.buffer.bytes.writeInt32BE(value, this.buffer.end)
  }

  text(value: string): void {
    this.int16(Buffer.byteLength(value))
    this.append(Buffer.from(value))
  }

  withUserData(version: number, message: unknown): Uint8Array {
    const userData = Buffer.concat([Buffer.of(version), Buffer.from(JSON.stringify(message))])
    this.int32(userData.length)
    this.append(userData)
    return Buffer.from(this.buffer.bytes.subarray(0, this.buffer.end))
  }

  private append(bytes: Buffer): void {
    this.buffer.reserve(bytes.length)
    this.buffer.end += bytes.copy(this.buffer.bytes, this.buffer.end)
  }
}

class MessageReader {
  private readonly source: Buffer
  private at = 0

  constructor(source: Buffer) {
    this.source = source
  }

  int16(): number {
    this.at += 2
    return this.source.readInt16BE(this.at - 2)
  }

  int32(): number {
    this.at += 4
    return this.source.readInt32BE(this.at - 4)
  }

  text(): string {
    const size = this.int16()
    this.at += size
    return this.source.toString('utf8', this.at - size, this.at)
  }

  /** null: absent. */
  bytes(): Buffer | null {
    const size = this.int32()
    if (size < 0) return null
    this.at += size
    return this.source.subarray(this.at - size, this.at)
  }
}

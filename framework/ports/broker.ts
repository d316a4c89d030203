// What Millrace needs of Kafka, and nothing more. Implemented by plugins/kafka (Apache Kafka and the embedded broker, over the
// Kafka protocol) and by plugins/broker-memory (the deterministic reference). One contract suite, test/contract/broker.ts.
//
// Each role (fetching, restoring, producing, group) is an object of its own with connections of its own: a broker answers one request
// at a time on a connection, so a long poll must not stand before a heartbeat or a commit.
//
// All methods reject with a MillraceError. Retriable faults (a moved leader, a dropped connection) are retried inside, within
// the limits of the settings, and never seen here.

import { asOffset, type Headers, type Offset, type RecordReader, type Timestamp, type TopicPartition } from './record.ts'
import type { Serde } from './serde.ts'

export interface Broker {
  /** Connects and checks that what answers is Kafka. */
  connect(): Promise<void>
  readonly admin: Admin
  fetcher(options: FetcherOptions): Fetcher
  producer(options: ProducerOptions): Producer
  member(options: MemberOptions): GroupMember
  /** Closes what is still open of the above. */
  close(): Promise<void>
}

// ---------------------------------------------------------------------------------------------------------------- topics

export interface Admin {
  /** By name; a topic that does not exist is missing in the map. */
  topics(names: readonly string[]): Promise<ReadonlyMap<string, TopicDescription>>
  topicNames(): Promise<readonly string[]>
  /** Creates all, or says per topic why not. A topic that exists already is left as it is and reported as `exists`. */
  createTopics(topics: readonly NewTopic[]): Promise<ReadonlyMap<string, 'created' | 'exists'>>
  deleteTopics(names: readonly string[]): Promise<void>
  /** All settings of a topic, defaults included. */
  topicSettings(name: string): Promise<ReadonlyMap<string, string>>
  /** Deletes the records before each offset. */
  deleteRecords(before: readonly PartitionOffset[]): Promise<void>
  startOffsets(partitions: readonly TopicPartition[]): Promise<readonly PartitionOffset[]>
  /** `readCommitted`: the last stable offset; otherwise the high watermark. */
  endOffsets(partitions: readonly TopicPartition[], options?: { readCommitted: boolean }): Promise<readonly PartitionOffset[]>
  /** The first offset whose record has this timestamp or a later one; the end offset if there is none. */
  offsetsAt(partitions: readonly TopicPartition[], timestamp: Timestamp): Promise<readonly PartitionOffset[]>
  /** What a group has committed; partitions without a commit are missing. Waits for open transactions to end (KIP-447). */
  committed(groupId: string, partitions: readonly TopicPartition[]): Promise<readonly CommittedOffset[]>
  /** Sets the offsets of a group that has no members. */
  resetCommitted(groupId: string, offsets: readonly CommittedOffset[]): Promise<void>
  /**
   * Ends what producers of these transactional ids have left open, as if it had never been, and fences them: for those that are gone, so that nobody waits for their timeout (Kafka:
   * Admin#fenceProducers). Ids that nobody knows are no error.
   */
  fenceProducers(transactionalIds: readonly string[]): Promise<void>
  groups(): Promise<readonly GroupSummary[]>
  group(groupId: string): Promise<GroupDescription | undefined>
}

export interface TopicDescription {
  readonly name: string
  readonly partitions: number
}

export interface NewTopic {
  readonly name: string
  readonly partitions: number
  /** -1: the broker's default. */
  readonly replicationFactor?: number
  readonly settings?: Readonly<Record<string, string>>
}

export interface PartitionOffset extends TopicPartition {
  readonly offset: Offset
}

export interface CommittedOffset extends PartitionOffset {
  /** Opaque text kept beside the offset; Kafka Streams keeps its partition times there. */
  readonly metadata: string
}

export interface GroupSummary {
  readonly groupId: string
  readonly protocolType: string
}

export interface GroupDescription extends GroupSummary {
  /** As Kafka spells it: Stable, PreparingRebalance, CompletingRebalance, Empty, Dead. */
  readonly state: string
  readonly protocol: string
  readonly members: readonly {
    readonly memberId: string
    readonly clientId: string
    readonly host: string
    readonly assignment: Uint8Array
  }[]
}

// -------------------------------------------------------------------------------------------------------------- fetching

export interface FetcherOptions {
  /** Names the connection in logs and to the broker. */
  readonly clientId: string
  readonly readCommitted: boolean
  /** How much may lie fetched and not yet taken, in all partitions together. */
  readonly bufferBytesMax: number
}

/** The position of a partition that stays assigned, whatever it is. */
export const whereItIs: Offset = asOffset(-1)

/** Reads the partitions it is assigned, ahead of who takes what it read, up to `bufferBytesMax`. */
export interface Fetcher {
  /** Replaces the assignment: partitions that stay (the same position or `whereItIs`) go on, with what is fetched already and problems not told yet. */
  assign(positions: readonly PartitionOffset[]): void
  /** Partitions not fetched until resumed; what is fetched of them already is still handed out. */
  pause(partitions: readonly TopicPartition[]): void
  resume(partitions: readonly TopicPartition[]): void
  /** What has arrived since the last call; never waits. A fault of the whole fetcher (connection lost for good, authorisation) throws. */
  take(): readonly Fetched[]
  /** Resolves when `take` has something to give, or throw. */
  arrived(): Promise<void>
  close(): Promise<void>
}

export type Fetched = FetchedRecords | FetchProblem

export interface FetchedRecords {
  readonly kind: 'records'
  readonly topic: string
  readonly partition: number
  readonly reader: RecordReader
  readonly sizeBytes: number
  readonly highWatermark: Offset
  /** The end for readers of committed records; equals the high watermark without open transactions. */
  readonly lastStableOffset: Offset
}

/** The partition is not fetched on until it is assigned anew, with a position. */
export interface FetchProblem {
  readonly kind: 'problem'
  readonly topic: string
  readonly partition: number
  readonly problem: 'offset out of range' | 'topic deleted'
}

// ------------------------------------------------------------------------------------------------------------- producing

export interface ProducerOptions {
  readonly clientId: string
  /** How long a record may wait for others before it is sent. */
  readonly lingerMs: number
  /** Appended and not yet acknowledged, in all partitions together; above it `full` is true. */
  readonly bufferBytesMax: number
  readonly compression: 'none' | 'gzip' | 'lz4'
  /** With it the producer is transactional. */
  readonly transactionalId?: string
  /** After so long without an end the coordinator aborts a transaction and fences its producer. Default 10 s. */
  readonly transactionTimeoutMs?: number
  /**
   * Asked about a record that the broker has refused for what it is, after it was sent. `leave-out`: it is as if it had never been appended, what is behind it goes on; `retry`: it
   * is sent again after a pause; `fail`, or an error that is thrown: the producer fails. Default: it fails. A broker that refuses all such records while they are appended never asks.
   */
  readonly onRefused?: (refused: RefusedRecord) => 'fail' | 'leave-out' | 'retry'
}

/** A record that is too large for its topic, has no key where the topic is compacted, or a timestamp that is not allowed there. */
export interface RefusedRecord {
  readonly topic: string
  readonly partition: number
  readonly timestamp: Timestamp
  /** null: it has none. */
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: Headers
  /** `record-too-large`, or `delivery-failed` with the broker's word for it. */
  readonly error: Error
  /** How often it was refused, from 1. */
  readonly attempt: number
}

/**
 * Writes batches in place. Appending is synchronous and never waits: who appends looks at `full` between records and then waits for
 * `drained()`. Idempotent: retries write nothing twice and keep the order.
 */
export interface Producer {
  /** Rejects with `topic-missing` if there is no such topic. The same name gives the same writer. */
  writer(topic: string): Promise<TopicWriter>
  readonly full: boolean
  drained(): Promise<void>
  /** Sends what has waited for `lingerMs`, cheaply; called once every turn of the loop. */
  poll(): void
  /** Sends everything and resolves when all is acknowledged. Rejects with the first failure, from then on always. */
  flush(): Promise<void>
  /** Of a producer with a transactional id. */
  readonly transactions?: Transactions
  /** An open transaction is aborted. */
  close(): Promise<void>
}

/**
 * Transactions of one producer, one after the other: the first record that is appended after the last one ended begins the next. Readers of committed records
 * see all of one, or nothing. Everything rejects with `producer-fenced` once another producer has initialized the same transactional id, or the coordinator
 * has given the transaction up (transactionTimeoutMs); such a producer is of no more use.
 */
export interface Transactions {
  /** Takes the transactional id over: who had it is fenced, what it left open is aborted. Once, before the first record. */
  initialize(): Promise<void>
  /** Whether something was appended since the last commit began, or the last abort ended. */
  readonly open: boolean
  /**
   * Sends everything, adds the offsets to the transaction and commits both as one (KIP-447: the group refuses the offsets of a generation that is
   * over, then this rejects with `member-fenced`, and the transaction is to be aborted). With nothing appended and no offsets nothing is committed. What is appended
   * before it is settled belongs to the next transaction, and is held back until this one has ended; but for what `onRefused` appends. `committed` is called
   * when it has ended, before anything of the next one is sent: `acknowledged` says what is committed then.
   */
  commit(offsets: TransactionOffsets, committed?: () => void): Promise<void>
  /** Ends the transaction as if it had never been; what has not been sent yet is not sent. */
  abort(): Promise<void>
}

export interface TransactionOffsets {
  readonly groupId: string
  readonly generation: number
  readonly memberId: string
  readonly groupInstanceId?: string
  readonly offsets: readonly CommittedOffset[]
}

export interface TopicWriter {
  readonly topic: string
  readonly partitions: number
  /** Where Java's default partitioner puts a key: murmur2 of its bytes. A null key (start -1) goes round robin by batch. */
  partitionOf(bytes: Uint8Array, keyStart: number, keyEnd: number): number
  /**
   * Appends one record. The key is copied from `keyBytes` (start -1: null); the value is written in place by `valueSerde`
   * (`value` null: a tombstone, no serde needed). Throws `record-too-large`, and what the serde throws; then nothing was appended. What the broker itself has to say comes later, and to
   * `onRefused`.
   */
  append<V>(
    partition: number,
    timestamp: number,
    keyBytes: Uint8Array,
    keyStart: number,
    keyEnd: number,
    value: V | null,
    valueSerde: Pick<Serde<V>, 'write'>,
    headers: Headers,
  ): void
  /** One past the last acknowledged record of a partition; undefined before the first. Exact after `flush`. */
  acknowledged(partition: number): Offset | undefined
}

// ----------------------------------------------------------------------------------------------------------------- group

export interface MemberOptions {
  readonly clientId: string
  readonly groupId: string
  /** Static membership (KIP-345). */
  readonly groupInstanceId?: string
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
  readonly heartbeatIntervalMs: number
  /** The group protocol's name, such as `stream`. */
  readonly protocol: string
  /** What this member tells the leader; asked for at each join. The broker reads it: it must be a ConsumerProtocolSubscription. */
  subscription(): Uint8Array
  /** Called on the member that leads: an assignment for each member. */
  assign(members: readonly MemberSubscription[]): Promise<ReadonlyMap<string, Uint8Array>>
}

export interface MemberSubscription {
  readonly memberId: string
  readonly groupInstanceId: string | undefined
  readonly subscription: Uint8Array
}

/**
 * One member of a consumer group. The plugin speaks the protocol and sends heartbeats by itself while a generation holds; who owns the member decides
 * when to (re)join, so that it can finish its record and commit before.
 *
 *   new → joining → stable → rebalancing → joining …
 *                      └──→ lost (expelled: its partitions may already be another's) → joining …
 *   any → left
 */
export interface GroupMember {
  readonly state: 'new' | 'joining' | 'stable' | 'rebalancing' | 'lost' | 'left'
  /** Resolves when the state is no longer `stable`. */
  changed(): Promise<void>
  /** Joins and waits for the assignment; retried inside until there is one. */
  join(): Promise<Assignment>
  /** Rejects with `member-fenced` if the generation is over. */
  commit(offsets: readonly CommittedOffset[]): Promise<void>
  /** Milliseconds since the coordinator last answered a heartbeat. */
  readonly heartbeatAgeMs: number
  /** Leaves the group, so that others need not wait for the session timeout. */
  leave(): Promise<void>
}

export interface Assignment {
  readonly generation: number
  readonly memberId: string
  readonly assignment: Uint8Array
}

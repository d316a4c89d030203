// What a broker may be told, and what it does if nobody tells it anything. Every thing that grows has its limit here.

import type { Clock, Logger } from '../../../framework/index.ts'

export interface BrokerOptions {
  /** 0, the default, takes a free one. */
  readonly port?: number
  /** Where it listens. Loopback unless told otherwise: there is no authentication. */
  readonly host?: string
  /** What clients are told to connect to, where that is not the address they came by (behind a mapped port). */
  readonly advertised?: { readonly host: string; readonly port: number }
  /** Where topics, groups and offsets outlive it. Without it they are in memory, and gone when it closes. */
  readonly dataFolder?: string
  /** Whether a topic comes into being when a client asks for it that allows it. Off, unlike Apache Kafka's default: a misspelt topic should be an error in development too. */
  readonly autoCreateTopics?: boolean
  /** Partitions of a topic whose creator says -1, and of one that is created by itself. */
  readonly defaultPartitions?: number
  /** How long the first rebalance of a group waits for further members (group.initial.rebalance.delay.ms). None, for quick starts. */
  readonly initialRebalanceDelayMs?: number
  /** How often compaction looks for work. Kafka: log.cleaner.backoff.ms. */
  readonly compactionIntervalMs?: number
  /** How often logs are looked at for what retention.ms and retention.bytes no longer allow. Kafka: log.retention.check.interval.ms. */
  readonly retentionIntervalMs?: number
  readonly limits?: Partial<BrokerLimits>
  readonly logger?: Logger
  readonly clock?: Clock
}

export interface BrokerLimits {
  readonly connections: number
  /** Larger requests close their connection. Kafka: socket.request.max.bytes. */
  readonly requestBytes: number
  /** All records of one answer to a fetch. Kafka: fetch.max.bytes. */
  readonly fetchBytes: number
  /** A connection that asks nothing for so long is closed. Kafka: connections.max.idle.ms. */
  readonly connectionIdleMs: number
  /** Of all topics together. */
  readonly partitions: number
  readonly groups: number
  readonly groupMembers: number
  readonly sessionTimeoutMinMs: number
  readonly sessionTimeoutMaxMs: number
  /** Kafka: offset.metadata.max.bytes. */
  readonly offsetMetadataBytes: number
  readonly transactionalIds: number
  /** Kafka: transaction.max.timeout.ms. */
  readonly transactionTimeoutMaxMs: number
  /** A transactional id of which nothing was heard for so long is forgotten. Kafka: transactional.id.expiration.ms. */
  readonly transactionalIdExpirationMs: number
  /** Of a broker without a data folder. */
  readonly memoryBytes: number
}

export const defaultLimits: BrokerLimits = {
  connections: 1000,
  requestBytes: 100 * 1024 * 1024,
  fetchBytes: 50 * 1024 * 1024,
  connectionIdleMs: 10 * 60 * 1000,
  partitions: 10_000,
  groups: 10_000,
  groupMembers: 1000,
  sessionTimeoutMinMs: 100,
  sessionTimeoutMaxMs: 30 * 60 * 1000,
  offsetMetadataBytes: 4096,
  transactionalIds: 10_000,
  transactionTimeoutMaxMs: 15 * 60 * 1000,
  transactionalIdExpirationMs: 7 * 24 * 60 * 60 * 1000,
  memoryBytes: 4 * 1024 * 1024 * 1024,
}

export type BrokerSettings = Required<Omit<BrokerOptions, 'advertised' | 'dataFolder' | 'limits'>> & {
  readonly advertised: { readonly host: string; readonly port: number } | undefined
  readonly dataFolder: string | undefined
  readonly limits: BrokerLimits
}

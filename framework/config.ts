// The settings of an app: one table of what there is, of what kind, with defaults that are Kafka Streams' wherever it has the setting. Read by the runtime
// (framework/runtime/settings.ts), which also takes each from its environment variable: `commitIntervalMs` from MILLRACE_COMMIT_INTERVAL_MS.

import type { Budget } from './graph/cost/budget.ts'
import type { Plugin } from './ports/plugin.ts'
import type { Secret } from './ports/secret.ts'

/** How a setting is written: in the configuration by its JavaScript type, in the environment as text. */
export type SettingSpec =
  | { readonly kind: 'text'; readonly default: string | undefined; readonly description: string }
  /** Separated by commas in the environment. */
  | { readonly kind: 'list'; readonly default: readonly string[]; readonly description: string }
  /** A whole number, not below `min`. */
  | { readonly kind: 'number'; readonly min: number; readonly default: number | undefined; readonly description: string }
  /** Text of a certain form; `expected` says which. */
  | { readonly kind: 'form'; readonly pattern: RegExp; readonly expected: string; readonly default: string; readonly description: string }
  /** Comes from the environment alone: its variable, or the file that `<variable>_FILE` names. */
  | { readonly kind: 'secret'; readonly default: undefined; readonly description: string }
  | { readonly kind: 'choice'; readonly choices: readonly string[]; readonly default: string | undefined; readonly description: string }

const MiB = 1024 * 1024

/** `by_duration:` with a duration as Millrace writes it (`1h`) or as Kafka does (`PT1H`). */
export const offsetResetPattern =
  /^(?:earliest|latest|none|by_duration:(?:(\d+)(ms|s|m|h|d)|P(?=\d|T\d)(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d{1,3})?)S)?)?))$/

export const settingsTable = {
  /** The consumer group and the prefix of internal topics and state. By default the topology's name, after `applicationIdPrefix`. */
  applicationId: { kind: 'text', default: undefined, description: 'the consumer group, and what names of internal topics begin with' },
  /** Put before the topology's name to make the application id. */
  applicationIdPrefix: { kind: 'text', default: '', description: "put before the topology's name to make the application id" },
  /** Changes of the topology that may cost state, and are meant: `store-removed`, `store-removed:counts`, or `all`. */
  allowedChanges: {
    kind: 'list',
    default: [],
    description: 'changes of the topology that may cost state and are meant: kind, kind:subject, or all',
  },
  /** Where Kafka is: `host:port`, several separated by commas in the environment. */
  brokers: { kind: 'list', default: ['127.0.0.1:9092'], description: 'where Kafka is: host:port' },
  /** How Kafka is talked to (security.protocol). */
  securityProtocol: {
    kind: 'choice',
    choices: ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'],
    default: 'PLAINTEXT',
    description: 'whether Kafka is talked to by TLS, and with credentials',
  },
  saslMechanism: {
    kind: 'choice',
    choices: ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER'],
    default: undefined,
    description: 'how credentials are shown',
  },
  saslUsername: { kind: 'text', default: undefined, description: 'of PLAIN and SCRAM' },
  saslPassword: { kind: 'secret', default: undefined, description: 'of PLAIN and SCRAM' },
  saslOauthbearerTokenEndpointUrl: { kind: 'text', default: undefined, description: 'where OAUTHBEARER gets its tokens' },
  saslOauthbearerClientId: { kind: 'text', default: undefined, description: 'of OAUTHBEARER, as client credentials' },
  saslOauthbearerClientSecret: { kind: 'secret', default: undefined, description: 'of OAUTHBEARER, as client credentials' },
  saslOauthbearerScope: { kind: 'text', default: undefined, description: 'of OAUTHBEARER' },
  /** Certificates of authorities to trust instead of Node's own (ssl.truststore.location, of type PEM). */
  sslTruststoreLocation: { kind: 'text', default: undefined, description: 'a PEM file of the authorities that are trusted' },
  /** A private key and its certificates, for brokers that ask for them (ssl.keystore.location, of type PEM). */
  sslKeystoreLocation: { kind: 'text', default: undefined, description: 'a PEM file of a private key and its certificates' },
  sslKeyPassword: { kind: 'secret', default: undefined, description: 'of that private key' },
  /** The name of the broker plugin; by default `kafka`, and `memory` for an app that has local sources only. */
  broker: { kind: 'text', default: undefined, description: 'the broker plugin, such as kafka or memory' },
  /** The name of the state engine that persistent stores lie in. */
  stateStore: { kind: 'text', default: 'leveldb', description: 'the state engine of persistent stores' },
  processingGuarantee: {
    kind: 'choice',
    choices: ['at_least_once', 'exactly_once_v2'],
    default: 'at_least_once',
    description: 'what a crash may do to results',
  },
  /** Worker threads of Node, each with tasks, a producer and a place in the group of its own (num.stream.threads). Only where topics are read. */
  streamThreads: { kind: 'number', min: 1, default: 1, description: 'threads that run tasks, each a member of the group' },
  /** As Kafka Streams' StreamsUncaughtExceptionHandler has it: the other threads commit and end with the one that failed, or those of all instances do, or it is replaced. */
  uncaughtExceptionHandler: {
    kind: 'choice',
    choices: ['shutdown-client', 'shutdown-application', 'replace-thread'],
    default: 'shutdown-client',
    description: 'what becomes of the app when a stream thread fails',
  },
  /** Where local state lies. A folder for each application is made in it. */
  stateDir: { kind: 'text', default: '.millrace/state', description: 'where local state lies' },
  /** How often offsets are committed, caches flushed and state written (Kafka Streams: commit.interval.ms). */
  commitIntervalMs: {
    kind: 'number',
    min: 0,
    default: 30_000,
    description: 'time between commits; with exactly_once_v2 the default is 100',
  },
  /** After so long without an end the broker aborts a transaction (transaction.timeout.ms). Only with `exactly_once_v2`. */
  transactionTimeoutMs: { kind: 'number', min: 1, default: 10_000, description: 'time in which a transaction has to end' },
  /** The record caches of all stores together (statestore.cache.max.bytes). 0: every update is sent on at once. */
  cacheBytesMax: { kind: 'number', min: 0, default: 10 * MiB, description: 'size of the record caches of all stores together' },
  /** What stores may hold before a commit writes it to disk, and what a restore holds (statestore.uncommitted.max.bytes, there 64 MiB). */
  uncommittedBytesMax: {
    kind: 'number',
    min: 1,
    default: 32 * MiB,
    description: 'size of state not yet committed, above which a commit is made',
  },
  /** All stores in memory (`persistent: false`, LRU maps, what suppress logs) of all tasks together; over it the app ends. Kafka Streams has no limit. */
  memoryStoreBytesMax: {
    kind: 'number',
    min: 1,
    default: 1024 * MiB,
    description: 'size of the stores in memory of all tasks together, above which the app ends',
  },
  /** All global tables and global stores together, which lie in memory; over it the app ends. */
  globalTableBytesMax: {
    kind: 'number',
    min: 1,
    default: 1024 * MiB,
    description: 'size of all global tables together, above which the app ends',
  },
  /** What suppress() holds back, in all tasks together, besides its own limits; over it the app ends. */
  suppressBytesMax: {
    kind: 'number',
    min: 1,
    default: 256 * MiB,
    description: 'size of what suppress() holds back in all tasks together, above which the app ends',
  },
  /**
   * Where a group begins that has committed nothing, for sources that say nothing of it: `earliest`, `latest`, `none` (then the app stops), or `by_duration:1h` for
   * the first record of the last hour (auto.offset.reset, KIP-1106).
   */
  autoOffsetReset: {
    kind: 'form',
    pattern: offsetResetPattern,
    expected: 'earliest, latest, none, or by_duration: with a duration such as 1h or PT1H',
    default: 'earliest',
    description: 'where a group begins that has committed nothing yet',
  },
  /** How often the broker is asked whether topics have come or gone that match the pattern of a source (metadata.max.age.ms). */
  metadataMaxAgeMs: { kind: 'number', min: 0, default: 300_000, description: 'time between two looks for topics that match a pattern' },
  standbyReplicas: { kind: 'number', min: 0, default: 0, description: 'further copies of each state, kept up to date on other instances' },
  /** A task moves to an instance whose state is short of so many changelog records at most; before that a warm-up replica follows it there (acceptable.recovery.lag). */
  acceptableRecoveryLag: {
    kind: 'number',
    min: 0,
    default: 10_000,
    description: 'changelog records that an instance may be short of to be given a task',
  },
  /** Besides standbys (max.warmup.replicas). */
  maxWarmupReplicas: {
    kind: 'number',
    min: 1,
    default: 2,
    description: 'states at a time that are brought to where their tasks are to move',
  },
  /** How often it is looked whether they are there (probing.rebalance.interval.ms). */
  probingRebalanceIntervalMs: {
    kind: 'number',
    min: 1,
    default: 600_000,
    description: 'time between two looks whether tasks can move to where they are to be',
  },
  /** Where an instance is, as `zone=a`, several of different names (client.tag.*, KIP-708). */
  clientTags: { kind: 'list', default: [], description: 'where this instance is, such as zone=a' },
  /** Names of tags: standbys lie where as many of them as possible have other values than where the task runs (rack.aware.assignment.tags, KIP-708). */
  rackAwareAssignmentTags: { kind: 'list', default: [], description: 'names of the tags in which standbys are to differ from their tasks' },
  /** How long a task with several inputs waits for one that has no records, so as to process in the order of time (max.task.idle.ms). */
  maxTaskIdleMs: { kind: 'number', min: -1, default: 0, description: 'how long a task waits for an input that may have older records' },
  /** Fetched and not yet processed, in all tasks together; a partition with more than its share is not fetched meanwhile (input.buffer.max.bytes). */
  inputBufferBytesMax: { kind: 'number', min: 1024, default: 8 * MiB, description: 'size of what tasks hold and have not yet processed' },
  fetchBufferBytesMax: { kind: 'number', min: 1024, default: 8 * MiB, description: 'size of what is fetched and not yet taken' },
  producerBufferBytesMax: { kind: 'number', min: 1024, default: 8 * MiB, description: 'size of what is sent and not yet acknowledged' },
  lingerMs: { kind: 'number', min: 0, default: 100, description: 'how long a record waits for others before it is sent' },
  compression: { kind: 'choice', choices: ['none', 'gzip', 'lz4'], default: 'none', description: 'of what is sent' },
  /** Of topics that the app makes; -1 is the broker's default. */
  replicationFactor: { kind: 'number', min: -1, default: -1, description: 'copies of internal topics; -1 is the default of the broker' },
  /** How often consumed records of repartition topics are deleted (repartition.purge.interval.ms). */
  repartitionPurgeIntervalMs: {
    kind: 'number',
    min: 0,
    default: 30_000,
    description: 'time between deletions of consumed repartition records',
  },
  /** Not Kafka's 45 s: heartbeats depend on no commit, restore or poll here, only on the event loop, so one that is missing for so long is. */
  sessionTimeoutMs: {
    kind: 'number',
    min: 1,
    default: 10_000,
    description: 'after this long without a heartbeat the group goes on without a member',
  },
  heartbeatIntervalMs: { kind: 'number', min: 1, default: 3_000, description: 'time between heartbeats' },
  rebalanceTimeoutMs: { kind: 'number', min: 1, default: 300_000, description: 'how long a rebalance waits for a member' },
  /** Static membership: a restart under the same id within the session timeout causes no rebalance (group.instance.id). */
  groupInstanceId: { kind: 'text', default: undefined, description: 'name of this instance in its group, for static membership' },
  /** A record whose bytes cannot be read (deserialization.exception.handler). A handler of the topology wins over it, here and below. */
  deserializationExceptionHandler: {
    kind: 'choice',
    choices: ['fail', 'continue', 'dead-letter'],
    default: 'fail',
    description: 'what becomes of a record that cannot be read',
  },
  /** A record on which a callback throws (processing.exception.handler, KIP-1033). */
  processingExceptionHandler: {
    kind: 'choice',
    choices: ['fail', 'continue', 'dead-letter', 'retry'],
    default: 'fail',
    description: 'what becomes of a record on which a callback throws',
  },
  /** A record that its serde cannot write, or that the broker refuses for what it is (production.exception.handler). */
  productionExceptionHandler: {
    kind: 'choice',
    choices: ['fail', 'continue', 'dead-letter', 'retry'],
    default: 'fail',
    description: 'what becomes of a record that cannot be written',
  },
  /** How often a node is given a record again under `retry`. */
  processingRetriesMax: { kind: 'number', min: 1, default: 5, description: 'how often a record is tried again under retry' },
  /** The pause before the first time; it doubles up to the largest. The task takes no other record meanwhile, all else goes on. */
  processingRetryBackoffMs: { kind: 'number', min: 0, default: 100, description: 'pause before a record is tried again; it doubles' },
  processingRetryBackoffMsMax: { kind: 'number', min: 0, default: 10_000, description: 'the longest such pause' },
  processingRetriesExhausted: {
    kind: 'choice',
    choices: ['fail', 'continue', 'dead-letter'],
    default: 'fail',
    description: 'what becomes of a record that failed every time',
  },
  /**
   * Takes, as they came, the records that `continue` and `dead-letter` leave out, with headers that say why (errors.dead.letter.queue.topic.name, KIP-1034). It
   * has to be there when the app starts, as a topic that it writes to.
   */
  deadLetterTopic: { kind: 'text', default: undefined, description: 'a topic for records that are left out' },
  /** Windows that send their result when they close are looked for so often at most (__emit.interval.ms.kstreams.windowed.aggregation__). */
  closedWindowsIntervalMs: { kind: 'number', min: 0, default: 1_000, description: 'time between two looks for windows that have closed' },
  /** The same for records of left and outer joins of streams (__emit.interval.ms.kstreams.outer.join.spurious.results.fix__). */
  unmatchedIntervalMs: {
    kind: 'number',
    min: 0,
    default: 1_000,
    description: 'time between two looks for records that no join partner can reach',
  },
  /** `read`: a value is checked where it is first read; `always`: each record that arrives is. */
  validate: { kind: 'choice', choices: ['read', 'always'], default: 'read', description: 'when the bytes of a record are checked' },
  /** `off`: each operator runs by itself, as the topology has it. What comes out is the same. */
  fusion: {
    kind: 'choice',
    choices: ['on', 'off'],
    default: 'on',
    description: 'whether chains of operators without state run as one function',
  },
  naming: {
    kind: 'choice',
    choices: ['variables', 'kafka-streams'],
    default: undefined,
    description: 'where names of operators, stores and internal topics come from; used by the compiler',
  },
  /** Where probes are answered over HTTP, and questions for state: /livez, /readyz, /metrics, /state. Undefined: nowhere. 0 takes a free port, which the log names. */
  healthPort: {
    kind: 'number',
    min: 0,
    default: undefined,
    description: 'port of /livez, /readyz, /metrics and /state; without it nothing listens',
  },
  /** In a container that is probed from outside it is `0.0.0.0`. */
  healthHost: { kind: 'text', default: '127.0.0.1', description: 'address that probes are answered at' },
  /** Without it stores are read over HTTP only where `healthHost` is a loopback address. */
  stateQueryToken: { kind: 'secret', default: undefined, description: 'what a request for state has to show, as its bearer token' },
  /** As in Kafka Streams: `application.server`. Instances tell each other, and forward a question for a key to the one that has it. */
  applicationServer: {
    kind: 'text',
    default: undefined,
    description: 'host:port at which other instances reach the healthPort of this one',
  },
  /** An event loop that does not turn for so long, or a task that has records and processes none, is called stuck. */
  healthStuckMs: { kind: 'number', min: 1, default: 30_000, description: 'after this long without progress probes call it stuck' },
  /** Logged with the operator and the record that held it up; where `healthPort` is set. */
  loopDelayWarnMs: { kind: 'number', min: 1, default: 1_000, description: 'an event loop held up for longer is logged, with who did it' },
  logLevel: { kind: 'choice', choices: ['debug', 'info', 'warn', 'error'], default: 'info', description: 'the least level that is logged' },
  logFormat: { kind: 'choice', choices: ['text', 'json'], default: 'text', description: 'lines for people or for machines' },
} as const satisfies Readonly<Record<string, SettingSpec>>

type Table = typeof settingsTable

export type SettingName = keyof Table

type ValueOf<S extends SettingSpec> = S extends { kind: 'choice' }
  ? S['choices'][number]
  : S extends { kind: 'number' }
    ? number
    : S extends { kind: 'list' }
      ? readonly string[]
      : S extends { kind: 'secret' }
        ? Secret
        : string

/** All settings as an app runs with them. Without a default a setting may be undefined. */
export type Settings = { readonly [N in SettingName]: ValueOf<Table[N]> | (Table[N]['default'] extends undefined ? undefined : never) }

/** Secrets come from the environment only: a configuration is part of the bundle. */
type ConfiguredName = { [N in SettingName]: Table[N]['kind'] extends 'secret' ? never : N }[SettingName]

/** What `millrace.config.ts` says. What it leaves out has its default; environment variables win over it. */
export type Config = { readonly [N in ConfiguredName]?: ValueOf<Table[N]> } & {
  /** Used beside those that come with Millrace. */
  readonly plugins?: readonly Plugin[]
  /** What topologies may cost; for the compiler. Without it nothing is too much. */
  readonly budget?: Budget
}

/**
 * Types the configuration of a project, for `export default` in `millrace.config.ts`.
 *
 * @example
 * ```ts
 * import { defineConfig } from 'millrace'
 *
 * export default defineConfig({ brokers: ['kafka-1:9092', 'kafka-2:9092'], commitIntervalMs: 5_000 })
 * ```
 */
export function defineConfig(config: Config): Config {
  return config
}

// The error codes of the protocol: their numbers, and whether the same request may succeed later (Kafka's RetriableException) or after new metadata
// (InvalidMetadataException).

interface ProtocolError {
  readonly code: number
  readonly retriable: boolean
  readonly refreshesMetadata: boolean
}

const fatal = (code: number): ProtocolError => ({ code, retriable: false, refreshesMetadata: false })
const retriable = (code: number): ProtocolError => ({ code, retriable: true, refreshesMetadata: false })
const stale = (code: number): ProtocolError => ({ code, retriable: true, refreshesMetadata: true })

const table = {
  UNKNOWN_SERVER_ERROR: fatal(-1),
  NONE: fatal(0),
  OFFSET_OUT_OF_RANGE: fatal(1),
  CORRUPT_MESSAGE: retriable(2),
  UNKNOWN_TOPIC_OR_PARTITION: stale(3),
  INVALID_FETCH_SIZE: fatal(4),
  LEADER_NOT_AVAILABLE: stale(5),
  NOT_LEADER_OR_FOLLOWER: stale(6),
  REQUEST_TIMED_OUT: retriable(7),
  BROKER_NOT_AVAILABLE: fatal(8),
  REPLICA_NOT_AVAILABLE: stale(9),
  MESSAGE_TOO_LARGE: fatal(10),
  OFFSET_METADATA_TOO_LARGE: fatal(12),
  NETWORK_EXCEPTION: stale(13),
  COORDINATOR_LOAD_IN_PROGRESS: retriable(14),
  COORDINATOR_NOT_AVAILABLE: retriable(15),
  NOT_COORDINATOR: retriable(16),
  INVALID_TOPIC_EXCEPTION: fatal(17),
  RECORD_LIST_TOO_LARGE: fatal(18),
  NOT_ENOUGH_REPLICAS: retriable(19),
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: retriable(20),
  INVALID_REQUIRED_ACKS: fatal(21),
  ILLEGAL_GENERATION: fatal(22),
  INCONSISTENT_GROUP_PROTOCOL: fatal(23),
  INVALID_GROUP_ID: fatal(24),
  UNKNOWN_MEMBER_ID: fatal(25),
  INVALID_SESSION_TIMEOUT: fatal(26),
  REBALANCE_IN_PROGRESS: fatal(27),
  INVALID_COMMIT_OFFSET_SIZE: fatal(28),
  TOPIC_AUTHORIZATION_FAILED: fatal(29),
  GROUP_AUTHORIZATION_FAILED: fatal(30),
  CLUSTER_AUTHORIZATION_FAILED: fatal(31),
  INVALID_TIMESTAMP: fatal(32),
  UNSUPPORTED_SASL_MECHANISM: fatal(33),
  ILLEGAL_SASL_STATE: fatal(34),
  UNSUPPORTED_VERSION: fatal(35),
  TOPIC_ALREADY_EXISTS: fatal(36),
  INVALID_PARTITIONS: fatal(37),
  INVALID_REPLICATION_FACTOR: fatal(38),
  INVALID_REPLICA_ASSIGNMENT: fatal(39),
  INVALID_CONFIG: fatal(40),
  NOT_CONTROLLER: stale(41),
  INVALID_REQUEST: fatal(42),
  UNSUPPORTED_FOR_MESSAGE_FORMAT: fatal(43),
  POLICY_VIOLATION: fatal(44),
  OUT_OF_ORDER_SEQUENCE_NUMBER: fatal(45),
  DUPLICATE_SEQUENCE_NUMBER: fatal(46),
  INVALID_PRODUCER_EPOCH: fatal(47),
  INVALID_TXN_STATE: fatal(48),
  INVALID_PRODUCER_ID_MAPPING: fatal(49),
  INVALID_TRANSACTION_TIMEOUT: fatal(50),
  CONCURRENT_TRANSACTIONS: retriable(51),
  TRANSACTION_COORDINATOR_FENCED: fatal(52),
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: fatal(53),
  SECURITY_DISABLED: fatal(54),
  OPERATION_NOT_ATTEMPTED: fatal(55),
  KAFKA_STORAGE_ERROR: stale(56),
  SASL_AUTHENTICATION_FAILED: fatal(58),
  UNKNOWN_PRODUCER_ID: fatal(59),
  REASSIGNMENT_IN_PROGRESS: fatal(60),
  NON_EMPTY_GROUP: fatal(68),
  GROUP_ID_NOT_FOUND: fatal(69),
  FETCH_SESSION_ID_NOT_FOUND: retriable(70),
  INVALID_FETCH_SESSION_EPOCH: retriable(71),
  LISTENER_NOT_FOUND: stale(72),
  TOPIC_DELETION_DISABLED: fatal(73),
  FENCED_LEADER_EPOCH: stale(74),
  UNKNOWN_LEADER_EPOCH: retriable(75),
  UNSUPPORTED_COMPRESSION_TYPE: fatal(76),
  OFFSET_NOT_AVAILABLE: retriable(78),
  MEMBER_ID_REQUIRED: fatal(79),
  GROUP_MAX_SIZE_REACHED: fatal(81),
  FENCED_INSTANCE_ID: fatal(82),
  INVALID_RECORD: fatal(87),
  UNSTABLE_OFFSET_COMMIT: retriable(88),
  THROTTLING_QUOTA_EXCEEDED: retriable(89),
  PRODUCER_FENCED: fatal(90),
  UNKNOWN_TOPIC_ID: stale(100),
  FETCH_SESSION_TOPIC_ID_ERROR: retriable(106),
} as const satisfies Readonly<Record<string, ProtocolError>>

export type ProtocolErrorName = keyof typeof table

/** The number of an error: `errorCode.NOT_COORDINATOR` is 16. */
export const errorCode = Object.fromEntries(Object.entries(table).map(([name, { code }]) => [name, code])) as {
  readonly [N in ProtocolErrorName]: (typeof table)[N]['code']
}

const byCode = new Map(Object.entries(table).map(([name, error]) => [error.code as number, { name, ...error }]))

/** Kafka's name of an error; `ERROR_123` if this version does not know it. */
export function errorName(code: number): string {
  return byCode.get(code)?.name ?? `ERROR_${code}`
}

export function isRetriable(code: number): boolean {
  return byCode.get(code)?.retriable ?? false
}

/** Whether the error says that the metadata at hand is old. */
export function isStaleMetadata(code: number): boolean {
  return byCode.get(code)?.refreshesMetadata ?? false
}

// The limits of the client, each with a name. Kafka's own words in the comments.

export interface KafkaClientSettings {
  /** To open a connection and learn what the other side speaks. */
  readonly connectTimeoutMs: number
  /** For one answer, beyond what the request itself may wait (request.timeout.ms). */
  readonly requestTimeoutMs: number
  /** How long a request is tried again that fails for a passing reason, and how long a fetcher goes without any answer (default.api.timeout.ms). */
  readonly retryTimeoutMs: number
  /** The first pause before trying again; it doubles up to the largest (retry.backoff.ms, retry.backoff.max.ms). */
  readonly retryBackoffMs: number
  readonly retryBackoffMsMax: number
  /** Between two attempts to begin a transaction while the end of the last one is still being written. */
  readonly transactionBackoffMs: number
  /** How long a topic may be unknown, because the news of it is still on its way, before it counts as missing. */
  readonly missingTopicTimeoutMs: number
  /** How long joining a group waits for members that speak another protocol to be gone: longer than the JVM's default session timeout of 45 s. */
  readonly foreignMembersTimeoutMs: number
  /** From the first append of a batch until it must be acknowledged (delivery.timeout.ms). */
  readonly deliveryTimeoutMs: number
  /** A batch is sent when it is as large as this: well below the broker's limit of 1 MB, since a record may still come (batch.size). */
  readonly batchBytes: number
  /** No batch, and so no record, may be larger (max.request.size). */
  readonly maxRequestBytes: number
  /** No more batches are put into one request than reach this size. */
  readonly produceBytesMax: number
  /** Produce requests on their way to one broker; Kafka keeps the order up to five (max.in.flight.requests.per.connection). */
  readonly inFlightRequestsMax: number
  /** How long a broker may wait for records to come (fetch.max.wait.ms). */
  readonly fetchWaitMsMax: number
  /** At most so much of one partition, and of all, in one answer (max.partition.fetch.bytes, fetch.max.bytes). */
  readonly partitionFetchBytesMax: number
  readonly fetchBytesMax: number
  /**
   * Whether the checksum of what was fetched is verified (check.crcs). It costs 0.1 µs for a record of 100 bytes, a tenth of reading, upper-casing and
   * writing it. On as in the JVM: without it a bad disk of a broker goes unnoticed.
   */
  readonly checkCrcs: boolean
}

export const defaultClientSettings: KafkaClientSettings = {
  connectTimeoutMs: 3_000,
  requestTimeoutMs: 30_000,
  retryTimeoutMs: 60_000,
  retryBackoffMs: 20,
  retryBackoffMsMax: 1_000,
  transactionBackoffMs: 2,
  missingTopicTimeoutMs: 5_000,
  foreignMembersTimeoutMs: 60_000,
  deliveryTimeoutMs: 120_000,
  batchBytes: 700_000,
  maxRequestBytes: 1_048_576,
  produceBytesMax: 4 << 20,
  inFlightRequestsMax: 5,
  fetchWaitMsMax: 200,
  partitionFetchBytesMax: 1 << 20,
  fetchBytesMax: 4 << 20,
  checkCrcs: true,
}

// One role's view of the cluster: which brokers there are, who leads a partition or coordinates a group, a connection to each, and patience with what
// passes. Each role (admin, a fetcher, a producer, a group member) has one of its own, because a broker answers one request at a time on a connection.

import { type BrokerConnection, type Clock, type Logger, MillraceError } from '../../../framework/index.ts'
import type { ApiRequest, ApiResponse, ResponseOf } from '../wire/api.ts'
import { apis } from '../wire/apis.ts'
import { errorCode, isStaleMetadata } from '../wire/error-codes.ts'
import { asPortError, check, isPassing, NoAnswer, RefusedRequest } from './faults.ts'
import { type KafkajsConnection, KafkajsConnections, type KafkaSecurity } from './kafkajs-connections.ts'
import type { Outage } from './outage.ts'
import type { KafkaClientSettings } from './settings.ts'

/** What all roles of one client share. */
export interface ClientContext {
  readonly connection: BrokerConnection
  readonly security: KafkaSecurity
  readonly settings: KafkaClientSettings
  readonly outage: Outage
}

export interface PartitionLeader {
  readonly leaderId: number
  readonly leaderEpoch: number
}

type Metadata = ResponseOf<typeof apis.metadata>

interface Address {
  readonly host: string
  readonly port: number
}

export class ClusterClient {
  readonly settings: KafkaClientSettings
  readonly clock: Clock
  readonly logger: Logger
  readonly clientId: string
  readonly #bootstrap: readonly string[]
  readonly #connections: KafkajsConnections
  /** By address; what fails is taken out and opened anew by the next request. */
  readonly #open = new Map<string, Promise<KafkajsConnection>>()
  readonly #usable = new Map<string, KafkajsConnection>()
  readonly #nodes = new Map<number, Address>()
  readonly #topics = new Map<string, readonly PartitionLeader[]>()
  readonly #onClose: () => void
  readonly #outage: Outage
  #controllerId = -1
  #closed = false

  constructor({ connection, security, settings, outage }: ClientContext, clientId: string, onClose: () => void = () => {}) {
    this.#onClose = onClose
    this.#outage = outage
    this.settings = settings
    this.clock = connection.clock
    this.logger = connection.logger
    this.clientId = clientId
    this.#bootstrap = connection.brokers
    this.#connections = new KafkajsConnections({ clientId, security, settings, logger: connection.logger, clock: connection.clock })
  }

  // --------------------------------------------------------------------------------------------------------- requests

  /** To a broker by its id. Rejects with NoAnswer if the metadata at hand does not know it. */
  async send<RequestIn, ResponseOut>(
    nodeId: number,
    api: ApiRequest<RequestIn, unknown> & ApiResponse<never, ResponseOut>,
    body: RequestIn,
    waitMs = 0,
  ): Promise<ResponseOut> {
    const address = this.#nodes.get(nodeId)
    if (address === undefined) throw new NoAnswer(`broker ${nodeId}`, 'the cluster does not name it')
    return this.#sendTo(address, api, body, waitMs)
  }

  /** To whichever broker answers. */
  async sendToAny<RequestIn, ResponseOut>(
    api: ApiRequest<RequestIn, unknown> & ApiResponse<never, ResponseOut>,
    body: RequestIn,
  ): Promise<ResponseOut> {
    let failure: unknown
    for (const address of this.#addresses()) {
      try {
        return await this.#sendTo(address, api, body)
      } catch (error) {
        if (!(error instanceof NoAnswer)) throw error
        failure = error
      }
    }
    throw failure ?? new NoAnswer(this.#bootstrap.join(', '), 'no address is named')
  }

  async sendToController<RequestIn, ResponseOut>(
    api: ApiRequest<RequestIn, unknown> & ApiResponse<never, ResponseOut>,
    body: RequestIn,
    waitMs = 0,
  ): Promise<ResponseOut> {
    if (this.#controllerId < 0) await this.refresh([])
    return this.send(this.#controllerId, api, body, waitMs)
  }

  /** Tries again what fails for a passing reason, with growing pauses and new metadata, up to `retryTimeoutMs`; then and otherwise a MillraceError. */
  async withRetries<T>(attempt: () => Promise<T>, timeoutMs = this.settings.retryTimeoutMs): Promise<T> {
    const deadline = this.clock.monotonicMs() + timeoutMs
    for (let pauses = 0; ; pauses++) {
      try {
        return await attempt()
      } catch (error) {
        const late = this.clock.monotonicMs() >= deadline
        if (this.#closed && isPassing(error)) throw new MillraceError('client-closed', { client: this.clientId }, error)
        if (late || !isPassing(error)) throw this.asPortError(error)
        this.logger.log('debug', 'A request failed and is tried again', { clientId: this.clientId, error: String(error) })
        await this.pause(pauses)
        if (!(error instanceof NoAnswer) && !(error instanceof RefusedRequest && isStaleMetadata(error.code))) continue
        await this.refresh([...this.#topics.keys()]).catch(() => {})
      }
    }
  }

  /** The pause before the next attempt, longer each time. */
  pause(pauses: number): Promise<void> {
    const { retryBackoffMs, retryBackoffMsMax } = this.settings
    const delayMs = Math.min(retryBackoffMs * 2 ** Math.min(pauses, 10), retryBackoffMsMax)
    return new Promise((resolve) => this.clock.after(delayMs, resolve))
  }

  /** For what takes seconds. */
  longestPause(): Promise<void> {
    return new Promise((resolve) => this.clock.after(this.settings.retryBackoffMsMax, resolve))
  }

  asPortError(error: unknown): Error {
    return asPortError(error, this.#bootstrap)
  }

  // --------------------------------------------------------------------------------------------------------- metadata

  /** Asks anew who leads these topics; gives the whole answer. null: all topics. */
  async refresh(topics: readonly string[] | null): Promise<Metadata> {
    const answer = await this.sendToAny(apis.metadata, {
      topics: topics?.map((name) => ({ name })) ?? null,
      allowAutoTopicCreation: false,
    })
    this.#nodes.clear()
    for (const { nodeId, host, port } of answer.brokers) this.#nodes.set(nodeId, { host, port })
    this.#controllerId = answer.controllerId
    for (const { name, errorCode: code, partitions } of answer.topics) {
      if (name === null) continue
      if (code !== errorCode.NONE) this.#topics.delete(name)
      else this.#topics.set(name, leadersByPartition(partitions))
    }
    return answer
  }

  /** Sees to it that requests can be sent to this broker, which another one has named. */
  async learnOf(nodeId: number): Promise<void> {
    if (!this.#nodes.has(nodeId)) await this.refresh([...this.#topics.keys()])
  }

  /** Whether the topic was there when it was last asked for. */
  knows(topic: string): boolean {
    return this.#topics.has(topic)
  }

  /** The id of the partition's leader as far as is known here; undefined while it has none. */
  leaderOf(topic: string, partition: number): number | undefined {
    const leaderId = this.#topics.get(topic)?.[partition]?.leaderId ?? -1
    return leaderId < 0 ? undefined : leaderId
  }

  /** The number of a topic's partitions, as soon as each has a leader. Rejects with `topic-missing` if no broker that was asked knew it for so long. */
  async partitionsOf(topic: string, missingTimeoutMs = this.settings.missingTopicTimeoutMs): Promise<number> {
    const known = this.#topics.get(topic)
    if (known?.every(({ leaderId }) => leaderId >= 0)) return known.length
    const missingUntil = this.clock.monotonicMs() + missingTimeoutMs
    return this.withRetries(async () => {
      const answer = await this.refresh([topic])
      const found = answer.topics.find(({ name }) => name === topic)
      const code = found?.errorCode ?? errorCode.UNKNOWN_TOPIC_OR_PARTITION
      // The news of a topic that was just made may not have reached this broker yet.
      const missing = code === errorCode.UNKNOWN_TOPIC_OR_PARTITION || code === errorCode.INVALID_TOPIC_EXCEPTION
      if (missing && this.clock.monotonicMs() >= missingUntil) throw new MillraceError('topic-missing', { topic })
      check(code, 'Metadata', topic)
      const leaders = leadersByPartition(found?.partitions ?? [])
      if (leaders.some(({ leaderId }) => leaderId < 0)) throw new RefusedRequest(errorCode.LEADER_NOT_AVAILABLE, 'Metadata', topic)
      return leaders.length
    })
  }

  // ------------------------------------------------------------------------------------------------------ connections

  /** Connects to whichever broker answers, and learns of the others. */
  async connect(): Promise<void> {
    await this.refresh([])
  }

  close(): void {
    this.#closed = true
    this.disconnect()
    this.#onClose()
  }

  /** Gives up what is on its way; the next request connects again. */
  disconnect(): void {
    for (const connection of this.#usable.values()) connection.close()
    this.#usable.clear()
    this.#open.clear()
  }

  async #sendTo<RequestIn, ResponseOut>(
    address: Address,
    api: ApiRequest<RequestIn, unknown> & ApiResponse<never, ResponseOut>,
    body: RequestIn,
    waitMs = 0,
  ): Promise<ResponseOut> {
    try {
      const connection = await this.#connect(address)
      const answer = await connection.send(api, body, waitMs)
      this.#outage.answered()
      return answer
    } catch (error) {
      if (error instanceof NoAnswer && !this.#closed) this.#outage.unanswered()
      throw error
    }
  }

  async #connect(address: Address): Promise<KafkajsConnection> {
    const key = `${address.host}:${address.port}`
    const usable = this.#usable.get(key)
    if (usable?.usable) return usable
    if (usable !== undefined) this.#usable.delete(key)
    const opening = this.#open.get(key) ?? this.#openAt(key, address)
    this.#open.set(key, opening)
    return opening
  }

  async #openAt(key: string, { host, port }: Address): Promise<KafkajsConnection> {
    try {
      if (this.#closed) throw new NoAnswer(key, 'the client was closed')
      const connection = await this.#connections.open(host, port)
      if (this.#closed) {
        connection.close()
        throw new NoAnswer(key, 'the client was closed')
      }
      this.#usable.set(key, connection)
      return connection
    } finally {
      this.#open.delete(key)
    }
  }

  /** Connected ones first, then the others of the cluster, then those that were given at the start. */
  #addresses(): Address[] {
    const given = this.#bootstrap.map(parseAddress)
    const all = new Map([...this.#nodes.values(), ...given].map((address) => [`${address.host}:${address.port}`, address]))
    const isOpen = (address: Address) => this.#usable.get(`${address.host}:${address.port}`)?.usable === true
    return [...all.values()].sort((left, right) => Number(isOpen(right)) - Number(isOpen(left)))
  }
}

function leadersByPartition(partitions: Metadata['topics'][number]['partitions']): PartitionLeader[] {
  const leaders: PartitionLeader[] = []
  for (const { partitionIndex, leaderId, leaderEpoch } of partitions) leaders[partitionIndex] = { leaderId, leaderEpoch }
  return leaders
}

/** `host:port`, the host perhaps an IPv6 address in brackets. */
function parseAddress(text: string): Address {
  const match = /^\[?([^\]/\s@]+?)\]?:(\d+)$/.exec(text.trim())
  if (match === null) throw new MillraceError('broker-address-invalid', { address: text })
  return { host: match[1]!, port: Number(match[2]) }
}

// The one file that reaches into kafkajs. What we take of kafkajs are its connections: sockets, TLS, SASL, ApiVersions, and the queue of requests that
// wait for an answer. It has no public door to them, so we go through the cluster object that its own clients use:
//
//   kafka[Symbol(private:Kafka:createCluster)](…)        → cluster
//   cluster.connectionPoolBuilder.build({ host, port })  → connectionPool, two connections to one broker (kafkajs fetches on the second)
//   cluster.brokerPool.createBroker({ connectionPool })  → broker: connect() authenticates and asks for the versions
//   connectionPool.getConnection(0 or 1)                 → connection: authenticate(), nextCorrelationId()
//   connection.requestQueue.push(…), connection.socket   → the request goes out in its turn, the answer comes back by its correlation id
//
// kafkajs's own metadata is not used: it asks for all topics where it knows none, and one topic with an error fails the whole answer.
//
// kafkajs is pinned; `openKafkajs` checks the shape of all this at every start, and a test does. Two traps of its connections: they keep the rest of a broken
// answer when they connect again, and two sends on a closed one open two sockets. So a connection that failed is never used again.

import { Kafka, logLevel } from 'kafkajs'
import { type Clock, type Logger, MillraceError } from '../../../framework/index.ts'
import { type Api, type ApiRequest, type ApiResponse, readResponse, requestPieces } from '../wire/api.ts'
import { fetch } from '../wire/messages/data.ts'
import { WireReader } from '../wire/wire-reader.ts'
import { NoAnswer } from './faults.ts'
import type { KafkaClientSettings } from './settings.ts'

/** As kafkajs takes them; handed through. */
export type KafkaSecurity = Pick<ConstructorParameters<typeof Kafka>[0], 'ssl' | 'sasl'>

export interface KafkajsOptions {
  readonly clientId: string
  readonly security: KafkaSecurity
  readonly settings: KafkaClientSettings
  readonly logger: Logger
  readonly clock: Clock
}

/** Opens connections of one role. */
export class KafkajsConnections {
  readonly #cluster: Cluster
  readonly #clock: Clock
  readonly #requestTimeoutMs: number
  readonly #connectTimeoutMs: number

  constructor({ clientId, security, settings, logger, clock }: KafkajsOptions) {
    const kafka = new Kafka({
      ...security,
      clientId,
      // Never used: every connection is opened by its address.
      brokers: ['127.0.0.1:9'],
      connectionTimeout: settings.connectTimeoutMs,
      requestTimeout: settings.requestTimeoutMs,
      retry: { retries: 0 },
      logLevel: logLevel.WARN,
      logCreator: () => (entry) => logger.log('debug', `kafkajs: ${entry.log.message}`, { clientId, broker: entry.log.broker }),
    })
    this.#cluster = clusterOf(kafka)
    this.#clock = clock
    this.#requestTimeoutMs = settings.requestTimeoutMs
    this.#connectTimeoutMs = settings.connectTimeoutMs
  }

  /** Resolves when the broker at the address has said what it speaks. */
  async open(host: string, port: number): Promise<KafkajsConnection> {
    const { connectionPoolBuilder, brokerPool, rootLogger } = this.#cluster
    const connectionPool = await connectionPoolBuilder.build({ host, port })
    const broker = brokerPool.createBroker({ connectionPool, logger: rootLogger })
    const connection = new KafkajsConnection(broker, `${host}:${port}`, this.#requestTimeoutMs)
    // To open the socket, and again to be answered.
    await connection.connect(this.#clock, 2 * this.#connectTimeoutMs)
    return connection
  }
}

/** One broker, as one role sees it. */
export class KafkajsConnection {
  readonly address: string
  readonly #broker: KafkajsBroker
  readonly #requestTimeoutMs: number
  #closed = false
  #hasFetched = false

  constructor(broker: KafkajsBroker, address: string, requestTimeoutMs: number) {
    this.#broker = broker
    this.address = address
    this.#requestTimeoutMs = requestTimeoutMs
  }

  /** False once it has failed or was closed: then open another. */
  get usable(): boolean {
    return !this.#closed
  }

  /** kafkajs would wait for the first answer as long as for any other; nobody who waits for an app to start should. */
  async connect(clock: Clock, timeoutMs: number): Promise<void> {
    const timer = clock.after(timeoutMs, () => this.close())
    try {
      await this.#broker.connect()
    } catch (error) {
      this.close()
      throw this.#asFault(error, true)
    } finally {
      timer.cancel()
    }
  }

  /**
   * Sends in the highest version that both sides have. The request may take `waitMs` longer than others to be answered. Requests are sent, and answered, in
   * the order of the calls. Rejects with NoAnswer, or with a MillraceError that trying again does not mend.
   */
  async send<RequestIn, ResponseOut>(
    api: ApiRequest<RequestIn, unknown> & ApiResponse<never, ResponseOut>,
    body: RequestIn,
    waitMs = 0,
  ): Promise<ResponseOut> {
    const version = this.#versionOf(api)
    this.#failIfLost(api)
    try {
      const connection = await this.#broker.connectionPool.getConnection(indexOf(api))
      await connection.authenticate()
      const payload = await this.#exchange(connection, api, version, body, waitMs)
      return readResponse(api, version, new WireReader(payload))
    } catch (error) {
      this.close()
      throw this.#asFault(error, false)
    }
  }

  /** As kafkajs's own `send`, without its three copies of a request. Gives the answer behind the correlation id. */
  async #exchange<RequestIn>(
    connection: KafkajsSocketConnection,
    api: ApiRequest<RequestIn, unknown>,
    apiVersion: number,
    body: RequestIn,
    waitMs: number,
  ): Promise<Buffer> {
    const { key: apiKey, name: apiName } = api
    const correlationId = connection.nextCorrelationId()
    const pieces = requestPieces(api, apiVersion, correlationId, connection.clientId, body)
    const { payload } = await new Promise<KafkajsAnswer>((resolve, reject) => {
      connection.requestQueue.push({
        entry: { apiKey, apiName, apiVersion, correlationId, resolve, reject },
        expectResponse: true,
        requestTimeout: this.#requestTimeoutMs + waitMs,
        sendRequest: () => {
          if (!connection.isConnected() || connection.socket === undefined) return reject(new Error('the connection was lost'))
          connection.socket.cork()
          for (const piece of pieces) connection.socket.write(piece)
          connection.socket.uncork()
        },
      })
    })
    return payload
  }

  /** At once: whoever waits for an answer is told that there is none. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    for (const connection of this.#broker.connectionPool.pool) {
      connection.rejectRequests(new Error('the connection was closed'))
      connection.requestQueue.destroy()
      connection.connectionStatus = 'disconnected'
      connection.socket?.destroy()
    }
  }

  /** kafkajs would connect again by itself; only the second connection has not been opened before its first use. */
  #failIfLost(api: Api): void {
    const index = indexOf(api)
    const second = index === 1
    const connected = this.#broker.connectionPool.pool[index]?.isConnected() ?? false
    if (this.#closed || (!connected && (!second || this.#hasFetched))) {
      this.close()
      throw new NoAnswer(this.address, 'the connection was lost')
    }
    if (second) this.#hasFetched = true
  }

  #versionOf(api: Api): number {
    const theirs = this.#broker.versions?.[api.key]
    const version = theirs === undefined ? -1 : Math.min(api.versionMax, theirs.maxVersion)
    if (theirs !== undefined && version >= Math.max(api.versionMin, theirs.minVersion)) return version
    throw new MillraceError('broker-too-old', { address: this.address, request: api.name })
  }

  #asFault(error: unknown, connecting: boolean): unknown {
    if (error instanceof MillraceError) return error
    const name = error instanceof Error ? error.name : ''
    if (name.startsWith('KafkaJSSASL')) return new MillraceError('not-authenticated', { address: this.address }, error)
    // A socket was open and the first question found no sensible answer.
    return new NoAnswer(this.address, error, connecting && name !== 'KafkaJSConnectionError')
  }
}

/** kafkajs keeps the second connection for fetches, which may wait long to be answered. */
function indexOf(api: Api): 0 | 1 {
  return api.key === fetch.key ? 1 : 0
}

// ------------------------------------------------------------------------------------------------- the shape within kafkajs

interface KafkajsAnswer {
  /** What follows the correlation id. */
  readonly payload: Buffer
}

interface KafkajsRequest {
  readonly entry: {
    readonly apiKey: number
    readonly apiName: string
    readonly apiVersion: number
    readonly correlationId: number
    resolve(answer: KafkajsAnswer): void
    reject(error: Error): void
  }
  readonly expectResponse: boolean
  readonly requestTimeout: number
  sendRequest(): void
}

interface KafkajsSocketConnection {
  readonly clientId: string
  connectionStatus: string
  readonly socket?: { cork(): void; write(bytes: Uint8Array): void; uncork(): void; destroy(): void }
  readonly requestQueue: { push(request: KafkajsRequest): void; destroy(): void }
  isConnected(): boolean
  authenticate(): Promise<void>
  nextCorrelationId(): number
  rejectRequests(error: Error): void
}

interface KafkajsBroker {
  readonly versions: Readonly<Record<number, { readonly minVersion: number; readonly maxVersion: number }>> | null
  readonly connectionPool: {
    readonly pool: readonly KafkajsSocketConnection[]
    getConnection(index: number): Promise<KafkajsSocketConnection>
  }
  connect(): Promise<void>
}

interface Cluster {
  readonly rootLogger: unknown
  readonly connectionPoolBuilder: { build(destination: { host: string; port: number }): Promise<KafkajsBroker['connectionPool']> }
  readonly brokerPool: { createBroker(options: { connectionPool: unknown; logger: unknown }): KafkajsBroker }
}

function clusterOf(kafka: Kafka): Cluster {
  const symbol = Object.getOwnPropertySymbols(kafka).find(({ description }) => description === 'private:Kafka:createCluster')
  if (symbol === undefined) throw changed('Kafka has no createCluster')
  const create: unknown = Reflect.get(kafka, symbol)
  if (typeof create !== 'function') throw changed('createCluster is no function')
  const cluster: Partial<Cluster> = create({ allowAutoTopicCreation: false, maxInFlightRequests: null, instrumentationEmitter: null })
  if (typeof cluster.connectionPoolBuilder?.build !== 'function') throw changed('Cluster has no connectionPoolBuilder.build')
  if (typeof cluster.brokerPool?.createBroker !== 'function') throw changed('Cluster has no brokerPool.createBroker')
  return cluster as Cluster
}

function changed(problem: string): MillraceError {
  return new MillraceError('kafkajs-changed', { problem })
}

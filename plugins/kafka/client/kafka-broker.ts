// The Broker port over the Kafka protocol: for Apache Kafka and for the embedded broker alike.

import type {
  Admin,
  Broker,
  BrokerConnection,
  Fetcher,
  FetcherOptions,
  GroupMember,
  MemberOptions,
  Producer,
  ProducerOptions,
} from '../../../framework/index.ts'
import { type ClientContext, ClusterClient } from './cluster-client.ts'
import { KafkaAdmin } from './kafka-admin.ts'
import { KafkaFetcher } from './kafka-fetcher.ts'
import { KafkaMember } from './kafka-member.ts'
import { KafkaProducer } from './kafka-producer.ts'
import type { KafkaSecurity } from './kafkajs-connections.ts'
import { Outage } from './outage.ts'
import type { KafkaClientSettings } from './settings.ts'

export class KafkaBroker implements Broker {
  readonly admin: Admin
  readonly #context: ClientContext
  readonly #cluster: ClusterClient
  /** How each open role is closed, by its connections. */
  readonly #roles = new Map<ClusterClient, () => Promise<void>>()

  constructor(connection: BrokerConnection, security: KafkaSecurity, settings: KafkaClientSettings) {
    const outage = new Outage(connection.brokers, connection.clock, connection.logger)
    this.#context = { connection, security, settings, outage }
    this.#cluster = new ClusterClient(this.#context, connection.clientId)
    this.admin = new KafkaAdmin(this.#cluster)
  }

  async connect(): Promise<void> {
    try {
      await this.#cluster.connect()
    } catch (error) {
      throw this.#cluster.asPortError(error)
    }
  }

  fetcher(options: FetcherOptions): Fetcher {
    return this.#open(options.clientId, (cluster) => {
      const fetcher = new KafkaFetcher(cluster, options)
      return [fetcher, () => fetcher.close()]
    })
  }

  producer(options: ProducerOptions): Producer {
    return this.#open(options.clientId, (cluster) => {
      const producer = new KafkaProducer(cluster, options)
      return [producer, () => producer.close()]
    })
  }

  member(options: MemberOptions): GroupMember {
    return this.#open(options.clientId, (cluster) => {
      const member = new KafkaMember(cluster, options)
      return [member, () => member.leave()]
    })
  }

  async close(): Promise<void> {
    await Promise.all([...this.#roles.values()].map((close) => close()))
    this.#cluster.close()
  }

  /** A role is known here until it is closed, by its owner or with the broker. */
  #open<R>(clientId: string, role: (cluster: ClusterClient) => readonly [R, () => Promise<void>]): R {
    const cluster = new ClusterClient(this.#context, clientId, () => this.#roles.delete(cluster))
    const [opened, close] = role(cluster)
    this.#roles.set(cluster, close)
    return opened
  }
}

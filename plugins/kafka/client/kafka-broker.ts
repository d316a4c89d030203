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
import type { KafkaClientSettings } from './settings.ts'

export class KafkaBroker implements Broker {
  readonly admin: Admin
  readonly #context: ClientContext
  readonly #cluster: ClusterClient
  readonly #closers: (() => Promise<void>)[] = []

  constructor(connection: BrokerConnection, security: KafkaSecurity, settings: KafkaClientSettings) {
    this.#context = { connection, security, settings }
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
    const fetcher = new KafkaFetcher(this.#role(options.clientId), options)
    this.#closers.push(() => fetcher.close())
    return fetcher
  }

  producer(options: ProducerOptions): Producer {
    const producer = new KafkaProducer(this.#role(options.clientId), options)
    this.#closers.push(() => producer.close())
    return producer
  }

  member(options: MemberOptions): GroupMember {
    const member = new KafkaMember(this.#role(options.clientId), options)
    this.#closers.push(() => member.leave())
    return member
  }

  async close(): Promise<void> {
    await Promise.all(this.#closers.splice(0).map((close) => close()))
    this.#cluster.close()
  }

  #role(clientId: string): ClusterClient {
    return new ClusterClient(this.#context, clientId)
  }
}

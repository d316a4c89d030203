// A plugin is a name and parts. The runtime never imports one: the generated entry point, the CLI and the tests wire them in.

import type { Broker } from './broker.ts'
import type { Clock } from './clock.ts'
import type { Logger } from './logger.ts'
import type { StateEngine } from './store.ts'

export interface Plugin {
  readonly name: string
  readonly brokers?: Readonly<Record<string, BrokerFactory>>
  readonly stores?: Readonly<Record<string, StateEngine>>
}

export interface BrokerConnection {
  /** `host:port`, as in Kafka's bootstrap.servers. */
  readonly brokers: readonly string[]
  readonly clientId: string
  readonly logger: Logger
  readonly clock: Clock
}

export type BrokerFactory = (connection: BrokerConnection) => Broker

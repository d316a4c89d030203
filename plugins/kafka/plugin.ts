// kafka() as a configuration or a generated entry point names it.

import { definePlugin, type Plugin } from '../../framework/index.ts'
import { KafkaBroker } from './client/kafka-broker.ts'
import type { KafkaSecurity } from './client/kafkajs-connections.ts'
import { kafkajsSecurity } from './client/security.ts'
import { defaultClientSettings, type KafkaClientSettings } from './client/settings.ts'

/** TLS and SASL, as kafkajs takes them, and limits of the client other than the default ones. */
export interface KafkaOptions extends KafkaSecurity {
  readonly settings?: Partial<KafkaClientSettings>
}

export function kafka({ settings = {}, ...security }: KafkaOptions = {}): Plugin {
  const all: KafkaClientSettings = { ...defaultClientSettings, ...settings }
  return definePlugin({
    name: 'kafka',
    brokers: {
      kafka: (connection) => {
        // What the settings say wins, because the environment can say it.
        const { security: set, clock } = connection
        return new KafkaBroker(
          connection,
          set === undefined ? security : { ...security, ...kafkajsSecurity(set, () => clock.monotonicMs()) },
          all,
        )
      },
    },
  })
}

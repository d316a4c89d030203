import { inject } from 'vitest'
import { silentLogger } from '../../framework/ports/logger.ts'
import { SystemClock } from '../../framework/runtime/system-clock.ts'
import { kafka } from '../../plugins/kafka/index.ts'
import { brokerContract } from '../contract/broker.ts'

brokerContract({
  name: 'the Kafka client on Apache Kafka',
  open: async () =>
    kafka().brokers!.kafka!({ brokers: [inject('kafkaAddress')], clientId: 'contract', logger: silentLogger, clock: new SystemClock() }),
})

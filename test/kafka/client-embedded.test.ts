import { afterAll, beforeAll } from 'vitest'
import { silentLogger } from '../../framework/ports/logger.ts'
import { SystemClock } from '../../framework/runtime/system-clock.ts'
import { kafka } from '../../plugins/kafka/index.ts'
import { type EmbeddedBroker, startBroker } from '../../plugins/kafka/server/index.ts'
import { brokerContract } from '../contract/broker.ts'

let server: EmbeddedBroker

beforeAll(async () => {
  server = await startBroker()
})
afterAll(() => server.close())

brokerContract({
  name: 'the Kafka client on the embedded broker',
  // One broker has heard of every topic as soon as it is made: nobody has to wait for another one.
  open: async () =>
    kafka({ settings: { missingTopicTimeoutMs: 100 } }).brokers!.kafka!({
      brokers: [server.address],
      clientId: 'contract',
      logger: silentLogger,
      clock: new SystemClock(),
    }),
})

import { inject } from 'vitest'
import { backlogSuite } from './backlog-suite.ts'

// Kafka's group.min.session.timeout.ms.
backlogSuite('Apache Kafka', () => inject('kafkaAddress'), 6_000)

import { inject } from 'vitest'
import { streamThreadsSuite } from './stream-threads-suite.ts'

streamThreadsSuite('Apache Kafka', () => inject('kafkaAddress'))

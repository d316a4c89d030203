import { inject } from 'vitest'
import { standbySuite } from './standby-suite.ts'

standbySuite('Apache Kafka', () => inject('kafkaAddress'))

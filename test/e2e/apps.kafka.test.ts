import { inject } from 'vitest'
import { appSuite } from './app-suite.ts'

appSuite('Apache Kafka', () => inject('kafkaAddress'))

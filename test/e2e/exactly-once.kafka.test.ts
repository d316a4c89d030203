import { inject } from 'vitest'
import { exactlyOnceSuite } from './exactly-once-suite.ts'

exactlyOnceSuite('Apache Kafka', () => inject('kafkaAddress'))

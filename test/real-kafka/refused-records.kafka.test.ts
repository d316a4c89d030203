import { inject } from 'vitest'
import { refusedRecordsSuite } from './refused-records-suite.ts'

refusedRecordsSuite('Apache Kafka', () => inject('kafkaAddress'), { altersTopics: true })

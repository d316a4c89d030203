import { afterAll, beforeAll } from 'vitest'
import { type EmbeddedBroker, startBroker } from '../../plugins/kafka/server/index.ts'
import { refusedRecordsSuite } from '../real-kafka/refused-records-suite.ts'

let broker: EmbeddedBroker

beforeAll(async () => {
  broker = await startBroker()
})

afterAll(() => broker.close())

refusedRecordsSuite('the embedded broker', () => broker.address, { altersTopics: false })

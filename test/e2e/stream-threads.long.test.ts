import { afterAll, beforeAll } from 'vitest'
import { type EmbeddedBroker, startBroker } from '../../plugins/kafka/server/index.ts'
import { streamThreadsSuite } from './stream-threads-suite.ts'

let broker: EmbeddedBroker

beforeAll(async () => {
  broker = await startBroker()
})

afterAll(() => broker.close())

streamThreadsSuite('the embedded broker', () => broker.address)

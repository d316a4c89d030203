import { afterAll, beforeAll } from 'vitest'
import { type EmbeddedBroker, startBroker } from '../../plugins/kafka/server/index.ts'
import { appSuite } from './app-suite.ts'

let broker: EmbeddedBroker

beforeAll(async () => {
  broker = await startBroker()
})

afterAll(() => broker.close())

appSuite('the embedded broker', () => broker.address)

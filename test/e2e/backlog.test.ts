import { afterAll, beforeAll } from 'vitest'
import { type EmbeddedBroker, startBroker } from '../../plugins/kafka/server/index.ts'
import { backlogSuite } from './backlog-suite.ts'

let broker: EmbeddedBroker

beforeAll(async () => {
  broker = await startBroker()
})
afterAll(() => broker.close())

backlogSuite('the embedded broker', () => broker.address, 1_500)

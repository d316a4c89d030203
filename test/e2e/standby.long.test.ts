import { afterAll, beforeAll } from 'vitest'
import { type EmbeddedBroker, startBroker } from '../../plugins/kafka/server/index.ts'
import { standbySuite } from './standby-suite.ts'

let broker: EmbeddedBroker

beforeAll(async () => {
  broker = await startBroker()
})

afterAll(() => broker.close())

standbySuite('the embedded broker', () => broker.address)

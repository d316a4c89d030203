// The embedded broker, without kafkajs: for the cli, the testkit and tests.

export type { BrokerOptions } from './broker-settings.ts'
export { lockFolder } from './folder-lock.ts'
export { type EmbeddedBroker, startBroker } from './start-broker.ts'

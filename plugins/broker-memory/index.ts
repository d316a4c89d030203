export { type BrokerMemoryOptions, brokerMemory } from './broker-memory.ts'
export { MemoryBroker } from './memory-broker.ts'
export { MemoryCluster } from './memory-cluster.ts'
export type { MemoryNetwork, MemoryRequest } from './memory-network.ts'

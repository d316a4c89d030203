// The plugin: the broker named `memory`, a cluster inside the process. It serves tests, simulation, and apps that only have local sources.

import { definePlugin, type Plugin } from '../../framework/index.ts'
import { MemoryBroker } from './memory-broker.ts'
import { MemoryCluster } from './memory-cluster.ts'

export interface BrokerMemoryOptions {
  /** The cluster to connect to, so that several apps of a process share it; without it every connection has a cluster of its own. */
  readonly cluster?: MemoryCluster
}

export function brokerMemory(options: BrokerMemoryOptions = {}): Plugin {
  return definePlugin({
    name: 'broker-memory',
    brokers: {
      memory: ({ clientId, clock }) => new MemoryBroker(options.cluster ?? new MemoryCluster(clock), clientId),
    },
  })
}

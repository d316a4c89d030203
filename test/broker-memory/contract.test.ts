import { SystemClock } from '../../framework/runtime/system-clock.ts'
import { MemoryBroker, MemoryCluster } from '../../plugins/broker-memory/index.ts'
import { brokerContract } from '../contract/broker.ts'

const cluster = new MemoryCluster(new SystemClock())

brokerContract({ name: 'the memory broker', open: async () => new MemoryBroker(cluster, 'contract') })

// An embedded broker in a process of its own, to be killed: node --import ./scripts/typescript.mjs broker-process.ts FOLDER. Prints its port, then what it logs.

import { startBroker } from '../../../plugins/kafka/server/index.ts'

const broker = await startBroker({
  dataFolder: process.argv[2]!,
  compactionIntervalMs: 20,
  retentionIntervalMs: 20,
  logger: { log: (level, message) => console.log(`${level} ${message}`) },
})
console.log(`port ${broker.port}`)

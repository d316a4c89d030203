// Starts a real Apache Kafka, prints its address, and stops it on SIGINT or SIGTERM:
//
//   node --import ./scripts/typescript.mjs test/real-kafka/start.ts [setting=value …]

import { startKafka } from './cluster.ts'

const settings = Object.fromEntries(process.argv.slice(2).map((text) => text.split(/=(.*)/s, 2) as [string, string]))
try {
  const kafka = await startKafka({ settings })
  console.log(kafka.address)
  const stop = () => void kafka.stop().then(() => process.exit(0))
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}

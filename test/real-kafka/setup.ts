// One Apache Kafka for all files of `npm run test:kafka`; tests read its address with `inject('kafkaAddress')`.

import type { TestProject } from 'vitest/node'
import { startKafka } from './cluster.ts'

declare module 'vitest' {
  interface ProvidedContext {
    kafkaAddress: string
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const kafka = await startKafka()
  project.provide('kafkaAddress', kafka.address)
  return () => kafka.stop()
}

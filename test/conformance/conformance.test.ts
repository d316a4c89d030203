// Every case does what Kafka Streams does: in outputs, stores, internal topics, describe() and errors, with its stores in memory. None is left out.

import { testCases } from './test-cases.ts'

await testCases('memory')

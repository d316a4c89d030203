// The contract of the Broker port: every broker passes it, whatever lies behind. One line in a test file runs it:
//
//   brokerContract({ name: 'the memory broker', open: async () => … })
//
// `open` is called several times a test and gives brokers of one cluster. Topics and groups have names of their own in each test, so the cluster may be
// one for all tests, and anything else may live in it.

import { afterEach, describe } from 'vitest'
import { adminContract } from './broker/admin.ts'
import { BrokerBench, type BrokerUnderTest } from './broker/bench.ts'
import { commitsBesideContract } from './broker/commits-beside.ts'
import { fetcherContract } from './broker/fetcher.ts'
import { memberContract } from './broker/member.ts'
import { producerContract } from './broker/producer.ts'
import { transactionsContract } from './broker/transactions.ts'

export type { BrokerUnderTest } from './broker/bench.ts'

export function brokerContract(underTest: BrokerUnderTest): void {
  describe(`the broker contract of ${underTest.name}`, () => {
    const bench = new BrokerBench(underTest)
    afterEach(() => bench.clear())
    adminContract(bench)
    producerContract(bench)
    fetcherContract(bench)
    memberContract(bench)
    transactionsContract(bench)
    commitsBesideContract(bench)
  })
}

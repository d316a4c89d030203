// What the contract of transactions needs: producers that are initialized, members that commit, and how far partitions are committed.

import {
  asOffset,
  type Broker,
  type CommittedOffset,
  type Producer,
  type ProducerOptions,
  type Transactions,
} from '../../../framework/index.ts'
import { type BrokerBench, eventually, within } from './bench.ts'

export const noOffsets = { groupId: '', generation: -1, memberId: '', offsets: [] }

export async function transactional(
  bench: BrokerBench,
  broker: Broker,
  options: Partial<ProducerOptions> = {},
): Promise<{ readonly producer: Producer; readonly transactions: Transactions }> {
  const producer = bench.producer(broker, { transactionalId: bench.newName('transactional'), ...options })
  const { transactions } = producer
  if (transactions === undefined) throw new Error('a producer with a transactional id has no transactions')
  await transactions.initialize()
  return { producer, transactions }
}

export async function joined(bench: BrokerBench, broker: Broker) {
  const groupId = bench.newName('group')
  const member = broker.member(bench.memberOptions(groupId))
  const { generation, memberId } = await within(() => member.join(), 'the member did not join')
  const offsetsOf = (offsets: readonly CommittedOffset[]) => ({ groupId, generation, memberId, offsets })
  return { groupId, member, offsetsOf }
}

export function committed(topic: string, partition: number, offset: number, metadata = ''): CommittedOffset {
  return { topic, partition, offset: asOffset(offset), metadata }
}

export async function ends(broker: Broker, topic: string): Promise<{ readonly stable: number; readonly high: number }> {
  const partitions = [{ topic, partition: 0 }]
  const [stable] = await broker.admin.endOffsets(partitions, { readCommitted: true })
  const [high] = await broker.admin.endOffsets(partitions, { readCommitted: false })
  return { stable: stable!.offset, high: high!.offset }
}

/** Ends are written behind the back of who asked for them. */
export async function ended(broker: Broker, topic: string, end: number): Promise<void> {
  await eventually(async () => (await ends(broker, topic)).stable === end, `committed records end at ${end}`)
}

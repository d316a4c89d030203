// Transactions, one behind the other. What comes while one is being committed: commits-beside.ts.

import { describe, expect, test } from 'vitest'
import { Random } from '../../kit/random.ts'
import { append, at, type BrokerBench, numbered, takeRecords, within } from './bench.ts'
import { committed, ended, ends, joined, noOffsets, transactional } from './transactional.ts'

export function transactionsContract(bench: BrokerBench): void {
  describe('a transactional producer', () => {
    test('shows its records to readers of committed records when it has committed, and not before', async () => {
      const broker = await bench.broker()
      const topic = await bench.newTopic(broker)
      const { producer, transactions } = await transactional(bench, broker)
      await append(producer, topic, numbered(3))
      expect(transactions.open).toBe(true)
      await producer.flush()
      expect(await ends(broker, topic)).toEqual({ stable: 0, high: 3 })
      expect(await bench.read(broker, topic, 3, { readCommitted: false })).toHaveLength(3)
      await transactions.commit(noOffsets)
      expect(transactions.open).toBe(false)
      expect((await bench.read(broker, topic, 3)).map(({ key }) => key)).toEqual(['k0', 'k1', 'k2'])
    })

    test('ends a transaction with an offset of its own, behind which reading goes on', async () => {
      const broker = await bench.broker()
      const topic = await bench.newTopic(broker)
      const { producer, transactions } = await transactional(bench, broker)
      for (const value of ['a', 'b']) {
        await append(producer, topic, [{ key: 'k', value }])
        await transactions.commit(noOffsets)
      }
      await ended(broker, topic, 4)
      expect((await bench.read(broker, topic, 2)).map(({ offset, value }) => [offset, value])).toEqual([
        [0, 'a'],
        [2, 'b'],
      ])
    })

    test('says up to where its own records are acknowledged', async () => {
      const broker = await bench.broker()
      const topic = await bench.newTopic(broker)
      const { producer, transactions } = await transactional(bench, broker)
      const writer = await producer.writer(topic)
      await append(producer, topic, numbered(2))
      await transactions.commit(noOffsets)
      expect(writer.acknowledged(0)).toBe(2)
      await append(producer, topic, numbered(1))
      await transactions.commit(noOffsets)
      expect(writer.acknowledged(0)).toBe(4)
    })

    test('leaves nothing of an aborted transaction to readers of committed records', async () => {
      const broker = await bench.broker()
      const topic = await bench.newTopic(broker)
      const { producer, transactions } = await transactional(bench, broker)
      await append(producer, topic, [{ key: 'k', value: 'before' }])
      await transactions.commit(noOffsets)
      await append(producer, topic, [{ key: 'k', value: 'lost' }])
      await producer.flush()
      await transactions.abort()
      expect(transactions.open).toBe(false)
      await append(producer, topic, [{ key: 'k', value: 'after' }])
      await transactions.commit(noOffsets)
      await ended(broker, topic, 6)
      expect((await bench.read(broker, topic, 2)).map(({ value }) => value)).toEqual(['before', 'after'])
      const all = await bench.read(broker, topic, 3, { readCommitted: false })
      expect(all.map(({ value }) => value)).toEqual(['before', 'lost', 'after'])
    })

    test('sends nothing of what an abort finds unsent', async () => {
      const broker = await bench.broker()
      const topic = await bench.newTopic(broker)
      const { producer, transactions } = await transactional(bench, broker, { lingerMs: 1_000_000 })
      await append(producer, topic, numbered(5))
      await transactions.abort()
      await append(producer, topic, [{ key: 'k', value: 'kept' }])
      await transactions.commit(noOffsets)
      expect((await bench.read(broker, topic, 1, { readCommitted: false })).map(({ value }) => value)).toEqual(['kept'])
    })

    test('writes to many partitions of several topics at once', async () => {
      const broker = await bench.broker()
      const topics = [await bench.newTopic(broker, { partitions: 3 }), await bench.newTopic(broker)]
      const { producer, transactions } = await transactional(bench, broker)
      await append(producer, topics[0]!, [...numbered(20, 0), ...numbered(20, 1), ...numbered(20, 2)])
      await append(producer, topics[1]!, numbered(10))
      await producer.flush()
      for (const topic of topics) expect((await ends(broker, topic)).stable).toBe(0)
      await transactions.commit(noOffsets)
      expect(await bench.read(broker, topics[0]!, 60, { partitions: 3 })).toHaveLength(60)
      expect(await bench.read(broker, topics[1]!, 10)).toHaveLength(10)
    })

    test('holds readers of committed records back at its first record, also from what others write behind it', async () => {
      const broker = await bench.broker()
      const topic = await bench.newTopic(broker)
      await bench.write(broker, topic, [{ key: 'k', value: 'plain before' }])
      const first = await transactional(bench, broker)
      const second = await transactional(bench, broker)
      await append(first.producer, topic, [{ key: 'k', value: 'first' }])
      await first.producer.flush()
      await append(second.producer, topic, [{ key: 'k', value: 'second' }])
      await second.transactions.commit(noOffsets)
      await bench.write(broker, topic, [{ key: 'k', value: 'plain behind' }])
      expect((await ends(broker, topic)).stable).toBe(1)
      expect((await bench.read(broker, topic, 1)).map(({ value }) => value)).toEqual(['plain before'])
      await first.transactions.abort()
      const read = await bench.read(broker, topic, 3)
      expect(read.map(({ value }) => value)).toEqual(['plain before', 'second', 'plain behind'])
    })

    test('with nothing to commit does nothing, and says that it has', async () => {
      const broker = await bench.broker()
      const { transactions } = await transactional(bench, broker)
      let committed = 0
      await transactions.commit(noOffsets, () => committed++)
      expect(committed).toBe(1)
      await transactions.abort()
      expect(transactions.open).toBe(false)
    })

    test('commits offsets of its group with its records, and without any', async () => {
      const broker = await bench.broker()
      const topic = await bench.newTopic(broker, { partitions: 2 })
      const { groupId, offsetsOf } = await joined(bench, broker)
      const { producer, transactions } = await transactional(bench, broker)
      await append(producer, topic, numbered(2))
      await transactions.commit(offsetsOf([committed(topic, 0, 7, 'times')]))
      expect(await broker.admin.committed(groupId, [{ topic, partition: 0 }])).toEqual([committed(topic, 0, 7, 'times')])
      await transactions.commit(offsetsOf([committed(topic, 0, 8), committed(topic, 1, 9)]))
      const both = await broker.admin.committed(groupId, [
        { topic, partition: 0 },
        { topic, partition: 1 },
      ])
      expect(both.map(({ offset }) => offset)).toEqual([8, 9])
    })

    test('cannot commit offsets of a generation that is over; aborted, it is good again', async () => {
      const broker = await bench.broker()
      const topic = await bench.newTopic(broker)
      const { groupId, offsetsOf } = await joined(bench, broker)
      const { producer, transactions } = await transactional(bench, broker)
      await append(producer, topic, [{ key: 'k', value: 'of a zombie' }])
      const { generation, ...others } = offsetsOf([committed(topic, 0, 1)])
      const late = transactions.commit({ ...others, generation: generation - 1 })
      await expect(late).rejects.toMatchObject({ code: 'member-fenced' })
      await transactions.abort()
      await append(producer, topic, [{ key: 'k', value: 'good' }])
      await transactions.commit(offsetsOf([committed(topic, 0, 2)]))
      expect((await bench.read(broker, topic, 1)).map(({ value }) => value)).toEqual(['good'])
      expect((await broker.admin.committed(groupId, [{ topic, partition: 0 }]))[0]?.offset).toBe(2)
    })

    test('cannot commit offsets for a member that its group does not know', async () => {
      const broker = await bench.broker()
      const topic = await bench.newTopic(broker)
      const { offsetsOf } = await joined(bench, broker)
      const { transactions } = await transactional(bench, broker)
      const unknown = transactions.commit({ ...offsetsOf([committed(topic, 0, 1)]), memberId: 'nobody' })
      await expect(unknown).rejects.toMatchObject({ code: 'member-fenced' })
      await transactions.abort()
    })

    test('takes over what another one of its id has left open: that one is fenced, and what it wrote is as if it had never been', async () => {
      const broker = await bench.broker()
      const topic = await bench.newTopic(broker)
      const transactionalId = bench.newName('transactional')
      const old = await transactional(bench, broker, { transactionalId, transactionTimeoutMs: 60_000 })
      await append(old.producer, topic, [{ key: 'k', value: 'left open' }])
      await old.producer.flush()
      const next = await transactional(bench, broker, { transactionalId })
      await ended(broker, topic, 2)
      await append(next.producer, topic, [{ key: 'k', value: 'of the next' }])
      await next.transactions.commit(noOffsets)
      await append(old.producer, topic, [{ key: 'k', value: 'of a zombie' }]).catch(() => {})
      await expect(old.transactions.commit(noOffsets)).rejects.toMatchObject({ code: 'producer-fenced' })
      expect((await bench.read(broker, topic, 1)).map(({ value }) => value)).toEqual(['of the next'])
    })

    test('is ended from outside for a producer that is gone, which is fenced; of ids that nobody knows nothing happens', async () => {
      const broker = await bench.broker()
      const topic = await bench.newTopic(broker)
      const [transactionalId, other] = [bench.newName('transactional'), bench.newName('transactional')]
      const gone = await transactional(bench, broker, { transactionalId, transactionTimeoutMs: 60_000 })
      const stays = await transactional(bench, broker, { transactionalId: other, transactionTimeoutMs: 60_000 })
      await append(gone.producer, topic, [{ key: 'k', value: 'left open' }])
      await gone.producer.flush()
      await broker.admin.fenceProducers([transactionalId, bench.newName('unknown')])
      await ended(broker, topic, 2)
      await append(gone.producer, topic, [{ key: 'k', value: 'of a zombie' }]).catch(() => {})
      await expect(gone.transactions.commit(noOffsets)).rejects.toMatchObject({ code: 'producer-fenced' })
      await append(stays.producer, topic, [{ key: 'k', value: 'of another' }])
      await stays.transactions.commit(noOffsets)
      const next = await transactional(bench, broker, { transactionalId })
      await append(next.producer, topic, [{ key: 'k', value: 'of the next' }])
      await next.transactions.commit(noOffsets)
      expect((await bench.read(broker, topic, 2)).map(({ value }) => value)).toEqual(['of another', 'of the next'])
    })

    test('that takes longer than its timeout is fenced, and its transaction aborted', async () => {
      const broker = await bench.broker()
      const topic = await bench.newTopic(broker)
      const { producer, transactions } = await transactional(bench, broker, { transactionTimeoutMs: 1_000 })
      await append(producer, topic, [{ key: 'k', value: 'too late' }])
      await producer.flush()
      await ended(broker, topic, 2)
      await append(producer, topic, [{ key: 'k', value: 'later still' }]).catch(() => {})
      await expect(transactions.commit(noOffsets)).rejects.toMatchObject({ code: 'producer-fenced' })
    })

    test('that is closed aborts what is open', async () => {
      const broker = await bench.broker()
      const topic = await bench.newTopic(broker)
      const { producer } = await transactional(bench, broker, { transactionTimeoutMs: 60_000 })
      await append(producer, topic, [{ key: 'k', value: 'v' }])
      await producer.flush()
      await producer.close()
      await ended(broker, topic, 2)
      await bench.write(broker, topic, [{ key: 'k', value: 'plain' }])
      expect((await bench.read(broker, topic, 1)).map(({ value }) => value)).toEqual(['plain'])
    })

    test('writes transaction after transaction, each as soon as the last one has ended', async () => {
      const broker = await bench.broker()
      const topic = await bench.newTopic(broker, { partitions: 2 })
      const { offsetsOf } = await joined(bench, broker)
      const { producer, transactions } = await transactional(bench, broker)
      for (let round = 0; round < 20; round++) {
        await append(producer, topic, [...numbered(10, 0), ...numbered(10, 1)])
        if (round % 5 === 4) await transactions.abort()
        else await transactions.commit(offsetsOf([committed(topic, 0, round)]))
      }
      expect(await bench.read(broker, topic, 320, { partitions: 2 })).toHaveLength(320)
    })

    test('leaves nothing of an aborted transaction to a reader that begins in the middle of it', async () => {
      const broker = await bench.broker()
      const topic = await bench.newTopic(broker)
      const { producer, transactions } = await transactional(bench, broker)
      for (const value of ['a', 'b', 'c']) {
        await append(producer, topic, [{ key: 'k', value }])
        await producer.flush()
      }
      await transactions.abort()
      await append(producer, topic, [{ key: 'k', value: 'd' }])
      await transactions.commit(noOffsets)
      const fetcher = bench.fetcher(broker)
      fetcher.assign([at(topic, 0, 1)])
      expect((await takeRecords(fetcher, 1)).map(({ value }) => value)).toEqual(['d'])
    })

    test('goes on after aborts that come while records are on their way', async () => {
      const broker = await bench.broker()
      const topic = await bench.newTopic(broker, { partitions: 3 })
      const { producer, transactions } = await transactional(bench, broker)
      const wanted: string[] = []
      for (let round = 0; round < 20; round++) {
        const records = Array.from({ length: 30 }, (_, index) => ({ partition: index % 3, key: `${round}-${index}`, value: 'v' }))
        await append(producer, topic, records)
        producer.poll()
        if (round % 2 === 0) await transactions.abort()
        else {
          await transactions.commit(noOffsets)
          wanted.push(...records.map(({ key }) => key))
        }
      }
      const read = await bench.read(broker, topic, wanted.length, { partitions: 3 })
      expect(read.map(({ key }) => key).sort()).toEqual(wanted.sort())
    })

    test('commits offsets also while the group rebalances, as the partitions are still those of the member', async () => {
      const broker = await bench.broker()
      const topic = await bench.newTopic(broker)
      const { groupId, member, offsetsOf } = await joined(bench, broker)
      const { producer, transactions } = await transactional(bench, broker)
      const second = broker.member(bench.memberOptions(groupId)).join()
      await within(() => member.changed(), 'the member did not hear of the second')
      await append(producer, topic, numbered(1))
      await transactions.commit(offsetsOf([committed(topic, 0, 3)]))
      expect((await broker.admin.committed(groupId, [{ topic, partition: 0 }]))[0]?.offset).toBe(3)
      await within(() => Promise.all([member.join(), second]), 'the members did not come together')
    })

    test('commits offsets of nobody in particular to a group without members', async () => {
      const broker = await bench.broker()
      const topic = await bench.newTopic(broker)
      const { transactions } = await transactional(bench, broker)
      const groupId = bench.newName('group')
      await transactions.commit({ ...noOffsets, groupId, offsets: [committed(topic, 0, 4)] })
      expect((await broker.admin.committed(groupId, [{ topic, partition: 0 }]))[0]?.offset).toBe(4)
    })

    test('cannot commit offsets of a group that is not there', async () => {
      const broker = await bench.broker()
      const topic = await bench.newTopic(broker)
      const { transactions } = await transactional(bench, broker)
      const somebody = { groupId: bench.newName('group'), generation: 3, memberId: 'somebody' }
      const commit = transactions.commit({ ...somebody, offsets: [committed(topic, 0, 1)] })
      await expect(commit).rejects.toMatchObject({ code: 'member-fenced' })
      await transactions.abort()
    })

    test('cannot commit offsets for a static member whose place another one has taken (KIP-345)', async () => {
      const broker = await bench.broker()
      const topic = await bench.newTopic(broker)
      const { transactions } = await transactional(bench, broker)
      const groupId = bench.newName('group')
      const groupInstanceId = 'orders-1'
      const options = bench.memberOptions(groupId, { groupInstanceId })
      const { assignment: _, ...zombie } = await broker.member(options).join()
      const { assignment: __, ...heir } = await broker.member(options).join()
      expect(heir.memberId).not.toBe(zombie.memberId)
      const offsets = [committed(topic, 0, 4)]
      const late = transactions.commit({ groupId, groupInstanceId, ...zombie, offsets })
      await expect(late).rejects.toMatchObject({ code: 'member-fenced' })
      await transactions.abort()
      await transactions.commit({ groupId, groupInstanceId, ...heir, offsets })
      expect((await broker.admin.committed(groupId, [{ topic, partition: 0 }]))[0]?.offset).toBe(4)
    })

    test('that is fenced writes nothing more, whether it has a transaction open or begins one, and commits no offsets', async () => {
      const broker = await bench.broker()
      const topic = await bench.newTopic(broker)
      const { groupId, offsetsOf } = await joined(bench, broker)
      const transactionalId = bench.newName('transactional')
      const inside = await transactional(bench, broker, { transactionalId })
      await append(inside.producer, topic, [{ key: 'k', value: 'before' }])
      await inside.producer.flush()
      const between = await transactional(bench, broker, { transactionalId })
      const idle = await transactional(bench, broker, { transactionalId })
      await transactional(bench, broker, { transactionalId })
      for (const { producer } of [inside, between]) {
        await append(producer, topic, [{ key: 'k', value: 'of a zombie' }]).catch(() => {})
        await expect(producer.flush()).rejects.toMatchObject({ code: 'producer-fenced' })
      }
      const late = idle.transactions.commit(offsetsOf([committed(topic, 0, 9)]))
      await expect(late).rejects.toMatchObject({ code: 'producer-fenced' })
      await bench.write(broker, topic, [{ key: 'k', value: 'last' }])
      const all = await bench.read(broker, topic, 2, { readCommitted: false })
      expect(all.map(({ value }) => value)).toEqual(['before', 'last'])
      expect(await broker.admin.committed(groupId, [{ topic, partition: 0 }])).toEqual([])
    })

    test('hands its id on many times, and what each left open is gone', async () => {
      const broker = await bench.broker()
      const topic = await bench.newTopic(broker)
      const transactionalId = bench.newName('transactional')
      for (let round = 0; round < 5; round++) {
        const { producer, transactions } = await transactional(bench, broker, { transactionalId })
        await append(producer, topic, [{ key: 'k', value: `${round}` }])
        await transactions.commit(noOffsets)
        await append(producer, topic, [{ key: 'k', value: 'left open' }])
        await producer.flush()
      }
      await transactional(bench, broker, { transactionalId })
      await bench.write(broker, topic, [{ key: 'k', value: 'last' }])
      expect((await bench.read(broker, topic, 6)).map(({ value }) => value)).toEqual(['0', '1', '2', '3', '4', 'last'])
    })

    const seed = Number(process.env.MILLRACE_SEED ?? Date.now() % 1_000_000)
    test(`among others has exactly what it commits read, each partition in its order (MILLRACE_SEED=${seed})`, async () => {
      const random = new Random(seed)
      const broker = await bench.broker()
      const topic = await bench.newTopic(broker, { partitions: 2 })
      const writers = [await transactional(bench, broker), await transactional(bench, broker), await transactional(bench, broker)]
      const opened = writers.map((): string[] => [])
      const committing = writers.map(() => Promise.resolve())
      const wanted: string[] = []
      for (let step = 0; step < 120; step++) {
        const who = random.below(writers.length)
        const { producer, transactions } = writers[who]!
        const what = random.below(10)
        if (what < 6) {
          const records = Array.from({ length: 1 + random.below(4) }, (_, index) => ({
            partition: random.below(2),
            key: `${step}.${index}`,
            value: 'v',
          }))
          await append(producer, topic, records)
          opened[who]!.push(...records.map(({ key }) => key))
          if (random.below(2) === 0) await producer.flush()
          continue
        }
        await committing[who]
        if (what < 8) {
          committing[who] = transactions.commit(noOffsets)
          wanted.push(...opened[who]!)
          // The next records come while it commits, or behind it.
          if (what === 7) await committing[who]
        } else await transactions.abort()
        opened[who] = []
      }
      await Promise.all(committing)
      for (const { transactions } of writers) await transactions.abort()
      await bench.write(broker, topic, [
        { partition: 0, key: 'last', value: 'v' },
        { partition: 1, key: 'last', value: 'v' },
      ])
      const read = await bench.read(broker, topic, wanted.length + 2, { partitions: 2 })
      expect(read.map(({ key }) => key).sort()).toEqual([...wanted, 'last', 'last'].sort())
      for (const partition of [0, 1]) {
        const offsets = read.filter((record) => record.partition === partition).map(({ offset }) => offset)
        expect(offsets).toEqual([...offsets].sort((left, right) => left - right))
      }
    })
  })
}

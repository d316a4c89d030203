// Records that are appended while a transaction is being committed.

import { describe, expect, test } from 'vitest'
import { append, type BrokerBench, numbered } from './bench.ts'
import { ends, noOffsets, transactional } from './transactional.ts'

export function commitsBesideContract(bench: BrokerBench): void {
  describe('a transactional producer', () => {
    test('takes records while it commits, which belong to the next transaction', async () => {
      const broker = await bench.broker()
      const topic = await bench.newTopic(broker)
      const { producer, transactions } = await transactional(bench, broker)
      const writer = await producer.writer(topic)
      await append(producer, topic, numbered(2))
      const acknowledged: unknown[] = []
      const committing = transactions.commit(noOffsets, () => acknowledged.push(writer.acknowledged(0)))
      expect(transactions.open).toBe(false)
      await append(producer, topic, [{ key: 'k', value: 'next' }])
      expect(transactions.open).toBe(true)
      await committing
      expect(acknowledged).toEqual([2])
      await producer.flush()
      expect(writer.acknowledged(0)).toBe(4)
      expect((await bench.read(broker, topic, 2)).map(({ key }) => key)).toEqual(['k0', 'k1'])
      expect(await ends(broker, topic)).toEqual({ stable: 3, high: 4 })
      await transactions.commit(noOffsets)
      expect((await bench.read(broker, topic, 3)).map(({ value }) => value)).toEqual(['v0', 'v1', 'next'])
    })

    test('aborts what came while it committed, and what had committed stays', async () => {
      const broker = await bench.broker()
      const topic = await bench.newTopic(broker, { partitions: 2 })
      const { producer, transactions } = await transactional(bench, broker)
      await append(producer, topic, numbered(2))
      const committing = transactions.commit(noOffsets)
      await append(producer, topic, [...numbered(3, 0), ...numbered(3, 1)])
      await committing
      await producer.flush()
      await transactions.abort()
      await append(producer, topic, [
        { key: 'k', value: 'after' },
        { key: 'k', value: 'after', partition: 1 },
      ])
      await transactions.commit(noOffsets)
      const read = await bench.read(broker, topic, 4, { partitions: 2 })
      expect(read.map(({ partition, value }) => `${partition} ${value}`).sort()).toEqual(['0 after', '0 v0', '0 v1', '1 after'])
    })

    test('lets a full buffer wait for the end of the commit, and takes more then', async () => {
      const broker = await bench.broker()
      const topic = await bench.newTopic(broker)
      const { producer, transactions } = await transactional(bench, broker, { bufferBytesMax: 20_000 })
      const large = (count: number, name: string) =>
        Array.from({ length: count }, (_, index) => ({ key: `${name}${index}`, value: 'v'.repeat(5_000) }))
      await append(producer, topic, large(2, 'first'))
      const committing = transactions.commit(noOffsets)
      // More than fits: it waits within.
      await append(producer, topic, large(20, 'next'))
      await committing
      await transactions.commit(noOffsets)
      const keys = (await bench.read(broker, topic, 22)).map(({ key }) => key)
      expect(keys).toEqual([...large(2, 'first'), ...large(20, 'next')].map(({ key }) => key))
    })

    test('that is fenced while it commits sends nothing of what came meanwhile', async () => {
      const broker = await bench.broker()
      const topic = await bench.newTopic(broker)
      const transactionalId = bench.newName('transactional')
      const old = await transactional(bench, broker, { transactionalId })
      await append(old.producer, topic, [{ key: 'k', value: 'lost' }])
      await old.producer.flush()
      await transactional(bench, broker, { transactionalId })
      let committed = false
      const committing = old.transactions.commit(noOffsets, () => {
        committed = true
      })
      await append(old.producer, topic, [{ key: 'k', value: 'next' }])
      await expect(committing).rejects.toMatchObject({ code: 'producer-fenced' })
      old.producer.poll()
      await old.producer.close()
      expect(committed).toBe(false)
      await bench.write(broker, topic, [{ key: 'k', value: 'last' }])
      expect((await bench.read(broker, topic, 2, { readCommitted: false })).map(({ value }) => value)).toEqual(['lost', 'last'])
    })
  })
}

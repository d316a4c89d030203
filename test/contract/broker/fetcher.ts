import { describe, expect, test } from 'vitest'
import { asOffset, type Fetched } from '../../../framework/index.ts'
import { whereItIs } from '../../../framework/ports/broker.ts'
import { append, at, type BrokerBench, eventually, numbered, recordsOf, takeRecords, takeUntil } from './bench.ts'

export function fetcherContract(bench: BrokerBench): void {
  describe('a fetcher', () => {
    test('begins where it is told to', async () => {
      const broker = await bench.broker()
      const topic = await bench.newTopic(broker)
      await bench.write(broker, topic, numbered(10))
      const fetcher = bench.fetcher(broker)
      fetcher.assign([at(topic, 0, 7)])
      expect((await takeRecords(fetcher, 3)).map(({ offset, key }) => [offset, key])).toEqual([
        [7, 'k7'],
        [8, 'k8'],
        [9, 'k9'],
      ])
    })

    test('hands out what is written later', async () => {
      const broker = await bench.broker()
      const topic = await bench.newTopic(broker)
      const fetcher = bench.fetcher(broker)
      fetcher.assign([at(topic, 0, 0)])
      expect(fetcher.take()).toEqual([])
      for (const round of [1, 2, 3]) {
        await bench.write(broker, topic, [{ key: 'k', value: `${round}` }])
        expect((await takeRecords(fetcher, 1)).map(({ value }) => value)).toEqual([`${round}`])
      }
    })

    test('reads several partitions of several topics, each in its order', async () => {
      const broker = await bench.broker()
      const topics = [await bench.newTopic(broker, { partitions: 2 }), await bench.newTopic(broker)]
      await bench.write(broker, topics[0]!, [...numbered(50, 0), ...numbered(60, 1)])
      await bench.write(broker, topics[1]!, numbered(70, 0))
      const fetcher = bench.fetcher(broker)
      fetcher.assign([at(topics[0]!, 0, 0), at(topics[0]!, 1, 0), at(topics[1]!, 0, 0)])
      const positions = new Map<string, number>()
      let count = 0
      await takeUntil(fetcher, (taken) => {
        for (const fetched of taken) {
          for (const { offset } of recordsOf(fetched)) {
            const partition = `${fetched.topic}-${fetched.partition}`
            expect(offset).toBe(positions.get(partition) ?? 0)
            positions.set(partition, offset + 1)
            count++
          }
        }
        return count >= 180
      })
      expect([...positions.values()].sort()).toEqual([50, 60, 70])
    })

    test('says where the partition ends, and where reading goes on', async () => {
      const broker = await bench.broker()
      const topic = await bench.newTopic(broker)
      await bench.write(broker, topic, numbered(4))
      const fetcher = bench.fetcher(broker)
      fetcher.assign([at(topic, 0, 1)])
      const [fetched] = await takeUntil(fetcher, (taken) => taken.length > 0)
      expect(fetched).toMatchObject({ kind: 'records', topic, partition: 0, highWatermark: 4, lastStableOffset: 4 })
      expect(fetched?.kind === 'records' && fetched.sizeBytes).toBeGreaterThan(0)
      expect(recordsOf(fetched!)).toHaveLength(3)
      expect(fetched?.kind === 'records' && fetched.reader.nextOffset).toBe(4)
    })

    test('does not fetch a paused partition until it is resumed', async () => {
      const broker = await bench.broker()
      const topic = await bench.newTopic(broker, { partitions: 2 })
      const fetcher = bench.fetcher(broker)
      fetcher.assign([at(topic, 0, 0), at(topic, 1, 0)])
      fetcher.pause([{ topic, partition: 0 }])
      // A fetch may be on its way that still has the paused partition in it: the next round is without.
      await bench.write(broker, topic, numbered(1, 1))
      await takeRecords(fetcher, 1)
      await bench.write(broker, topic, [...numbered(5, 0), ...numbered(5, 1)])
      const others = await takeRecords(fetcher, 5)
      expect(new Set(others.map(({ partition }) => partition))).toEqual(new Set([1]))
      fetcher.resume([{ topic, partition: 0 }])
      expect((await takeRecords(fetcher, 5)).map(({ partition }) => partition)).toEqual([0, 0, 0, 0, 0])
    })

    test('goes on with partitions that stay assigned and drops those that go', async () => {
      const broker = await bench.broker()
      const topic = await bench.newTopic(broker, { partitions: 3 })
      await bench.write(broker, topic, [...numbered(3, 0), ...numbered(3, 1), ...numbered(3, 2)])
      const fetcher = bench.fetcher(broker)
      fetcher.assign([at(topic, 0, 0), at(topic, 1, 0)])
      await takeRecords(fetcher, 6)
      fetcher.assign([
        { topic, partition: 1, offset: asOffset(-1) },
        { topic, partition: 2, offset: asOffset(1) },
      ])
      await bench.write(broker, topic, [...numbered(1, 0), ...numbered(1, 1)])
      const records = await takeRecords(fetcher, 3)
      expect(records.map(({ partition, offset }) => `${partition}@${offset}`).sort()).toEqual(['1@3', '2@1', '2@2'])
    })

    test('reads a partition again from where it is assigned anew', async () => {
      const broker = await bench.broker()
      const topic = await bench.newTopic(broker)
      await bench.write(broker, topic, numbered(5))
      const fetcher = bench.fetcher(broker)
      fetcher.assign([at(topic, 0, 0)])
      await takeRecords(fetcher, 5)
      fetcher.assign([at(topic, 0, 2)])
      expect((await takeRecords(fetcher, 3)).map(({ offset }) => offset)).toEqual([2, 3, 4])
    })

    test('tells of an offset that is out of range, and reads on when it is assigned anew', async () => {
      const broker = await bench.broker()
      const topic = await bench.newTopic(broker, { partitions: 2 })
      await bench.write(broker, topic, [...numbered(3, 0), ...numbered(3, 1)])
      await broker.admin.deleteRecords([at(topic, 0, 2)])
      const fetcher = bench.fetcher(broker)
      fetcher.assign([at(topic, 0, 0), at(topic, 1, 0)])
      const isProblem = ({ kind }: Fetched) => kind === 'problem'
      const taken = await takeUntil(fetcher, (all) => all.some(isProblem) && !all.every(isProblem))
      expect(taken.filter(isProblem)).toEqual([{ kind: 'problem', topic, partition: 0, problem: 'offset out of range' }])
      fetcher.assign([at(topic, 0, 2), { topic, partition: 1, offset: asOffset(-1) }])
      expect((await takeRecords(fetcher, 1)).map(({ partition, offset }) => [partition, offset])).toEqual([[0, 2]])
    })

    test('keeps several partitions that are out of range apart: one is assigned anew, the other stays as it is', async () => {
      const broker = await bench.broker()
      const topic = await bench.newTopic(broker, { partitions: 2 })
      await bench.write(broker, topic, [...numbered(3, 0), ...numbered(3, 1)])
      await broker.admin.deleteRecords([at(topic, 0, 2), at(topic, 1, 2)])
      const fetcher = bench.fetcher(broker)
      fetcher.assign([at(topic, 0, 0), at(topic, 1, 0)])
      const taken = await takeUntil(fetcher, (all) => all.length === 2)
      expect(taken.map(({ kind }) => kind)).toEqual(['problem', 'problem'])
      fetcher.assign([at(topic, 0, 2), { topic, partition: 1, offset: whereItIs }])
      expect((await takeRecords(fetcher, 1)).map(({ partition, offset }) => [partition, offset])).toEqual([[0, 2]])
      fetcher.assign([{ topic, partition: 0, offset: whereItIs }, at(topic, 1, 2)])
      expect((await takeRecords(fetcher, 1)).map(({ partition, offset }) => [partition, offset])).toEqual([[1, 2]])
    })

    test('tells of a topic that was deleted', async () => {
      const broker = await bench.broker()
      const topic = await bench.newTopic(broker)
      await bench.write(broker, topic, numbered(1))
      const fetcher = bench.fetcher(broker)
      fetcher.assign([at(topic, 0, 0)])
      await takeRecords(fetcher, 1)
      await broker.admin.deleteTopics([topic])
      const taken = await takeUntil(fetcher, (all) => all.length > 0)
      expect(taken).toEqual([{ kind: 'problem', topic, partition: 0, problem: 'topic deleted' }])
    })

    test('reads no further ahead than its buffer', async () => {
      const broker = await bench.broker()
      const topic = await bench.newTopic(broker)
      const producer = bench.producer(broker)
      for (let batch = 0; batch < 10; batch++) {
        await append(
          producer,
          topic,
          Array.from({ length: 100 }, (_, index) => ({ key: `${batch * 100 + index}`, value: 'x'.repeat(1000) })),
        )
        await producer.flush()
      }
      const fetcher = bench.fetcher(broker, { bufferBytesMax: 150_000 })
      fetcher.assign([at(topic, 0, 0)])
      const keys: number[] = []
      while (keys.length < 1000) {
        await fetcher.arrived()
        const taken = fetcher.take()
        // The limit, and the batch that went over it.
        expect(taken.reduce((sum, fetched) => sum + (fetched.kind === 'records' ? fetched.sizeBytes : 0), 0)).toBeLessThan(300_000)
        keys.push(...taken.flatMap(recordsOf).map(({ key }) => Number(key)))
      }
      expect(keys).toEqual(Array.from({ length: 1000 }, (_, index) => index))
    })

    test('wakes who waits for it when it is closed', async () => {
      const broker = await bench.broker()
      const fetcher = bench.fetcher(broker)
      fetcher.assign([at(await bench.newTopic(broker), 0, 0)])
      const arrived = fetcher.arrived()
      await fetcher.close()
      await arrived
      expect(fetcher.take()).toEqual([])
    })

    test('does not hold back the others of its broker', async () => {
      const broker = await bench.broker()
      const topic = await bench.newTopic(broker)
      const idle = bench.fetcher(broker)
      idle.assign([at(topic, 0, 0)])
      const other = await bench.newTopic(broker)
      await bench.write(broker, other, numbered(3))
      expect(await bench.read(broker, other, 3)).toHaveLength(3)
      await eventually(async () => (await broker.admin.endOffsets([{ topic: other, partition: 0 }]))[0]?.offset === 3, 'the end is 3')
    })
  })
}

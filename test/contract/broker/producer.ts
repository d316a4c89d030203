import { describe, expect, test } from 'vitest'
import { type ByteTarget, noHeaders, type Serde } from '../../../framework/index.ts'
import { append, type BrokerBench, numbered, textSerde } from './bench.ts'

export function producerContract(bench: BrokerBench): void {
  describe('a producer', () => {
    test('writes keys, values, timestamps and headers, null ones too', async () => {
      const broker = await bench.broker()
      const topic = await bench.newTopic(broker)
      const headers = [
        { key: 'a', value: Buffer.from('1') },
        { key: 'a', value: null },
      ]
      await bench.write(broker, topic, [
        { key: 'k', value: 'v', timestamp: 1_700_000_000_005 },
        { key: null, value: 'no key', timestamp: 1_700_000_000_001 },
        { key: 'tombstone', value: null, timestamp: 1_700_000_000_007, headers },
        { key: '', value: '', timestamp: 0 },
      ])
      const records = await bench.read(broker, topic, 4)
      expect(records.map(({ offset, timestamp, key, value }) => [offset, timestamp, key, value])).toEqual([
        [0, 1_700_000_000_005, 'k', 'v'],
        [1, 1_700_000_000_001, null, 'no key'],
        [2, 1_700_000_000_007, 'tombstone', null],
        [3, 0, '', ''],
      ])
      expect(records[2]?.headers).toEqual(headers)
      expect(records[0]?.headers).toEqual([])
    })

    test.each(['none', 'gzip', 'lz4'] as const)('writes what is read again with compression %s', async (compression) => {
      const broker = await bench.broker()
      const topic = await bench.newTopic(broker)
      const records = Array.from({ length: 500 }, (_, index) => ({ key: `k${index % 7}`, value: `{"index":${index},"text":"the same"}` }))
      await bench.write(broker, topic, records, { compression })
      const read = await bench.read(broker, topic, 500)
      expect(read.map(({ key, value }) => ({ key, value }))).toEqual(records)
    })

    test('keeps the order of each partition over many batches', async () => {
      const broker = await bench.broker()
      const topic = await bench.newTopic(broker, { partitions: 3 })
      const records = Array.from({ length: 9_000 }, (_, index) => ({ partition: index % 3, key: `${index}`, value: 'x'.repeat(300) }))
      await bench.write(broker, topic, records)
      const read = await bench.read(broker, topic, records.length, { partitions: 3 })
      expect(read).toHaveLength(records.length)
      for (const partition of [0, 1, 2]) {
        const keys = read.filter((record) => record.partition === partition).map(({ key }) => Number(key))
        expect(keys).toEqual(Array.from({ length: 3_000 }, (_, index) => index * 3 + partition))
      }
    })

    test('says up to where it is acknowledged', async () => {
      const broker = await bench.broker()
      const topic = await bench.newTopic(broker, { partitions: 2 })
      await bench.write(broker, topic, numbered(2, 0))
      const producer = bench.producer(broker)
      const writer = await producer.writer(topic)
      expect(writer.partitions).toBe(2)
      expect(writer.acknowledged(0)).toBeUndefined()
      await append(producer, topic, numbered(3, 0))
      await producer.flush()
      expect(writer.acknowledged(0)).toBe(5)
      expect(writer.acknowledged(1)).toBeUndefined()
      await append(producer, topic, numbered(1, 0))
      await producer.flush()
      expect(writer.acknowledged(0)).toBe(6)
    })

    test('sends what has waited for the linger time when it is polled', async () => {
      const broker = await bench.broker()
      const topic = await bench.newTopic(broker)
      const producer = bench.producer(broker, { lingerMs: 0 })
      await append(producer, topic, numbered(10))
      producer.poll()
      expect(await bench.read(broker, topic, 10)).toHaveLength(10)
    })

    test('gives the same writer for the same topic, and none for a topic that does not exist', async () => {
      const broker = await bench.broker()
      const topic = await bench.newTopic(broker)
      const producer = bench.producer(broker)
      expect(await producer.writer(topic)).toBe(await producer.writer(topic))
      await expect(producer.writer(bench.newName('none'))).rejects.toMatchObject({ code: 'topic-missing' })
    })

    test('has nothing to wait for when nothing was appended', async () => {
      const producer = bench.producer(await bench.broker())
      producer.poll()
      await producer.flush()
      expect(producer.full).toBe(false)
      await producer.drained()
    })

    test('is full above its limit and drains', async () => {
      const broker = await bench.broker()
      const topic = await bench.newTopic(broker, { partitions: 4 })
      const producer = bench.producer(broker, { bufferBytesMax: 50_000, lingerMs: 1_000_000 })
      const writer = await producer.writer(topic)
      let appended = 0
      for (; !producer.full; appended++)
        writer.append(appended % 4, 1_700_000_000_000, Buffer.alloc(0), -1, 0, 'x'.repeat(1000), textSerde, noHeaders)
      expect(appended).toBeGreaterThan(40)
      expect(appended).toBeLessThan(60)
      await producer.drained()
      expect(producer.full).toBe(false)
      await producer.flush()
      const ends = [0, 1, 2, 3].map((partition) => writer.acknowledged(partition) ?? 0)
      expect(ends.reduce<number>((sum, end) => sum + end, 0)).toBe(appended)
    })

    test('refuses a record that is too large, and nothing was appended', async () => {
      const broker = await bench.broker()
      const topic = await bench.newTopic(broker)
      const producer = bench.producer(broker)
      await append(producer, topic, [{ key: 'before', value: 'v' }])
      const large = [{ key: 'large', value: 'x'.repeat(2_000_000) }]
      await expect(append(producer, topic, large)).rejects.toMatchObject({ code: 'record-too-large', details: { topic, partition: 0 } })
      await append(producer, topic, [{ key: 'after', value: 'v' }])
      await producer.flush()
      expect((await bench.read(broker, topic, 2)).map(({ key }) => key)).toEqual(['before', 'after'])
    })

    test('appends nothing when the serde throws', async () => {
      const broker = await bench.broker()
      const topic = await bench.newTopic(broker)
      const producer = bench.producer(broker)
      const writer = await producer.writer(topic)
      const failing = {
        write(_: string, target: ByteTarget) {
          target.reserve(10)
          target.end += 10
          throw new TypeError('delay is no number')
        },
      }
      const appendWith = (serde: Pick<Serde<string>, 'write'>) =>
        writer.append(0, 1_700_000_000_000, Buffer.from('k'), 0, 1, 'value', serde, noHeaders)
      appendWith(textSerde)
      expect(() => appendWith(failing)).toThrow('delay is no number')
      appendWith(textSerde)
      await producer.flush()
      expect(writer.acknowledged(0)).toBe(2)
    })

    test('writes records that are large but allowed, among small ones', async () => {
      const broker = await bench.broker()
      const topic = await bench.newTopic(broker)
      const sizes = [10, 600_000, 500_000, 10, 900_000, 1]
      await bench.write(
        broker,
        topic,
        sizes.map((size, index) => ({ key: `${index}`, value: `${index % 10}`.repeat(size) })),
      )
      const read = await bench.read(broker, topic, sizes.length)
      expect(read.map(({ value }) => value?.length)).toEqual(sizes)
      expect(read.map(({ key }) => key)).toEqual(['0', '1', '2', '3', '4', '5'])
    })

    test('puts keys where Java’s default partitioner puts them', async () => {
      const broker = await bench.broker()
      const topic = await bench.newTopic(broker, { partitions: 8 })
      const writer = await bench.producer(broker).writer(topic)
      // murmur2 of these: org.apache.kafka.common.utils.UtilsTest and test/kafka/golden.
      const hashes = { '21': -973932308, foobar: -790332482, 'a-little-bit-long-string': -985981536 }
      for (const [key, hash] of Object.entries(hashes)) {
        const bytes = Buffer.from(`--${key}--`)
        expect(writer.partitionOf(bytes, 2, bytes.length - 2), key).toBe((hash & 0x7fffffff) % 8)
      }
    })

    test('puts records without a key somewhere, and in all partitions over time', async () => {
      const broker = await bench.broker()
      const topic = await bench.newTopic(broker, { partitions: 3 })
      const producer = bench.producer(broker)
      const writer = await producer.writer(topic)
      const used = new Set<number>()
      for (let round = 0; round < 3; round++) {
        const partition = writer.partitionOf(Buffer.alloc(0), -1, 0)
        used.add(partition)
        writer.append(partition, 1_700_000_000_000, Buffer.alloc(0), -1, 0, 'v', textSerde, noHeaders)
        await producer.flush()
      }
      expect([...used].sort()).toEqual([0, 1, 2])
    })
  })
}

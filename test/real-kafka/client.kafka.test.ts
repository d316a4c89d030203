import { Kafka, logLevel } from 'kafkajs'
import { afterEach, beforeAll, describe, expect, inject, it } from 'vitest'
import { silentLogger } from '../../framework/ports/logger.ts'
import { SystemClock } from '../../framework/runtime/system-clock.ts'
import { kafka } from '../../plugins/kafka/index.ts'
import { append, at, BrokerBench, eventually, recordsOf, takeUntil } from '../contract/broker/bench.ts'
import { KafkaDistribution } from './distribution.ts'

// What only a real Kafka can show: logs that other clients and the log cleaner have written.

const bench = new BrokerBench({
  name: 'Apache Kafka',
  open: async () =>
    kafka().brokers!.kafka!({ brokers: [inject('kafkaAddress')], clientId: 'real', logger: silentLogger, clock: new SystemClock() }),
})

afterEach(() => bench.clear())

describe('records that the JVM’s console producer wrote', () => {
  const java = KafkaDistribution.fetch()
  // Larger than a block of any codec, and not all alike.
  const lines = Array.from({ length: 3_000 }, (_, index) => `key-${index % 10}:{"index":${index},"text":"${'abc'.repeat(index % 40)}"}`)

  it.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'])('are read with compression %s', async (codec) => {
    const broker = await bench.broker()
    const topic = await bench.newTopic(broker)
    const args = ['--bootstrap-server', inject('kafkaAddress'), '--topic', topic, '--compression-codec', codec]
    const properties = ['--reader-property', 'parse.key=true', '--reader-property', 'key.separator=:']
    const run = await java.run('org.apache.kafka.tools.ConsoleProducer', [...args, ...properties], `${lines.join('\n')}\n`)
    expect(run.code, run.stderr).toBe(0)
    const records = await bench.read(broker, topic, lines.length)
    expect(records.map(({ key, value }) => `${key}:${value}`)).toEqual(lines)
  })
})

describe('transactions', () => {
  let client: Kafka

  beforeAll(() => {
    client = new Kafka({ brokers: [inject('kafkaAddress')], logLevel: logLevel.NOTHING })
  })

  async function transaction(
    topic: string,
    values: readonly string[],
    end: 'commit' | 'abort' | 'leave open',
  ): Promise<() => Promise<void>> {
    const producer = client.producer({ transactionalId: bench.newName('transaction'), idempotent: true, maxInFlightRequests: 1 })
    await producer.connect()
    const open = await producer.transaction()
    await open.send({ topic, messages: values.map((value) => ({ key: 'k', value })) })
    if (end === 'commit') await open.commit()
    if (end === 'abort') await open.abort()
    return async () => {
      if (end === 'leave open') await open.abort()
      await producer.disconnect()
    }
  }

  it('that were aborted are not seen by who reads committed records, and positions go on behind their ends', async () => {
    const broker = await bench.broker()
    const topic = await bench.newTopic(broker)
    const ends = [
      await transaction(topic, ['a', 'b'], 'commit'),
      await transaction(topic, ['lost'], 'abort'),
      await transaction(topic, ['c'], 'commit'),
    ]
    const fetcher = bench.fetcher(broker)
    fetcher.assign([at(topic, 0, 0)])
    const values: (string | null)[] = []
    let position = 0
    // Two records and an end, one and an end, one and an end.
    await takeUntil(fetcher, (taken) => {
      for (const fetched of taken) {
        values.push(...recordsOf(fetched).map(({ value }) => value))
        if (fetched.kind === 'records') position = fetched.reader.nextOffset
      }
      return position === 7
    })
    expect(values).toEqual(['a', 'b', 'c'])
    expect(await broker.admin.endOffsets([{ topic, partition: 0 }], { readCommitted: true })).toEqual([at(topic, 0, 7)])
    expect((await bench.read(broker, topic, 4, { readCommitted: false })).map(({ value }) => value)).toEqual(['a', 'b', 'lost', 'c'])
    for (const end of ends) await end()
  })

  it('that are open hold back the end for who reads committed records', async () => {
    const broker = await bench.broker()
    const topic = await bench.newTopic(broker)
    await bench.write(broker, topic, [{ key: 'k', value: 'before' }])
    const end = await transaction(topic, ['open'], 'leave open')
    const partition = [{ topic, partition: 0 }]
    expect(await broker.admin.endOffsets(partition, { readCommitted: true })).toEqual([at(topic, 0, 1)])
    expect(await broker.admin.endOffsets(partition)).toEqual([at(topic, 0, 2)])
    const fetcher = bench.fetcher(broker)
    fetcher.assign([at(topic, 0, 0)])
    const [fetched] = await takeUntil(fetcher, (taken) => taken.length > 0)
    expect(fetched).toMatchObject({ lastStableOffset: 1 })
    expect(recordsOf(fetched!).map(({ value }) => value)).toEqual(['before'])
    await end()
  })
})

describe('a compacted topic', () => {
  it('is read to its end, over what is missing', async () => {
    const broker = await bench.broker()
    const settings = {
      'cleanup.policy': 'compact',
      'segment.ms': '100',
      'min.cleanable.dirty.ratio': '0.01',
      'max.compaction.lag.ms': '100',
      'delete.retention.ms': '0',
    }
    const topic = await bench.newTopic(broker, { settings })
    const producer = bench.producer(broker)
    const writer = await producer.writer(topic)
    let rounds = 0
    const readAll = async () => {
      const fetcher = bench.fetcher(broker)
      fetcher.assign([at(topic, 0, 0)])
      const records: { offset: number; key: string | null; value: string | null }[] = []
      let position = 0
      await takeUntil(fetcher, (taken) => {
        for (const fetched of taken) records.push(...recordsOf(fetched))
        for (const fetched of taken) if (fetched.kind === 'records') position = fetched.reader.nextOffset
        return position === writer.acknowledged(0)
      })
      await fetcher.close()
      return records
    }
    // A new segment begins with an append after segment.ms; the cleaner takes only closed ones.
    await eventually(async () => {
      rounds++
      const timestamp = Date.now()
      await append(producer, topic, [
        { key: 'a', value: `${rounds}`, timestamp },
        { key: 'b', value: `${rounds}`, timestamp },
      ])
      await producer.flush()
      return (await readAll()).length < rounds
    }, 'the cleaner removes what was overwritten')
    const records = await readAll()
    expect(records.at(-1)).toMatchObject({ key: 'b', value: `${rounds}`, offset: rounds * 2 - 1 })
    expect(records[0]?.offset).toBeGreaterThan(0)
  })
})

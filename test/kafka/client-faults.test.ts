import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { asOffset, type Broker, noHeaders, type TransactionOffsets } from '../../framework/index.ts'
import { silentLogger } from '../../framework/ports/logger.ts'
import { SystemClock } from '../../framework/runtime/system-clock.ts'
import { kafka } from '../../plugins/kafka/index.ts'
import { type EmbeddedBroker, startBroker } from '../../plugins/kafka/server/index.ts'
import { apis } from '../../plugins/kafka/wire/apis.ts'
import { append, at, BrokerBench, eventually, numbered, takeRecords, textSerde, within } from '../contract/broker/bench.ts'
import { FaultyProxy } from './faulty-proxy.ts'

// The embedded broker behind a proxy that breaks connections: what is lost on the way must not be lost, doubled or out of order in the end.

const noOffsets: TransactionOffsets = { groupId: '', generation: -1, memberId: '', offsets: [] }

let server: EmbeddedBroker
let proxy: FaultyProxy
let bench: BrokerBench
let broker: Broker

beforeEach(async () => {
  server = await startBroker()
  proxy = new FaultyProxy(server.address)
  const brokers = [await proxy.listen()]
  const settings = { retryTimeoutMs: 10_000, deliveryTimeoutMs: 10_000 }
  bench = new BrokerBench({
    name: 'a broker behind a bad line',
    open: async () => kafka({ settings }).brokers!.kafka!({ brokers, clientId: 'faults', logger: silentLogger, clock: new SystemClock() }),
  })
  broker = await bench.broker()
})

afterEach(async () => {
  await bench.clear()
  await proxy.close()
  await server.close()
})

describe('a producer on a bad line', () => {
  it('writes nothing twice when answers are lost, and keeps the order', async () => {
    const topic = await bench.newTopic(broker, { partitions: 2 })
    let produced = 0
    proxy.fateOf = (key) => (key === apis.produce.key && ++produced % 3 === 0 ? 'lose' : 'pass')
    const producer = bench.producer(broker)
    for (let round = 0; round < 30; round++) {
      const records = Array.from({ length: 10 }, (_, index) => ({ partition: index % 2, key: `${round * 10 + index}`, value: 'v' }))
      await append(producer, topic, records)
      producer.poll()
    }
    await producer.flush()
    expect(produced).toBeGreaterThan(3)
    proxy.fateOf = () => 'pass'
    const records = await bench.read(broker, topic, 300, { partitions: 2 })
    for (const partition of [0, 1]) {
      const keys = records.filter((record) => record.partition === partition).map(({ key }) => Number(key))
      expect(keys).toEqual(Array.from({ length: 150 }, (_, index) => index * 2 + partition))
    }
  })

  it('sends again also what came back while it asked who leads the partitions of what had come back before', async () => {
    const topic = await bench.newTopic(broker, { partitions: 2 })
    // Where one address does not answer, another one is asked: that takes its time.
    const brokers = [proxy.address, server.address]
    const client = kafka().brokers!.kafka!({ brokers, clientId: 'asking', logger: silentLogger, clock: new SystemClock() })
    await client.connect()
    const producer = bench.producer(client)
    await append(producer, topic, [{ partition: 0, key: 'first', value: 'v' }])
    await producer.flush()
    const answers = { produce: 0, metadata: 0 }
    proxy.fateOf = (key) => {
      if (key === apis.produce.key) return ++answers.produce <= 2 ? 'lose' : 'pass'
      // It is asked, and waits, until the second lost answer takes the connection with it.
      if (key === apis.metadata.key) return ++answers.metadata === 1 ? 'swallow' : 'pass'
      return 'pass'
    }
    await append(producer, topic, [{ partition: 0, key: 'before', value: 'v' }])
    const before = producer.flush()
    await eventually(() => answers.metadata === 1, 'it asks who leads the partition')
    await append(producer, topic, [{ partition: 1, key: 'meanwhile', value: 'v' }])
    await within(() => Promise.all([before, producer.flush()]), 'what came back was not sent again')
    expect((await bench.read(broker, topic, 3, { partitions: 2 })).map(({ key }) => key).sort()).toEqual(['before', 'first', 'meanwhile'])
    await client.close()
  })

  it('fails for good when nothing gets through in time', async () => {
    const brokers = [`${server.address}`]
    const settings = { deliveryTimeoutMs: 500, retryTimeoutMs: 500 }
    const other = kafka({ settings }).brokers!.kafka!({ brokers, clientId: 'late', logger: silentLogger, clock: new SystemClock() })
    await other.connect()
    const topic = await bench.newTopic(other)
    const producer = other.producer({ clientId: 'late', lingerMs: 0, bufferBytesMax: 1 << 20, compression: 'none' })
    await append(producer, topic, numbered(1))
    await producer.flush()
    await server.close()
    await append(producer, topic, numbered(1))
    await expect(producer.flush()).rejects.toMatchObject({ code: 'delivery-failed', details: { topic, partition: 0, records: 1 } })
    await expect(producer.flush()).rejects.toMatchObject({ code: 'delivery-failed' })
    await other.close()
    server = await startBroker()
  })

  it('splits a batch that the topic finds too large', async () => {
    const topic = await bench.newTopic(broker, { settings: { 'max.message.bytes': '20000' } })
    const records = Array.from({ length: 200 }, (_, index) => ({ key: `${index}`, value: 'x'.repeat(1000) }))
    await bench.write(broker, topic, records)
    expect((await bench.read(broker, topic, 200)).map(({ key }) => Number(key))).toEqual(Array.from({ length: 200 }, (_, index) => index))
  })

  it('names a single record that the topic finds too large', async () => {
    const topic = await bench.newTopic(broker, { settings: { 'max.message.bytes': '20000' } })
    const writing = bench.write(broker, topic, [{ key: 'k', value: 'x'.repeat(30_000) }])
    await expect(writing).rejects.toMatchObject({ code: 'record-too-large', details: { topic, partition: 0 } })
  })
})

describe('a transactional producer on a bad line', () => {
  const steps = ['produce', 'initProducerId', 'addPartitionsToTxn', 'addOffsetsToTxn', 'txnOffsetCommit', 'endTxn'] as const

  it.each(steps)('commits and aborts each transaction exactly once when answers to %s are lost', async (step) => {
    const topic = await bench.newTopic(broker, { partitions: 2 })
    const groupId = bench.newName('group')
    const { key } = apis[step]
    let asked = 0
    proxy.fateOf = (answered) => (answered === key && ++asked % 2 === 0 ? 'lose' : 'pass')
    const producer = bench.producer(broker, { transactionalId: bench.newName('transactional') })
    const transactions = producer.transactions!
    await transactions.initialize()
    const wanted: string[] = []
    let committing = Promise.resolve()
    for (let round = 1; round <= 12; round++) {
      const records = Array.from({ length: 4 }, (_, index) => ({ partition: index % 2, key: `${round}-${index}`, value: 'v' }))
      // The transaction before may be on its way yet.
      await append(producer, topic, records)
      await committing
      await producer.flush()
      if (round % 3 === 0) await transactions.abort()
      else {
        const offsets = [{ topic, partition: 0, offset: asOffset(round), metadata: '' }]
        committing = transactions.commit({ groupId, generation: -1, memberId: '', offsets })
        wanted.push(...records.map(({ key }) => key))
      }
    }
    await committing
    expect(asked).toBeGreaterThan(3)
    proxy.fateOf = () => 'pass'
    await bench.write(
      broker,
      topic,
      [0, 1].map((partition) => ({ partition, key: 'last', value: 'v' })),
    )
    const read = await bench.read(broker, topic, wanted.length + 2, { partitions: 2 })
    expect(read.map((record) => record.key).sort()).toEqual([...wanted, 'last', 'last'].sort())
    expect(await broker.admin.committed(groupId, [{ topic, partition: 0 }])).toMatchObject([{ offset: 11 }])
  })
})

describe('a transactional producer of which a record is refused while it commits', () => {
  it('commits what is written in its place with it, and what came meanwhile with the next one', async () => {
    const topic = await bench.newTopic(broker, { settings: { 'max.message.bytes': '2000' } })
    const letters = await bench.newTopic(broker)
    let place = ''
    const producer = bench.producer(broker, {
      transactionalId: bench.newName('transactional'),
      lingerMs: 1_000_000,
      onRefused: () => {
        const key = Buffer.from(place)
        letterWriter.append(0, 1_700_000_000_000, key, 0, key.length, null, textSerde, noHeaders)
        return 'leave-out'
      },
    })
    const letterWriter = await producer.writer(letters)
    const transactions = producer.transactions!
    await transactions.initialize()
    for (let round = 0; round < 5; round++) {
      place = `letter ${round}`
      await append(producer, topic, [
        { key: `before ${round}`, value: 'v' },
        { key: 'refused', value: randomBytes(3_000).toString('base64') },
        { key: `behind ${round}`, value: 'v' },
      ])
      const committing = transactions.commit(noOffsets)
      await append(producer, topic, [{ key: `next ${round}`, value: 'v' }])
      await append(producer, letters, [{ key: `next ${round}`, value: 'v' }])
      await committing
      await transactions.abort()
    }
    await bench.write(broker, topic, [{ key: 'last', value: 'v' }])
    await bench.write(broker, letters, [{ key: 'last', value: 'v' }])
    const rounds = [0, 1, 2, 3, 4]
    const kept = (await bench.read(broker, topic, 11)).map(({ key }) => key)
    expect(kept).toEqual([...rounds.flatMap((round) => [`before ${round}`, `behind ${round}`]), 'last'])
    const written = (await bench.read(broker, letters, 6)).map(({ key }) => key)
    expect(written).toEqual([...rounds.map((round) => `letter ${round}`), 'last'])
  })
})

describe('a fetcher on a bad line', () => {
  it('never loses its place nor a record, however often the line breaks', async () => {
    const topic = await bench.newTopic(broker)
    let fetched = 0
    proxy.fateOf = (key) => (key === apis.fetch.key && ++fetched % 2 === 0 ? 'lose' : 'pass')
    const fetcher = bench.fetcher(broker)
    fetcher.assign([at(topic, 0, 0)])
    const keys: (string | null)[] = []
    for (let round = 0; round < 6; round++) {
      await bench.write(broker, topic, [{ key: `${round}`, value: 'v' }])
      keys.push(...(await takeRecords(fetcher, 1)).map(({ key }) => key))
    }
    expect(keys).toEqual(['0', '1', '2', '3', '4', '5'])
    expect(fetched).toBeGreaterThan(3)
  })

  it('throws when no broker has answered for the retry timeout', async () => {
    const topic = await bench.newTopic(broker)
    const settings = { retryTimeoutMs: 300 }
    const brokers = [server.address]
    const other = kafka({ settings }).brokers!.kafka!({ brokers, clientId: 'late', logger: silentLogger, clock: new SystemClock() })
    const fetcher = other.fetcher({ clientId: 'late', readCommitted: true, bufferBytesMax: 1 << 20 })
    fetcher.assign([at(topic, 0, 0)])
    await server.close()
    await within(() => fetcher.arrived(), 'the fetcher did not give up')
    expect(() => fetcher.take()).toThrow(expect.objectContaining({ code: 'broker-unreachable' }))
    await other.close()
    server = await startBroker()
  })
})

describe('a broker that is started again at the same place', () => {
  it('finds its producers, fetchers and members where they were', async () => {
    const dataFolder = mkdtempSync(join(tmpdir(), 'millrace-restart-'))
    let durable = await startBroker({ dataFolder })
    const { port } = durable
    const settings = { retryTimeoutMs: 15_000 }
    const brokers = [durable.address]
    const client = kafka({ settings }).brokers!.kafka!({ brokers, clientId: 'restart', logger: silentLogger, clock: new SystemClock() })
    await client.connect()
    const topic = await bench.newTopic(client)
    const producer = bench.producer(client)
    const fetcher = bench.fetcher(client)
    const member = client.member(bench.memberOptions(bench.newName('group')))
    fetcher.assign([at(topic, 0, 0)])
    await member.join()
    await append(producer, topic, numbered(3))
    await producer.flush()
    await takeRecords(fetcher, 3)
    await durable.close()
    await append(producer, topic, numbered(4))
    const flushed = producer.flush()
    durable = await startBroker({ dataFolder, port })
    await flushed
    expect((await takeRecords(fetcher, 4)).map(({ offset }) => offset)).toEqual([3, 4, 5, 6])
    await member.commit([{ topic, partition: 0, offset: asOffset(7), metadata: '' }])
    expect(await client.admin.committed(await groupOf(client), [{ topic, partition: 0 }])).toMatchObject([{ offset: 7 }])
    await client.close()
    await durable.close()
    rmSync(dataFolder, { recursive: true, force: true })
  })
})

describe('an admin whose broker hears late of what others have made', () => {
  it('has made a topic only when it can be written, also one that was there', async () => {
    const settings = { missingTopicTimeoutMs: 1 }
    const brokers = [proxy.address]
    const late = kafka({ settings }).brokers!.kafka!({ brokers, clientId: 'late', logger: silentLogger, clock: new SystemClock() })
    const topic = await bench.newTopic(broker)
    let asked = 0
    proxy.isUnheardOf = (name) => name === topic && ++asked <= 5
    expect(await late.admin.createTopics([{ name: topic, partitions: 1 }])).toEqual(new Map([[topic, 'exists']]))
    expect(await late.admin.endOffsets([{ topic, partition: 0 }])).toEqual([at(topic, 0, 0)])
    await late.close()
  })
})

describe('a group member on a bad line', () => {
  it('stays in its group when connections break', async () => {
    const member = broker.member(bench.memberOptions(bench.newName('group'), { sessionTimeoutMs: 3_000 }))
    await member.join()
    for (let round = 0; round < 3; round++) {
      proxy.breakAll()
      const before = proxy.answers
      await eventually(() => proxy.answers > before + 3 && member.heartbeatAgeMs < 100, 'heartbeats are answered again')
    }
    expect(member.state).toBe('stable')
  })

  it('counts as lost when the line is dead without a word', async () => {
    const member = broker.member(bench.memberOptions(bench.newName('group'), { sessionTimeoutMs: 500 }))
    await member.join()
    proxy.fateOf = (key) => (key === apis.heartbeat.key ? 'swallow' : 'pass')
    await within(() => member.changed(), 'the member did not notice', 5_000)
    expect(member.state).toBe('lost')
  })

  it('counts as lost when no heartbeat was answered for its session timeout', async () => {
    const member = broker.member(bench.memberOptions(bench.newName('group'), { sessionTimeoutMs: 500 }))
    await member.join()
    proxy.fateOf = (key) => (key === apis.heartbeat.key ? 'lose' : 'pass')
    await within(() => member.changed(), 'the member did not notice')
    expect(member.state).toBe('lost')
  })
})

async function groupOf(client: Broker): Promise<string> {
  const [group] = await client.admin.groups()
  return group?.groupId ?? ''
}

// kafkajs as its own users use it, against the embedded broker.

import { type Admin, Kafka, logLevel, Partitioners } from 'kafkajs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type EmbeddedBroker, startBroker } from '../../../plugins/kafka/server/index.ts'

let broker: EmbeddedBroker
let kafka: Kafka
let admin: Admin
const closing: (() => Promise<void>)[] = []

beforeEach(async () => {
  broker = await startBroker()
  kafka = new Kafka({ brokers: [broker.address], clientId: 'kafkajs', logLevel: logLevel.NOTHING })
  admin = kafka.admin()
  await admin.connect()
  closing.push(() => admin.disconnect())
  await admin.createTopics({ topics: [{ topic: 'flights', numPartitions: 3 }] })
})
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
  await broker.close()
})

async function produce(count: number, idempotent = false): Promise<void> {
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner, idempotent })
  await producer.connect()
  closing.push(() => producer.disconnect())
  for (let sent = 0; sent < count; sent += 100) {
    const messages = Array.from({ length: 100 }, (_, index) => ({
      key: `key ${index}`,
      value: `value ${sent + index}`,
      headers: { part: 'test' },
    }))
    await producer.send({ topic: 'flights', messages })
  }
}

/** Resolves when so many values have been read by the members of a group; each partition by one of them. */
async function consume(members: number, count: number): Promise<readonly string[]> {
  const values: string[] = []
  const consumers = Array.from({ length: members }, () =>
    kafka.consumer({ groupId: 'group', maxWaitTimeInMs: 100, heartbeatInterval: 100 }),
  )
  const stable = consumers.map((consumer) => {
    return new Promise<void>((resolve) => {
      consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
        if (Object.keys(payload.memberAssignment).length > 0 && (members === 1 || payload.memberAssignment.flights!.length < 3)) resolve()
      })
    })
  })
  const done = new Promise<void>((resolve) => {
    for (const consumer of consumers) {
      void consumer
        .connect()
        .then(() => consumer.subscribe({ topic: 'flights', fromBeginning: true }))
        .then(() =>
          consumer.run({
            eachMessage: async ({ message }) => {
              values.push(message.value!.toString())
              if (values.length >= count) resolve()
            },
          }),
        )
    }
  })
  await Promise.all([done, ...stable])
  await Promise.all(consumers.map((consumer) => consumer.disconnect()))
  return values
}

describe('kafkajs on the embedded broker', () => {
  it('produces, idempotently too, and consumes in a group that commits', async () => {
    await produce(300)
    await produce(200, true)
    expect(new Set(await consume(1, 500)).size).toBe(300)
    const [committed] = await admin.fetchOffsets({ groupId: 'group', topics: ['flights'] })
    expect(committed!.partitions.reduce((sum, { offset }) => sum + Number(offset), 0)).toBe(500)
    expect(await admin.fetchTopicOffsets('flights')).toHaveLength(3)
  })

  it('shares the partitions among the members of a group', async () => {
    await produce(1000)
    const values = await consume(2, 1000)
    expect(new Set(values).size).toBe(1000)
  })

  it('administers: topics, settings, groups, records', async () => {
    await produce(100)
    await consume(1, 100)
    expect(await admin.listTopics()).toEqual(['flights'])
    expect(await admin.describeCluster()).toMatchObject({ controller: 1, brokers: [{ nodeId: 1, host: '127.0.0.1', port: broker.port }] })
    expect((await admin.listGroups()).groups).toEqual([{ groupId: 'group', protocolType: 'consumer' }])
    expect((await admin.describeGroups(['group'])).groups).toMatchObject([{ state: 'Empty', members: [] }])
    await admin.setOffsets({ groupId: 'group', topic: 'flights', partitions: [{ partition: 0, offset: '1' }] })
    const [committed] = await admin.fetchOffsets({ groupId: 'group', topics: ['flights'] })
    expect(committed!.partitions.find(({ partition }) => partition === 0)).toMatchObject({ offset: '1' })
    await admin.deleteTopicRecords({ topic: 'flights', partitions: [{ partition: 0, offset: '2' }] })
    expect((await admin.fetchTopicOffsets('flights')).find(({ partition }) => partition === 0)).toMatchObject({ low: '2' })
    expect(await admin.fetchTopicOffsetsByTimestamp('flights', Date.now() + 60_000)).toHaveLength(3)
    const described = await admin.describeConfigs({ includeSynonyms: false, resources: [{ type: 2, name: 'flights' }] })
    expect(described.resources[0]!.configEntries.find(({ configName }) => configName === 'retention.ms')).toMatchObject({
      configValue: '-1',
    })
    await admin.deleteGroups(['group'])
    expect((await admin.listGroups()).groups).toEqual([])
    await admin.deleteTopics({ topics: ['flights'] })
    expect(await admin.listTopics()).toEqual([])
  })
})

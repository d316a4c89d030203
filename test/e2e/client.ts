// A Kafka client that is not ours, for tests that look at an app from outside: topics in, records in, records out.

import { type Admin, Kafka, KafkaJSProtocolError, logLevel, Partitioners } from 'kafkajs'
import { onTestFinished } from 'vitest'

export interface Sent {
  readonly key: string | Buffer | null
  readonly value: string | Buffer | null
  readonly timestamp: number
  readonly headers?: Readonly<Record<string, string>>
}

export interface Received {
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly partition: number
  readonly timestamp: number
}

const waitSecondsMax = 30

async function haveLeaders(admin: Admin, topics: readonly string[]): Promise<boolean> {
  try {
    const { topics: found } = await admin.fetchTopicMetadata({ topics: [...topics] })
    return found.every(({ partitions }) => partitions.every(({ leader }) => leader >= 0))
  } catch (error) {
    if (error instanceof KafkaJSProtocolError) return false
    throw error
  }
}

export class Client {
  readonly address: string
  readonly #kafka: Kafka

  constructor(address: string) {
    this.address = address
    this.#kafka = new Kafka({ brokers: [address], clientId: 'test', logLevel: logLevel.NOTHING })
  }

  async createTopics(partitions: number, ...topics: string[]): Promise<void> {
    const admin = this.#kafka.admin()
    await admin.connect()
    try {
      const configEntries = [{ name: 'retention.ms', value: '-1' }]
      // kafkajs's own waiting for leaders fails where the news of a topic has not reached the broker that it asks.
      await admin.createTopics({
        topics: topics.map((topic) => ({ topic, numPartitions: partitions, configEntries })),
        waitForLeaders: false,
      })
      const deadlineMs = Date.now() + waitSecondsMax * 1000
      while (!(await haveLeaders(admin, topics))) if (Date.now() > deadlineMs) throw new Error(`no leaders of ${topics.join(', ')}`)
    } finally {
      await admin.disconnect()
    }
  }

  async send(topic: string, records: readonly Sent[]): Promise<void> {
    // Where one partition of a new topic has no leader yet, kafkajs sends those that have arrived again too: the broker has to know them by their sequence.
    const producer = this.#kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner, idempotent: true, maxInFlightRequests: 1 })
    await producer.connect()
    try {
      const messages = records.map(({ key, value, timestamp, headers = {} }) => ({
        key,
        value,
        timestamp: String(timestamp),
        headers: { ...headers },
      }))
      await producer.send({ topic, messages })
    } finally {
      await producer.disconnect()
    }
  }

  async topicNames(): Promise<string[]> {
    const admin = this.#kafka.admin()
    await admin.connect()
    try {
      return await admin.listTopics()
    } finally {
      await admin.disconnect()
    }
  }

  /** Where the next record of a topic of one partition will stand. */
  async endOffset(topic: string): Promise<number> {
    const admin = this.#kafka.admin()
    await admin.connect()
    try {
      return Number((await admin.fetchTopicOffsets(topic))[0]?.high)
    } finally {
      await admin.disconnect()
    }
  }

  /** How many offsets the partitions of a topic have given out: to records, committed or not, and to ends of transactions. */
  async written(topic: string): Promise<number> {
    const admin = this.#kafka.admin()
    await admin.connect()
    try {
      return (await admin.fetchTopicOffsets(topic)).reduce((sum, { high }) => sum + Number(high), 0)
    } finally {
      await admin.disconnect()
    }
  }

  /** Reads a topic from its beginning until `isEnough` of what has come. */
  async receive(topic: string, isEnough: (records: readonly Received[]) => boolean): Promise<Received[]> {
    const consumer = this.#kafka.consumer({ groupId: `test-${Math.random()}`, maxWaitTimeInMs: 100 })
    let disconnected: Promise<void> | undefined
    const disconnect = (): Promise<void> => {
      disconnected ??= consumer.disconnect()
      return disconnected
    }
    onTestFinished(disconnect)
    await consumer.connect()
    await consumer.subscribe({ topic, fromBeginning: true })
    const records: Received[] = []
    await new Promise<void>((done, fail) => {
      const overdue = setTimeout(
        () => fail(new Error(`${topic} had ${records.length} records after ${waitSecondsMax} s`)),
        waitSecondsMax * 1000,
      )
      consumer
        .run({
          eachMessage: async ({ message: { key, value, timestamp }, partition }) => {
            records.push({ key, value, partition, timestamp: Number(timestamp) })
            if (!isEnough(records)) return
            clearTimeout(overdue)
            done()
          },
        })
        .catch(fail)
    })
    await disconnect()
    return records
  }
}

// What a topic holds, up to its end, read by a Kafka client that is not ours.

import { Kafka, logLevel } from 'kafkajs'

export interface TopicRecord {
  readonly partition: number
  readonly timestamp: number
  /** As hex. */
  readonly key: string
  readonly value: string | null
}

const waitMsMax = 60_000

export class TopicReader {
  readonly #kafka: Kafka

  constructor(address: string) {
    this.#kafka = new Kafka({ brokers: [address], clientId: 'reader', logLevel: logLevel.NOTHING })
  }

  /** In the order of offsets within each partition. */
  async read(topic: string): Promise<{ readonly records: readonly TopicRecord[] }> {
    const left = await this.#ends(topic)
    const records: TopicRecord[] = []
    if (left.size === 0) return { records }
    const consumer = this.#kafka.consumer({ groupId: `reader-${topic}-${Math.random()}`, maxWaitTimeInMs: 100 })
    await consumer.connect()
    try {
      await consumer.subscribe({ topic, fromBeginning: true })
      await new Promise<void>((done, fail) => {
        const overdue = setTimeout(() => fail(new Error(`${topic} was not read to its end in ${waitMsMax / 1000} s`)), waitMsMax)
        const take = (partition: number, position: bigint) => {
          if (position >= (left.get(partition) ?? 0n)) left.delete(partition)
          if (left.size > 0) return
          clearTimeout(overdue)
          done()
        }
        consumer
          .run({
            eachBatch: async ({ batch }) => {
              for (const { key, value, timestamp } of batch.messages) {
                records.push({
                  partition: batch.partition,
                  timestamp: Number(timestamp),
                  key: key?.toString('hex') ?? '',
                  value: value?.toString('hex') ?? null,
                })
              }
              take(batch.partition, BigInt(batch.lastOffset()) + 1n)
            },
          })
          .catch(fail)
      })
    } finally {
      await consumer.disconnect()
    }
    return { records }
  }

  async #ends(topic: string): Promise<Map<number, bigint>> {
    const admin = this.#kafka.admin()
    await admin.connect()
    try {
      const offsets = await admin.fetchTopicOffsets(topic)
      return new Map(offsets.filter(({ low, high }) => BigInt(high) > BigInt(low)).map(({ partition, high }) => [partition, BigInt(high)]))
    } finally {
      await admin.disconnect()
    }
  }
}

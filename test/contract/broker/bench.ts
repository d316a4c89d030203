// What the broker contract needs around a broker: topics and groups with new names, records in and out, and patience with a deadline.

import { randomUUID } from 'node:crypto'
import {
  asOffset,
  type Broker,
  type ByteTarget,
  type Fetched,
  type Fetcher,
  type FetcherOptions,
  type Headers,
  type MemberOptions,
  type NewTopic,
  noHeaders,
  type PartitionOffset,
  type Producer,
  type ProducerOptions,
  type TopicPartition,
} from '../../../framework/index.ts'

export interface BrokerUnderTest {
  readonly name: string
  /** A broker that is not connected yet; each call gives another one of the same cluster. */
  open(): Promise<Broker>
}

export interface PlainRecord {
  readonly partition?: number
  readonly key: string | null
  readonly value: string | null
  readonly timestamp?: number
  readonly headers?: Headers
}

export interface ReadRecord extends Required<PlainRecord> {
  readonly offset: number
}

/** Long enough for a loaded machine; nothing waits for it that works. */
const patienceMs = 20_000

export const textSerde = {
  write(value: string, target: ByteTarget): void {
    const sizeBytes = Buffer.byteLength(value)
    target.reserve(sizeBytes)
    target.end += target.bytes.utf8Write(value, target.end, sizeBytes)
  },
}

export class BrokerBench {
  readonly #underTest: BrokerUnderTest
  readonly #opened: Broker[] = []

  constructor(underTest: BrokerUnderTest) {
    this.#underTest = underTest
  }

  /** Connected; closed after the test. */
  async broker(): Promise<Broker> {
    const broker = await this.#underTest.open()
    this.#opened.push(broker)
    await broker.connect()
    return broker
  }

  async clear(): Promise<void> {
    await Promise.all(this.#opened.splice(0).map((broker) => broker.close()))
  }

  newName(what: string): string {
    return `${what}-${randomUUID().slice(0, 8)}`
  }

  async newTopic(broker: Broker, options: Partial<NewTopic> = {}): Promise<string> {
    const name = this.newName('topic')
    // Old timestamps must not make retention delete what a test wrote.
    await broker.admin.createTopics([{ partitions: 1, ...options, name, settings: { 'retention.ms': '-1', ...options.settings } }])
    return name
  }

  fetcher(broker: Broker, options: Partial<FetcherOptions> = {}): Fetcher {
    return broker.fetcher({ clientId: 'contract-fetcher', readCommitted: true, bufferBytesMax: 16 << 20, ...options })
  }

  producer(broker: Broker, options: Partial<ProducerOptions> = {}): Producer {
    return broker.producer({ clientId: 'contract-producer', lingerMs: 0, bufferBytesMax: 16 << 20, compression: 'none', ...options })
  }

  memberOptions(groupId: string, options: Partial<MemberOptions> = {}): MemberOptions {
    return {
      clientId: 'contract-member',
      groupId,
      sessionTimeoutMs: 6_000,
      rebalanceTimeoutMs: 10_000,
      heartbeatIntervalMs: 50,
      protocol: 'stream',
      subscription: () => consumerSubscription('orders'),
      assign: async (members) => new Map(members.map(({ memberId }) => [memberId, Buffer.from(`for ${memberId}`)])),
      ...options,
    }
  }

  /** Writes, and waits until all is acknowledged. */
  async write(broker: Broker, topic: string, records: readonly PlainRecord[], options: Partial<ProducerOptions> = {}): Promise<void> {
    const producer = this.producer(broker, options)
    await append(producer, topic, records)
    await producer.flush()
    await producer.close()
  }

  /** Reads partitions from offset 0 until there are so many records. */
  async read(broker: Broker, topic: string, count: number, { partitions = 1, readCommitted = true } = {}): Promise<ReadRecord[]> {
    const fetcher = this.fetcher(broker, { readCommitted })
    fetcher.assign(Array.from({ length: partitions }, (_, partition) => at(topic, partition, 0)))
    const records = await takeRecords(fetcher, count)
    await fetcher.close()
    return records
  }
}

/** Kafka's ConsumerProtocolSubscription, version 0, of no topics: Apache Kafka reads what members of a consumer group say, and never answers if it cannot. */
export function consumerSubscription(userData: string): Buffer {
  const bytes = Buffer.alloc(10 + userData.length)
  bytes.writeInt32BE(userData.length, 6)
  bytes.write(userData, 10, 'latin1')
  return bytes
}

export async function append(producer: Producer, topic: string, records: readonly PlainRecord[]): Promise<void> {
  const writer = await producer.writer(topic)
  for (const { partition = 0, key, value, timestamp = 1_700_000_000_000, headers = noHeaders } of records) {
    const keyBytes = Buffer.from(key ?? '')
    if (producer.full) await producer.drained()
    writer.append(partition, timestamp, keyBytes, key === null ? -1 : 0, keyBytes.length, value, textSerde, headers)
  }
}

export function numbered(count: number, partition = 0): PlainRecord[] {
  return Array.from({ length: count }, (_, index) => ({ partition, key: `k${index}`, value: `v${index}` }))
}

export function at(topic: string, partition: number, offset: number): PartitionOffset {
  return { topic, partition, offset: asOffset(offset) }
}

export function partitionsOf(topic: string, count: number): TopicPartition[] {
  return Array.from({ length: count }, (_, partition) => ({ topic, partition }))
}

/** All that is handed out until `isEnough` says so. */
export async function takeUntil(fetcher: Fetcher, isEnough: (taken: readonly Fetched[]) => boolean): Promise<Fetched[]> {
  const taken: Fetched[] = []
  await within(async () => {
    while (!isEnough(taken)) {
      await fetcher.arrived()
      taken.push(...fetcher.take())
    }
  }, 'what should be fetched did not arrive')
  return taken
}

export async function takeRecords(fetcher: Fetcher, count: number): Promise<ReadRecord[]> {
  const records: ReadRecord[] = []
  await takeUntil(fetcher, (taken) => {
    return records.push(...taken.flatMap(recordsOf)) >= count
  })
  return records
}

/** Reads what is not read yet of a fetched piece. */
export function recordsOf(fetched: Fetched): ReadRecord[] {
  if (fetched.kind === 'problem') throw new Error(`${fetched.topic}-${fetched.partition}: ${fetched.problem}`)
  const { reader, partition } = fetched
  const records: ReadRecord[] = []
  while (reader.next()) {
    const { bytes, offset, timestamp, keyStart, keyEnd, valueStart, valueEnd } = reader
    const key = keyStart < 0 ? null : bytes.utf8Slice(keyStart, keyEnd)
    const value = valueStart < 0 ? null : bytes.utf8Slice(valueStart, valueEnd)
    records.push({ partition, offset, timestamp, key, value, headers: reader.headers() })
  }
  return records
}

/** Fails with a sentence instead of hanging. */
export async function within<T>(work: () => Promise<T>, problem: string, timeoutMs = patienceMs): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${problem} within ${timeoutMs} ms`)), timeoutMs)
  })
  try {
    return await Promise.race([work(), late])
  } finally {
    clearTimeout(timer)
  }
}

/** Asks again and again, because what is asked for takes its time in a real cluster. */
export async function eventually(isSo: () => Promise<boolean> | boolean, what: string, timeoutMs = patienceMs): Promise<void> {
  let isOver = false
  const come = async (): Promise<void> => {
    while (!isOver && !(await isSo())) await new Promise((resolve) => setTimeout(resolve, 10))
  }
  await within(come, `it did not come to this: ${what}`, timeoutMs).finally(() => {
    isOver = true
  })
}

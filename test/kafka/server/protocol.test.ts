import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { BrokerOptions, EmbeddedBroker } from '../../../plugins/kafka/server/index.ts'
import { startBroker } from '../../../plugins/kafka/server/index.ts'
import { readResponse, requestFrame } from '../../../plugins/kafka/wire/api.ts'
import { apis } from '../../../plugins/kafka/wire/apis.ts'
import { errorCode } from '../../../plugins/kafka/wire/error-codes.ts'
import { WireReader } from '../../../plugins/kafka/wire/wire-reader.ts'
import { batchOf, recordOf, recordsIn } from './batches.ts'
import { RawClient } from './raw-client.ts'

let broker: EmbeddedBroker
let client: RawClient
let messages: string[]

async function start(options: BrokerOptions = {}): Promise<void> {
  messages = []
  broker = await startBroker({ logger: { log: (level, message) => void messages.push(`${level} ${message}`) }, ...options })
  client = await RawClient.open(broker.port)
}

beforeEach(() => start())
afterEach(async () => {
  client.close()
  await broker.close()
})

async function restart(options: BrokerOptions): Promise<void> {
  client.close()
  await broker.close()
  await start(options)
}

async function createTopic(name = 'flights', partitions = 1, configs: Readonly<Record<string, string>> = {}): Promise<void> {
  const topic = {
    name,
    numPartitions: partitions,
    replicationFactor: -1,
    assignments: [],
    configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
  }
  const created = await client.ask(apis.createTopics, 5, { topics: [topic], timeoutMs: 1000 })
  expect(created.topics[0]).toMatchObject({ errorCode: 0 })
}

async function produce(records: Buffer, topic = 'flights', index = 0) {
  const topicData = [{ name: topic, partitionData: [{ index, records }] }]
  const answer = await client.ask(apis.produce, 9, { transactionalId: null, acks: -1, timeoutMs: 1000, topicData })
  return answer.responses[0]!.partitionResponses[0]!
}

function fetchRequest(partitions: readonly { partition: number; fetchOffset: number; partitionMaxBytes?: number }[], limits: object = {}) {
  return {
    replicaId: -1,
    maxWaitMs: 0,
    minBytes: 1,
    maxBytes: 1_000_000,
    isolationLevel: 0,
    topics: [{ topic: 'flights', partitions: partitions.map((each) => ({ partitionMaxBytes: 1_000_000, ...each })) }],
    ...limits,
  }
}

describe('what is no request', () => {
  const frameOf = (body: Buffer): Buffer => {
    const size = Buffer.alloc(4)
    size.writeInt32BE(body.length)
    return Buffer.concat([size, body])
  }

  it.each([
    ['an HTTP request', Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'), /is it a Kafka client\?/],
    ['a negative size', Buffer.from([255, 255, 255, 255, 0, 0]), /announced a request of -1 bytes/],
    [
      'a request of 2 GB',
      Buffer.from([127, 255, 255, 255, 0, 18, 0, 0]),
      /announced a request of 2147483647 bytes, and the limit is 104857600/,
    ],
    ['an unknown API', frameOf(Buffer.from([0, 99, 0, 0, 0, 0, 0, 1, 255, 255])), /API 99, which this broker does not have/],
    ['an unknown version', frameOf(Buffer.from([0, 1, 0, 99, 0, 0, 0, 1, 255, 255])), /version 99 of Fetch, and this broker has 4 to 12/],
    ['a body that ends too early', frameOf(Buffer.from([0, 3, 0, 1, 0, 0, 0, 1, 255, 255, 0, 0, 0, 9])), /a request that cannot be read/],
    ['a client id longer than the request', frameOf(Buffer.from([0, 18, 0, 0, 0, 0, 0, 1, 127, 255])), /a request that cannot be read/],
  ])('closes the connection with a line in the log: %s', async (_, bytes, line) => {
    client.socket.write(bytes)
    await client.end()
    expect(messages).toHaveLength(1)
    expect(messages[0]).toMatch(/^warn Closed the connection from 127\.0\.0\.1:\d+: /)
    expect(messages[0]).toMatch(line)
  })

  it('may end in the middle', async () => {
    client.socket.end(Buffer.from([0, 0, 0, 100, 0, 18]))
    await client.end()
    expect(messages[0]).toMatch(/It ended in the middle of a request, after 6 bytes/)
  })

  it('never harms another connection', async () => {
    for (let round = 0; round < 200; round++) {
      const rude = await RawClient.open(broker.port)
      const api = Object.values(apis)[round % Object.keys(apis).length]!
      const header = Buffer.from([0, api.key, 0, api.versionMin + (round % (api.versionMax - api.versionMin + 1)), 0, 0, 0, 1, 255, 255])
      const body = randomBytes(round)
      // Half of it pretends to be small numbers, so that it gets further.
      for (let at = 0; at < body.length; at += 2) body[at] = 0
      rude.socket.end(frameOf(Buffer.concat([header, body])))
      await rude.end()
    }
    expect(messages.filter((message) => message.startsWith('error'))).toEqual([])
    await createTopic()
    expect(await produce(batchOf([recordOf('a')]))).toMatchObject({ errorCode: 0, baseOffset: 0 })
  })
})

describe('ApiVersions', () => {
  it('of an unknown version is answered as version 0 with error 35, and the connection lives on', async () => {
    client.socket.write(
      requestFrame({ ...apis.apiVersions, versionMax: 99 }, 99, 7, 'raw', { clientSoftwareName: 'x', clientSoftwareVersion: '1' }),
    )
    const frame = new WireReader(await client.frame())
    expect(frame.int32()).toBe(7)
    const answer = readResponse(apis.apiVersions, 0, frame)
    expect(answer.errorCode).toBe(errorCode.UNSUPPORTED_VERSION)
    expect(answer.apiKeys).toContainEqual({ apiKey: 18, minVersion: 0, maxVersion: apis.apiVersions.versionMax })
    expect((await client.ask(apis.apiVersions, 3, { clientSoftwareName: 'x', clientSoftwareVersion: '1' })).errorCode).toBe(0)
  })

  it('announces what is answered, and Produce from 0 on for librdkafka', async () => {
    const { apiKeys } = await client.ask(apis.apiVersions, 0, {})
    expect(new Map(apiKeys.map(({ apiKey, minVersion, maxVersion }) => [apiKey, [minVersion, maxVersion]]))).toEqual(
      new Map(Object.values(apis).map((api) => [api.key, [api.key === 0 ? 0 : api.versionMin, api.versionMax]])),
    )
  })
})

describe('requests on one connection', () => {
  it('are answered in their order, however long one takes', async () => {
    await createTopic()
    client.socket.write(requestFrame(apis.fetch, 11, 1, 'raw', fetchRequest([{ partition: 0, fetchOffset: 0 }], { maxWaitMs: 100 })))
    client.socket.write(requestFrame(apis.apiVersions, 0, 2, 'raw', {}))
    expect((await client.frame()).readInt32BE(0)).toBe(1)
    expect((await client.frame()).readInt32BE(0)).toBe(2)
  })

  it('may come byte by byte', async () => {
    const frame = requestFrame(apis.apiVersions, 0, 5, 'raw', {})
    for (const byte of frame) {
      await new Promise<void>((resolve) => client.socket.write(Buffer.from([byte]), () => resolve()))
    }
    expect((await client.frame()).readInt32BE(0)).toBe(5)
  })
})

describe('Produce', () => {
  it('without acknowledgement writes and says nothing', async () => {
    await createTopic()
    const topicData = [{ name: 'flights', partitionData: [{ index: 0, records: batchOf([recordOf('quiet')]) }] }]
    client.socket.write(requestFrame(apis.produce, 9, 1, 'raw', { transactionalId: null, acks: 0, timeoutMs: 1000, topicData }))
    expect(await produce(batchOf([recordOf('loud')]))).toMatchObject({ errorCode: 0, baseOffset: 1 })
  })

  it('says why a batch is refused, partition by partition', async () => {
    await createTopic('flights', 1, { 'max.message.bytes': '300' })
    await createTopic('table', 1, { 'cleanup.policy': 'compact' })
    const two = Buffer.concat([batchOf([recordOf('a')]), batchOf([recordOf('b')])])
    expect(await produce(batchOf([recordOf('a', 'x'.repeat(300))]))).toMatchObject({ errorCode: errorCode.MESSAGE_TOO_LARGE })
    expect(await produce(two)).toMatchObject({ errorCode: errorCode.INVALID_RECORD })
    expect(await produce(Buffer.alloc(3))).toMatchObject({ errorCode: errorCode.CORRUPT_MESSAGE })
    expect(await produce(batchOf([recordOf('a')]), 'flights', 1)).toMatchObject({ errorCode: errorCode.UNKNOWN_TOPIC_OR_PARTITION })
    expect(await produce(batchOf([recordOf(null)]), 'table')).toMatchObject({
      errorCode: errorCode.INVALID_RECORD,
      errorMessage: 'a compacted topic cannot take a record without a key',
    })
  })

  it('is refused when there is no room, and fetching goes on', async () => {
    await restart({ limits: { memoryBytes: 100_000 } })
    await createTopic()
    const answers = []
    for (let count = 0; count < 4; count++) answers.push((await produce(batchOf([recordOf('k', 'x'.repeat(40_000))]))).errorCode)
    expect(answers[0]).toBe(0)
    expect(answers.at(-1)).toBe(errorCode.POLICY_VIOLATION)
    expect(messages.join()).toContain('The memory that the broker may use is full')
    const fetched = await client.ask(apis.fetch, 11, fetchRequest([{ partition: 0, fetchOffset: 0 }]))
    expect(recordsIn(fetched.responses[0]!.partitions[0]!.records!)).toHaveLength(answers.filter((code) => code === 0).length)
  })
})

describe('Fetch', () => {
  it('waits for records, and answers as soon as they come', async () => {
    await createTopic()
    const reader = await RawClient.open(broker.port)
    const fetched = reader.ask(apis.fetch, 11, fetchRequest([{ partition: 0, fetchOffset: 0 }], { maxWaitMs: 20_000 }))
    await produce(batchOf([recordOf('news')]))
    expect(recordsIn((await fetched).responses[0]!.partitions[0]!.records!)).toMatchObject([{ key: 'news' }])
    reader.close()
  })

  it('waits until there is as much as was asked for', async () => {
    await createTopic('flights', 2)
    const batch = batchOf([recordOf('k', 'x'.repeat(100))])
    const reader = await RawClient.open(broker.port)
    const both = [
      { partition: 0, fetchOffset: 0 },
      { partition: 1, fetchOffset: 0 },
    ]
    const fetched = reader.ask(apis.fetch, 11, fetchRequest(both, { maxWaitMs: 20_000, minBytes: batch.length * 3 }))
    await produce(batch, 'flights', 0)
    await produce(batch, 'flights', 1)
    await produce(batch, 'flights', 1)
    const answer = await fetched
    expect(answer.responses[0]!.partitions.map(({ records }) => recordsIn(records!).length)).toEqual([1, 2])
    reader.close()
  })

  it('keeps to the limits of the request, but always gives one batch', async () => {
    await createTopic('flights', 2)
    const batch = batchOf([recordOf('k', 'x'.repeat(1000))])
    for (const partition of [0, 1]) for (let count = 0; count < 3; count++) await produce(batch, 'flights', partition)
    const both = [
      { partition: 0, fetchOffset: 0, partitionMaxBytes: 10 },
      { partition: 1, fetchOffset: 0, partitionMaxBytes: batch.length * 2 },
    ]
    const counts = async (maxBytes: number) => {
      const answer = await client.ask(apis.fetch, 11, fetchRequest(both, { maxBytes }))
      return answer.responses[0]!.partitions.map(({ records }) => recordsIn(records!).length)
    }
    expect(await counts(1_000_000)).toEqual([1, 2])
    expect(await counts(10)).toEqual([1, 0])
  })

  it('outside of a partition is an error at once, also of one that is deleted meanwhile', async () => {
    await createTopic()
    const answer = await client.ask(apis.fetch, 11, fetchRequest([{ partition: 0, fetchOffset: 1 }], { maxWaitMs: 20_000 }))
    expect(answer.responses[0]!.partitions[0]).toMatchObject({ errorCode: errorCode.OFFSET_OUT_OF_RANGE })
    const reader = await RawClient.open(broker.port)
    const waiting = reader.ask(apis.fetch, 11, fetchRequest([{ partition: 0, fetchOffset: 0 }], { maxWaitMs: 20_000 }))
    await client.ask(apis.deleteTopics, 4, { topicNames: ['flights'], timeoutMs: 1000 })
    expect((await waiting).responses[0]!.partitions[0]).toMatchObject({ errorCode: errorCode.UNKNOWN_TOPIC_OR_PARTITION })
    reader.close()
  })
})

describe('topics', () => {
  const wish = (name: string, more: object = {}) => ({
    name,
    numPartitions: 1,
    replicationFactor: 1,
    assignments: [],
    configs: [],
    ...more,
  })

  it.each([
    ['no/slash', {}, errorCode.INVALID_TOPIC_EXCEPTION],
    ['..', {}, errorCode.INVALID_TOPIC_EXCEPTION],
    ['x'.repeat(250), {}, errorCode.INVALID_TOPIC_EXCEPTION],
    ['flights', {}, errorCode.TOPIC_ALREADY_EXISTS],
    ['none', { numPartitions: 0 }, errorCode.INVALID_PARTITIONS],
    ['replicated', { replicationFactor: 3 }, errorCode.INVALID_REPLICATION_FACTOR],
    ['many', { numPartitions: 20_000 }, errorCode.POLICY_VIOLATION],
    ['unknown', { configs: [{ name: 'retention.hours', value: '1' }] }, errorCode.INVALID_CONFIG],
    ['wrong', { configs: [{ name: 'retention.ms', value: 'long' }] }, errorCode.INVALID_CONFIG],
    ['choice', { configs: [{ name: 'cleanup.policy', value: 'compact,forget' }] }, errorCode.INVALID_CONFIG],
    ['small', { configs: [{ name: 'min.cleanable.dirty.ratio', value: '1.5' }] }, errorCode.INVALID_CONFIG],
    [
      'elsewhere',
      { numPartitions: -1, replicationFactor: -1, assignments: [{ partitionIndex: 0, brokerIds: [2] }] },
      errorCode.INVALID_REPLICA_ASSIGNMENT,
    ],
  ])('are refused with a reason: %s', async (name, more, code) => {
    await createTopic()
    const { topics } = await client.ask(apis.createTopics, 5, { topics: [wish(name, more)], timeoutMs: 1000 })
    expect(topics[0]).toMatchObject({ name, errorCode: code })
    expect(topics[0]!.errorMessage).not.toBe('')
    expect((await client.ask(apis.metadata, 9, { topics: null })).topics).toHaveLength(1)
  })

  it('are only checked if that is what was asked for', async () => {
    const { topics } = await client.ask(apis.createTopics, 5, { topics: [wish('flights')], timeoutMs: 1000, validateOnly: true })
    expect(topics[0]).toMatchObject({ errorCode: 0, numPartitions: 1, replicationFactor: 1 })
    expect((await client.ask(apis.metadata, 9, { topics: null })).topics).toHaveLength(0)
  })

  it('come into being by themselves only in a broker that was told so, and for clients that allow it', async () => {
    const ask = async (allowAutoTopicCreation: boolean) => {
      const { topics } = await client.ask(apis.metadata, 9, { topics: [{ name: 'flights' }], allowAutoTopicCreation })
      return topics[0]!.errorCode
    }
    expect(await ask(true)).toBe(errorCode.UNKNOWN_TOPIC_OR_PARTITION)
    await restart({ autoCreateTopics: true, defaultPartitions: 3 })
    expect(await ask(false)).toBe(errorCode.UNKNOWN_TOPIC_OR_PARTITION)
    expect(await ask(true)).toBe(0)
    expect((await client.ask(apis.metadata, 9, { topics: null })).topics[0]!.partitions).toHaveLength(3)
  })

  it('that are deleted and made again are new, and so are what groups have committed in them', async () => {
    await createTopic()
    await produce(batchOf([recordOf('old')]))
    const partitions = [{ partitionIndex: 0, committedOffset: 1, committedMetadata: 'seen' }]
    const commit = { groupId: 'group', generationId: -1, memberId: '', topics: [{ name: 'flights', partitions }] }
    expect((await client.ask(apis.offsetCommit, 8, commit)).topics[0]!.partitions[0]).toMatchObject({ errorCode: 0 })
    const committed = async () => {
      const { topics } = await client.ask(apis.offsetFetch, 7, { groupId: 'group', topics: [{ name: 'flights', partitionIndexes: [0] }] })
      return topics[0]!.partitions[0]
    }
    expect(await committed()).toMatchObject({ committedOffset: 1, metadata: 'seen' })
    await client.ask(apis.deleteTopics, 4, { topicNames: ['flights'], timeoutMs: 1000 })
    await createTopic()
    expect(await committed()).toMatchObject({ committedOffset: -1 })
    expect(await produce(batchOf([recordOf('new')]))).toMatchObject({ baseOffset: 0 })
  })

  it('show their settings, defaults and where they come from', async () => {
    await createTopic('flights', 1, { 'retention.ms': '1000' })
    const resources = [{ resourceType: 2, resourceName: 'flights', configurationKeys: ['retention.ms', 'cleanup.policy'] }]
    const { results } = await client.ask(apis.describeConfigs, 4, { resources, includeSynonyms: true })
    expect(results[0]!.configs).toMatchObject([
      { name: 'cleanup.policy', value: 'delete', configSource: 5, configType: 7 },
      { name: 'retention.ms', value: '1000', configSource: 1, synonyms: [{ value: '1000' }, { value: '-1', source: 5 }] },
    ])
  })
})

describe('closing', () => {
  it('does not wait for who waits: a fetch, a member in a rebalance', async () => {
    await createTopic()
    const [reader, first, second] = await Promise.all([
      RawClient.open(broker.port),
      RawClient.open(broker.port),
      RawClient.open(broker.port),
    ])
    const fetched = reader.ask(apis.fetch, 11, fetchRequest([{ partition: 0, fetchOffset: 0 }], { maxWaitMs: 1_000_000 }))
    const member = { groupId: 'group', sessionTimeoutMs: 1_000_000, rebalanceTimeoutMs: 1_000_000, memberId: '', protocolType: 'consumer' }
    const join = { ...member, protocols: [{ name: 'range', metadata: Buffer.alloc(0) }] }
    await first.ask(apis.joinGroup, 2, join)
    const joined = second.ask(apis.joinGroup, 2, join)
    const refused = [expect(fetched).rejects.toThrow('closed the connection'), expect(joined).rejects.toThrow('closed the connection')]
    await client.ask(apis.listGroups, 0, {})
    await broker.close()
    await Promise.all(refused)
    broker = await startBroker()
    client = await RawClient.open(broker.port)
    first.close()
  })
})

describe('a client that reads slowly', () => {
  it('holds back itself only: its answers do not pile up, and others are served', async () => {
    await createTopic()
    await produce(batchOf([recordOf('k', 'x'.repeat(1_000_000))]))
    const slow = await RawClient.open(broker.port)
    slow.socket.pause()
    const before = process.memoryUsage().arrayBuffers
    const answers = 60
    const request = fetchRequest([{ partition: 0, fetchOffset: 0, partitionMaxBytes: 2_000_000 }], { maxBytes: 2_000_000 })
    for (let count = 1; count <= answers; count++) slow.socket.write(requestFrame(apis.fetch, 11, count, 'slow', request))
    for (let count = 0; count < 200; count++) await client.ask(apis.apiVersions, 0, {})
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(30_000_000)
    slow.socket.resume()
    for (let count = 1; count <= answers; count++) expect((await slow.frame()).readInt32BE(0)).toBe(count)
    slow.close()
  })
})

describe('limits', () => {
  it('of connections are kept', async () => {
    await restart({ limits: { connections: 1 } })
    const second = await RawClient.open(broker.port)
    await second.end()
    expect(messages).toContain('warn Refused a connection: 1 are open, which is the limit.')
  })

  it('of metadata of commits are kept', async () => {
    await createTopic()
    const partitions = [{ partitionIndex: 0, committedOffset: 1, committedMetadata: 'x'.repeat(5000) }]
    const commit = { groupId: 'group', generationId: -1, memberId: '', topics: [{ name: 'flights', partitions }] }
    const answer = await client.ask(apis.offsetCommit, 8, commit)
    expect(answer.topics[0]!.partitions[0]).toMatchObject({ errorCode: errorCode.OFFSET_METADATA_TOO_LARGE })
  })
})

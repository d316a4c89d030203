// A data folder as version 1 wrote it. Later versions must read it as it is: what changes the format needs a new file here, and this one stays.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type EmbeddedBroker, startBroker } from '../../../plugins/kafka/server/index.ts'
import { apis } from '../../../plugins/kafka/wire/apis.ts'
import { errorCode } from '../../../plugins/kafka/wire/error-codes.ts'
import { batchOf, recordOf, recordsIn } from './batches.ts'
import { RawClient } from './raw-client.ts'

interface GoldenFolder {
  readonly memberId: string
  readonly producerId: number
  /** Logs as base64, all else as text. */
  readonly files: Readonly<Record<string, string>>
}

const golden = JSON.parse(readFileSync(new URL('../golden/broker-folder.json', import.meta.url), 'utf8')) as GoldenFolder
const messages: string[] = []
let folder: string
let broker: EmbeddedBroker
let client: RawClient

beforeEach(async () => {
  messages.length = 0
  folder = mkdtempSync(join(tmpdir(), 'millrace-broker-'))
  for (const [name, text] of Object.entries(golden.files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text, name.endsWith('.log') ? 'base64' : 'utf8')
  }
  broker = await startBroker({ dataFolder: folder, logger: { log: (_, message) => void messages.push(message) } })
  client = await RawClient.open(broker.port)
})
afterEach(async () => {
  client.close()
  await broker.close()
  rmSync(folder, { recursive: true, force: true })
})

async function keysOf(topic: string, partition: number, from: number): Promise<readonly string[]> {
  const keys: string[] = []
  for (let offset = from; offset < 20; ) {
    const partitions = [{ partition, fetchOffset: offset, partitionMaxBytes: 1_000_000 }]
    const limits = { replicaId: -1, maxWaitMs: 0, minBytes: 0, maxBytes: 1_000_000, isolationLevel: 0 }
    const answer = await client.ask(apis.fetch, 11, { ...limits, topics: [{ topic, partitions }] })
    const records = recordsIn(answer.responses[0]!.partitions[0]!.records!).filter((record) => record.offset >= offset)
    keys.push(...records.map((record) => `${record.key}@${record.offset}`))
    offset = records.at(-1)!.offset + 1
  }
  return keys
}

describe('the data folder of version 1', () => {
  it('has its topics, records and deletions', async () => {
    const { topics } = await client.ask(apis.metadata, 9, { topics: null })
    expect(topics.map(({ name, partitions }) => [name, partitions.length])).toEqual([
      ['flights', 2],
      ['table', 1],
    ])
    expect(await keysOf('flights', 1, 6)).toEqual(Array.from({ length: 14 }, (_, index) => `key ${index + 6}@${index + 6}`))
    expect(await keysOf('table', 0, 0)).toEqual(['key 0@15', 'key 1@16', 'key 2@17', 'key 0@18', 'key 1@19'])
    const earliest = [{ name: 'flights', partitions: [{ partitionIndex: 1, timestamp: -2 }] }]
    expect((await client.ask(apis.listOffsets, 5, { replicaId: -1, topics: earliest })).topics[0]!.partitions[0]).toMatchObject({
      offset: 6,
    })
    expect(messages).toEqual([])
  })

  it('has its groups, offsets and producers', async () => {
    const identity = { groupId: 'group', generationId: 1, memberId: golden.memberId, groupInstanceId: 'one' }
    expect(await client.ask(apis.heartbeat, 3, identity)).toMatchObject({ errorCode: 0 })
    expect((await client.ask(apis.syncGroup, 3, { ...identity, assignments: [] })).assignment.toString()).toBe('assignment')
    const { topics } = await client.ask(apis.offsetFetch, 7, { groupId: 'group', topics: null })
    expect(topics).toMatchObject([{ name: 'flights', partitions: [{ partitionIndex: 1, committedOffset: 12, metadata: 'meta' }] }])
    const produce = async (baseSequence: number) => {
      const records = batchOf([recordOf('k')], { producerId: golden.producerId, producerEpoch: 0, baseSequence })
      const topicData = [{ name: 'flights', partitionData: [{ index: 1, records }] }]
      const answer = await client.ask(apis.produce, 9, { transactionalId: null, acks: -1, timeoutMs: 0, topicData })
      return answer.responses[0]!.partitionResponses[0]!
    }
    expect(await produce(19)).toMatchObject({ errorCode: 0, baseOffset: 19 })
    expect(await produce(21)).toMatchObject({ errorCode: errorCode.OUT_OF_ORDER_SEQUENCE_NUMBER })
    expect(await produce(20)).toMatchObject({ errorCode: 0, baseOffset: 20 })
  })
})

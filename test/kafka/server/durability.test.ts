import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type EmbeddedBroker, startBroker } from '../../../plugins/kafka/server/index.ts'
import { apis } from '../../../plugins/kafka/wire/apis.ts'
import { batchOf, recordOf, recordsIn } from './batches.ts'
import { RawClient } from './raw-client.ts'

let folder: string
const messages: string[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-broker-'))
  messages.length = 0
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function start(): Promise<EmbeddedBroker> {
  return startBroker({ dataFolder: folder, logger: { log: (_, message) => void messages.push(message) } })
}

async function createTopic(client: RawClient, configs: Readonly<Record<string, string>> = {}): Promise<void> {
  const settings = Object.entries(configs).map(([name, value]) => ({ name, value }))
  const topic = { name: 'flights', numPartitions: 2, replicationFactor: 1, assignments: [], configs: settings }
  expect((await client.ask(apis.createTopics, 5, { topics: [topic], timeoutMs: 1000 })).topics[0]).toMatchObject({ errorCode: 0 })
}

async function produce(client: RawClient, index: number, records: Buffer): Promise<number> {
  const topicData = [{ name: 'flights', partitionData: [{ index, records }] }]
  const answer = await client.ask(apis.produce, 9, { transactionalId: null, acks: -1, timeoutMs: 1000, topicData })
  const partition = answer.responses[0]!.partitionResponses[0]!
  expect(partition.errorCode).toBe(0)
  return partition.baseOffset
}

async function values(client: RawClient, partition: number): Promise<ReadonlyMap<number, string | null>> {
  const found = new Map<number, string | null>()
  for (let offset = 0; ; ) {
    const partitions = [{ partition, fetchOffset: offset, partitionMaxBytes: 1_000_000 }]
    const limits = { replicaId: -1, maxWaitMs: 0, minBytes: 0, maxBytes: 10_000_000, isolationLevel: 0 }
    const answer = await client.ask(apis.fetch, 11, { ...limits, topics: [{ topic: 'flights', partitions }] })
    const records = recordsIn(answer.responses[0]!.partitions[0]!.records!)
    if (records.length === 0) return found
    for (const record of records) found.set(record.offset, record.value)
    offset = records.at(-1)!.offset + 1
  }
}

const groupRequest = {
  groupId: 'group',
  sessionTimeoutMs: 30_000,
  rebalanceTimeoutMs: 30_000,
  groupInstanceId: 'one',
  protocolType: 'consumer',
  protocols: [{ name: 'range', metadata: Buffer.alloc(0) }],
}

describe('a broker that was closed', () => {
  it('comes back with its topics, settings, records, groups, offsets and producer ids', async () => {
    const first = await start()
    const client = await RawClient.open(first.port)
    await createTopic(client, { 'retention.ms': '1000000' })
    await produce(client, 1, batchOf([recordOf('a', 'kept')]))
    const { clusterId, topics } = await client.ask(apis.metadata, 10, { topics: null })
    const { producerId } = await client.ask(apis.initProducerId, 3, { transactionalId: null, transactionTimeoutMs: 0 })
    const joined = await client.ask(apis.joinGroup, 5, { ...groupRequest, memberId: '' })
    const identity = { groupId: 'group', generationId: joined.generationId, memberId: joined.memberId, groupInstanceId: 'one' }
    const assignments = [{ memberId: joined.memberId, assignment: Buffer.from('both partitions') }]
    await client.ask(apis.syncGroup, 3, { ...identity, assignments })
    const committed = [{ partitionIndex: 1, committedOffset: 1, committedMetadata: 'as far as here' }]
    await client.ask(apis.offsetCommit, 7, { ...identity, topics: [{ name: 'flights', partitions: committed }] })
    client.close()
    await first.close()

    const second = await start()
    const again = await RawClient.open(second.port)
    expect(messages).toEqual([])
    expect(await again.ask(apis.metadata, 10, { topics: null })).toMatchObject({ clusterId, topics: [{ topicId: topics[0]!.topicId }] })
    expect(await values(again, 1)).toEqual(new Map([[0, 'kept']]))
    expect(await again.ask(apis.heartbeat, 3, identity)).toMatchObject({ errorCode: 0 })
    expect((await again.ask(apis.syncGroup, 3, { ...identity, assignments: [] })).assignment.toString()).toBe('both partitions')
    const offsets = await again.ask(apis.offsetFetch, 7, { groupId: 'group', topics: null })
    expect(offsets.topics).toMatchObject([{ partitions: [{ partitionIndex: 1, committedOffset: 1, metadata: 'as far as here' }] }])
    const resources = [{ resourceType: 2, resourceName: 'flights', configurationKeys: ['retention.ms'] }]
    expect((await again.ask(apis.describeConfigs, 4, { resources })).results[0]!.configs).toMatchObject([{ value: '1000000' }])
    const later = await again.ask(apis.initProducerId, 3, { transactionalId: null, transactionTimeoutMs: 0 })
    expect(later.producerId).toBeGreaterThan(producerId)
    again.close()
    await second.close()
  })

  it('leaves deleted records deleted', async () => {
    const first = await start()
    const client = await RawClient.open(first.port)
    await createTopic(client)
    for (let count = 0; count < 5; count++) await produce(client, 0, batchOf([recordOf('k', `${count}`)]))
    const deletion = [{ name: 'flights', partitions: [{ partitionIndex: 0, offset: 3 }] }]
    expect((await client.ask(apis.deleteRecords, 2, { topics: deletion, timeoutMs: 1000 })).topics[0]!.partitions[0]).toMatchObject({
      lowWatermark: 3,
      errorCode: 0,
    })
    client.close()
    await first.close()
    const second = await start()
    const again = await RawClient.open(second.port)
    const earliest = [{ name: 'flights', partitions: [{ partitionIndex: 0, timestamp: -2 }] }]
    expect((await again.ask(apis.listOffsets, 5, { replicaId: -1, topics: earliest })).topics[0]!.partitions[0]).toMatchObject({
      offset: 3,
    })
    again.close()
    await second.close()
  })
})

describe('the data folder', () => {
  it('belongs to one broker at a time', async () => {
    const broker = await start()
    await expect(start()).rejects.toMatchObject({ code: 'broker-folder-locked' })
    await broker.close()
    await (await start()).close()
  })

  it('is freed by the death of its broker', async () => {
    const dead = spawn(process.execPath, ['-e', ''])
    await once(dead, 'exit')
    writeFileSync(join(folder, 'broker.lock'), `${dead.pid} 1`)
    await (await start()).close()
  })

  it('is refused without a change if it is damaged where no crash damages it', async () => {
    const broker = await start()
    const client = await RawClient.open(broker.port)
    await createTopic(client)
    client.close()
    await broker.close()
    const journal = join(folder, 'catalogue.journal')
    const text = readFileSync(journal, 'utf8')
    writeFileSync(journal, text.replace('cluster', 'custard'))
    await expect(start()).rejects.toMatchObject({ code: 'broker-folder-damaged' })
    rmSync(journal)
    await expect(start()).rejects.toMatchObject({ code: 'broker-folder-damaged' })
    writeFileSync(journal, text)
    await (await start()).close()
  })

  it('may hold a half-written line at the end of a journal, which is cut', async () => {
    await (await start()).close()
    appendFileSync(join(folder, 'catalogue.journal'), '12345678 {"kind":"topic","na')
    await (await start()).close()
    expect(messages).toEqual(['Cut 28 bytes off the end of catalogue.journal: a line that was half written.'])
  })

  it('must be a folder that can be written', async () => {
    writeFileSync(join(folder, 'file'), '')
    await expect(startBroker({ dataFolder: join(folder, 'file') })).rejects.toMatchObject({ code: 'broker-folder-unusable' })
  })

  it('is not kept waiting by a port that is taken', async () => {
    const broker = await start()
    const other = mkdtempSync(join(tmpdir(), 'millrace-broker-'))
    await expect(startBroker({ dataFolder: other, port: broker.port })).rejects.toMatchObject({ code: 'broker-cannot-listen' })
    expect(readdirSync(other)).not.toContain('broker.lock')
    await broker.close()
    rmSync(other, { recursive: true })
  })
})

describe('a broker that is killed', () => {
  const loader = fileURLToPath(new URL('../../../scripts/typescript.mjs', import.meta.url))
  const program = fileURLToPath(new URL('broker-process.ts', import.meta.url))

  async function startProcess(): Promise<{ readonly child: ChildProcess; readonly port: number; readonly lines: readonly string[] }> {
    const child = spawn(process.execPath, ['--import', loader, program, folder], { stdio: ['ignore', 'pipe', 'inherit'] })
    const lines: string[] = []
    for await (const line of createInterface(child.stdout!)) {
      if (line.startsWith('port ')) return { child, port: Number(line.slice(5)), lines }
      lines.push(line)
    }
    throw new Error(`The broker ended at its start:\n${lines.join('\n')}`)
  }

  async function kill(child: ChildProcess): Promise<void> {
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  }

  it('while it writes loses nothing that it acknowledged', async () => {
    const acknowledged = [new Map<number, string>(), new Map<number, string>()]
    for (let round = 0; round < 3; round++) {
      const { child, port } = await startProcess()
      const client = await RawClient.open(port)
      // Small segments, so that files are sealed and begun in the midst of it.
      if (round === 0) await createTopic(client, { 'segment.bytes': '20000' })
      const writers = [0, 1].map(async (partition) => {
        const writer = await RawClient.open(port)
        for (let count = 0; ; count++) {
          const value = `${round}/${count} ${'x'.repeat(count % 300)}`
          const offset = await produce(writer, partition, batchOf([recordOf('k', value)])).catch(() => undefined)
          if (offset === undefined) return
          acknowledged[partition]!.set(offset, value)
          if (count === 150) void kill(child)
        }
      })
      await Promise.all(writers)
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    }
    const { child, port } = await startProcess()
    const client = await RawClient.open(port)
    for (const partition of [0, 1]) {
      const found = await values(client, partition)
      expect(acknowledged[partition]!.size).toBeGreaterThan(300)
      for (const [offset, value] of acknowledged[partition]!) expect(found.get(offset)).toBe(value)
    }
    client.close()
    await kill(child)
  })
})

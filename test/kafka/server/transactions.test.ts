import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type EmbeddedBroker, startBroker } from '../../../plugins/kafka/server/index.ts'
import { apis } from '../../../plugins/kafka/wire/apis.ts'
import { errorName } from '../../../plugins/kafka/wire/error-codes.ts'
import { eventually } from '../../contract/broker/bench.ts'
import { RawClient } from './raw-client.ts'
import { committedIn, committedOffset, createFlights, TransactionalClient } from './transactional-client.ts'

let folder: string
let broker: EmbeddedBroker
let reader: RawClient
const reports: string[] = []

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-transactions-'))
  reports.length = 0
  await start()
  await createFlights(reader)
})
afterEach(async () => {
  await stop()
  rmSync(folder, { recursive: true, force: true })
})

async function start(): Promise<void> {
  broker = await startBroker({ dataFolder: folder, logger: { log: (_, message) => void reports.push(message) } })
  reader = await RawClient.open(broker.port)
}

async function stop(): Promise<void> {
  reader.close()
  await broker.close()
}

async function restart(): Promise<void> {
  await stop()
  await start()
}

async function producer(transactionTimeoutMs?: number): Promise<TransactionalClient> {
  const opened = await TransactionalClient.open(broker.port)
  expect(await opened.initialize(transactionTimeoutMs)).toBe('NONE')
  return opened
}

describe('the coordinator of transactions', () => {
  it('gives a transactional id the same producer, in a newer epoch each time', async () => {
    const first = await producer()
    const second = await producer()
    expect(second.producerId).toBe(first.producerId)
    expect(second.producerEpoch).toBe(first.producerEpoch + 1)
  })

  it('lets a producer that says who it is have a new epoch, and the same one again if the answer was lost', async () => {
    const one = await producer()
    const { transactionalId, producerId, producerEpoch } = one
    const claim = { transactionalId, transactionTimeoutMs: 60_000, producerId, producerEpoch }
    const renewed = await reader.ask(apis.initProducerId, 4, claim)
    expect(renewed).toMatchObject({ errorCode: 0, producerEpoch: producerEpoch + 1 })
    await restart()
    expect(await reader.ask(apis.initProducerId, 4, claim)).toEqual(renewed)
    const again = await TransactionalClient.open(broker.port)
    Object.assign(again, { producerId, producerEpoch: producerEpoch + 1 })
    await again.write(0, 'v')
    // It has the answer, then: who asks now is a zombie.
    expect(errorName((await reader.ask(apis.initProducerId, 4, claim)).errorCode)).toBe('PRODUCER_FENCED')
    expect(await again.end(true)).toBe('NONE')
  })

  it('gives nobody a new epoch who thinks to be the producer after another one has come', async () => {
    const { transactionalId, producerId, producerEpoch } = await producer()
    const claim = { transactionalId, transactionTimeoutMs: 60_000, producerId, producerEpoch }
    await reader.ask(apis.initProducerId, 4, claim)
    await producer()
    expect(errorName((await reader.ask(apis.initProducerId, 4, claim)).errorCode)).toBe('PRODUCER_FENCED')
  })

  it('refuses timeouts that are none, or too long', async () => {
    const one = await TransactionalClient.open(broker.port)
    expect(await one.initialize(0)).toBe('INVALID_TRANSACTION_TIMEOUT')
    expect(await one.initialize(16 * 60_000)).toBe('INVALID_TRANSACTION_TIMEOUT')
  })

  it('takes no batch for a partition that is not in the transaction, nor after its end', async () => {
    const one = await producer()
    expect(await one.produce(0, 'v')).toBe('INVALID_TXN_STATE')
    await one.write(0, 'v')
    expect(await one.produce(1, 'v')).toBe('INVALID_TXN_STATE')
    expect(await one.end(true)).toBe('NONE')
    expect(await one.produce(0, 'v')).toBe('INVALID_TXN_STATE')
  })

  it('adds no partition if one of them is not there', async () => {
    const one = await producer()
    expect(await one.add(7)).toBe('UNKNOWN_TOPIC_OR_PARTITION')
    expect(await one.produce(0, 'v')).toBe('INVALID_TXN_STATE')
  })

  it('fences an older producer in all that it does', async () => {
    const old = await producer()
    await old.write(0, 'left open')
    await old.addGroup()
    const next = await producer()
    expect(await old.produce(0, 'zombie')).toBe('INVALID_PRODUCER_EPOCH')
    expect(await old.add(1)).toBe('PRODUCER_FENCED')
    expect(await old.addGroup()).toBe('PRODUCER_FENCED')
    expect(await old.commitOffset(7)).toBe('PRODUCER_FENCED')
    expect(await old.end(true)).toBe('PRODUCER_FENCED')
    await next.write(0, 'good')
    expect(await next.end(true)).toBe('NONE')
    expect(await committedIn(reader, 0)).toEqual({ values: ['good'], end: 4 })
  })

  it('answers an end that is asked for again, but not another one', async () => {
    const one = await producer()
    await one.write(0, 'v')
    expect(await one.end(true)).toBe('NONE')
    expect(await one.end(true)).toBe('NONE')
    expect(await one.end(false)).toBe('INVALID_TXN_STATE')
    expect((await committedIn(reader, 0)).end).toBe(2)
  })

  it('aborts what takes longer than its timeout, and fences its producer', async () => {
    const one = await producer(100)
    await one.write(0, 'too late')
    await eventually(async () => (await committedIn(reader, 0)).end === 2, 'the transaction was aborted')
    expect(await one.produce(0, 'later still')).toBe('INVALID_PRODUCER_EPOCH')
    expect(await one.end(true)).toBe('PRODUCER_FENCED')
    expect((await committedIn(reader, 0)).values).toEqual([])
  })

  it('says where it is to who looks for it', async () => {
    const answer = await reader.ask(apis.findCoordinator, 4, { keyType: 1, coordinatorKeys: ['counts-1'] })
    expect(answer.coordinators).toMatchObject([{ key: 'counts-1', errorCode: 0, port: broker.port }])
  })
})

describe('offsets in a transaction', () => {
  it('are unstable until it has ended, to who asks for stable ones, and then what it has come to', async () => {
    const one = await producer()
    expect(await one.addGroup()).toBe('NONE')
    expect(await one.commitOffset(5)).toBe('NONE')
    expect(await committedOffset(reader)).toBe('UNSTABLE_OFFSET_COMMIT')
    expect(await committedOffset(reader, false)).toBe(-1)
    await one.end(true)
    expect(await committedOffset(reader)).toBe(5)
    await one.addGroup()
    await one.commitOffset(9)
    await one.end(false)
    expect(await committedOffset(reader)).toBe(5)
  })

  it('are refused without the group in the transaction, and of who is no member of the generation', async () => {
    const one = await producer()
    expect(await one.commitOffset(5)).toBe('INVALID_TXN_STATE')
    await one.addGroup()
    expect(await one.commitOffset(5, { generationId: 3, memberId: 'nobody' })).toBe('ILLEGAL_GENERATION')
    const join = { groupId: 'group', sessionTimeoutMs: 30_000, rebalanceTimeoutMs: 30_000, memberId: '', protocolType: 'consumer' }
    const joining = { ...join, groupInstanceId: null, protocols: [{ name: 'range', metadata: Buffer.alloc(0) }] }
    const { memberId, generationId } = await reader.ask(apis.joinGroup, 3, joining)
    expect(await one.commitOffset(5, { generationId, memberId: 'nobody' })).toBe('UNKNOWN_MEMBER_ID')
    expect(await one.commitOffset(5, { generationId: generationId - 1, memberId })).toBe('ILLEGAL_GENERATION')
    expect(await one.commitOffset(5, { generationId, memberId })).toBe('NONE')
  })
})

describe('a broker that comes back', () => {
  it('has the transaction still open, and it can be ended', async () => {
    const one = await producer()
    await one.write(0, 'v')
    await one.addGroup()
    await one.commitOffset(3)
    await restart()
    expect(await committedIn(reader, 0)).toEqual({ values: [], end: 0 })
    expect(await committedOffset(reader)).toBe('UNSTABLE_OFFSET_COMMIT')
    const again = await TransactionalClient.open(broker.port)
    Object.assign(again, { producerId: one.producerId, producerEpoch: one.producerEpoch })
    expect(await again.end(true)).toBe('NONE')
    expect(await committedIn(reader, 0)).toEqual({ values: ['v'], end: 2 })
    expect(await committedOffset(reader)).toBe(3)
  })

  it('knows what was aborted, and who is fenced', async () => {
    const one = await producer()
    await one.write(0, 'lost')
    await one.end(false)
    await one.write(0, 'kept')
    await one.end(true)
    await restart()
    expect(await committedIn(reader, 0)).toEqual({ values: ['kept'], end: 4 })
    const again = await producer()
    expect(again.producerEpoch).toBe(one.producerEpoch + 1)
  })

  it('aborts what was left open when its time is up', async () => {
    const one = await producer(300)
    await one.write(0, 'left open')
    await restart()
    await eventually(async () => (await committedIn(reader, 0)).end === 2, 'the transaction was aborted')
    expect((await committedIn(reader, 0)).values).toEqual([])
    expect(reports).toEqual([])
  })
})

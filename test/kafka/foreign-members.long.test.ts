// Joining a group that still has members of another protocol: those of a Kafka Streams app that was just closed, in a takeover.

import { Kafka, logLevel } from 'kafkajs'
import { afterEach, describe, expect, it } from 'vitest'
import type { Logger } from '../../framework/index.ts'
import { SystemClock } from '../../framework/runtime/system-clock.ts'
import { KafkaBroker } from '../../plugins/kafka/client/kafka-broker.ts'
import { defaultClientSettings, type KafkaClientSettings } from '../../plugins/kafka/client/settings.ts'
import { startBroker } from '../../plugins/kafka/server/index.ts'

const closers: (() => unknown)[] = []

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

describe('a group with members of another protocol', () => {
  it('is joined when they are gone, and a line says what is waited for', async () => {
    const { member, warnings, foreigner } = await groupOfAForeigner()
    const joined = member.join()
    await expect.poll(() => warnings).toEqual([expect.stringMatching(/^Waiting for the group takeover: it has members that speak another/)])
    await foreigner.disconnect()
    expect((await joined).generation).toBeGreaterThan(0)
    expect(warnings).toHaveLength(1)
  })

  it('is given up after a while, with what to do', async () => {
    const { member } = await groupOfAForeigner({ foreignMembersTimeoutMs: 100 })
    await expect(member.join()).rejects.toMatchObject({
      code: 'group-foreign',
      message: expect.stringContaining('Stop the Kafka Streams app'),
    })
  })

  it('is left at once by an app that is to stop meanwhile', async () => {
    const { member, warnings } = await groupOfAForeigner()
    const joined = member.join()
    await expect.poll(() => warnings).toHaveLength(1)
    await member.leave()
    await expect(joined).rejects.toMatchObject({ code: 'client-closed' })
  })
})

async function groupOfAForeigner(settings: Partial<KafkaClientSettings> = {}) {
  const server = await startBroker()
  closers.push(() => server.close())
  const warnings: string[] = []
  const logger: Logger = { log: (level, line) => void (level === 'warn' && warnings.push(line)) }
  const connection = { brokers: [server.address], clientId: 'test', logger, clock: new SystemClock() }
  const broker = new KafkaBroker(connection, {}, { ...defaultClientSettings, retryBackoffMsMax: 20, ...settings })
  closers.push(() => broker.close())
  await broker.admin.createTopics([{ name: 'in', partitions: 1 }])

  const foreigner = new Kafka({ brokers: [server.address], logLevel: logLevel.NOTHING }).consumer({ groupId: 'takeover' })
  closers.push(() => foreigner.disconnect())
  await foreigner.connect()
  await foreigner.subscribe({ topic: 'in' })
  const joined = new Promise((resolve) => foreigner.on(foreigner.events.GROUP_JOIN, resolve))
  await foreigner.run({ eachMessage: async () => undefined })
  await joined

  const member = broker.member({
    clientId: 'test',
    groupId: 'takeover',
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 10_000,
    heartbeatIntervalMs: 1_000,
    protocol: 'millrace',
    subscription: () => new Uint8Array([0, 0, 0, 0, 0, 0, 255, 255, 255, 255]),
    assign: async (members) => new Map(members.map(({ memberId }) => [memberId, new Uint8Array(0)])),
  })
  return { member, warnings, foreigner }
}

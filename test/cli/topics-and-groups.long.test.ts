// millrace topic and group, as programs, against the embedded broker.

import { Kafka, logLevel } from 'kafkajs'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { type EmbeddedBroker, startBroker } from '../../plugins/kafka/server/index.ts'
import { Client } from '../e2e/client.ts'
import { type Ended, millrace, projectOf } from './program.ts'

let broker: EmbeddedBroker

beforeAll(async () => {
  broker = await startBroker()
  return () => broker.close()
})

async function run(line: string, address = broker.address): Promise<Ended> {
  return millrace(line.split(' '), projectOf({}), { MILLRACE_BROKERS: address })
}

async function dataOf(line: string): Promise<unknown> {
  const { code, stdout, stderr } = await run(`${line} --json`)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return JSON.parse(stdout)
}

describe('millrace topic', () => {
  it('creates, lists, describes and deletes', async () => {
    expect(await run('topic create flights --partitions 2 --set retention.ms=-1 --set cleanup.policy=compact')).toEqual({
      code: 0,
      stdout: 'Created flights with 2 partitions.\n',
      stderr: '',
    })
    await new Client(broker.address).send('flights', [{ key: 'a', value: '1', timestamp: 1 }])
    expect(await dataOf('topic list')).toContainEqual({ name: 'flights', partitions: 2 })
    expect((await run('topic list')).stdout).toMatch(/^Topic {2,}Partitions$\n^flights {2,}2$/m)
    expect(await dataOf('topic describe flights')).toMatchObject({
      name: 'flights',
      partitions: expect.arrayContaining([
        { partition: expect.any(Number), startOffset: 0, endOffset: 1 },
        { partition: expect.any(Number), startOffset: 0, endOffset: 0 },
      ]),
      settings: { 'retention.ms': '-1', 'cleanup.policy': 'compact' },
    })
    expect((await run('topic describe flights')).stdout).toMatch(/^Partition +Start +End$\n^ +0 +0 +[01]$[\s\S]*^cleanup.policy +compact$/m)
    expect(await run('topic delete flights')).toMatchObject({ code: 0, stdout: 'Deleted flights.\n' })
    expect(await dataOf('topic list')).not.toContainEqual(expect.objectContaining({ name: 'flights' }))
  })

  it('says what is wrong, and changes nothing', async () => {
    await run('topic create airports --partitions 1')
    const answers = [
      await run('topic create airports --partitions 3'),
      await run('topic create bad/name --partitions 1'),
      await run('topic create odd --partitions 1 --set retention.ms'),
      await run('topic describe airprots'),
      await run('topic delete airprots'),
      await run('topic list', '127.0.0.1:1'),
      await run('topic list', 'nonsense'),
      await run('topic create odd'),
    ]
    expect(answers.map(({ code, stdout, stderr }) => `${code} ${stdout}${stderr.split('\nSee more')[0]}`)).toMatchInlineSnapshot(`
      [
        "1 error: There is a topic airports already; it is left as it is.
      ",
        "1 error: The topic bad/name cannot be created: Topic name is invalid: 'bad/name' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'. Choose another name or other settings for it.
      ",
        "2 error: retention.ms is no setting; write it as retention.ms=-1.
      ",
        "1 error: There is no topic airprots. Did you mean airports? \`millrace topic list\` shows all.
      ",
        "1 error: There is no topic airprots. Did you mean airports? \`millrace topic list\` shows all.
      ",
        "1 error: No broker answers at 127.0.0.1:1 (nothing listens there). Start Kafka (or \`millrace broker\`) there, or set MILLRACE_BROKERS to where it is.
      ",
        "2 error: The settings are wrong:
        MILLRACE_BROKERS has nonsense; a broker is a host and a port, such as kafka-1:9092.
      Correct them in millrace.config.ts or in the environment.
      ",
        "2 error: The option --partitions is missing.",
      ]
    `)
    expect(await dataOf('topic list')).toEqual([{ name: 'airports', partitions: 1 }])
  })
})

describe('millrace group', () => {
  it('says how far each group is behind, by partition, and who is in it', async () => {
    const client = new Client(broker.address)
    await client.createTopics(2, 'read')
    await client.createTopics(1, 'unread')
    const kafka = new Kafka({ brokers: [broker.address], clientId: 'reader', logLevel: logLevel.NOTHING })
    const admin = kafka.admin()
    await admin.connect()
    onTestFinished(() => admin.disconnect())
    const records = Array.from({ length: 30 }, (_, n) => ({ key: `k${n}`, value: 'v', timestamp: n }))
    await client.send('read', records)
    const ends = (await admin.fetchTopicOffsets('read')).sort((left, right) => left.partition - right.partition)
    await admin.setOffsets({
      groupId: 'readers',
      topic: 'read',
      partitions: [
        { partition: 0, offset: '3' },
        { partition: 1, offset: ends[1]!.offset },
      ],
    })

    const [first, second] = ends.map(({ offset }) => Number(offset)) as [number, number]
    expect(await dataOf('group describe readers')).toEqual({
      groupId: 'readers',
      state: 'Empty',
      members: [],
      partitions: [
        { topic: 'read', partition: 0, committedOffset: 3, endOffset: first, lag: first - 3 },
        { topic: 'read', partition: 1, committedOffset: second, endOffset: second, lag: 0 },
      ],
    })

    const consumer = kafka.consumer({ groupId: 'readers', maxWaitTimeInMs: 100 })
    onTestFinished(() => consumer.disconnect())
    await consumer.connect()
    await consumer.subscribe({ topic: 'unread' })
    const joined = new Promise((resolve) => consumer.on('consumer.group_join', resolve))
    await consumer.run({ eachMessage: async () => {} })
    await joined
    const { stdout } = await run('group describe readers')
    expect(stdout).toMatch(/^readers: Stable, 1 member$/m)
    expect(stdout).toMatch(/^reader-\S+ +reader +\S+$/m)
    expect(stdout).toContain(`Lag in all: ${first - 3}\n`)
    expect(await dataOf('group list')).toContainEqual({ groupId: 'readers', protocolType: 'consumer' })
    expect((await run('group list')).stdout).toMatch(/^readers +consumer$/m)
  })

  it('suggests the group that was probably meant', async () => {
    const { code, stderr } = await run('group describe raeders')
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: 'error: There is no group raeders. Did you mean readers? `millrace group list` shows all.\n',
    })
  })
})

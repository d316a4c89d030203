import { describe, expect, test } from 'vitest'
import { asOffset, asTimestamp } from '../../../framework/index.ts'
import { at, type BrokerBench, eventually, numbered, partitionsOf } from './bench.ts'

export function adminContract(bench: BrokerBench): void {
  describe('topics', () => {
    test('are described by name, and missing ones are missing', async () => {
      const { admin } = await bench.broker()
      const name = bench.newName('topic')
      expect(await admin.createTopics([{ name, partitions: 3 }])).toEqual(new Map([[name, 'created']]))
      expect(await admin.topics([name, bench.newName('none')])).toEqual(new Map([[name, { name, partitions: 3 }]]))
      expect(await admin.topicNames()).toContain(name)
    })

    test('that exist already are left as they are', async () => {
      const { admin } = await bench.broker()
      const [name, other] = [bench.newName('topic'), bench.newName('topic')]
      await admin.createTopics([{ name, partitions: 3 }])
      const outcome = await admin.createTopics([
        { name, partitions: 5 },
        { name: other, partitions: 1 },
      ])
      expect(outcome).toEqual(
        new Map([
          [name, 'exists'],
          [other, 'created'],
        ]),
      )
      expect((await admin.topics([name])).get(name)?.partitions).toBe(3)
    })

    test('have the settings they were made with, and default ones', async () => {
      const { admin } = await bench.broker()
      const name = bench.newName('topic')
      await admin.createTopics([{ name, partitions: 1, settings: { 'cleanup.policy': 'compact', 'retention.ms': '-1' } }])
      const settings = await admin.topicSettings(name)
      expect(settings.get('cleanup.policy')).toBe('compact')
      expect(settings.get('retention.ms')).toBe('-1')
      expect(Number(settings.get('max.message.bytes'))).toBeGreaterThan(1_000_000)
    })

    test('that cannot be made are refused by name', async () => {
      const { admin } = await bench.broker()
      await expect(admin.createTopics([{ name: 'not a name!', partitions: 1 }])).rejects.toMatchObject({ code: 'topic-invalid' })
      await expect(admin.createTopics([{ name: bench.newName('topic'), partitions: 0 }])).rejects.toMatchObject({ code: 'topic-invalid' })
    })

    test('are gone when they were deleted, and deleting them again does nothing', async () => {
      const { admin } = await bench.broker()
      const name = bench.newName('topic')
      await admin.createTopics([{ name, partitions: 1 }])
      await admin.deleteTopics([name])
      await eventually(async () => (await admin.topics([name])).size === 0, 'the topic is gone')
      await admin.deleteTopics([name])
    })

    test('that do not exist have no settings and no offsets', async () => {
      const { admin } = await bench.broker()
      const topic = bench.newName('none')
      await expect(admin.topicSettings(topic)).rejects.toMatchObject({ code: 'topic-missing' })
      await expect(admin.endOffsets([{ topic, partition: 0 }])).rejects.toMatchObject({ code: 'topic-missing' })
    })
  })

  describe('offsets', () => {
    test('of an empty partition are 0', async () => {
      const broker = await bench.broker()
      const topic = await bench.newTopic(broker, { partitions: 2 })
      const partitions = partitionsOf(topic, 2)
      expect(await broker.admin.startOffsets(partitions)).toEqual([at(topic, 0, 0), at(topic, 1, 0)])
      expect(await broker.admin.endOffsets(partitions, { readCommitted: true })).toEqual([at(topic, 0, 0), at(topic, 1, 0)])
    })

    test('of the end are behind the last record, in the order of the question', async () => {
      const broker = await bench.broker()
      const topic = await bench.newTopic(broker, { partitions: 2 })
      await bench.write(broker, topic, [...numbered(3, 0), ...numbered(5, 1)])
      const question = [
        { topic, partition: 1 },
        { topic, partition: 0 },
      ]
      expect(await broker.admin.endOffsets(question)).toEqual([at(topic, 1, 5), at(topic, 0, 3)])
    })

    test('of a time are those of the first record then or later, or the end', async () => {
      const broker = await bench.broker()
      const topic = await bench.newTopic(broker, { partitions: 2 })
      const base = 1_700_000_000_000
      await bench.write(
        broker,
        topic,
        [base, base + 10, base + 20].map((timestamp) => ({ key: 'k', value: 'v', timestamp })),
      )
      const found = await broker.admin.offsetsAt(partitionsOf(topic, 2), asTimestamp(base + 5))
      expect(found).toEqual([at(topic, 0, 1), at(topic, 1, 0)])
      expect(await broker.admin.offsetsAt([{ topic, partition: 0 }], asTimestamp(base + 21))).toEqual([at(topic, 0, 3)])
    })

    test('of the start move on when records are deleted', async () => {
      const broker = await bench.broker()
      const topic = await bench.newTopic(broker, { partitions: 2, settings: { 'cleanup.policy': 'delete' } })
      await bench.write(broker, topic, [...numbered(5, 0), ...numbered(5, 1)])
      await broker.admin.deleteRecords([at(topic, 0, 3), at(topic, 1, 5)])
      expect(await broker.admin.startOffsets(partitionsOf(topic, 2))).toEqual([at(topic, 0, 3), at(topic, 1, 5)])
      expect(await broker.admin.endOffsets(partitionsOf(topic, 2))).toEqual([at(topic, 0, 5), at(topic, 1, 5)])
    })

    test('cannot be asked of a partition that the topic has not', async () => {
      const broker = await bench.broker()
      const topic = await bench.newTopic(broker)
      await expect(broker.admin.endOffsets([{ topic, partition: 7 }])).rejects.toMatchObject({ code: 'partition-missing' })
    })
  })

  describe('a group without members', () => {
    test('has the offsets that were set for it, with their metadata', async () => {
      const broker = await bench.broker()
      const topic = await bench.newTopic(broker, { partitions: 3 })
      const groupId = bench.newName('group')
      expect(await broker.admin.committed(groupId, partitionsOf(topic, 3))).toEqual([])
      await broker.admin.resetCommitted(groupId, [
        { topic, partition: 0, offset: asOffset(7), metadata: 'AgAAAYvPtjgA' },
        { topic, partition: 2, offset: asOffset(0), metadata: '' },
      ])
      const committed = await broker.admin.committed(groupId, partitionsOf(topic, 3))
      expect([...committed].sort((left, right) => left.partition - right.partition)).toEqual([
        { topic, partition: 0, offset: 7, metadata: 'AgAAAYvPtjgA' },
        { topic, partition: 2, offset: 0, metadata: '' },
      ])
    })

    test('that nobody has heard of is not there', async () => {
      const { admin } = await bench.broker()
      const groupId = bench.newName('group')
      expect(await admin.group(groupId)).toBeUndefined()
      expect((await admin.groups()).map((group) => group.groupId)).not.toContain(groupId)
    })
  })
}

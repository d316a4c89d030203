import { describe, expect, test } from 'vitest'
import { asOffset, type GroupMember, type MemberSubscription } from '../../../framework/index.ts'
import { type BrokerBench, consumerSubscription, eventually, within } from './bench.ts'

export function memberContract(bench: BrokerBench): void {
  describe('a group member', () => {
    test('that is alone leads, and gets what it assigns', async () => {
      const broker = await bench.broker()
      const seen: MemberSubscription[][] = []
      const member = broker.member(
        bench.memberOptions(bench.newName('group'), {
          subscription: () => consumerSubscription('I know orders'),
          assign: async (members) => {
            seen.push([...members])
            return new Map(members.map(({ memberId }) => [memberId, Buffer.from('orders-0')]))
          },
        }),
      )
      expect(member.state).toBe('new')
      const { assignment, generation, memberId } = await member.join()
      expect(Buffer.from(assignment).toString()).toBe('orders-0')
      expect(generation).toBeGreaterThanOrEqual(1)
      expect(seen).toHaveLength(1)
      expect(seen[0]?.map((one) => [one.memberId, Buffer.from(one.subscription)])).toEqual([
        [memberId, consumerSubscription('I know orders')],
      ])
      expect(member.state).toBe('stable')
    })

    test('hears of a second one, and both get their assignment', async () => {
      const broker = await bench.broker()
      const groupId = bench.newName('group')
      const first = broker.member(bench.memberOptions(groupId))
      const second = broker.member(bench.memberOptions(groupId))
      await first.join()
      const joined = second.join()
      await within(() => first.changed(), 'the first did not hear of the second')
      expect(first.state).toBe('rebalancing')
      const [one, two] = await within(() => Promise.all([first.join(), joined]), 'the members did not come together')
      expect(one.generation).toBe(two.generation)
      expect(Buffer.from(one.assignment).toString()).toBe(`for ${one.memberId}`)
      expect(Buffer.from(two.assignment).toString()).toBe(`for ${two.memberId}`)
      const described = await broker.admin.group(groupId)
      expect(described).toMatchObject({ state: 'Stable', protocol: 'stream', protocolType: 'consumer' })
      expect(described?.members.map(({ memberId }) => memberId).sort()).toEqual([one.memberId, two.memberId].sort())
      expect((await broker.admin.groups()).map((group) => group.groupId)).toContain(groupId)
    })

    test('hears of it at once when another one leaves', async () => {
      const broker = await bench.broker()
      const { first, second } = await twoMembers(bench, broker.member.bind(broker))
      await second.leave()
      expect(second.state).toBe('left')
      await within(() => first.changed(), 'the first did not hear that the second left')
      await within(() => first.join(), 'the first did not join again')
      expect(first.state).toBe('stable')
    })

    test('hears of one that was lost when its session has timed out', async () => {
      const broker = await bench.broker()
      const groupId = bench.newName('group')
      const first = broker.member(bench.memberOptions(groupId, { sessionTimeoutMs: 1_000 }))
      await first.join()
      // A heartbeat that never comes is what a crash looks like from outside.
      const lost = broker.member(bench.memberOptions(groupId, { sessionTimeoutMs: 1_000, heartbeatIntervalMs: 1_000_000 }))
      const lostJoins = lost.join()
      await within(() => first.changed(), 'the first did not hear of the second')
      await Promise.all([first.join(), lostJoins])
      await within(() => first.changed(), 'the first did not hear that the second is lost')
      await within(() => first.join(), 'the first did not join again')
      await expect(lost.commit([])).resolves.toBeUndefined()
    })

    test('commits offsets that others see', async () => {
      const broker = await bench.broker()
      const topic = await bench.newTopic(broker, { partitions: 2 })
      const groupId = bench.newName('group')
      const member = broker.member(bench.memberOptions(groupId))
      await member.join()
      await member.commit([{ topic, partition: 1, offset: asOffset(42), metadata: 'times' }])
      await member.commit([{ topic, partition: 1, offset: asOffset(43), metadata: 'later times' }])
      const other = await bench.broker()
      const committed = await other.admin.committed(groupId, [
        { topic, partition: 0 },
        { topic, partition: 1 },
      ])
      expect(committed).toEqual([{ topic, partition: 1, offset: 43, metadata: 'later times' }])
    })

    test('may commit while it hears of a rebalance, before it joins again', async () => {
      const broker = await bench.broker()
      const topic = await bench.newTopic(broker)
      const groupId = bench.newName('group')
      const first = broker.member(bench.memberOptions(groupId))
      const second = broker.member(bench.memberOptions(groupId))
      await first.join()
      const joined = second.join()
      await within(() => first.changed(), 'the first did not hear of the second')
      await first.commit([{ topic, partition: 0, offset: asOffset(5), metadata: '' }])
      await Promise.all([first.join(), joined])
      expect(await broker.admin.committed(groupId, [{ topic, partition: 0 }])).toMatchObject([{ offset: 5 }])
    })

    test('cannot commit when its generation is over', async () => {
      const broker = await bench.broker()
      const topic = await bench.newTopic(broker)
      const groupId = bench.newName('group')
      const slow = broker.member(
        bench.memberOptions(groupId, { sessionTimeoutMs: 1_000, rebalanceTimeoutMs: 1_000, heartbeatIntervalMs: 1_000_000 }),
      )
      await slow.join()
      const other = broker.member(bench.memberOptions(groupId))
      await within(() => other.join(), 'the group did not give the slow member up')
      await expect(slow.commit([{ topic, partition: 0, offset: asOffset(1), metadata: '' }])).rejects.toMatchObject({
        code: 'member-fenced',
      })
      expect(slow.state).toBe('lost')
      const joined = slow.join()
      await within(() => other.changed(), 'the other did not hear of the one that comes back')
      await within(() => Promise.all([joined, other.join()]), 'the slow member did not come back')
      expect(slow.state).toBe('stable')
    })

    test('cannot commit once it was lost, even if nobody is left in its group', async () => {
      const broker = await bench.broker()
      const topic = await bench.newTopic(broker)
      const groupId = bench.newName('group')
      const member = broker.member(bench.memberOptions(groupId, { sessionTimeoutMs: 1_000, heartbeatIntervalMs: 1_500 }))
      await member.join()
      await within(() => member.changed(), 'the member did not hear that it was lost')
      expect(member.state).toBe('lost')
      await expect(member.commit([{ topic, partition: 0, offset: asOffset(1), metadata: '' }])).rejects.toMatchObject({
        code: 'member-fenced',
      })
      expect(await broker.admin.committed(groupId, [{ topic, partition: 0 }])).toEqual([])
    })

    test('stays in the group as long as it sends heartbeats', async () => {
      const broker = await bench.broker()
      const member = broker.member(bench.memberOptions(bench.newName('group'), { sessionTimeoutMs: 1_000, heartbeatIntervalMs: 100 }))
      await member.join()
      const begun = performance.now()
      await eventually(() => performance.now() - begun > 2_500, 'two and a half session timeouts have passed')
      expect(member.state).toBe('stable')
      expect(member.heartbeatAgeMs).toBeLessThan(1_000)
    })

    test('makes the group empty when it was the last to leave', async () => {
      const broker = await bench.broker()
      const groupId = bench.newName('group')
      const member = broker.member(bench.memberOptions(groupId))
      await member.join()
      await member.leave()
      await eventually(async () => [undefined, 'Empty'].includes((await broker.admin.group(groupId))?.state), 'the group is empty')
    })

    test('that has its offsets set from outside is told that this cannot be', async () => {
      const broker = await bench.broker()
      const topic = await bench.newTopic(broker)
      const groupId = bench.newName('group')
      await broker.member(bench.memberOptions(groupId)).join()
      const offsets = [{ topic, partition: 0, offset: asOffset(0), metadata: '' }]
      await expect(broker.admin.resetCommitted(groupId, offsets)).rejects.toMatchObject({ code: 'group-not-empty' })
    })
  })
}

async function twoMembers(bench: BrokerBench, open: (options: ReturnType<BrokerBench['memberOptions']>) => GroupMember) {
  const groupId = bench.newName('group')
  const [first, second] = [open(bench.memberOptions(groupId)), open(bench.memberOptions(groupId))]
  await first.join()
  const joined = second.join()
  await within(() => first.changed(), 'the first did not hear of the second')
  await Promise.all([first.join(), joined])
  return { first, second }
}

import { describe, expect, it } from 'vitest'
import { Group, type GroupLimits } from '../../../plugins/kafka/server/groups/group.ts'
import type { JoinAnswer, JoinRequest, SyncAnswer } from '../../../plugins/kafka/server/groups/group-answers.ts'
import type { GroupFacts } from '../../../plugins/kafka/server/groups/group-facts.ts'
import { VirtualClock } from '../../kit/virtual-clock.ts'

const sessionTimeoutMs = 10_000
const rebalanceTimeoutMs = 60_000
const nothing = new Uint8Array(0)

interface TestGroup {
  readonly group: Group
  readonly clock: VirtualClock
  /** What was written down, oldest first. */
  readonly written: GroupFacts[]
  join(request?: Partial<JoinRequest>): Promise<JoinAnswer>
  sync(joined: JoinAnswer, assignments?: Readonly<Record<string, string>>): Promise<SyncAnswer>
}

function newGroup(limits: Partial<GroupLimits> = {}, restored?: GroupFacts): TestGroup {
  const clock = new VirtualClock()
  const written: GroupFacts[] = []
  let ids = 0
  const owner = {
    clock,
    limits: { membersMax: 100, initialRebalanceDelayMs: 0, ...limits },
    newMemberId: (prefix: string) => `${prefix}-${++ids}`,
    changed: (changed: Group) => void written.push(changed.facts()),
  }
  const group = restored === undefined ? new Group('group', owner) : Group.restored(restored, owner)
  return {
    group,
    clock,
    written,
    join: async (request = {}) => group.join({ ...anyone, ...request }),
    sync: async (joined, assignments = {}) => {
      return group.sync({
        memberId: joined.memberId,
        groupInstanceId: null,
        generation: joined.generation,
        protocolType: null,
        protocol: null,
        assignments: new Map(Object.entries(assignments).map(([id, text]) => [id, Buffer.from(text)])),
      })
    },
  }
}

const anyone: JoinRequest = {
  groupId: 'group',
  memberId: '',
  groupInstanceId: null,
  clientId: 'client',
  clientHost: '/127.0.0.1',
  sessionTimeoutMs,
  rebalanceTimeoutMs,
  protocolType: 'consumer',
  protocols: [{ name: 'range', metadata: nothing }],
  memberIdRequired: false,
  canSkipAssignment: false,
}

function identityOf({ memberId, generation }: JoinAnswer) {
  return { memberId, groupInstanceId: null, generation }
}

/** Two members in a stable group, the first one leading. */
async function pair(instances: readonly [string | null, string | null] = [null, null]) {
  const test = newGroup()
  const first = await test.join({ groupInstanceId: instances[0] })
  await test.sync(first, { [first.memberId]: 'all' })
  const joiningSecond = test.join({ groupInstanceId: instances[1] })
  const leader = await test.join({ memberId: first.memberId, groupInstanceId: instances[0] })
  const second = await joiningSecond
  const followers = test.sync(second)
  await test.sync(leader, { [leader.memberId]: 'left half', [second.memberId]: 'right half' })
  expect(Buffer.from((await followers).assignment).toString()).toBe('right half')
  return { ...test, leader, second }
}

describe('a group', () => {
  it('makes its first member the leader and gives it what it assigned', async () => {
    const { group, join, sync, written } = newGroup()
    const joined = await join()
    expect(joined).toMatchObject({
      error: 'NONE',
      generation: 1,
      leader: joined.memberId,
      protocol: 'range',
      members: [{ memberId: joined.memberId }],
    })
    expect(group.state).toBe('completing')
    const synced = await sync(joined, { [joined.memberId]: 'everything' })
    expect(Buffer.from(synced.assignment).toString()).toBe('everything')
    expect(group.state).toBe('stable')
    expect(written.at(-1)).toMatchObject({ generation: 1, members: [{ memberId: joined.memberId }] })
    expect(group.heartbeat(identityOf(joined))).toBe('NONE')
  })

  it('tells a new member its id first, and forgets an id that nobody comes back with', async () => {
    const { group, clock, join } = newGroup()
    const told = await join({ memberIdRequired: true })
    expect(told).toMatchObject({ error: 'MEMBER_ID_REQUIRED', memberId: 'client-1' })
    expect(await join({ memberIdRequired: true, memberId: 'client-1' })).toMatchObject({ error: 'NONE', generation: 1 })
    await join({ memberIdRequired: true })
    clock.advance(sessionTimeoutMs)
    expect(await join({ memberId: 'client-2' })).toMatchObject({ error: 'UNKNOWN_MEMBER_ID' })
    expect(group.members).toHaveLength(0)
  })

  it('calls its members to a rebalance when another one comes, and waits for them', async () => {
    const { group, join, leader, second, sync } = await pair()
    const third = join()
    expect(group.state).toBe('preparing')
    expect(group.heartbeat(identityOf(leader))).toBe('REBALANCE_IN_PROGRESS')
    expect(await sync(second)).toMatchObject({ error: 'REBALANCE_IN_PROGRESS' })
    const again = [join({ memberId: leader.memberId }), join({ memberId: second.memberId })]
    const answers = await Promise.all([third, ...again])
    expect(new Set(answers.map(({ generation }) => generation))).toEqual(new Set([3]))
    expect(answers.filter(({ members }) => members.length === 3).map(({ memberId }) => memberId)).toEqual([leader.memberId])
  })

  it('goes on without those who do not come in time', async () => {
    const { group, clock, join, leader, second } = await pair()
    const third = join()
    const again = join({ memberId: second.memberId })
    // Its heartbeats keep the old leader's session, but not its place.
    for (let passed = 0; passed < rebalanceTimeoutMs; passed += 5000) {
      group.heartbeat(identityOf(leader))
      clock.advance(5000)
    }
    expect((await third).generation).toBe(3)
    expect(await again).toMatchObject({ generation: 3, leader: second.memberId })
    expect(group.heartbeat(identityOf(leader))).toBe('UNKNOWN_MEMBER_ID')
  })

  it('expels a member that is not heard of for its session timeout', async () => {
    const { group, clock, leader, second } = await pair()
    for (let passed = 0; passed < sessionTimeoutMs; passed += 2000) {
      clock.advance(2000)
      if (group.state === 'stable') expect(group.heartbeat(identityOf(second))).toBe('NONE')
    }
    expect(group.state).toBe('preparing')
    expect(group.heartbeat(identityOf(leader))).toBe('UNKNOWN_MEMBER_ID')
    expect(group.heartbeat(identityOf(second))).toBe('REBALANCE_IN_PROGRESS')
  })

  it('does not wait for the session of one that waits itself', async () => {
    const { group, clock, join, second } = await pair()
    const third = join()
    // Heartbeats cannot be sent while a join is under way.
    clock.advance(sessionTimeoutMs)
    expect(group.members.map(({ memberId }) => memberId)).toEqual([(await third).memberId])
    expect(group.heartbeat(identityOf(second))).toBe('UNKNOWN_MEMBER_ID')
  })

  it('expels a leader that assigns nothing, heartbeats or not', async () => {
    const { group, clock, join, sync } = newGroup()
    const first = await join()
    await sync(first)
    const joining = join()
    const leader = await join({ memberId: first.memberId })
    const second = await joining
    const waiting = sync(second)
    for (let passed = 0; passed < rebalanceTimeoutMs; passed += 5000) {
      group.heartbeat(identityOf(leader))
      clock.advance(5000)
    }
    expect(await waiting).toMatchObject({ error: 'REBALANCE_IN_PROGRESS' })
    expect(group.members.map(({ memberId }) => memberId)).toEqual([second.memberId])
  })

  it('lets its members go, and is empty after the last', async () => {
    const { group, leader, second, written } = await pair()
    expect(group.leave({ memberId: leader.memberId, groupInstanceId: null })).toBe('NONE')
    expect(group.state).toBe('preparing')
    expect(group.leave({ memberId: 'nobody', groupInstanceId: null })).toBe('UNKNOWN_MEMBER_ID')
    expect(group.leave({ memberId: second.memberId, groupInstanceId: null })).toBe('NONE')
    expect(group.state).toBe('empty')
    expect(group.isDeserted).toBe(true)
    expect(written.at(-1)).toMatchObject({ members: [] })
  })

  it('refuses who speaks no protocol of the others, and chooses what most would choose', async () => {
    const both = [
      { name: 'a', metadata: nothing },
      { name: 'b', metadata: nothing },
    ]
    const { join, group } = newGroup({ initialRebalanceDelayMs: 1000 })
    const clockedJoin = (protocols: JoinRequest['protocols']) => join({ protocols })
    const answers = [clockedJoin(both), clockedJoin([...both].reverse()), clockedJoin([...both].reverse())]
    expect(await clockedJoin([{ name: 'c', metadata: nothing }])).toMatchObject({ error: 'INCONSISTENT_GROUP_PROTOCOL' })
    expect(await join({ protocolType: 'connect', protocols: both })).toMatchObject({ error: 'INCONSISTENT_GROUP_PROTOCOL' })
    expect(group.state).toBe('preparing')
    void Promise.all(answers)
  })

  it('holds its first rebalance for others if it is told to', async () => {
    const { clock, join } = newGroup({ initialRebalanceDelayMs: 3000 })
    const first = join()
    clock.advance(1000)
    const second = join()
    clock.advance(2000)
    expect([(await first).generation, (await second).generation]).toEqual([1, 1])
  })

  it('takes as many members as it may', async () => {
    const { join } = newGroup({ membersMax: 1 })
    await join()
    expect(await join()).toMatchObject({ error: 'GROUP_MAX_SIZE_REACHED' })
  })

  it('lets members of its generation commit, and others while it is empty only', async () => {
    const { group, leader } = await pair()
    expect(group.commitProblem(identityOf(leader))).toBeUndefined()
    expect(group.commitProblem({ ...identityOf(leader), generation: 1 })).toBe('ILLEGAL_GENERATION')
    expect(group.commitProblem({ memberId: '', groupInstanceId: null, generation: -1 })).toBe('UNKNOWN_MEMBER_ID')
    expect(newGroup().group.commitProblem({ memberId: '', groupInstanceId: null, generation: -1 })).toBeUndefined()
  })
})

describe('a static member', () => {
  it('comes back under its instance id without a rebalance, and its old id is fenced', async () => {
    const { group, join, sync, second } = await pair(['one', 'two'])
    const back = await join({ groupInstanceId: 'two' })
    expect(back).toMatchObject({ error: 'NONE', generation: 2 })
    expect(group.state).toBe('stable')
    expect(Buffer.from((await sync(back)).assignment).toString()).toBe('right half')
    expect(group.heartbeat({ ...identityOf(second), groupInstanceId: 'two' })).toBe('FENCED_INSTANCE_ID')
  })

  it('that leads and comes back assigns nothing anew', async () => {
    const { join, leader, sync } = await pair(['one', 'two'])
    const back = await join({ groupInstanceId: 'one' })
    expect(back.leader).toBe(leader.memberId)
    expect(back.members).toEqual([])
    expect(Buffer.from((await sync(back)).assignment).toString()).toBe('left half')
    const modern = await join({ groupInstanceId: 'one', canSkipAssignment: true })
    expect(modern).toMatchObject({ leader: modern.memberId, skipAssignment: true })
    expect(modern.members).toHaveLength(2)
  })

  it('that wants something else causes a rebalance', async () => {
    const { group, join } = await pair(['one', 'two'])
    void join({ groupInstanceId: 'two', protocols: [{ name: 'range', metadata: Buffer.from('other topics') }] })
    expect(group.state).toBe('preparing')
  })

  it('keeps its place in a rebalance that it misses, until its session ends', async () => {
    const { group, clock, join, leader, second } = await pair(['one', 'two'])
    void join({ groupInstanceId: 'three', sessionTimeoutMs: 1_000_000 })
    void join({ memberId: leader.memberId, groupInstanceId: 'one' })
    clock.advance(sessionTimeoutMs - 1)
    expect(group.members.map(({ memberId }) => memberId)).toContain(second.memberId)
    clock.advance(1)
    expect(group.members.map(({ memberId }) => memberId)).not.toContain(second.memberId)
    expect(group.state).toBe('completing')
  })

  it('can be removed by its instance id alone', async () => {
    const { group } = await pair(['one', 'two'])
    expect(group.leave({ memberId: '', groupInstanceId: 'two' })).toBe('NONE')
    expect(group.members).toHaveLength(1)
  })
})

describe('a group after a restart of the broker', () => {
  it('is as it was, and its members have a session timeout to be heard of', async () => {
    const before = await pair()
    const { group, clock } = newGroup({}, before.group.facts())
    expect(group.state).toBe('stable')
    clock.advance(sessionTimeoutMs - 1)
    expect(group.heartbeat(identityOf(before.second))).toBe('NONE')
    clock.advance(1)
    expect(group.heartbeat(identityOf(before.leader))).toBe('UNKNOWN_MEMBER_ID')
  })
})

// Who runs what, and who keeps copies: what has to hold of every assignment, on random groups; and what a few of them are, to be read.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  assignReplicas,
  type GroupMemberState,
  type ReplicaSettings,
  type ReplicatedAssignment,
  type ReplicatedTask,
} from '../../framework/runtime/replicas.ts'

const settings: ReplicaSettings = { standbyReplicas: 0, acceptableRecoveryLag: 10, maxWarmupReplicas: 2, rackAwareAssignmentTags: [] }
const big = (id: string): ReplicatedTask => ({ id, stateful: true, records: 1_000 })
const four = ['0_0', '0_1', '0_2', '0_3'].map(big)

function member(memberId: string, of: Partial<GroupMemberState> = {}): GroupMemberState {
  return {
    memberId,
    processId: `process of ${memberId}`,
    runs: [],
    hasState: [],
    standbys: [],
    lags: new Map(),
    tags: new Map(),
    takesStandbys: true,
    ...of,
  }
}

describe('tasks with state', () => {
  it('are followed to a new member by warm-up replicas, two at a time, and run on where they are', () => {
    const six = [...four, big('0_4'), big('0_5')]
    const members = [member('a', { runs: six.map(({ id }) => id) }), member('b')]
    const { members: assigned, waiting } = assignReplicas(members, six, settings)
    expect(assigned.get('a')).toEqual({ active: ['0_0', '0_1', '0_2', '0_3', '0_4', '0_5'], standby: [] })
    expect(assigned.get('b')).toEqual({ active: [], standby: ['0_3', '0_4'] })
    expect(waiting).toEqual(['0_3', '0_4', '0_5'])
  })

  it('move when the warm-up replica is short of few records, and only those', () => {
    const lags = new Map([
      ['0_2', 10],
      ['0_3', 11],
    ])
    const members = [member('a', { runs: four.map(({ id }) => id) }), member('b', { standbys: ['0_2', '0_3'], lags })]
    const { members: assigned, waiting } = assignReplicas(members, four, settings)
    expect(assigned.get('a')).toEqual({ active: ['0_0', '0_1', '0_3'], standby: [] })
    expect(assigned.get('b')).toEqual({ active: ['0_2'], standby: ['0_3'] })
    expect(waiting).toEqual(['0_3'])
  })

  it('that nobody runs go to the standby, even if another one has an older state', () => {
    const members = [
      member('a', { hasState: ['0_0'], lags: new Map([['0_0', 500]]) }),
      member('b', { hasState: ['0_0'], standbys: ['0_0'], lags: new Map([['0_0', 3]]) }),
    ]
    expect(assignReplicas(members, [big('0_0')], settings).members.get('b')?.active).toEqual(['0_0'])
  })

  it('move at once where all of their state is little, or is nowhere', () => {
    const small = four.map(({ id }) => ({ id, stateful: true, records: 10 }))
    const runs = four.map(({ id }) => id)
    const assigned = assignReplicas([member('a', { runs }), member('b')], small, settings)
    expect([...assigned.members.values()].map(({ active }) => active.length)).toEqual([2, 2])
    expect(assignReplicas([member('a'), member('b')], four, settings).waiting).toEqual([])
  })

  it('are handed to a member of an earlier release as that release did, because it warms nothing up', () => {
    const members = [member('a', { runs: four.map(({ id }) => id) }), member('b', { takesStandbys: false })]
    const { members: assigned, waiting } = assignReplicas(members, four, { ...settings, standbyReplicas: 1 })
    expect(assigned.get('b')).toEqual({ active: ['0_2', '0_3'], standby: [] })
    expect(assigned.get('a')?.standby).toEqual(['0_2', '0_3'])
    expect(waiting).toEqual([])
  })
})

describe('standbys', () => {
  const inZone = (zone: string): Pick<GroupMemberState, 'tags'> => ({ tags: new Map([['zone', zone]]) })

  it('lie in another zone than what they stand by, where tags say so', () => {
    const members = [member('a', inZone('1')), member('b', inZone('1')), member('c', inZone('2')), member('d', inZone('2'))]
    const aware = { ...settings, standbyReplicas: 1, rackAwareAssignmentTags: ['zone'] }
    const { members: assigned } = assignReplicas(members, four, aware)
    const zones = new Map(members.map(({ memberId, tags }) => [memberId, tags.get('zone')]))
    for (const { id } of four) {
      const holders = [...assigned].filter(([, { active, standby }]) => active.includes(id) || standby.includes(id))
      expect(new Set(holders.map(([memberId]) => zones.get(memberId))).size, id).toBe(2)
    }
  })

  it('are never in the process of their active task, however many threads it has', () => {
    const members = [member('a', { processId: 'p' }), member('b', { processId: 'p' }), member('c', { processId: 'q' })]
    const { members: assigned } = assignReplicas(members, four, { ...settings, standbyReplicas: 2 })
    const ofC = assigned.get('c')!
    expect([...ofC.active, ...ofC.standby].sort()).toEqual(four.map(({ id }) => id))
    const ofP = [assigned.get('a')!, assigned.get('b')!]
    expect(ofP.flatMap(({ standby }) => standby)).toEqual(ofC.active)
  })
})

const ids = ['0_0', '0_1', '0_2', '1_0', '1_1', '2_0']
const anyTasks = fc
  .subarray(ids, { minLength: 1 })
  .chain((chosen) => fc.tuple(...chosen.map((id) => fc.record({ id: fc.constant(id), stateful: fc.boolean(), records: fc.nat(40) }))))
const anyMember = fc.record({
  memberId: fc.string({ minLength: 1, maxLength: 3 }),
  processId: fc.constantFrom('p', 'q', 'r', 's'),
  hasState: fc.uniqueArray(fc.constantFrom(...ids)),
  standbys: fc.uniqueArray(fc.constantFrom(...ids)),
  lags: fc.array(fc.tuple(fc.constantFrom(...ids), fc.nat(40))).map((entries) => new Map(entries)),
  tags: fc.array(fc.tuple(fc.constantFrom('zone', 'rack'), fc.constantFrom('1', '2'))).map((entries) => new Map(entries)),
  takesStandbys: fc.constant(true),
})
const anyMembers = fc.uniqueArray(anyMember, { minLength: 1, maxLength: 6, selector: ({ memberId }) => memberId }).chain((members) =>
  // Whatever runs, runs once.
  fc
    .tuple(...ids.map(() => fc.nat(members.length)))
    .map((runners) => members.map((one, at): GroupMemberState => ({ ...one, runs: ids.filter((_, index) => runners[index] === at) }))),
)
const anySettings = fc.record({
  standbyReplicas: fc.nat(3),
  acceptableRecoveryLag: fc.nat(30),
  maxWarmupReplicas: fc.integer({ min: 1, max: 3 }),
  rackAwareAssignmentTags: fc.subarray(['zone', 'rack']),
})
type Group = readonly [readonly GroupMemberState[], readonly ReplicatedTask[], ReplicaSettings]

function holds(name: string, check: (assignment: ReplicatedAssignment, ...group: Group) => void): void {
  it(name, () => {
    fc.assert(
      fc.property(anyMembers, anyTasks, anySettings, (members, tasks, chosen) =>
        check(assignReplicas(members, tasks, chosen), members, tasks, chosen),
      ),
      { numRuns: 500 },
    )
  })
}

describe('of every assignment it holds that', () => {
  holds('each task runs on exactly one member', ({ members: assigned }, _, tasks) => {
    expect([...assigned.values()].flatMap(({ active }) => active).sort()).toEqual(tasks.map(({ id }) => id).sort())
  })

  holds('it runs where its state is up to date, if that is so anywhere', ({ members: assigned }, members, tasks, chosen) => {
    for (const task of tasks.filter(({ stateful }) => stateful)) {
      const ready = members.filter((one) => isReady(one, members, task, chosen)).map(({ memberId }) => memberId)
      const [runner] = [...assigned].find(([, { active }]) => active.includes(task.id))!
      if (ready.length > 0) expect(ready).toContain(runner)
    }
  })

  holds('members run equally many, but for tasks that wait for their state', ({ members: assigned, waiting }) => {
    const sizes = [...assigned.values()].map(({ active }) => active.length)
    if (waiting.length === 0) expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
  })

  holds('no process has two copies of a state', ({ members: assigned }, members, tasks) => {
    for (const { id } of tasks) {
      const processes = holdersOf(id, assigned, members).map(({ processId }) => processId)
      expect(new Set(processes).size).toBe(processes.length)
    }
  })

  holds('there are as many standbys as are wanted and processes can have', ({ members: assigned, waiting }, members, tasks, chosen) => {
    const processes = new Set(members.map(({ processId }) => processId)).size
    let warmups = 0
    for (const { id, stateful } of tasks) {
      const copies = holdersOf(id, assigned, members).length - 1
      const wanted = stateful ? Math.min(chosen.standbyReplicas, processes - 1) : 0
      expect(copies).toBeGreaterThanOrEqual(wanted)
      if (!waiting.includes(id)) expect(copies).toBe(wanted)
      warmups += copies - wanted
    }
    expect(warmups).toBeLessThanOrEqual(chosen.maxWarmupReplicas)
  })

  holds('no standby could be moved so that members were loaded more evenly', ({ members: assigned, waiting }, members, tasks, chosen) => {
    // A warm-up replica is no load: it goes again. Tags may want it less even.
    if (waiting.length > 0 || chosen.rackAwareAssignmentTags.length > 0) return
    const load = ({ memberId }: GroupMemberState): number => assigned.get(memberId)!.active.length + assigned.get(memberId)!.standby.length
    for (const { id } of tasks) {
      const holders = holdersOf(id, assigned, members)
      for (const from of holders.filter(({ memberId }) => assigned.get(memberId)!.standby.includes(id))) {
        const others = new Set(holders.filter((holder) => holder !== from).map(({ processId }) => processId))
        const able = members.filter((one) => one !== from && !others.has(one.processId))
        for (const to of able) expect(load(from) - load(to)).toBeLessThanOrEqual(1)
      }
    }
  })

  holds('when all have done what it says, doing it again changes nothing', ({ members: assigned }, members, tasks, chosen) => {
    const later = (before: ReplicatedAssignment['members']): ReplicatedAssignment =>
      assignReplicas(
        members.map((one) => afterwards(one, before)),
        tasks,
        chosen,
      )
    // Warmed up and moved now, whatever had to wait.
    const settled = [1, 2, 3, 4, 5, 6].reduce((before) => later(before.members), later(assigned))
    expect(settled.waiting).toEqual([])
    expect(later(settled.members)).toEqual(settled)
  })
})

function afterwards(one: GroupMemberState, assigned: ReplicatedAssignment['members']): GroupMemberState {
  const { active, standby } = assigned.get(one.memberId)!
  return { ...one, runs: active, standbys: standby, hasState: [...active, ...standby], lags: new Map(standby.map((id) => [id, 0])) }
}

function holdersOf(
  id: string,
  assigned: ReplicatedAssignment['members'],
  members: readonly GroupMemberState[],
): readonly GroupMemberState[] {
  return members.filter(({ memberId }) => {
    const { active, standby } = assigned.get(memberId)!
    return active.includes(id) || standby.includes(id)
  })
}

function isReady(
  one: GroupMemberState,
  members: readonly GroupMemberState[],
  { id, records }: ReplicatedTask,
  { acceptableRecoveryLag }: ReplicaSettings,
): boolean {
  const process = members.filter(({ processId }) => processId === one.processId)
  if (process.some(({ runs }) => runs.includes(id))) return true
  return Math.min(records, ...process.map(({ lags }) => lags.get(id) ?? records)) <= acceptableRecoveryLag
}

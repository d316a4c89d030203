// One consumer group, as a Kafka broker coordinates it (classic protocol, eager: everybody joins again).
//
//   empty ──join──▶ preparing ──all have joined, or the rebalance timeout──▶ completing ──the leader has assigned──▶ stable
//     ▲                 ▲                                                         │ join, leave, expiry                  │
//     └── last member   └─────────────────────────────────────────────────────────┴──────────────────────────────────────┘
//         is gone
//
// A member is expelled when its heartbeats fail to come for its session timeout, or when it has not joined in time.

import {
  type Assignment,
  type Clock,
  type CommittedOffset,
  type GroupDescription,
  type MemberOptions,
  MillraceError,
  type Timer,
  type TopicPartition,
} from '../../framework/index.ts'
import type { LogTransaction } from './partition-log.ts'

/** What the coordinator calls on a member. */
export interface MemberCallbacks {
  readonly options: MemberOptions
  readonly clientId: string
  rebalanceStarted(): void
  expelled(): void
}

interface Member {
  readonly id: string
  readonly callbacks: MemberCallbacks
  lastHeartbeatMs: number
  sessionTimer: Timer | undefined
  assignment: Uint8Array
  /** Set while it waits for its assignment. */
  joining: { resolve(assignment: Assignment): void; reject(error: unknown): void } | undefined
}

const noAssignment = new Uint8Array(0)

export class GroupCoordinator {
  readonly groupId: string
  readonly clock: Clock
  private readonly members = new Map<string, Member>()
  private readonly offsets = new Map<string, CommittedOffset>()
  /** Offsets that count when their transaction is committed. */
  private readonly pending = new Map<LogTransaction, Map<string, CommittedOffset>>()
  private state: 'empty' | 'preparing' | 'completing' | 'stable' = 'empty'
  private generation = 0
  private membersSeen = 0
  /** Counts rebalances begun, so that an assignment that comes too late is not taken. */
  private rebalance = 0
  private rebalanceTimer: Timer | undefined

  constructor(groupId: string, clock: Clock) {
    this.groupId = groupId
    this.clock = clock
  }

  /** How often the group has had an assignment. */
  get currentGeneration(): number {
    return this.generation
  }

  /** Joins as the member of this id, or as a new one, and waits for the assignment. */
  join(memberId: string | undefined, callbacks: MemberCallbacks): Promise<Assignment> {
    const known = memberId === undefined ? undefined : this.members.get(memberId)
    const returned = known ?? this.returningStaticMember(callbacks)
    if (returned !== undefined && known === undefined && this.state === 'stable') {
      this.heardFrom(returned)
      return Promise.resolve({ generation: this.generation, memberId: returned.id, assignment: returned.assignment })
    }
    const member = returned ?? this.add(callbacks)
    const joined = new Promise<Assignment>((resolve, reject) => {
      member.joining = { resolve, reject }
    })
    member.sessionTimer?.cancel()
    this.prepareRebalance()
    return joined
  }

  /** Whether the member is still one. */
  heartbeat(memberId: string): boolean {
    const member = this.members.get(memberId)
    if (member === undefined) return false
    const expired = this.clock.monotonicMs() - member.lastHeartbeatMs >= member.callbacks.options.sessionTimeoutMs
    if (expired) this.expel(member)
    else this.heardFrom(member)
    return !expired
  }

  commit(memberId: string | undefined, generation: number, offsets: readonly CommittedOffset[]): void {
    this.checkCommit(memberId, generation)
    this.store(offsets)
  }

  /** Throws `member-fenced` to who is no member of the generation, or has lost its static place to another one. */
  checkCommit(memberId: string | undefined, generation: number, groupInstanceId?: string): void {
    const member = memberId === undefined ? undefined : this.members.get(memberId)
    const isInstance = groupInstanceId === undefined || member?.callbacks.options.groupInstanceId === groupInstanceId
    if (member === undefined || generation !== this.generation || !isInstance)
      throw new MillraceError('member-fenced', { group: this.groupId, member: memberId ?? 'that has not joined' })
  }

  addPending(transaction: LogTransaction, offsets: readonly CommittedOffset[]): void {
    const pending = this.pending.get(transaction) ?? new Map<string, CommittedOffset>()
    this.pending.set(transaction, pending)
    for (const offset of offsets) pending.set(`${offset.topic}-${offset.partition}`, offset)
  }

  /** The transaction has its outcome by now. */
  endPending(transaction: LogTransaction): void {
    const pending = this.pending.get(transaction)
    this.pending.delete(transaction)
    if (transaction.outcome === 'committed' && pending !== undefined) this.store([...pending.values()])
  }

  /** Whether no open transaction has offsets of these partitions (KIP-447). */
  isStable(partitions: readonly TopicPartition[]): boolean {
    for (const pending of this.pending.values()) {
      if (partitions.some(({ topic, partition }) => pending.has(`${topic}-${partition}`))) return false
    }
    return true
  }

  /** By its callbacks, since a member that still joins does not know its id yet. */
  leave(callbacks: MemberCallbacks): void {
    const member = [...this.members.values()].find((candidate) => candidate.callbacks === callbacks)
    if (member === undefined) return
    member.joining?.reject(new MillraceError('member-fenced', { group: this.groupId, member: member.id }))
    this.remove(member)
  }

  committed({ topic, partition }: TopicPartition): CommittedOffset | undefined {
    return this.offsets.get(`${topic}-${partition}`)
  }

  resetCommitted(offsets: readonly CommittedOffset[]): void {
    if (this.members.size > 0) throw new MillraceError('group-not-empty', { group: this.groupId })
    this.store(offsets)
  }

  private store(offsets: readonly CommittedOffset[]): void {
    for (const offset of offsets) this.offsets.set(`${offset.topic}-${offset.partition}`, offset)
  }

  describe(): GroupDescription {
    const states = { empty: 'Empty', preparing: 'PreparingRebalance', completing: 'CompletingRebalance', stable: 'Stable' }
    const members = [...this.members.values()]
    return {
      groupId: this.groupId,
      protocolType: 'consumer',
      state: states[this.state],
      protocol: members[0]?.callbacks.options.protocol ?? '',
      members: members.map(({ id, callbacks, assignment }) => ({
        memberId: id,
        clientId: callbacks.clientId,
        host: '/127.0.0.1',
        assignment,
      })),
    }
  }

  private add(callbacks: MemberCallbacks): Member {
    const id = `${callbacks.clientId}-${++this.membersSeen}`
    const member = {
      id,
      callbacks,
      lastHeartbeatMs: this.clock.monotonicMs(),
      sessionTimer: undefined,
      assignment: noAssignment,
      joining: undefined,
    }
    this.members.set(id, member)
    return member
  }

  /** A static member that comes back takes its former place, and whoever still held it is fenced (KIP-345). */
  private returningStaticMember(callbacks: MemberCallbacks): Member | undefined {
    const { groupInstanceId } = callbacks.options
    if (groupInstanceId === undefined) return undefined
    const former = [...this.members.values()].find((member) => member.callbacks.options.groupInstanceId === groupInstanceId)
    if (former === undefined) return undefined
    former.sessionTimer?.cancel()
    this.members.delete(former.id)
    former.callbacks.expelled()
    const member = this.add(callbacks)
    member.assignment = former.assignment
    return member
  }

  private prepareRebalance(): void {
    if (this.state !== 'preparing') {
      this.state = 'preparing'
      this.rebalance++
      const timeoutMs = Math.max(...[...this.members.values()].map(({ callbacks }) => callbacks.options.rebalanceTimeoutMs))
      this.rebalanceTimer?.cancel()
      this.rebalanceTimer = this.clock.after(timeoutMs, () => this.endPreparation())
      for (const member of [...this.members.values()]) if (member.joining === undefined) member.callbacks.rebalanceStarted()
    }
    this.completeIfAllJoined()
  }

  private endPreparation(): void {
    const late = [...this.members.values()].filter((member) => member.joining === undefined)
    for (const member of late) {
      this.drop(member)
      member.callbacks.expelled()
    }
    this.completeIfAllJoined()
  }

  private completeIfAllJoined(): void {
    const members = [...this.members.values()]
    if (this.state !== 'preparing' || members.some((member) => member.joining === undefined)) return
    this.rebalanceTimer?.cancel()
    if (members.length === 0) {
      this.state = 'empty'
      return
    }
    this.state = 'completing'
    this.generation++
    this.watchLeader(members[0]!, this.rebalance)
    void this.assign(members, this.rebalance)
  }

  /** A leader that has died assigns nothing. */
  private watchLeader(leader: Member, rebalance: number): void {
    leader.sessionTimer?.cancel()
    leader.sessionTimer = this.clock.after(leader.callbacks.options.sessionTimeoutMs, () => {
      if (rebalance !== this.rebalance || this.state !== 'completing') return
      leader.joining?.reject(new MillraceError('member-fenced', { group: this.groupId, member: leader.id }))
      this.expel(leader)
    })
  }

  /** The leader is the member that has been in the group for longest. */
  private async assign(members: readonly Member[], rebalance: number): Promise<void> {
    const leader = members[0]!
    try {
      const subscriptions = members.map(({ id, callbacks: { options } }) => ({
        memberId: id,
        groupInstanceId: options.groupInstanceId,
        subscription: options.subscription(),
      }))
      const assignments = await leader.callbacks.options.assign(subscriptions)
      if (rebalance === this.rebalance) this.stabilize(members, assignments)
    } catch (error) {
      leader.joining?.reject(error)
      leader.joining = undefined
      this.remove(leader)
    }
  }

  private stabilize(members: readonly Member[], assignments: ReadonlyMap<string, Uint8Array>): void {
    this.state = 'stable'
    for (const member of members) {
      const joining = member.joining
      member.joining = undefined
      member.assignment = assignments.get(member.id) ?? noAssignment
      this.heardFrom(member)
      joining?.resolve({ generation: this.generation, memberId: member.id, assignment: member.assignment })
    }
  }

  private heardFrom(member: Member): void {
    member.lastHeartbeatMs = this.clock.monotonicMs()
    member.sessionTimer?.cancel()
    if (member.joining === undefined)
      member.sessionTimer = this.clock.after(member.callbacks.options.sessionTimeoutMs, () => this.expel(member))
  }

  private expel(member: Member): void {
    if (this.members.get(member.id) !== member) return
    this.remove(member)
    member.callbacks.expelled()
  }

  private remove(member: Member): void {
    this.drop(member)
    if (this.members.size > 0) this.prepareRebalance()
    else {
      this.state = 'empty'
      this.rebalance++
      this.rebalanceTimer?.cancel()
    }
  }

  private drop(member: Member): void {
    member.sessionTimer?.cancel()
    this.members.delete(member.id)
  }
}

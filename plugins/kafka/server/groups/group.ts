// One consumer group of the classic protocol, as Kafka's coordinator runs it. No I/O: time comes in as a clock, and what must outlive the broker
// goes out through `changed`.
//
//   empty ──join──→ preparing ──all joined, or the time is up──→ completing ──the leader's assignment──→ stable
//                   ↑   │  ↑                                        │                                   │
//                   │   │  └──────── join, leave, expiry ───────────┴───────────────────────────────────┘
//                   │   └─nobody left─→ empty
//
// Each round through `completing` is a generation. A member that does not join again in time, or is not heard of for its session timeout, is out. A static member
// (KIP-345) is known by its instance id: it may come back under a new member id without a rebalance, and its old id is fenced.

import type { Clock, Timer } from '../../../../framework/index.ts'
import type { ProtocolErrorName } from '../../wire/error-codes.ts'
import {
  type GenerationIdentity,
  type JoinAnswer,
  type JoinRequest,
  joinRefused,
  type MemberIdentity,
  type SyncAnswer,
  type SyncRequest,
  syncRefused,
} from './group-answers.ts'
import type { GroupFacts } from './group-facts.ts'
import { GroupMember } from './group-member.ts'
import { GroupMembers, refuseWaiting } from './group-members.ts'
import { chooseProtocol, supportsAll } from './group-protocol.ts'

export type GroupState = 'empty' | 'preparing' | 'completing' | 'stable'

export interface GroupLimits {
  readonly membersMax: number
  /** The first rebalance of an empty group waits so long for others to come. */
  readonly initialRebalanceDelayMs: number
}

export interface GroupOwner {
  readonly clock: Clock
  readonly limits: GroupLimits
  newMemberId(prefix: string): string
  /** Called when what `facts()` gives has changed. */
  changed(group: Group): void
}

export class Group {
  readonly groupId: string
  readonly #owner: GroupOwner
  readonly #members = new GroupMembers()
  #state: GroupState = 'empty'
  #generation = 0
  #protocolType: string | null = null
  #protocol: string | null = null
  #leader: string | null = null
  #deadline: Timer | undefined
  /** The first rebalance of a group is held for `initialRebalanceDelayMs`. */
  #waitsForOthers = false

  constructor(groupId: string, owner: GroupOwner) {
    this.groupId = groupId
    this.#owner = owner
  }

  /** A group as it was before the broker stopped: its members have a session timeout to be heard of. */
  static restored(facts: GroupFacts, owner: GroupOwner): Group {
    const group = new Group(facts.groupId, owner)
    group.#generation = facts.generation
    group.#protocolType = facts.protocolType
    group.#protocol = facts.protocol
    group.#leader = facts.leader
    for (const member of facts.members) group.#members.add(new GroupMember(member))
    group.#state = facts.members.length > 0 ? 'stable' : 'empty'
    for (const member of group.#members.all) group.#startSession(member)
    return group
  }

  get state(): GroupState {
    return this.#state
  }

  get protocolType(): string | null {
    return this.#protocolType
  }

  /** Null while there is none in force. */
  get protocol(): string | null {
    return this.#state === 'stable' || this.#state === 'completing' ? this.#protocol : null
  }

  get members(): readonly GroupMember[] {
    return this.#members.all
  }

  /** Nobody is in it and nobody is about to come. */
  get isDeserted(): boolean {
    return this.#members.count === 0 && this.#members.promisedCount === 0
  }

  facts(): GroupFacts {
    return {
      groupId: this.groupId,
      protocolType: this.#protocolType,
      protocol: this.#protocol,
      generation: this.#generation,
      leader: this.#leader,
      members: this.members.map((member) => member.facts()),
    }
  }

  /** Stops all timers and answers who waits. */
  close(): void {
    this.#deadline?.cancel()
    this.#members.close()
  }

  // -------------------------------------------------------------------------------------------------------------- joining

  join(request: JoinRequest): JoinAnswer | Promise<JoinAnswer> {
    const { memberId } = request
    if (!this.#speaks(request)) return joinRefused('INCONSISTENT_GROUP_PROTOCOL', memberId)
    if (memberId === '') return this.#joinNew(request)
    if (this.#members.takePromise(memberId)) return this.#joinAsNewMember(GroupMember.joining(memberId, request), request)
    const error = this.#members.identityProblem(request)
    return error === undefined ? this.#joinAgain(this.#members.get(memberId)!, request) : joinRefused(error, memberId)
  }

  #speaks(request: JoinRequest): boolean {
    if (request.protocolType === '' || request.protocols.length === 0) return false
    const others = this.members.filter((member) => member.memberId !== request.memberId)
    return others.length === 0 || (request.protocolType === this.#protocolType && supportsAll(request.protocols, others))
  }

  #joinNew(request: JoinRequest): JoinAnswer | Promise<JoinAnswer> {
    const { clock, limits } = this.#owner
    const memberId = this.#owner.newMemberId(request.groupInstanceId ?? request.clientId)
    const old = this.#members.ofInstance(request.groupInstanceId)
    if (old !== undefined) return this.#replaceStatic(old, memberId, request)
    if (this.#members.count + this.#members.promisedCount >= limits.membersMax) return joinRefused('GROUP_MAX_SIZE_REACHED', '')
    if (!request.memberIdRequired || request.groupInstanceId !== null) {
      return this.#joinAsNewMember(GroupMember.joining(memberId, request), request)
    }
    const expiry = clock.after(request.sessionTimeoutMs, () => this.#breakPromise(memberId))
    this.#members.promise(memberId, expiry)
    return joinRefused('MEMBER_ID_REQUIRED', memberId)
  }

  #joinAsNewMember(member: GroupMember, request: JoinRequest): Promise<JoinAnswer> {
    if (this.#members.count === 0) this.#protocolType = request.protocolType
    this.#members.add(member)
    return this.#joinNextGeneration(member)
  }

  #joinNextGeneration(member: GroupMember): Promise<JoinAnswer> {
    member.session?.cancel()
    const answered = new Promise<JoinAnswer>((answer) => {
      member.waiting = { kind: 'join', answer }
    })
    this.#prepareRebalance()
    return answered
  }

  /** The same instance under a new member id: no rebalance if it wants what it wanted, and the assignment is at hand. */
  #replaceStatic(old: GroupMember, memberId: string, request: JoinRequest): JoinAnswer | Promise<JoinAnswer> {
    const wasLeader = this.#leader === old.memberId
    const same = old.saysTheSameAs(request.protocols)
    const member = new GroupMember({ ...old.facts(), memberId })
    member.update(request)
    this.#members.remove(old, 'FENCED_INSTANCE_ID')
    this.#members.add(member)
    if (wasLeader) this.#leader = memberId
    if (this.#state !== 'stable' || !same) return this.#joinNextGeneration(member)
    this.#startSession(member)
    this.#owner.changed(this)
    // Without KIP-814 a leader that comes back would assign anew; told that somebody else leads, it takes what it had.
    const skipAssignment = wasLeader && request.canSkipAssignment
    const leader = wasLeader && !skipAssignment ? old.memberId : this.#leader!
    return { ...this.#joined(member), leader, skipAssignment, members: skipAssignment ? this.#memberList() : [] }
  }

  #joinAgain(member: GroupMember, request: JoinRequest): JoinAnswer | Promise<JoinAnswer> {
    refuseWaiting(member, 'REBALANCE_IN_PROGRESS')
    const isCurrent = this.#state === 'completing' || (this.#state === 'stable' && member.memberId !== this.#leader)
    if (isCurrent && member.saysTheSameAs(request.protocols)) {
      // It did not get the answer to its last request.
      this.#startSession(member)
      return { ...this.#joined(member), members: member.memberId === this.#leader ? this.#memberList() : [] }
    }
    member.update(request)
    return this.#joinNextGeneration(member)
  }

  /** Who was told an id did not come back with it. */
  #breakPromise(memberId: string): void {
    this.#members.takePromise(memberId)
    this.#tryCompleteJoin()
    if (this.isDeserted) this.#owner.changed(this)
  }

  // ---------------------------------------------------------------------------------------------------------- rebalancing

  #prepareRebalance(): void {
    const before = this.#state
    this.#state = 'preparing'
    if (before === 'completing') {
      for (const member of this.members) if (member.waiting?.kind === 'sync') refuseWaiting(member, 'REBALANCE_IN_PROGRESS')
      for (const member of this.members) if (member.waiting === undefined) this.#startSession(member)
    }
    if (before !== 'preparing') {
      const { initialRebalanceDelayMs } = this.#owner.limits
      this.#waitsForOthers = before === 'empty' && initialRebalanceDelayMs > 0
      const { rebalanceTimeoutMs } = this.#members
      this.#setDeadline(this.#waitsForOthers ? Math.min(initialRebalanceDelayMs, rebalanceTimeoutMs) : rebalanceTimeoutMs)
    }
    this.#tryCompleteJoin()
  }

  #setDeadline(delayMs: number): void {
    this.#deadline?.cancel()
    this.#deadline = this.#owner.clock.after(delayMs, () => this.#timeIsUp())
  }

  #timeIsUp(): void {
    if (this.#state === 'preparing') {
      this.#completeJoin()
      return
    }
    // The leader has sent no assignment, or some have not asked for theirs.
    for (const member of this.members) if (member.waiting?.kind !== 'sync') this.#members.remove(member, 'UNKNOWN_MEMBER_ID')
    this.#rebalanceOrBecomeEmpty()
  }

  #tryCompleteJoin(): void {
    if (this.#state !== 'preparing' || this.#members.promisedCount > 0 || this.#waitsForOthers) return
    if (this.members.every((member) => member.waiting?.kind === 'join')) this.#completeJoin()
  }

  /** Everybody has joined, or the time is up: who did not come is out, static members excepted, who have until their session ends. */
  #completeJoin(): void {
    this.#waitsForOthers = false
    for (const member of this.members) {
      if (member.waiting?.kind !== 'join' && member.groupInstanceId === null) this.#members.remove(member, 'UNKNOWN_MEMBER_ID')
    }
    if (this.#members.count === 0) {
      this.#becomeEmpty()
      return
    }
    this.#setDeadline(this.#members.rebalanceTimeoutMs)
    const joined = this.members.filter((member) => member.waiting?.kind === 'join')
    // Static members alone that have not come yet: they have another time.
    if (joined.length === 0) return
    this.#generation++
    this.#state = 'completing'
    this.#protocol = chooseProtocol(this.members)
    if (!joined.some((member) => member.memberId === this.#leader)) this.#leader = joined[0]!.memberId
    for (const member of joined) {
      const { waiting } = member
      member.waiting = undefined
      member.assignment = new Uint8Array(0)
      this.#startSession(member)
      const members = member.memberId === this.#leader ? this.#memberList() : []
      if (waiting?.kind === 'join') waiting.answer({ ...this.#joined(member), members })
    }
  }

  #rebalanceOrBecomeEmpty(): void {
    if (this.#members.count === 0 && this.#members.promisedCount === 0) this.#becomeEmpty()
    else this.#prepareRebalance()
  }

  #becomeEmpty(): void {
    this.#state = 'empty'
    this.#deadline?.cancel()
    this.#generation++
    this.#protocol = null
    this.#leader = null
    this.#owner.changed(this)
  }

  // -------------------------------------------------------------------------------------------------------------- syncing

  sync(request: SyncRequest): SyncAnswer | Promise<SyncAnswer> {
    const error = this.#generationProblem(request)
    if (error !== undefined) return syncRefused(error)
    if (this.#state === 'preparing') return syncRefused('REBALANCE_IN_PROGRESS')
    const otherType = request.protocolType !== null && request.protocolType !== this.#protocolType
    const otherProtocol = request.protocol !== null && request.protocol !== this.#protocol
    if (otherType || otherProtocol) return syncRefused('INCONSISTENT_GROUP_PROTOCOL')
    const member = this.#members.get(request.memberId)!
    if (this.#state === 'stable') {
      this.#startSession(member)
      return this.#synced(member)
    }
    refuseWaiting(member, 'REBALANCE_IN_PROGRESS')
    member.session?.cancel()
    const answered = new Promise<SyncAnswer>((answer) => {
      member.waiting = { kind: 'sync', answer }
    })
    if (member.memberId === this.#leader) this.#becomeStable(request.assignments)
    return answered
  }

  #becomeStable(assignments: ReadonlyMap<string, Uint8Array>): void {
    this.#deadline?.cancel()
    this.#state = 'stable'
    for (const member of this.members) member.assignment = assignments.get(member.memberId) ?? new Uint8Array(0)
    // Written down before anybody works on it.
    this.#owner.changed(this)
    for (const member of this.members) {
      const { waiting } = member
      if (waiting?.kind !== 'sync') continue
      member.waiting = undefined
      this.#startSession(member)
      waiting.answer(this.#synced(member))
    }
  }

  // ---------------------------------------------------------------------------------------------- being heard of, and leaving

  heartbeat(identity: GenerationIdentity): ProtocolErrorName {
    const error = this.#generationProblem(identity)
    if (error !== undefined) return error
    this.#heardOf(identity.memberId)
    return this.#state === 'preparing' ? 'REBALANCE_IN_PROGRESS' : 'NONE'
  }

  leave(identity: MemberIdentity): ProtocolErrorName {
    if (this.#members.takePromise(identity.memberId)) {
      this.#breakPromise(identity.memberId)
      return 'NONE'
    }
    // By its instance id alone an operator may remove a static member.
    const byInstance = identity.memberId === '' ? this.#members.ofInstance(identity.groupInstanceId) : undefined
    const memberId = byInstance?.memberId ?? identity.memberId
    const error = this.#members.identityProblem({ ...identity, memberId })
    if (error === undefined) this.#expel(this.#members.get(memberId)!)
    return error ?? 'NONE'
  }

  /** Whether a member may commit offsets now; who is not in the group may while nobody is. */
  commitProblem(identity: GenerationIdentity): ProtocolErrorName | undefined {
    if (identity.generation < 0 && this.#state === 'empty') return undefined
    const error = this.#generationProblem(identity)
    if (error !== undefined) return error
    if (this.#state === 'completing') return 'REBALANCE_IN_PROGRESS'
    this.#heardOf(identity.memberId)
    return undefined
  }

  /**
   * The same for offsets in a transaction. Who names no member is not asked to be one, as before KIP-447; and while the next generation is being assigned nobody
   * of the last one can come, since its number has gone up.
   */
  transactionalCommitProblem(identity: GenerationIdentity): ProtocolErrorName | undefined {
    const namesNobody = identity.generation < 0 && identity.memberId === '' && identity.groupInstanceId === null
    const error = namesNobody ? undefined : this.#generationProblem(identity)
    if (error === undefined && !namesNobody) this.#heardOf(identity.memberId)
    return error
  }

  #heardOf(memberId: string): void {
    const member = this.#members.get(memberId)!
    if (member.waiting === undefined) this.#startSession(member)
  }

  #startSession(member: GroupMember): void {
    member.session?.cancel()
    member.session = this.#owner.clock.after(member.sessionTimeoutMs, () => this.#expel(member))
  }

  #expel(member: GroupMember): void {
    this.#members.remove(member, 'UNKNOWN_MEMBER_ID')
    this.#rebalanceOrBecomeEmpty()
  }

  #generationProblem(identity: GenerationIdentity): ProtocolErrorName | undefined {
    const error = this.#members.identityProblem(identity)
    if (error !== undefined) return error
    return identity.generation === this.#generation ? undefined : 'ILLEGAL_GENERATION'
  }

  // -------------------------------------------------------------------------------------------------------------- answers

  #memberList(): JoinAnswer['members'] {
    return this.members.map((member) => {
      return { memberId: member.memberId, groupInstanceId: member.groupInstanceId, metadata: member.metadataOf(this.#protocol!) }
    })
  }

  #joined(member: GroupMember): JoinAnswer {
    return {
      error: 'NONE',
      generation: this.#generation,
      protocolType: this.#protocolType,
      protocol: this.#protocol,
      leader: this.#leader!,
      skipAssignment: false,
      memberId: member.memberId,
      members: [],
    }
  }

  #synced(member: GroupMember): SyncAnswer {
    return { error: 'NONE', protocolType: this.#protocolType, protocol: this.#protocol, assignment: member.assignment }
  }
}

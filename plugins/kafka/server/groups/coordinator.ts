// All groups and what they have committed, durable in a journal: an offset is written down before its commit is acknowledged, a generation before its members
// get their assignments. Groups stay after their last member as long as they have offsets; nothing of them is deleted by time.

import { randomUUID } from 'node:crypto'
import type { Clock } from '../../../../framework/index.ts'
import type { ProtocolErrorName } from '../../wire/error-codes.ts'
import { Journal } from '../log/journal.ts'
import type { LogReport } from '../log/partition-log.ts'
import type { Storage } from '../log/storage.ts'
import { type Committed, CommittedOffsets } from './committed-offsets.ts'
import { Group, type GroupLimits, type GroupOwner } from './group.ts'
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
import { PendingOffsets, type StoredOffset } from './pending-offsets.ts'

const journalPath = 'groups.journal'

export interface CoordinatorLimits extends GroupLimits {
  readonly groupsMax: number
  readonly sessionTimeoutMinMs: number
  readonly sessionTimeoutMaxMs: number
  readonly offsetMetadataBytesMax: number
}

/** The facts of the journal; their form outlives the process. Bytes are base64. */
type GroupJournalFact =
  | { readonly kind: 'group'; readonly group: StoredGroup }
  | { readonly kind: 'group deleted'; readonly groupId: string }
  | { readonly kind: 'offsets'; readonly groupId: string; readonly offsets: readonly StoredOffset[] }
  | {
      readonly kind: 'offsets deleted'
      readonly groupId: string
      readonly partitions: readonly (readonly [topic: string, partition: number])[]
    }
  | { readonly kind: 'topic deleted'; readonly topic: string }
  /** Offsets that count when the transaction of a producer is committed, and that it has ended. */
  | { readonly kind: 'pending offsets'; readonly groupId: string; readonly producerId: number; readonly offsets: readonly StoredOffset[] }
  | { readonly kind: 'pending ended'; readonly groupId: string; readonly producerId: number; readonly committed: boolean }

interface StoredGroup extends Omit<GroupFacts, 'members'> {
  readonly members: readonly StoredMember[]
}

interface StoredMember extends Omit<GroupFacts['members'][number], 'protocols' | 'assignment'> {
  readonly protocols: readonly { readonly name: string; readonly metadata: string }[]
  readonly assignment: string
}

export interface OffsetToCommit extends Committed {
  readonly topic: string
  readonly partition: number
}

export class Coordinator {
  readonly #limits: CoordinatorLimits
  readonly #report: LogReport
  readonly #owner: GroupOwner
  readonly #groups = new Map<string, Group>()
  readonly #offsets = new Map<string, CommittedOffsets>()
  readonly #pending = new PendingOffsets()
  readonly #journal: Journal<GroupJournalFact>

  constructor(storage: Storage, clock: Clock, limits: CoordinatorLimits, report: LogReport) {
    this.#limits = limits
    this.#report = report
    this.#owner = {
      clock,
      limits,
      newMemberId: (prefix) => `${prefix}-${randomUUID()}`,
      changed: (group) => this.#changed(group),
    }
    const stored = new Map<string, StoredGroup>()
    this.#journal = Journal.open(
      storage,
      journalPath,
      (fact: GroupJournalFact) => {
        if (fact.kind === 'group') stored.set(fact.group.groupId, fact.group)
        else if (fact.kind === 'group deleted') stored.delete(fact.groupId)
        this.#applyOffsets(fact)
      },
      () => this.#allFacts(),
      report,
    )
    for (const group of stored.values()) this.#groups.set(group.groupId, Group.restored(fromStored(group), this.#owner))
    for (const groupId of this.#offsets.keys()) if (!this.#groups.has(groupId)) this.#groups.set(groupId, new Group(groupId, this.#owner))
  }

  // ------------------------------------------------------------------------------------------------------------ membership

  async join(request: JoinRequest): Promise<JoinAnswer> {
    const { groupId, memberId, sessionTimeoutMs } = request
    if (groupId === '') return joinRefused('INVALID_GROUP_ID', memberId)
    if (sessionTimeoutMs < this.#limits.sessionTimeoutMinMs || sessionTimeoutMs > this.#limits.sessionTimeoutMaxMs) {
      return joinRefused('INVALID_SESSION_TIMEOUT', memberId)
    }
    let group = this.#groups.get(groupId)
    if (group === undefined) {
      if (memberId !== '') return joinRefused('UNKNOWN_MEMBER_ID', memberId)
      if (this.#groups.size >= this.#limits.groupsMax) return joinRefused('POLICY_VIOLATION', memberId)
      group = new Group(groupId, this.#owner)
      this.#groups.set(groupId, group)
    }
    const answer = group.join(request)
    // If it was refused, nothing is left of a new group.
    this.#forgetIfDeserted(group)
    return answer
  }

  async sync(groupId: string, request: SyncRequest): Promise<SyncAnswer> {
    return this.#groups.get(groupId)?.sync(request) ?? syncRefused('UNKNOWN_MEMBER_ID')
  }

  heartbeat(groupId: string, identity: GenerationIdentity): ProtocolErrorName {
    return this.#groups.get(groupId)?.heartbeat(identity) ?? 'UNKNOWN_MEMBER_ID'
  }

  leave(groupId: string, identity: MemberIdentity): ProtocolErrorName {
    return this.#groups.get(groupId)?.leave(identity) ?? 'UNKNOWN_MEMBER_ID'
  }

  // --------------------------------------------------------------------------------------------------------------- offsets

  /** One error for each offset. */
  commit(groupId: string, identity: GenerationIdentity, offsets: readonly OffsetToCommit[]): readonly ProtocolErrorName[] {
    const problem = this.#commitProblem(groupId, identity, false)
    return problem === undefined ? this.#store({ kind: 'offsets', groupId }, offsets) : offsets.map(() => problem)
  }

  /** The same in a transaction of a producer, to count when that is committed. */
  commitInTransaction(
    groupId: string,
    identity: GenerationIdentity,
    producerId: number,
    offsets: readonly OffsetToCommit[],
  ): readonly ProtocolErrorName[] {
    const problem = this.#commitProblem(groupId, identity, true)
    return problem === undefined ? this.#store({ kind: 'pending offsets', groupId, producerId }, offsets) : offsets.map(() => problem)
  }

  /** The transaction of a producer has ended. Throws if that cannot be written down; then it has not, and may be told again. */
  endTransaction(groupId: string, producerId: number, committed: boolean): void {
    if (this.#pending.has(groupId, producerId)) this.#note({ kind: 'pending ended', groupId, producerId, committed })
  }

  /** Whether a transaction that is open has an offset of this partition: it is not known yet what is committed (KIP-447). */
  isPending(groupId: string, topic: string, partition: number): boolean {
    return this.#pending.hasPartition(groupId, topic, partition)
  }

  #store(
    where:
      | { readonly kind: 'offsets'; readonly groupId: string }
      | { readonly kind: 'pending offsets'; readonly groupId: string; readonly producerId: number },
    offsets: readonly OffsetToCommit[],
  ): readonly ProtocolErrorName[] {
    const errors = offsets.map((offset): ProtocolErrorName => {
      return Buffer.byteLength(offset.metadata) > this.#limits.offsetMetadataBytesMax ? 'OFFSET_METADATA_TOO_LARGE' : 'NONE'
    })
    const good = offsets.filter((_, index) => errors[index] === 'NONE')
    if (good.length > 0) {
      const stored = good.map(({ topic, partition, offset, leaderEpoch, metadata }): StoredOffset => {
        return [topic, partition, offset, leaderEpoch, metadata]
      })
      if (!this.#write({ ...where, offsets: stored })) return offsets.map(() => 'COORDINATOR_NOT_AVAILABLE')
      this.#applyOffsets({ ...where, offsets: stored })
      if (!this.#groups.has(where.groupId)) this.#groups.set(where.groupId, new Group(where.groupId, this.#owner))
    }
    return errors
  }

  committed(groupId: string): CommittedOffsets | undefined {
    return this.#offsets.get(groupId)
  }

  deleteOffsets(groupId: string, partitions: readonly (readonly [topic: string, partition: number])[]): void {
    this.#note({ kind: 'offsets deleted', groupId, partitions })
  }

  /** Offsets in a topic that is gone would be taken for offsets in a later one of its name. */
  topicDeleted(topic: string): void {
    const isKnown = [...this.#offsets.values()].some((offsets) => offsets.has(topic)) || this.#pending.hasTopic(topic)
    if (isKnown) this.#note({ kind: 'topic deleted', topic })
  }

  #commitProblem(groupId: string, identity: GenerationIdentity, transactional: boolean): ProtocolErrorName | undefined {
    if (groupId === '') return 'INVALID_GROUP_ID'
    const group = this.#groups.get(groupId)
    if (group !== undefined) return transactional ? group.transactionalCommitProblem(identity) : group.commitProblem(identity)
    if (identity.generation >= 0) return 'ILLEGAL_GENERATION'
    return this.#groups.size >= this.#limits.groupsMax ? 'POLICY_VIOLATION' : undefined
  }

  // ---------------------------------------------------------------------------------------------------------------- groups

  groups(): Iterable<Group> {
    return this.#groups.values()
  }

  group(groupId: string): Group | undefined {
    return this.#groups.get(groupId)
  }

  deleteGroup(groupId: string): ProtocolErrorName {
    const group = this.#groups.get(groupId)
    if (group === undefined) return 'GROUP_ID_NOT_FOUND'
    if (!group.isDeserted) return 'NON_EMPTY_GROUP'
    this.#groups.delete(groupId)
    this.#note({ kind: 'group deleted', groupId })
    return 'NONE'
  }

  close(): void {
    for (const group of this.#groups.values()) group.close()
    this.#journal.close()
  }

  /** A group goes on even if that cannot be written down: its members would join anew after a restart. */
  #changed(group: Group): void {
    if (!this.#forgetIfDeserted(group)) this.#write({ kind: 'group', group: toStored(group.facts()) })
  }

  /** A group without members and offsets is nothing. */
  #forgetIfDeserted(group: Group): boolean {
    if (
      !group.isDeserted ||
      this.#offsets.has(group.groupId) ||
      this.#pending.hasGroup(group.groupId) ||
      this.#groups.get(group.groupId) !== group
    )
      return false
    this.#groups.delete(group.groupId)
    this.#write({ kind: 'group deleted', groupId: group.groupId })
    return true
  }

  #note(fact: GroupJournalFact): void {
    this.#journal.append(fact)
    this.#applyOffsets(fact)
  }

  /** False, and a line in the log, if the disk does not take it. */
  #write(fact: GroupJournalFact): boolean {
    try {
      this.#journal.append(fact)
      return true
    } catch (error) {
      this.#report(`Could not write to ${journalPath}: ${error instanceof Error ? error.message : error}`)
      return false
    }
  }

  #applyOffsets(fact: GroupJournalFact): void {
    switch (fact.kind) {
      case 'group':
        break
      case 'group deleted':
        this.#offsets.delete(fact.groupId)
        this.#pending.deleteGroup(fact.groupId)
        break
      case 'offsets':
        this.#setOffsets(fact.groupId, fact.offsets)
        break
      case 'pending offsets':
        this.#pending.add(fact.groupId, fact.producerId, fact.offsets)
        break
      case 'pending ended': {
        const offsets = this.#pending.take(fact.groupId, fact.producerId)
        if (fact.committed) this.#setOffsets(fact.groupId, offsets)
        break
      }
      case 'offsets deleted': {
        const offsets = this.#offsets.get(fact.groupId)
        for (const [topic, partition] of fact.partitions) offsets?.delete(topic, partition)
        if (offsets?.count === 0) this.#offsets.delete(fact.groupId)
        break
      }
      case 'topic deleted':
        for (const [groupId, offsets] of this.#offsets) {
          offsets.deleteTopic(fact.topic)
          if (offsets.count === 0) this.#offsets.delete(groupId)
        }
        this.#pending.deleteTopic(fact.topic)
        break
    }
  }

  #setOffsets(groupId: string, stored: readonly StoredOffset[]): void {
    if (stored.length === 0) return
    const offsets = this.#offsets.get(groupId) ?? new CommittedOffsets()
    this.#offsets.set(groupId, offsets)
    for (const [topic, partition, offset, leaderEpoch, metadata] of stored) offsets.set(topic, partition, { offset, leaderEpoch, metadata })
  }

  *#allFacts(): Generator<GroupJournalFact> {
    for (const group of this.#groups.values()) yield { kind: 'group', group: toStored(group.facts()) }
    for (const [groupId, offsets] of this.#offsets) {
      const stored = [...offsets.entries()].map(([topic, partition, { offset, leaderEpoch, metadata }]): StoredOffset => {
        return [topic, partition, offset, leaderEpoch, metadata]
      })
      yield { kind: 'offsets', groupId, offsets: stored }
    }
    for (const pending of this.#pending.entries()) yield { kind: 'pending offsets', ...pending }
  }
}

function toStored(facts: GroupFacts): StoredGroup {
  const members = facts.members.map((member): StoredMember => {
    const protocols = member.protocols.map(({ name, metadata }) => ({ name, metadata: Buffer.from(metadata).toString('base64') }))
    return { ...member, protocols, assignment: Buffer.from(member.assignment).toString('base64') }
  })
  return { ...facts, members }
}

function fromStored(stored: StoredGroup): GroupFacts {
  const members = stored.members.map((member) => {
    const protocols = member.protocols.map(({ name, metadata }) => ({ name, metadata: Buffer.from(metadata, 'base64') }))
    return { ...member, protocols, assignment: Buffer.from(member.assignment, 'base64') }
  })
  return { ...stored, members }
}

// The members of one group, by member id and by the instance id of static ones, and the ids that were given out and not yet joined with (KIP-394).

import type { Timer } from '../../../../framework/index.ts'
import type { ProtocolErrorName } from '../../wire/error-codes.ts'
import { joinRefused, type MemberIdentity, syncRefused } from './group-answers.ts'
import type { GroupMember } from './group-member.ts'

export class GroupMembers {
  readonly #byId = new Map<string, GroupMember>()
  readonly #instances = new Map<string, string>()
  readonly #promised = new Map<string, Timer>()

  get count(): number {
    return this.#byId.size
  }

  get promisedCount(): number {
    return this.#promised.size
  }

  get all(): readonly GroupMember[] {
    return [...this.#byId.values()]
  }

  /** The longest that any of them may take to join again. */
  get rebalanceTimeoutMs(): number {
    return Math.max(0, ...this.all.map((member) => member.rebalanceTimeoutMs))
  }

  get(memberId: string): GroupMember | undefined {
    return this.#byId.get(memberId)
  }

  ofInstance(groupInstanceId: string | null): GroupMember | undefined {
    const memberId = groupInstanceId === null ? undefined : this.#instances.get(groupInstanceId)
    return memberId === undefined ? undefined : this.#byId.get(memberId)
  }

  add(member: GroupMember): void {
    this.#byId.set(member.memberId, member)
    if (member.groupInstanceId !== null) this.#instances.set(member.groupInstanceId, member.memberId)
  }

  /** Whoever waits for an answer in its name gets this error. */
  remove(member: GroupMember, error: ProtocolErrorName): void {
    member.session?.cancel()
    this.#byId.delete(member.memberId)
    if (member.groupInstanceId !== null) this.#instances.delete(member.groupInstanceId)
    refuseWaiting(member, error)
  }

  promise(memberId: string, expiry: Timer): void {
    this.#promised.set(memberId, expiry)
  }

  /** Whether the id was given out and not used; from now on it is not. */
  takePromise(memberId: string): boolean {
    this.#promised.get(memberId)?.cancel()
    return this.#promised.delete(memberId)
  }

  /** What is wrong with who says to be this member. */
  identityProblem({ memberId, groupInstanceId }: MemberIdentity): ProtocolErrorName | undefined {
    if (groupInstanceId !== null) {
      const known = this.#instances.get(groupInstanceId)
      if (known !== undefined && known !== memberId) return 'FENCED_INSTANCE_ID'
    }
    const member = this.#byId.get(memberId)
    if (member === undefined) return 'UNKNOWN_MEMBER_ID'
    return groupInstanceId !== null && member.groupInstanceId !== groupInstanceId ? 'UNKNOWN_MEMBER_ID' : undefined
  }

  close(): void {
    for (const timer of this.#promised.values()) timer.cancel()
    for (const member of this.#byId.values()) {
      member.session?.cancel()
      refuseWaiting(member, 'COORDINATOR_NOT_AVAILABLE')
    }
  }
}

export function refuseWaiting(member: GroupMember, error: ProtocolErrorName): void {
  const { waiting } = member
  member.waiting = undefined
  if (waiting?.kind === 'join') waiting.answer(joinRefused(error, member.memberId))
  if (waiting?.kind === 'sync') waiting.answer(syncRefused(error))
}

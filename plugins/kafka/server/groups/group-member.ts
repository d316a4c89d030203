// One member of a group: what it said when it joined, what it is waiting for, and the timer that expels it.

import type { Timer } from '../../../../framework/index.ts'
import type { JoinAnswer, JoinRequest, MemberProtocol, SyncAnswer } from './group-answers.ts'
import type { MemberFacts } from './group-facts.ts'

export class GroupMember {
  readonly memberId: string
  readonly groupInstanceId: string | null
  clientId: string
  clientHost: string
  sessionTimeoutMs: number
  rebalanceTimeoutMs: number
  protocols: readonly MemberProtocol[]
  assignment: Uint8Array
  /** While a JoinGroup or a SyncGroup of it is not answered. Its session does not run out meanwhile: it cannot send heartbeats. */
  waiting:
    | { readonly kind: 'join'; answer(answer: JoinAnswer): void }
    | { readonly kind: 'sync'; answer(answer: SyncAnswer): void }
    | undefined
  session: Timer | undefined

  constructor(facts: MemberFacts) {
    this.memberId = facts.memberId
    this.groupInstanceId = facts.groupInstanceId
    this.clientId = facts.clientId
    this.clientHost = facts.clientHost
    this.sessionTimeoutMs = facts.sessionTimeoutMs
    this.rebalanceTimeoutMs = facts.rebalanceTimeoutMs
    this.protocols = facts.protocols
    this.assignment = facts.assignment
  }

  static joining(memberId: string, request: JoinRequest): GroupMember {
    return new GroupMember({ ...request, memberId, assignment: new Uint8Array(0) })
  }

  /** Takes over what a member says when it joins again. */
  update(request: JoinRequest): void {
    this.clientId = request.clientId
    this.clientHost = request.clientHost
    this.sessionTimeoutMs = request.sessionTimeoutMs
    this.rebalanceTimeoutMs = request.rebalanceTimeoutMs
    this.protocols = request.protocols
  }

  metadataOf(protocol: string): Uint8Array {
    return this.protocols.find(({ name }) => name === protocol)?.metadata ?? new Uint8Array(0)
  }

  saysTheSameAs(protocols: readonly MemberProtocol[]): boolean {
    return (
      protocols.length === this.protocols.length &&
      protocols.every(({ name, metadata }, index) => {
        const own = this.protocols[index]!
        return own.name === name && Buffer.compare(own.metadata, metadata) === 0
      })
    )
  }

  facts(): MemberFacts {
    const { memberId, groupInstanceId, clientId, clientHost, sessionTimeoutMs, rebalanceTimeoutMs, protocols, assignment } = this
    return { memberId, groupInstanceId, clientId, clientHost, sessionTimeoutMs, rebalanceTimeoutMs, protocols, assignment }
  }
}

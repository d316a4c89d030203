// What of a group outlives the broker.

import type { MemberProtocol } from './group-answers.ts'

export interface GroupFacts {
  readonly groupId: string
  readonly protocolType: string | null
  readonly protocol: string | null
  readonly generation: number
  readonly leader: string | null
  readonly members: readonly MemberFacts[]
}

export interface MemberFacts {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
  readonly protocols: readonly MemberProtocol[]
  readonly assignment: Uint8Array
}

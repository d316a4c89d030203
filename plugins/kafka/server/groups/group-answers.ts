// What members ask of a group and what it answers, without the wire.

import type { ProtocolErrorName } from '../../wire/error-codes.ts'

export interface MemberProtocol {
  readonly name: string
  readonly metadata: Uint8Array
}

export interface JoinRequest {
  readonly groupId: string
  /** Empty: a new member. */
  readonly memberId: string
  /** Static membership (KIP-345). */
  readonly groupInstanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
  readonly protocolType: string
  readonly protocols: readonly MemberProtocol[]
  /** KIP-394: a new member is told its id first, and joins with that. */
  readonly memberIdRequired: boolean
  /** KIP-814: a static leader that comes back is told that there is nothing to assign. */
  readonly canSkipAssignment: boolean
}

export interface JoinAnswer {
  readonly error: ProtocolErrorName
  readonly generation: number
  readonly protocolType: string | null
  readonly protocol: string | null
  readonly leader: string
  readonly skipAssignment: boolean
  readonly memberId: string
  readonly members: readonly { readonly memberId: string; readonly groupInstanceId: string | null; readonly metadata: Uint8Array }[]
}

export interface MemberIdentity {
  readonly memberId: string
  readonly groupInstanceId: string | null
}

export interface GenerationIdentity extends MemberIdentity {
  readonly generation: number
}

export interface SyncRequest extends GenerationIdentity {
  /** null: not said. */
  readonly protocolType: string | null
  readonly protocol: string | null
  /** Of the leader; others send none. */
  readonly assignments: ReadonlyMap<string, Uint8Array>
}

export interface SyncAnswer {
  readonly error: ProtocolErrorName
  readonly protocolType: string | null
  readonly protocol: string | null
  readonly assignment: Uint8Array
}

const nothing = new Uint8Array(0)

export function joinRefused(error: ProtocolErrorName, memberId: string): JoinAnswer {
  return { error, generation: -1, protocolType: null, protocol: null, leader: '', skipAssignment: false, memberId, members: [] }
}

export function syncRefused(error: ProtocolErrorName): SyncAnswer {
  return { error, protocolType: null, protocol: null, assignment: nothing }
}

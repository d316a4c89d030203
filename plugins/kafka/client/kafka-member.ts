// One member of a consumer group, in the classic protocol: JoinGroup, SyncGroup, Heartbeat, OffsetCommit, LeaveGroup.
//
//   state        on                                                  becomes
//   new          join()                                              joining
//   joining      assignment received                                 stable
//   joining      expelled, rebalance again, coordinator moved,
//                  members of another protocol in the group          joining (tried again inside join)
//   stable       heartbeat: REBALANCE_IN_PROGRESS                    rebalancing (goes on sending heartbeats: its partitions are still its own)
//   stable,      heartbeat or commit: UNKNOWN_MEMBER_ID, ILLEGAL_GENERATION,
//   rebalancing    FENCED_INSTANCE_ID; no heartbeat answered for the session timeout
//                                                                    lost
//   stable, rebalancing, lost   join()                               joining
//   any          leave()                                             left
//
// Heartbeats begin when JoinGroup is answered, because from then on the coordinator counts the session timeout, and go on until the next one is sent.

import {
  type Assignment,
  type CommittedOffset,
  type GroupMember,
  type MemberOptions,
  type MemberSubscription,
  MillraceError,
  type Timer,
} from '../../../framework/index.ts'
import type { ResponseOf } from '../wire/api.ts'
import { apis } from '../wire/apis.ts'
import { errorCode } from '../wire/error-codes.ts'
import type { ClusterClient } from './cluster-client.ts'
import { Coordinator } from './coordinator.ts'
import { check, isPassing, NoAnswer, RefusedRequest } from './faults.ts'
import { Signal } from './signal.ts'

const protocolType = 'consumer'
const noGeneration = -1

/** The member is no longer one, or not of this generation. */
const fencedCodes: readonly number[] = [errorCode.UNKNOWN_MEMBER_ID, errorCode.ILLEGAL_GENERATION, errorCode.FENCED_INSTANCE_ID]

/** A round of joining has to begin again. */
const joinAgainCodes: readonly number[] = [errorCode.UNKNOWN_MEMBER_ID, errorCode.ILLEGAL_GENERATION, errorCode.REBALANCE_IN_PROGRESS]

type Joined = ResponseOf<typeof apis.joinGroup>

export class KafkaMember implements GroupMember {
  readonly #cluster: ClusterClient
  readonly #options: MemberOptions
  readonly #coordinator: Coordinator
  readonly #changed = new Signal()
  #state: GroupMember['state'] = 'new'
  #memberId = ''
  #generation = noGeneration
  #heartbeatTimer: Timer | undefined
  #heartbeatAnsweredAtMs: number
  /** Tells the heartbeats of one generation from those of the next. */
  #round = 0

  constructor(cluster: ClusterClient, options: MemberOptions) {
    this.#cluster = cluster
    this.#options = options
    this.#coordinator = new Coordinator(cluster, options.groupId)
    this.#heartbeatAnsweredAtMs = cluster.clock.monotonicMs()
  }

  get state(): GroupMember['state'] {
    return this.#state
  }

  get heartbeatAgeMs(): number {
    return this.#cluster.clock.monotonicMs() - this.#heartbeatAnsweredAtMs
  }

  async changed(): Promise<void> {
    while (this.#state === 'stable') await this.#changed.next()
  }

  async join(): Promise<Assignment> {
    this.#become('joining')
    // A join alone may take the whole rebalance timeout.
    const timeoutMs = this.#options.rebalanceTimeoutMs + this.#cluster.settings.retryTimeoutMs
    let foreignUntilMs: number | undefined
    return this.#coordinator.withRetries(async () => {
      for (;;) {
        // Leaving cuts the connection under a join; the group is not to hear of this member again.
        if (this.#state === 'left') throw new MillraceError('client-closed', { client: this.#options.clientId })
        try {
          return await this.#joinOnce()
        } catch (error) {
          this.#stopHeartbeats()
          if (error instanceof RefusedRequest && error.code === errorCode.INCONSISTENT_GROUP_PROTOCOL) {
            foreignUntilMs ??= this.#foreignMembers()
            await this.#waitForForeignMembers(foreignUntilMs, error)
            continue
          }
          const again = error instanceof RefusedRequest && joinAgainCodes.includes(error.code) && this.#state === 'joining'
          if (!again) throw error
          this.#cluster.logger.log('debug', 'Joining the group begins again', { group: this.#options.groupId, error: error.message })
          if (error.code === errorCode.UNKNOWN_MEMBER_ID) this.#forgetMember()
        }
      }
    }, timeoutMs)
  }

  async commit(offsets: readonly CommittedOffset[]): Promise<void> {
    if (offsets.length === 0) return
    const { groupId, groupInstanceId = null } = this.#options
    const committer = { generationId: this.#generation, memberId: this.#memberId, groupInstanceId }
    // Kafka takes the offsets of nobody in particular for a group that is empty: those of a tool, and not those of a member that was expelled.
    if (committer.generationId === noGeneration)
      throw new MillraceError('member-fenced', { group: groupId, member: this.#options.clientId })
    try {
      await this.#coordinator.withRetries(async () => {
        try {
          await this.#coordinator.commit(committer, offsets)
        } catch (error) {
          const code = error instanceof RefusedRequest ? error.code : errorCode.NONE
          // While the next generation is being assigned, this one can commit no more.
          if (fencedCodes.includes(code)) this.#lose()
          else if (code !== errorCode.REBALANCE_IN_PROGRESS) throw error
          throw new MillraceError('member-fenced', { group: groupId, member: committer.memberId }, error)
        }
      })
    } finally {
      this.#heartbeatSoon()
    }
  }

  async leave(): Promise<void> {
    const wasMember = this.#memberId !== '' && this.#state !== 'left'
    // A broker answers one request at a time on a connection: behind a join that waits for others, nothing would be heard.
    if (this.#state === 'joining') this.#cluster.disconnect()
    this.#stopHeartbeats()
    this.#become('left')
    const { groupId, groupInstanceId } = this.#options
    try {
      // A static member does not leave: it may come back within its session timeout and find its partitions (KIP-345).
      if (!wasMember || groupInstanceId !== undefined) return
      const member = { memberId: this.#memberId, groupInstanceId: null, reason: 'the app stops' }
      await this.#coordinator.send(apis.leaveGroup, { groupId, memberId: this.#memberId, members: [member] })
    } catch (error) {
      // The session timeout does it then.
      this.#cluster.logger.log('debug', 'The group was not told of a member that leaves', { group: groupId, error: String(error) })
    } finally {
      this.#cluster.close()
    }
  }

  // ----------------------------------------------------------------------------------------------------------- joining

  /** Says that others are in the group with whom there is nothing to agree on; gives until when they are waited for. */
  #foreignMembers(): number {
    const { groupId: group } = this.#options
    const { foreignMembersTimeoutMs } = this.#cluster.settings
    const seconds = foreignMembersTimeoutMs / 1000
    this.#cluster.logger.log(
      'warn',
      `Waiting for the group ${group}: it has members that speak another protocol. A Kafka Streams app leaves its group only when its session has timed out, 45 s after it was closed; giving up after ${seconds} s.`,
      { group },
    )
    return this.#cluster.clock.monotonicMs() + foreignMembersTimeoutMs
  }

  async #waitForForeignMembers(untilMs: number, refusal: RefusedRequest): Promise<void> {
    const { groupId: group, clientId: client } = this.#options
    if (this.#cluster.clock.monotonicMs() >= untilMs) {
      const seconds = this.#cluster.settings.foreignMembersTimeoutMs / 1000
      throw new MillraceError('group-foreign', { group, seconds }, refusal)
    }
    await this.#cluster.longestPause()
    if (this.#state !== 'joining') throw new MillraceError('client-closed', { client })
  }

  async #joinOnce(): Promise<Assignment> {
    const joined = await this.#sendJoin()
    this.#stopHeartbeats()
    this.#memberId = joined.memberId
    this.#generation = joined.generationId
    this.#heartbeatAnsweredAtMs = this.#cluster.clock.monotonicMs()
    this.#heartbeatLater(this.#round)
    const leads = joined.leader === joined.memberId && !joined.skipAssignment
    const assignments = leads ? await this.#options.assign(joined.members.map(subscriptionOf)) : new Map<string, Uint8Array>()
    const assignment = await this.#sendSync(assignments)
    if (this.#state !== 'joining') throw new MillraceError('client-closed', { client: this.#options.clientId })
    this.#become('stable')
    return { generation: this.#generation, memberId: this.#memberId, assignment: Uint8Array.from(assignment) }
  }

  async #sendJoin(): Promise<Joined> {
    const { groupId, groupInstanceId = null, sessionTimeoutMs, rebalanceTimeoutMs, protocol, subscription } = this.#options
    const protocols = [{ name: protocol, metadata: subscription() }]
    for (;;) {
      const request = {
        groupId,
        sessionTimeoutMs,
        rebalanceTimeoutMs,
        memberId: this.#memberId,
        groupInstanceId,
        protocolType,
        protocols,
        reason: null,
      }
      // The answer comes when all members have joined, or been given up.
      const joined = await this.#coordinator.send(apis.joinGroup, request, rebalanceTimeoutMs)
      if (joined.errorCode === errorCode.NONE) return joined
      // The coordinator wants to know the member by an id before it counts (KIP-394).
      if (joined.errorCode !== errorCode.MEMBER_ID_REQUIRED) check(joined.errorCode, 'JoinGroup', groupId)
      this.#memberId = joined.memberId
    }
  }

  async #sendSync(assignments: ReadonlyMap<string, Uint8Array>): Promise<Buffer> {
    const { groupId, groupInstanceId = null, protocol, rebalanceTimeoutMs } = this.#options
    const request = {
      groupId,
      generationId: this.#generation,
      memberId: this.#memberId,
      groupInstanceId,
      protocolType,
      protocolName: protocol,
      assignments: [...assignments].map(([memberId, assignment]) => ({ memberId, assignment })),
    }
    const { errorCode: code, assignment } = await this.#coordinator.send(apis.syncGroup, request, rebalanceTimeoutMs)
    check(code, 'SyncGroup', groupId)
    return assignment
  }

  // -------------------------------------------------------------------------------------------------------- heartbeats

  #heartbeatLater(round: number): void {
    this.#heartbeatTimer = this.#cluster.clock.after(this.#options.heartbeatIntervalMs, () => void this.#heartbeat(round))
  }

  /** After a commit, which tells nothing of a rebalance that has begun. */
  #heartbeatSoon(): void {
    if (this.#heartbeatTimer === undefined || this.#state !== 'stable') return
    if (this.heartbeatAgeMs < this.#options.heartbeatIntervalMs) return
    this.#heartbeatTimer.cancel()
    void this.#heartbeat(this.#round)
  }

  /** Never rejects. */
  async #heartbeat(round: number): Promise<void> {
    if (round !== this.#round) return
    this.#heartbeatTimer = undefined
    const { groupId, groupInstanceId = null, sessionTimeoutMs, heartbeatIntervalMs } = this.#options
    // A line may be dead without a word: when the session must have timed out, waiting is over.
    const patienceMs = Math.max(heartbeatIntervalMs, sessionTimeoutMs - this.heartbeatAgeMs)
    const patience = this.#cluster.clock.after(patienceMs, () => this.#cluster.disconnect())
    try {
      const request = { groupId, generationId: this.#generation, memberId: this.#memberId, groupInstanceId }
      const { errorCode: code } = await this.#coordinator.send(apis.heartbeat, request)
      if (round !== this.#round) return
      if (code === errorCode.NONE || code === errorCode.REBALANCE_IN_PROGRESS)
        this.#heartbeatAnsweredAtMs = this.#cluster.clock.monotonicMs()
      check(code, 'Heartbeat', groupId)
    } catch (error) {
      if (round !== this.#round) return
      this.#heartbeatFailed(error)
    } finally {
      patience.cancel()
    }
    if (round === this.#round) this.#heartbeatLater(round)
  }

  #heartbeatFailed(error: unknown): void {
    this.#coordinator.forgetIfGone(error)
    const code = error instanceof RefusedRequest ? error.code : errorCode.NONE
    if (code === errorCode.REBALANCE_IN_PROGRESS) {
      if (this.#state === 'stable') this.#become('rebalancing')
      return
    }
    this.#cluster.logger.log('debug', 'A heartbeat failed', { group: this.#options.groupId, error: String(error) })
    const silent = this.heartbeatAgeMs >= this.#options.sessionTimeoutMs
    if (fencedCodes.includes(code) || silent || !isPassing(error)) this.#lose(code)
    else if (error instanceof NoAnswer) void this.#cluster.refresh([]).catch(() => {})
  }

  /** The generation is over for this member. While it joins, the join itself will hear of that. */
  #lose(code: number = errorCode.UNKNOWN_MEMBER_ID): void {
    if (this.#state !== 'stable' && this.#state !== 'rebalancing') return
    this.#stopHeartbeats()
    if (code !== errorCode.ILLEGAL_GENERATION) this.#forgetMember()
    this.#become('lost')
  }

  #forgetMember(): void {
    this.#memberId = ''
    this.#generation = noGeneration
  }

  #stopHeartbeats(): void {
    this.#round++
    this.#heartbeatTimer?.cancel()
    this.#heartbeatTimer = undefined
  }

  #become(state: GroupMember['state']): void {
    if (this.#state === 'left' || this.#state === state) return
    this.#state = state
    this.#changed.fire()
  }
}

function subscriptionOf({ memberId, groupInstanceId, metadata }: Joined['members'][number]): MemberSubscription {
  return { memberId, groupInstanceId: groupInstanceId ?? undefined, subscription: Uint8Array.from(metadata) }
}

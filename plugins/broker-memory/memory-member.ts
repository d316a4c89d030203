// A member of a group of a memory cluster. Its heartbeats are timers of the clock: like those of a Kafka client they come only when the process
// lets timers have their turn.

import {
  type Assignment,
  type CommittedOffset,
  type GroupMember,
  type MemberOptions,
  MillraceError,
  type Timer,
} from '../../framework/index.ts'
import type { GroupCoordinator, MemberCallbacks } from './group-coordinator.ts'
import type { MemoryNetwork } from './memory-network.ts'

export class MemoryMember implements GroupMember, MemberCallbacks {
  state: GroupMember['state'] = 'new'
  readonly options: MemberOptions
  readonly clientId: string
  private readonly coordinator: GroupCoordinator
  private readonly network: MemoryNetwork
  private memberId: string | undefined
  private generation = -1
  private heartbeatTimer: Timer | undefined
  private lastHeartbeatMs: number
  private crashed = false
  private waitingForChange: (() => void)[] = []

  constructor(coordinator: GroupCoordinator, network: MemoryNetwork, options: MemberOptions, clientId: string) {
    this.coordinator = coordinator
    this.network = network
    this.options = options
    this.clientId = clientId
    this.lastHeartbeatMs = coordinator.clock.monotonicMs()
  }

  get heartbeatAgeMs(): number {
    return this.coordinator.clock.monotonicMs() - this.lastHeartbeatMs
  }

  async changed(): Promise<void> {
    if (this.state !== 'stable') return
    await new Promise<void>((resolve) => this.waitingForChange.push(resolve))
  }

  async join(): Promise<Assignment> {
    if (this.state === 'left' || this.crashed) throw this.fenced()
    this.heartbeatTimer?.cancel()
    this.change('joining')
    const assignment = await this.coordinator.join(this.memberId, this)
    // The state may have moved on while the answer was on its way.
    if (this.hasState('left') || this.crashed) throw this.fenced()
    this.memberId = assignment.memberId
    this.generation = assignment.generation
    this.lastHeartbeatMs = this.coordinator.clock.monotonicMs()
    if (this.hasState('joining')) this.change('stable')
    this.scheduleHeartbeat()
    return assignment
  }

  async commit(offsets: readonly CommittedOffset[]): Promise<void> {
    if (this.crashed) throw this.fenced()
    if (offsets.length === 0) return
    const { memberId, generation } = this
    await this.network.send('commit offsets', () => this.coordinator.commit(memberId, generation, offsets))
  }

  async leave(): Promise<void> {
    if (this.state === 'left') return
    this.heartbeatTimer?.cancel()
    this.change('left')
    const isStatic = this.options.groupInstanceId !== undefined
    if (!this.crashed && !isStatic) this.coordinator.leave(this)
  }

  crash(): void {
    if (this.state === 'joining') this.coordinator.leave(this)
    this.crashed = true
    this.heartbeatTimer?.cancel()
  }

  rebalanceStarted(): void {
    if (!this.crashed) this.change('rebalancing')
  }

  expelled(): void {
    this.memberId = undefined
    this.heartbeatTimer?.cancel()
    if (!this.crashed && this.state !== 'left') this.change('lost')
  }

  private scheduleHeartbeat(): void {
    this.heartbeatTimer = (this.network.clock ?? this.coordinator.clock).after(this.options.heartbeatIntervalMs, () => {
      this.lastHeartbeatMs = this.coordinator.clock.monotonicMs()
      if (this.memberId !== undefined && this.coordinator.heartbeat(this.memberId)) this.scheduleHeartbeat()
    })
  }

  private hasState(state: GroupMember['state']): boolean {
    return this.state === state
  }

  private change(state: GroupMember['state']): void {
    this.state = state
    if (state === 'stable') return
    const waiting = this.waitingForChange
    this.waitingForChange = []
    for (const resolve of waiting) resolve()
  }

  private fenced(): MillraceError {
    return new MillraceError('member-fenced', { group: this.coordinator.groupId, member: this.memberId ?? this.clientId })
  }
}

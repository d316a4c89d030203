// Who runs each task of a group, and who keeps copies of its state (Kafka Streams: HighAvailabilityTaskAssignor, KIP-441; ClientTagAwareStandbyTaskAssignor, KIP-708).
// Pure and deterministic. What holds of every result:
//
// - each task runs on one member, and where its state is up to date, if it is so anywhere;
// - a task whose place by balance is elsewhere is followed there by a warm-up replica first, so many at a time, and moves at a later rebalance;
// - no process has two copies of a state, because its members share one folder;
// - no standby could be moved so that members were loaded more evenly; the same members again keep what they have.

import { type AssignableMember, assignTasks } from './assignor.ts'

export interface GroupMemberState extends AssignableMember {
  /** Members of one process share its state folder. */
  readonly processId: string
  /** Copies of whose state are kept up to date there now. */
  readonly standbys: readonly string[]
  /** By task whose state is there: how many changelog records it is short of. Missing: of all that there are. */
  readonly lags: ReadonlyMap<string, number>
  /** Where it is: zone, rack, cluster. */
  readonly tags: ReadonlyMap<string, string>
  /** False of an earlier release, which knows of no copies. */
  readonly takesStandbys: boolean
}

export interface ReplicatedTask {
  readonly id: string
  /** Whether it has state in changelogs. */
  readonly stateful: boolean
  /** Of its changelogs, whatever state there is. */
  readonly records: number
}

export interface ReplicaSettings {
  readonly standbyReplicas: number
  readonly acceptableRecoveryLag: number
  readonly maxWarmupReplicas: number
  readonly rackAwareAssignmentTags: readonly string[]
}

export interface MemberTasks {
  readonly active: readonly string[]
  readonly standby: readonly string[]
}

export interface ReplicatedAssignment {
  readonly members: ReadonlyMap<string, MemberTasks>
  /** Tasks that are not where balance would have them, because their state is not there yet: to be looked at again. */
  readonly waiting: readonly string[]
}

/** Each list is in the order of `tasks`. */
export function assignReplicas(
  members: readonly GroupMemberState[],
  tasks: readonly ReplicatedTask[],
  settings: ReplicaSettings,
): ReplicatedAssignment {
  const placed = new Replicas(members, tasks, settings)
  placed.runWhereCaughtUp()
  placed.keepStandbys()
  placed.addStandbys()
  placed.evenOut()
  placed.warmUp()
  return placed.result()
}

interface Move {
  readonly task: string
  readonly to: GroupMemberState
}

class Replicas {
  private readonly members: readonly GroupMemberState[]
  private readonly tasks: readonly ReplicatedTask[]
  private readonly settings: ReplicaSettings
  private readonly active = new Map<string, GroupMemberState>()
  /** By task. */
  private readonly standbys = new Map<string, readonly GroupMemberState[]>()
  /** How many tasks and standbys each has. */
  private readonly loads = new Map<GroupMemberState, number>()
  private readonly activeLoads = new Map<GroupMemberState, number>()
  private readonly warmups: Move[] = []
  private readonly waiting: Move[] = []

  constructor(members: readonly GroupMemberState[], tasks: readonly ReplicatedTask[], settings: ReplicaSettings) {
    this.members = [...members].sort((left, right) => compare(left.memberId, right.memberId))
    this.tasks = tasks
    this.settings = settings
    for (const { id } of tasks) this.standbys.set(id, [])
    for (const member of members) {
      this.loads.set(member, 0)
      this.activeLoads.set(member, 0)
    }
  }

  /** What is to move to a member that is far behind stays where the state is, and waits. */
  runWhereCaughtUp(): void {
    const { members, tasks } = this
    const order = new Map(tasks.map(({ id }, index) => [id, index]))
    const known = members.map((member) => ({
      ...member,
      caughtUp: tasks.filter((task) => task.stateful && hasSomeOf(member, task.id) && this.isCaughtUp(member, task)).map(({ id }) => id),
      hasState: [...member.hasState].sort((left, right) => ascending(lagOf(member, left), lagOf(member, right))),
    }))
    const balanced = assignTasks(known, [...order.keys()])
    for (const member of members) for (const id of balanced.get(member.memberId)!) this.run(id, member)
    for (const task of tasks) {
      const to = this.active.get(task.id)!
      // An earlier release that has to wait would wait for ever: it brings no state up to date beforehand.
      if (!task.stateful || !to.takesStandbys || this.isCaughtUp(to, task)) continue
      const ready = members.filter((member) => this.isCaughtUp(member, task))
      if (ready.length === 0) continue
      const running = ready.filter((member) => member.runs.includes(task.id))
      const [best] = [...(running.length > 0 ? running : ready)].sort((left, right) => this.activeLoad(left) - this.activeLoad(right))
      this.run(task.id, best!)
      this.waiting.push({ task: task.id, to })
    }
  }

  keepStandbys(): void {
    for (const { id, stateful } of this.tasks) {
      if (!stateful) continue
      for (const member of this.members) {
        if (member.standbys.includes(id) && this.lacks(id) > 0 && this.mayHold(member, id)) this.copyTo(id, member)
      }
    }
  }

  addStandbys(): void {
    for (const { id, stateful } of this.tasks) {
      if (!stateful) continue
      for (let lacking = this.lacks(id); lacking > 0; lacking--) {
        const [best] = this.members
          .filter((member) => this.mayHold(member, id))
          .sort(
            (left, right) =>
              this.spread(right, id) - this.spread(left, id) ||
              this.load(left) - this.load(right) ||
              ascending(lagOf(left, id), lagOf(right, id)),
          )
        if (best === undefined) break
        this.copyTo(id, best)
      }
    }
  }

  /** Moves standbys as long as one would be further from the other copies elsewhere, or members more evenly loaded. Each move makes one of the two better and none worse, so it ends. */
  evenOut(): void {
    for (let moved = true; moved; ) moved = this.tasks.some(({ id }) => this.standbys.get(id)!.some((from) => this.moveStandby(id, from)))
  }

  warmUp(): void {
    for (const move of this.waiting) {
      if (this.warmups.length === this.settings.maxWarmupReplicas) return
      // A standby there is on its way to be caught up anyway.
      if (this.holds(move.to, move.task)) continue
      this.warmups.push(move)
    }
  }

  result(): ReplicatedAssignment {
    const members = this.members.map(({ memberId }) => {
      const active = this.tasks.filter(({ id }) => this.active.get(id)!.memberId === memberId).map(({ id }) => id)
      const isCopied = (id: string): boolean =>
        this.standbys.get(id)!.some((member) => member.memberId === memberId) ||
        this.warmups.some(({ task, to }) => task === id && to.memberId === memberId)
      const standby = this.tasks.map(({ id }) => id).filter(isCopied)
      return [memberId, { active, standby }] as const
    })
    return { members: new Map(members), waiting: this.waiting.map(({ task }) => task) }
  }

  private moveStandby(id: string, from: GroupMemberState): boolean {
    const copies = this.standbys.get(id)!
    const loadBefore = this.load(from)
    this.setCopies(
      id,
      copies.filter((member) => member !== from),
    )
    const before = this.spread(from, id)
    const to = this.members.find((member) => {
      if (member === from || !this.mayHold(member, id)) return false
      const spread = this.spread(member, id)
      return spread > before || (spread === before && this.load(member) + 2 <= loadBefore)
    })
    this.copyTo(id, to ?? from)
    return to !== undefined
  }

  private run(id: string, member: GroupMemberState): void {
    const before = this.active.get(id)
    if (before !== undefined) this.addLoad(before, -1, true)
    this.active.set(id, member)
    this.addLoad(member, 1, true)
  }

  private copyTo(id: string, member: GroupMemberState): void {
    this.setCopies(id, [...this.standbys.get(id)!, member])
  }

  private setCopies(id: string, members: readonly GroupMemberState[]): void {
    for (const member of this.standbys.get(id)!) this.addLoad(member, -1, false)
    this.standbys.set(id, members)
    for (const member of members) this.addLoad(member, 1, false)
  }

  private addLoad(member: GroupMemberState, by: number, active: boolean): void {
    this.loads.set(member, this.load(member) + by)
    if (active) this.activeLoads.set(member, this.activeLoad(member) + by)
  }

  private isCaughtUp(member: GroupMemberState, { id, records }: ReplicatedTask): boolean {
    const sameProcess = this.members.filter(({ processId }) => processId === member.processId)
    if (sameProcess.some(({ runs }) => runs.includes(id))) return true
    const lag = Math.min(records, ...sameProcess.map((one) => lagOf(one, id)))
    return lag <= this.settings.acceptableRecoveryLag
  }

  private lacks(id: string): number {
    return this.settings.standbyReplicas - this.standbys.get(id)!.length
  }

  private mayHold(member: GroupMemberState, id: string): boolean {
    return member.takesStandbys && !this.holds(member, id)
  }

  /** Whether the process of the member has a copy. */
  private holds({ processId }: GroupMemberState, id: string): boolean {
    return this.copiesOf(id).some((member) => member.processId === processId)
  }

  private copiesOf(id: string): readonly GroupMemberState[] {
    return [this.active.get(id)!, ...this.standbys.get(id)!]
  }

  /** How many of the tags that count no copy has with the same value as this member, which has none. */
  private spread(member: GroupMemberState, id: string): number {
    const others = this.copiesOf(id)
    return this.settings.rackAwareAssignmentTags.filter((tag) => {
      const value = member.tags.get(tag)
      return value !== undefined && others.every((other) => other.tags.get(tag) !== value)
    }).length
  }

  private load(member: GroupMemberState): number {
    return this.loads.get(member)!
  }

  private activeLoad(member: GroupMemberState): number {
    return this.activeLoads.get(member)!
  }
}

function hasSomeOf({ runs, hasState, lags }: GroupMemberState, task: string): boolean {
  return runs.includes(task) || hasState.includes(task) || lags.has(task)
}

function lagOf({ lags }: GroupMemberState, task: string): number {
  return lags.get(task) ?? Number.POSITIVE_INFINITY
}

/** Of numbers that may be infinite, both of them. */
function ascending(left: number, right: number): number {
  return left === right ? 0 : left - right
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0
}

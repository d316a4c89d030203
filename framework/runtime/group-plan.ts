// What a member tells its group, and what the one that leads makes of it: an assignment by the state that each has. The states of others are known by the sums of the
// offsets that they have reached; how much that is short of the changelogs' ends only the leader asks (KIP-441).

import type { Settings } from '../config.ts'
import { type Topology, topicName } from '../graph/topology.ts'
import type { Admin, MemberSubscription } from '../ports/broker.ts'
import type { Logger } from '../ports/logger.ts'
import { isSamePartition, type TopicPartition } from '../ports/record.ts'
import { decodeSubscription, encodeAssignment, encodeSubscription, type ReadSubscription } from './group-messages.ts'
import type { LivePlan } from './live-plan.ts'
import { assignReplicas, type GroupMemberState, type ReplicatedAssignment, type ReplicatedTask } from './replicas.ts'
import type { StandbyTasks } from './standby-tasks.ts'
import type { StatePositions } from './state-positions.ts'
import type { TaskSet } from './task-set.ts'
import type { PlannedTask } from './topic-plan.ts'

export interface GroupPlanParts {
  readonly applicationId: string
  readonly processId: string
  readonly thread: number
  readonly settings: Settings
  readonly admin: Admin
  readonly logger: Logger
  readonly live: LivePlan
  readonly tasks: TaskSet
  readonly standbys: StandbyTasks
  readonly positions: StatePositions
  /** Of this member's producer; undefined: at least once. */
  readonly transactionalId: string | undefined
}

export class GroupPlan {
  /** Set when this member has failed, and all others are to end with it. */
  asksForShutdown = false
  private readonly parts: GroupPlanParts

  constructor(parts: GroupPlanParts) {
    this.parts = parts
  }

  /** Of this member, as it is now. */
  subscription(): Uint8Array {
    const { live, tasks, standbys, positions, processId, thread, settings, transactionalId } = this.parts
    const topics = [...new Set(live.plan.tasks.flatMap(partitionsOf).map(({ topic }) => topic))]
    const runs = tasks.ids()
    const sums = { ...positions.offsetSums(), ...standbys.offsetSums() }
    return encodeSubscription({
      topics,
      runs,
      hasState: positions.tasks(),
      process: processId,
      thread,
      standbys: standbys.ids(),
      offsetSums: Object.fromEntries(Object.entries(sums).filter(([task]) => !runs.includes(task))),
      tags: Object.fromEntries(tagsOf(settings)),
      ...(this.asksForShutdown ? { shutdown: true } : {}),
      server: settings.applicationServer,
      ...(transactionalId === undefined ? {} : { producer: transactionalId }),
    })
  }

  /** For all members, on the one that leads. */
  async assign(members: readonly MemberSubscription[]): Promise<ReadonlyMap<string, Uint8Array>> {
    const { live, settings } = this.parts
    await live.refresh()
    const { plan } = live
    const subscribed = members.map(({ memberId, subscription }) => ({ memberId, ...decodeSubscription(subscription) }))
    // To one that has all of them there is no choice, so nobody needs to be asked.
    const tasks = subscribed.length === 1 ? plan.tasks.map(({ id }) => withoutState(id)) : await this.tasksWithEnds()
    const assignment = assignReplicas(
      subscribed.map((member) => stateOf(member, tasks)),
      tasks,
      settings,
    )
    this.tell(assignment)
    const shutdown = subscribed.some((member) => member.shutdown === true) ? { shutdown: true } : {}
    const servers = serversOf(subscribed, assignment)
    const producers = subscribed.flatMap(({ producer }) => producer ?? [])
    const messageOf = (member: ReadSubscription & { readonly memberId: string }): Uint8Array => {
      const { active, standby } = assignment.members.get(member.memberId)!
      const probes = assignment.waiting.length > 0 && this.isThis(member)
      const message = {
        tasks: active,
        standbys: standby,
        probeInMs: probes ? settings.probingRebalanceIntervalMs : undefined,
        servers,
        ...(producers.length === 0 ? {} : { producers }),
        partitions: plan.tasks.filter(({ id }) => active.includes(id)).flatMap(partitionsOf),
        ...shutdown,
      }
      return encodeAssignment(message, member.version)
    }
    return new Map(subscribed.map((member) => [member.memberId, messageOf(member)]))
  }

  private tell({ waiting }: ReplicatedAssignment): void {
    if (waiting.length === 0) return
    const { logger, settings } = this.parts
    logger.log(
      'info',
      `${waiting.length} tasks run on where they are until their state is elsewhere too; looking again in ${settings.probingRebalanceIntervalMs} ms.`,
      { waiting },
    )
  }

  /** It leads, so that its joining again is a rebalance in any case. */
  private isThis({ process, thread }: ReadSubscription): boolean {
    return process === this.parts.processId && thread === this.parts.thread
  }

  private async tasksWithEnds(): Promise<readonly ReplicatedTask[]> {
    const { live, admin, applicationId } = this.parts
    const changelogs = live.plan.tasks.map((task) => changelogsOf(live.topology, applicationId, task))
    const partitions = changelogs.flatMap(({ internal }) => internal)
    const ends = partitions.length === 0 ? [] : await admin.endOffsets(partitions, { readCommitted: false })
    const recordsOf = (internal: readonly TopicPartition[]): number =>
      internal.reduce((sum, changelog) => sum + ends.find((end) => isSamePartition(end, changelog))!.offset, 0)
    return live.plan.tasks.map(({ id }, index) => {
      const { internal, stateful } = changelogs[index]!
      return { id, stateful, records: recordsOf(internal) }
    })
  }
}

/** Undefined where nobody has said a server: then there is nothing to tell. */
function serversOf(
  members: readonly (ReadSubscription & { readonly memberId: string })[],
  { members: assigned }: ReplicatedAssignment,
): Readonly<Record<string, readonly string[]>> | undefined {
  const servers = new Map<string, string[]>()
  for (const { memberId, server } of members)
    if (server !== undefined) servers.set(server, [...(servers.get(server) ?? []), ...assigned.get(memberId)!.active])
  return servers.size === 0 ? undefined : Object.fromEntries(servers)
}

/** `internal`: what the app itself writes. A source topic that serves as changelog is as long as its input, and says nothing of how far behind a state is. */
function changelogsOf(
  topology: Topology,
  applicationId: string,
  { subTopology, partition }: PlannedTask,
): { readonly stateful: boolean; readonly internal: readonly TopicPartition[] } {
  const { stores } = topology.subTopologies.find(({ id }) => id === subTopology)!
  const changelogs = stores.flatMap((name) => topology.stores.get(name)?.changelog ?? [])
  const internal = changelogs.flatMap((changelog) =>
    changelog.kind === 'internal' ? [{ topic: topicName(applicationId, { name: changelog.name, internal: true }), partition }] : [],
  )
  return { stateful: changelogs.length > 0, internal }
}

function withoutState(id: string): ReplicatedTask {
  return { id, stateful: false, records: 0 }
}

function stateOf(
  { memberId, runs, hasState, standbys, process, version, offsetSums, tags }: ReadSubscription & { readonly memberId: string },
  tasks: readonly ReplicatedTask[],
): GroupMemberState {
  const lags = new Map<string, number>()
  for (const { id, records } of tasks) {
    const sum = offsetSums[id]
    // More than there is: of changelogs that were made anew since.
    if (sum !== undefined) lags.set(id, sum > records ? records : records - sum)
  }
  return {
    memberId,
    processId: process ?? memberId,
    runs,
    hasState,
    standbys,
    lags,
    tags: new Map(Object.entries(tags)),
    takesStandbys: version >= 2,
  }
}

/** `zone=a`: zone, a. */
export function tagsOf({ clientTags }: Pick<Settings, 'clientTags'>): ReadonlyMap<string, string> {
  return new Map(clientTags.map((tag) => [tag.slice(0, tag.indexOf('=')), tag.slice(tag.indexOf('=') + 1)] as const))
}

export function partitionsOf({ inputs, localInputs }: PlannedTask): readonly TopicPartition[] {
  return [...inputs, ...localInputs]
}

// The requests of members of a group: JoinGroup, SyncGroup, Heartbeat, LeaveGroup. The first two are answered when the group has come so far.

import { errorCode } from '../../wire/error-codes.ts'
import { heartbeat, joinGroup, leaveGroup, syncGroup } from '../../wire/messages/group.ts'
import type { Coordinator } from '../groups/coordinator.ts'
import { type Route, route } from '../route.ts'

interface GroupParts {
  readonly coordinator: Coordinator
}

/** From this version of JoinGroup on a new member is told its id first (KIP-394). */
const memberIdRequiredFrom = 4
/** From this version on a leader that comes back under its instance id may be told to assign nothing (KIP-814). */
const skipAssignmentFrom = 9

export function joinGroupRoute({ coordinator }: GroupParts): Route {
  return route(joinGroup, async (request, caller) => {
    const answer = await coordinator.join({
      groupId: request.groupId,
      memberId: request.memberId,
      groupInstanceId: request.groupInstanceId,
      clientId: caller.clientId,
      clientHost: caller.clientHost,
      sessionTimeoutMs: request.sessionTimeoutMs,
      // Version 0 has one timeout for both.
      rebalanceTimeoutMs: request.rebalanceTimeoutMs < 0 ? request.sessionTimeoutMs : request.rebalanceTimeoutMs,
      protocolType: request.protocolType,
      protocols: request.protocols,
      memberIdRequired: caller.apiVersion >= memberIdRequiredFrom,
      canSkipAssignment: caller.apiVersion >= skipAssignmentFrom,
    })
    return {
      errorCode: errorCode[answer.error],
      generationId: answer.generation,
      protocolType: answer.protocolType,
      protocolName: answer.protocol ?? (caller.apiVersion >= 7 ? null : ''),
      leader: answer.leader,
      skipAssignment: answer.skipAssignment,
      memberId: answer.memberId,
      members: answer.members,
    }
  })
}

export function syncGroupRoute({ coordinator }: GroupParts): Route {
  return route(syncGroup, async (request) => {
    const answer = await coordinator.sync(request.groupId, {
      memberId: request.memberId,
      groupInstanceId: request.groupInstanceId,
      generation: request.generationId,
      protocolType: request.protocolType,
      protocol: request.protocolName,
      assignments: new Map(request.assignments.map(({ memberId, assignment }) => [memberId, assignment])),
    })
    return {
      errorCode: errorCode[answer.error],
      protocolType: answer.protocolType,
      protocolName: answer.protocol,
      assignment: answer.assignment,
    }
  })
}

export function heartbeatRoute({ coordinator }: GroupParts): Route {
  return route(heartbeat, ({ groupId, memberId, groupInstanceId, generationId }) => {
    return { errorCode: errorCode[coordinator.heartbeat(groupId, { memberId, groupInstanceId, generation: generationId })] }
  })
}

export function leaveGroupRoute({ coordinator }: GroupParts): Route {
  return route(leaveGroup, ({ groupId, memberId, members }, caller) => {
    if (caller.apiVersion < 3) return { errorCode: errorCode[coordinator.leave(groupId, { memberId, groupInstanceId: null })] }
    const answers = members.map((member) => {
      const { memberId: id, groupInstanceId } = member
      return { memberId: id, groupInstanceId, errorCode: errorCode[coordinator.leave(groupId, { memberId: id, groupInstanceId })] }
    })
    return { errorCode: errorCode.NONE, members: answers }
  })
}

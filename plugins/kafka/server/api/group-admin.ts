// What tools ask of groups: ListGroups, DescribeGroups, DeleteGroups.

import { errorCode } from '../../wire/error-codes.ts'
import { deleteGroups, describeGroups, listGroups } from '../../wire/messages/group.ts'
import type { Coordinator } from '../groups/coordinator.ts'
import type { Group, GroupState } from '../groups/group.ts'
import { type Route, route } from '../route.ts'

interface GroupParts {
  readonly coordinator: Coordinator
}

/** As Kafka spells them. */
const stateNames: Readonly<Record<GroupState, string>> = {
  empty: 'Empty',
  preparing: 'PreparingRebalance',
  completing: 'CompletingRebalance',
  stable: 'Stable',
}
const groupType = 'classic'
/** From this version of DescribeGroups on a missing group is an error; before, it is dead. */
const missingIsErrorFrom = 6
const nothing = Buffer.alloc(0)

export function listGroupsRoute({ coordinator }: GroupParts): Route {
  return route(listGroups, (request) => {
    const states = request.statesFilter.map((state) => state.toLowerCase())
    const types = request.typesFilter.map((type) => type.toLowerCase())
    const groups = [...coordinator.groups()]
      .map((group) => {
        return { groupId: group.groupId, protocolType: group.protocolType ?? '', groupState: stateNames[group.state], groupType }
      })
      .filter(({ groupState }) => states.length === 0 || states.includes(groupState.toLowerCase()))
      .filter(() => types.length === 0 || types.includes(groupType))
    return { errorCode: errorCode.NONE, groups }
  })
}

export function describeGroupsRoute({ coordinator }: GroupParts): Route {
  return route(describeGroups, (request, caller) => {
    const groups = request.groups.map((groupId) => {
      const group = coordinator.group(groupId)
      if (group !== undefined) return describe(group)
      const missing = caller.apiVersion >= missingIsErrorFrom ? errorCode.GROUP_ID_NOT_FOUND : errorCode.NONE
      return { errorCode: missing, groupId, groupState: 'Dead', protocolType: '', protocolData: '', members: [] }
    })
    return { groups }
  })
}

export function deleteGroupsRoute({ coordinator }: GroupParts): Route {
  return route(deleteGroups, ({ groupsNames }) => {
    const results = groupsNames.map((groupId) => ({ groupId, errorCode: errorCode[coordinator.deleteGroup(groupId)] }))
    return { throttleTimeMs: 0, results }
  })
}

function describe(group: Group) {
  const { protocol } = group
  return {
    errorCode: errorCode.NONE,
    groupId: group.groupId,
    groupState: stateNames[group.state],
    protocolType: group.protocolType ?? '',
    protocolData: protocol ?? '',
    members: group.members.map((member) => {
      return {
        memberId: member.memberId,
        groupInstanceId: member.groupInstanceId,
        clientId: member.clientId,
        clientHost: member.clientHost,
        // Who is still on its way into a generation has neither in it.
        memberMetadata: protocol === null ? nothing : member.metadataOf(protocol),
        memberAssignment: protocol === null ? nothing : member.assignment,
      }
    }),
  }
}

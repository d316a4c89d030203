// Which assignment protocol a group uses: one that all members speak, and of those the one that most members would choose first.

import type { MemberProtocol } from './group-answers.ts'

interface Speaker {
  readonly protocols: readonly MemberProtocol[]
}

/** Whether one of the protocols is spoken by everybody. */
export function supportsAll(protocols: readonly MemberProtocol[], others: readonly Speaker[]): boolean {
  return protocols.some(({ name }) => others.every((other) => speaks(other, name)))
}

export function chooseProtocol(members: readonly Speaker[]): string {
  const votes = new Map<string, number>()
  for (const member of members) {
    const choice = member.protocols.find(({ name }) => members.every((other) => speaks(other, name)))
    if (choice !== undefined) votes.set(choice.name, (votes.get(choice.name) ?? 0) + 1)
  }
  let best = ''
  for (const [name, count] of votes) if (count > (votes.get(best) ?? 0)) best = name
  return best
}

function speaks(speaker: Speaker, protocol: string): boolean {
  return speaker.protocols.some(({ name }) => name === protocol)
}

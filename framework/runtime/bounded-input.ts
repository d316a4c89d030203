// The part of an app whose input is over one day: what is fed by elements of the program or by bounded sources, directly or over repartition topics. When it is over, nothing
// moves time on any more, so what waits for time to pass is sent: results of windows that are sent when they close, what suppress holds back,
// records of joins that have met nobody.

import type { Topology } from '../graph/topology.ts'
import type { Operator } from '../operators/operator.ts'

/** Under which name a commit says that what waited was sent: so a restart does not do it again, and who comes behind knows that all is written. */
export const inputEndedName = 'millrace:input-ended'

/** Under which name a commit says that a bounded source has ended, at the position that is committed for it: by the topic of the position. */
export function sourceEndedName(topic: string): string {
  return `millrace:source-ended:${topic}`
}

/** Whether what is kept under a name says that something has ended: it is looked for with each input. */
export function saysEnd(name: string): boolean {
  return name === inputEndedName || name.startsWith(sourceEndedName(''))
}

/** The ids of the sub-topologies that have bounded inputs only. */
export function boundedSubTopologies(topology: Topology): ReadonlySet<number> {
  const bounded = new Set(topology.subTopologies.filter(({ global }) => !global).map(({ id }) => id))
  const writersOf = (topic: string) => topology.subTopologies.filter(({ nodes }) => nodes.some((node) => isSinkOf(topology, node, topic)))
  const isBounded = (nodeName: string): boolean => {
    const node = topology.nodes.get(nodeName)
    if (node?.kind !== 'source' || node.input.kind === 'elements') return true
    if (node.input.kind === 'source') return node.input.source.bounded
    return (
      node.input.kind === 'topics' &&
      node.input.topics.every(({ name, internal }) => internal && writersOf(name).every(({ id }) => bounded.has(id)))
    )
  }
  // Each round takes out at least one, or is the last.
  for (let before = -1; before !== bounded.size; ) {
    before = bounded.size
    for (const { id, nodes } of topology.subTopologies) if (!nodes.every(isBounded)) bounded.delete(id)
  }
  return bounded
}

/** Lets each operator send what it waits with; `afterEach` moves it on, through record caches too. Operators are in the order of the topology. */
export function endInput(operators: readonly Operator[], afterEach: () => void): void {
  afterEach()
  for (const operator of operators) {
    if (operator.endOfInput === undefined) continue
    operator.endOfInput()
    afterEach()
  }
}

function isSinkOf(topology: Topology, nodeName: string, repartitionTopic: string): boolean {
  const node = topology.nodes.get(nodeName)
  return node?.kind === 'sink' && node.topic.internal && node.topic.name === repartitionTopic
}

// Several groups as one stream: each value comes with the adder of its group, so that one operator folds all of them. It has one stream time, one store and one clock,
// which is what windows take that are closed otherwise than by the stream time of each group, or are sent otherwise than at each change.

import { LogicalNode } from '../graph/logical-graph.ts'
import type { Aggregation } from '../graph/operator-spec.ts'
import type { GlobalWindow, SessionWindow } from '../graph/window-spec.ts'
import type { GroupFlow } from './aggregate-stream.ts'
import type { Adder } from './callbacks.ts'
import { type Cogroup, cogroupPrefix, repartitionAll, sourcesOf } from './cogroup.ts'
import { storeOptions } from './materialize.ts'
import type { StatefulOptions, WindowedOptions } from './options.ts'

/** A value of one of the groups. */
export interface Member {
  readonly value: unknown
  readonly adder: Aggregation['adder']
}

export interface AsOneOptions {
  readonly options: StatefulOptions | WindowedOptions
  /** Whether records without a value are to be dropped, as sliding windows do. */
  readonly dropsNull: boolean
}

/** Adds the groups, repartitioned where they have to be, and where they come together. */
export function cogroupAsOne(cogroup: Cogroup, { options, dropsNull }: AsOneOptions): GroupFlow {
  const [first] = cogroup.members.keys()
  const { make, graph } = first!
  const named = graph.naming === 'variables' ? options.name : undefined
  repartitionAll(cogroup, storeOptions(options.store).name ?? named ?? graph.names.store(cogroupPrefix))
  const members = [...cogroup.members].map(([group, adder], i) => {
    const name = graph.names.suffixedOrGenerated(options.name, `-cogroup-agg-${i}`, cogroupPrefix)
    const mapper = (value: unknown): Member | null => (value === null && dropsNull ? null : { value, adder })
    const operator = () => ({ kind: 'mapValues', mapper }) as const
    const node = new LogicalNode(name, { kind: 'processor', operator, store: () => null, connects: [] })
    graph.add(cogroup.parents.get(group)!, node)
    return node
  })
  const name = graph.names.suffixedOrGenerated(options.name, '-cogroup-merge', 'COGROUPKSTREAM-MERGE-')
  const node = new LogicalNode(name, { kind: 'processor', operator: () => ({ kind: 'pass' }), store: () => null, connects: [] })
  for (const member of members) graph.add(member, node)
  const group = { changedKey: false, groupName: undefined, repartition: null }
  return { make, graph, name, node, key: first!.key, value: null, sources: sourcesOf(cogroup), ...group }
}

/** Folds each value by the adder of its group. */
export function addMember<K, A>(): Adder<K, Member, A> {
  return (aggregate, { adder, value }, key) => adder(aggregate, value, key) as A
}

/** Sessions whose gap is asked for of the values. */
export function sessionOfMembers(window: SessionWindow): SessionWindow {
  const { gapOf } = window
  return gapOf === undefined ? window : { ...window, gapOf: (member, key) => gapOf((member as Member).value, key) }
}

/** A trigger that sees the values. */
export function triggerOfMembers({ kind, trigger }: GlobalWindow): GlobalWindow {
  return {
    kind,
    trigger: { ...trigger, onRecord: (state, event) => trigger.onRecord(state, { ...event, value: (event.value as Member).value }) },
  }
}

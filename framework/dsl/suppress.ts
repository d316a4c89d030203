// Holding back the changes of a table. Kafka Streams: KTableImpl.suppress, GraphGraceSearchUtil.

import { givesVersioned, LogicalNode } from '../graph/logical-graph.ts'
import type { StoreSpec, SuppressUntil } from '../graph/operator-spec.ts'
import { sendOldValues } from '../graph/table-state.ts'
import { durationMs } from './duration.ts'
import { requireSerde, type TableFlow } from './flow.ts'
import { changelogOf } from './materialize.ts'
import type { SuppressOptions } from './options.ts'

export function suppressTable(flow: TableFlow, options: SuppressOptions): TableFlow {
  const { graph } = flow
  const name = options.name ?? graph.names.processor('KTABLE-SUPPRESS-')
  const storeName = options.name === undefined ? graph.names.store('KTABLE-SUPPRESS-') : `${options.name}-store`
  if (givesVersioned(flow.node)) {
    const remedy = 'Suppress before the table is kept in a versioned store, or keep it in another one.'
    graph.problems.report(name, 'a versioned table cannot be suppressed.', remedy)
  }
  const until = untilOf(flow, name, options)
  // What was last sent of a row is known from the old value of its first change that is held back.
  sendOldValues(flow.state, true)
  const { recordsMax, bytesMax } = options
  const bounded = recordsMax !== undefined || bytesMax !== undefined
  // What is to be final must not be sent early: with a limit, the app stops instead.
  const whenFull = options.whenFull ?? (until.kind === 'windowCloses' ? 'shutDown' : 'emitEarly')
  if (until.kind === 'windowCloses' && bounded && whenFull === 'emitEarly') {
    graph.problems.report(name, 'a full buffer would send results that are not final.', "Set whenFull to 'shutDown', or set no limit.")
  }
  const store: StoreSpec = {
    name: storeName,
    kind: 'suppressBuffer',
    key: requireSerde(flow, name, 'key', flow.key),
    value: requireSerde(flow, name, 'value', flow.value),
    persistent: false,
    caching: false,
    changelog: changelogOf(storeName, options.logging, { 'cleanup.policy': 'compact' }),
  }
  const operator = { kind: 'suppress', store: storeName, until, buffer: { recordsMax, bytesMax, whenFull } } as const
  const node = new LogicalNode(
    name,
    { kind: 'processor', operator: () => operator, store: () => store, connects: [] },
    { versioned: false },
  )
  graph.add(flow.node, node)
  return { ...flow, name, node, state: { kind: 'suppress', of: flow.state, store: storeName } }
}

function untilOf(flow: TableFlow, name: string, { until, by }: SuppressOptions): SuppressUntil {
  if (until !== 'windowCloses') return { kind: 'timeLimit', waitMs: durationMs(until), ...(by === 'wallClock' ? { by } : {}) }
  const graceMs = closesAfterMs(flow.node)
  if (graceMs === null) {
    flow.graph.problems.report(name, 'there is no window before it that could close.', 'Suppress a windowed table, or for a time.')
  }
  return { kind: 'windowCloses', graceMs: graceMs ?? 0 }
}

/** The longest of the graces on the ways that lead here; null if one of them has no window. */
function closesAfterMs(node: LogicalNode): number | null {
  const { closesAfterMs: own } = node.traits
  if (own !== undefined) return own
  let longest: number | null = null
  for (const parent of node.parents) {
    const before = closesAfterMs(parent)
    if (before === null) return null
    longest = Math.max(longest ?? 0, before)
  }
  return longest
}

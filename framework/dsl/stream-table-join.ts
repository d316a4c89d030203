// The join of a stream with a table. Kafka Streams: KStreamImpl.doStreamTableJoin, StreamTableJoinNode.

import { givesVersioned, LogicalNode } from '../graph/logical-graph.ts'
import type { Joiner, JoinGrace, StoreSpec } from '../graph/operator-spec.ts'
import { storesOf, viewOf } from '../graph/table-state.ts'
import { durationMs } from './duration.ts'
import { addStep, requireSerde, type StreamFlow, type TableFlow } from './flow.ts'
import { changelogOf } from './materialize.ts'
import type { StreamTableJoinOptions } from './options.ts'
import { repartitionForJoin } from './repartition.ts'

export function joinTable(
  flow: StreamFlow,
  table: TableFlow,
  joiner: Joiner,
  left: boolean,
  options: StreamTableJoinOptions<unknown, unknown>,
): StreamFlow {
  const { graph } = flow
  const stream = flow.changedKey ? repartitionForJoin(flow, options.name, options) : flow
  const sources = new Set([...stream.sources, ...table.sources])
  graph.coPartitioned.push(sources)
  const name = graph.names.orGenerated(options.name, left ? 'KSTREAM-LEFTJOIN-' : 'KSTREAM-JOIN-')
  const grace = options.grace === undefined ? null : addGraceBuffer(stream, table, name, durationMs(options.grace), options)
  const view = viewOf(table.state)
  const joined = addStep(stream, {
    name,
    operator: { kind: 'streamTableJoin', left, joiner, table: view, grace },
    traits: { passesNullKeys: left },
    connects: grace === null ? storesOf(view) : [grace.store, ...storesOf(view)],
    becomes: { key: options.key ?? stream.key, value: null, changedKey: false },
  })
  return { ...joined, sources }
}

function addGraceBuffer(
  stream: StreamFlow,
  table: TableFlow,
  join: string,
  graceMs: number,
  options: StreamTableJoinOptions<unknown, unknown>,
): JoinGrace {
  const { graph } = stream
  if (graceMs < 0) graph.problems.report(join, `a grace of ${graceMs} ms is in the past.`, 'Give a grace of 0 or more.')
  if (!givesVersioned(table.node)) {
    const remedy = 'Give its store a `historyRetention`, or the join no grace.'
    graph.problems.report(join, 'a join with grace reads its table as it was, and this one is not versioned.', remedy)
  }
  const name = `${join}-Buffer`
  const store: StoreSpec = {
    name,
    kind: 'graceBuffer',
    key: requireSerde(stream, join, 'key', options.key, stream.key),
    value: requireSerde(stream, join, 'value', options.value, stream.value),
    persistent: true,
    caching: false,
    changelog: changelogOf(name, true, { 'cleanup.policy': 'compact' }),
  }
  graph.add(graph.root, new LogicalNode(name, { kind: 'store', store }))
  return { graceMs, store: name }
}

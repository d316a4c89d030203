// The join of a stream with a table. Kafka Streams: KStreamImpl.doStreamTableJoin.

import type { Joiner } from '../graph/operator-spec.ts'
import { storesOf, viewOf } from '../graph/table-state.ts'
import { addStep, type StreamFlow, type TableFlow } from './flow.ts'
import type { WriteOptions } from './options.ts'
import { repartitionForJoin } from './repartition.ts'

export function joinTable(
  flow: StreamFlow,
  table: TableFlow,
  joiner: Joiner,
  left: boolean,
  options: WriteOptions<unknown, unknown>,
): StreamFlow {
  const { graph } = flow
  const stream = flow.changedKey ? repartitionForJoin(flow, options.name, options) : flow
  const sources = new Set([...stream.sources, ...table.sources])
  graph.coPartitioned.push(sources)
  const name = graph.names.orGenerated(options.name, left ? 'KSTREAM-LEFTJOIN-' : 'KSTREAM-JOIN-')
  const view = viewOf(table.state)
  const joined = addStep(stream, {
    name,
    operator: { kind: 'streamTableJoin', left, joiner, table: view },
    traits: { passesNullKeys: left },
    connects: storesOf(view),
    becomes: { key: options.key ?? stream.key, value: null, changedKey: false },
  })
  return { ...joined, sources }
}

// The join of a stream with a table. Kafka Streams: KStreamImpl.doStreamTableJoin.

import type { OperatorSpec } from '../graph/operator-spec.ts'
import { storesOf, viewOf } from '../graph/table-state.ts'
import type { Joiner } from './callbacks.ts'
import { addStep, type StreamFlow, type TableFlow } from './flow.ts'
import type { WriteOptions } from './options.ts'
import { repartitionForJoin } from './repartition.ts'

type JoinerSpec = (OperatorSpec & { kind: 'streamTableJoin' })['joiner']

export function joinTable<K, V, T, R>(
  flow: StreamFlow,
  table: TableFlow,
  joiner: Joiner<K, V, T, R>,
  left: boolean,
  options: WriteOptions<K, V>,
): StreamFlow {
  const { graph } = flow
  const stream = flow.changedKey ? repartitionForJoin(flow, options.name, options as WriteOptions<unknown, unknown>) : flow
  const sources = new Set([...stream.sources, ...table.sources])
  graph.coPartitioned.push(sources)
  const name = graph.names.orGenerated(options.name, left ? 'KSTREAM-LEFTJOIN-' : 'KSTREAM-JOIN-')
  const view = viewOf(table.state)
  const joined = addStep(stream, {
    name,
    operator: { kind: 'streamTableJoin', left, joiner: joiner as JoinerSpec, table: view },
    traits: { passesNullKeys: left },
    connects: storesOf(view),
    becomes: { key: options.key ?? stream.key, value: null, changedKey: false },
  })
  return { ...joined, sources }
}

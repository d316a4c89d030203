// mapAsync(): the door to I/O. What is on its way is kept in a store of the operator.

import { LogicalNode } from '../graph/logical-graph.ts'
import type { MapAsyncSpec, StoreSpec } from '../graph/operator-spec.ts'
import type { Serde } from '../ports/serde.ts'
import { pendingRecord } from '../serdes/pending-record.ts'
import { long } from '../serdes/serdes.ts'
import { requireFunction, requireOptions } from './arguments.ts'
import { durationMs } from './duration.ts'
import { addStep, requireSerde, type StreamFlow } from './flow.ts'
import { changelogOf } from './materialize.ts'
import type { MapAsyncOptions } from './options.ts'

export function mapAsync(
  flow: StreamFlow,
  mapper: MapAsyncSpec['mapper'],
  options: MapAsyncOptions<unknown, unknown, unknown>,
): StreamFlow {
  const { graph } = flow
  requireFunction(graph, 'KStream.mapAsync', 'mapper', mapper)
  requireOptions(graph, 'KStream.mapAsync', options)
  const { concurrency = 16, order = 'key', timeout = '30s', retry, onFailure = 'fail' } = options
  const name = options.name ?? graph.names.processor('KSTREAM-MAPASYNC-')
  const attemptsMax = retry?.attempts ?? 1
  for (const [what, given] of Object.entries({ concurrency, attempts: attemptsMax }))
    if (!(Number.isInteger(given) && given > 0)) graph.problems.report(name, `its ${what} is ${given}.`, 'Give a whole number from 1 on.')
  const key = requireSerde(flow, name, 'key', options.key, flow.key)
  const value = requireSerde(flow, name, 'value', options.value, flow.value)
  const store: StoreSpec = {
    name: `${name}-pending`,
    kind: 'keyValue',
    key: long() as Serde<unknown>,
    value: pendingRecord(key, value) as Serde<unknown>,
    persistent: true,
    caching: false,
    numbered: true,
    changelog: changelogOf(`${name}-pending`, true, { 'cleanup.policy': 'compact' }),
  }
  graph.add(graph.root, new LogicalNode(store.name, { kind: 'store', store }))
  return addStep(flow, {
    name,
    operator: {
      kind: 'mapAsync',
      mapper,
      store: store.name,
      key,
      concurrency,
      order,
      timeoutMs: durationMs(timeout),
      attemptsMax,
      retryDelayMs: durationMs(retry?.delay ?? '1s'),
      onFailure,
    },
    connects: [store.name],
    becomes: { value: null },
  })
}

// mapAsync(): the door to I/O. What is on its way is kept in a store of the operator.

import type { MapAsyncSpec } from '../graph/operator-spec.ts'
import { requireFunction, requireOptions } from './arguments.ts'
import { asyncCalls } from './async-calls.ts'
import { addStep, type StreamFlow } from './flow.ts'
import type { MapAsyncOptions } from './options.ts'

export function mapAsync(
  flow: StreamFlow,
  mapper: MapAsyncSpec['mapper'],
  options: MapAsyncOptions<unknown, unknown, unknown>,
): StreamFlow {
  const { graph } = flow
  requireFunction(graph, 'KStream.mapAsync', 'mapper', mapper)
  requireOptions(graph, 'KStream.mapAsync', options)
  const name = options.name ?? graph.names.processor('KSTREAM-MAPASYNC-')
  const calls = asyncCalls(flow, name, options)
  return addStep(flow, {
    name,
    operator: { kind: 'mapAsync', mapper, ...calls, onFailure: options.onFailure ?? 'fail' },
    connects: [calls.store],
    becomes: { value: null },
  })
}

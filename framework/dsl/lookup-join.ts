// lookupJoin(): what is known outside about a key that each record names, with a cache before it.

import type { LogicalGraph } from '../graph/logical-graph.ts'
import type { LookupCacheSpec, LookupJoinSpec } from '../graph/operator-spec.ts'
import { requireFunction, requireOptions } from './arguments.ts'
import { asyncCalls, requireCounts } from './async-calls.ts'
import { durationMs } from './duration.ts'
import { addStep, type StreamFlow } from './flow.ts'
import type { LookupCacheOptions, LookupJoinOptions } from './options.ts'

/** How many answers a cache has at most, where nobody has said it. */
const entriesMaxDefault = 10_000

export function lookupJoin(
  flow: StreamFlow,
  left: boolean,
  functions: Pick<LookupJoinSpec, 'keySelector' | 'lookup' | 'joiner'>,
  options: LookupJoinOptions<unknown, unknown, unknown>,
): StreamFlow {
  const { graph } = flow
  const call = left ? 'KStream.leftLookupJoin' : 'KStream.lookupJoin'
  requireFunction(graph, call, 'key selector', functions.keySelector)
  requireFunction(graph, call, 'lookup', functions.lookup)
  requireFunction(graph, call, 'joiner', functions.joiner)
  requireOptions(graph, call, options)
  const name = options.name ?? graph.names.processor('KSTREAM-LOOKUPJOIN-')
  const calls = asyncCalls(flow, name, options)
  const cache = options.cache === undefined ? null : cacheOf(graph, name, options.cache)
  const { keySelector, lookup, joiner } = functions
  return addStep(flow, {
    name,
    operator: { kind: 'lookupJoin', left, keySelector, lookup, joiner, ...calls, cache, onFailure: options.onFailure ?? 'fail' },
    connects: [calls.store],
    becomes: { value: null },
  })
}

function cacheOf(graph: LogicalGraph, name: string, options: LookupCacheOptions): LookupCacheSpec {
  requireOptions(graph, name, options)
  const { ttl, missingTtl = ttl, failureTtl = 0, entriesMax = entriesMaxDefault, bytesMax } = options
  requireCounts(graph, name, { entriesMax, ...(bytesMax === undefined ? {} : { bytesMax }) })
  if (durationMs(ttl) === 0)
    graph.problems.report(name, 'its cache keeps answers for 0 ms.', 'Say how old they may be, or leave the cache out.')
  return {
    ttlMs: durationMs(ttl),
    missingTtlMs: durationMs(missingTtl),
    failureTtlMs: durationMs(failureTtl),
    entriesMax,
    bytesMax: bytesMax ?? null,
  }
}

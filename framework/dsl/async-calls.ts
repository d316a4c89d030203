// What operators have in common that ask outside: how calls are made, how records wait for them, and the store in which those are kept that wait at a commit.

import type { LogicalGraph } from '../graph/logical-graph.ts'
import { LogicalNode } from '../graph/logical-graph.ts'
import type { AsyncCallSpec, HeldRecordsSpec, StoreSpec } from '../graph/operator-spec.ts'
import type { Serde } from '../ports/serde.ts'
import { pendingRecord } from '../serdes/pending-record.ts'
import { long } from '../serdes/serdes.ts'
import { durationMs } from './duration.ts'
import { requireSerde, type StreamFlow } from './flow.ts'
import { changelogOf } from './materialize.ts'
import type { AsyncCallOptions, WriteOptions } from './options.ts'

/** Adds the store too. */
export function asyncCalls(
  flow: StreamFlow,
  name: string,
  options: AsyncCallOptions & WriteOptions<unknown, unknown>,
): AsyncCallSpec & HeldRecordsSpec {
  const { graph } = flow
  const { concurrency = 16, order = 'key', timeout = '30s', retry } = options
  const attemptsMax = retry?.attempts ?? 1
  requireCounts(graph, name, { concurrency, attempts: attemptsMax })
  if (!['key', 'input', 'none'].includes(order))
    graph.problems.report(name, `its order is ${String(order)}.`, "Say 'key', 'input' or 'none', or leave it out.")
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
  return {
    store: store.name,
    key,
    concurrency,
    order,
    timeoutMs: durationMs(timeout),
    attemptsMax,
    retryDelayMs: durationMs(retry?.delay ?? '1s'),
  }
}

export function requireCounts(graph: LogicalGraph, name: string, counts: Readonly<Record<string, number>>): void {
  for (const [what, given] of Object.entries(counts))
    if (!(Number.isInteger(given) && given > 0)) graph.problems.report(name, `its ${what} is ${given}.`, 'Give a whole number from 1 on.')
}

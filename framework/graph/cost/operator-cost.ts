// What each kind of operator does with one record that comes: how many rows of its stores it writes at most, and how many records it gives on. The one list of
// this in the framework: a new kind of operator does not compile without its line. Numbers hold over time: a session that takes in another one deletes a row, which
// an earlier record wrote, so it counts two for each record.

import type { ManifestNode, ManifestOperator, ManifestStore } from '../manifest.ts'
import type { Factor } from './amount.ts'

export interface OperatorCost {
  /** Of a store that it opens; null: it only reads there. */
  writes(store: ManifestStore): Factor | null
  readonly gives: Factor
  /** What it gives waits in the record cache with its rows, so that of several updates of a key one goes on. */
  readonly givesThroughCache: boolean
  /** One record goes to one of the children only. */
  readonly chooses?: true
}

export function operatorCost(node: ManifestNode): OperatorCost {
  const { operator } = node
  return operator === undefined ? passing() : costs[operator.kind](operator, node.stores ?? [])
}

type CostOf = (operator: ManifestOperator, stores: readonly string[]) => OperatorCost

const costs: Readonly<Record<ManifestOperator['kind'], CostOf>> = {
  pass: () => passing(),
  filter: () => passing(),
  map: () => passing(),
  mapValues: () => passing(),
  selectKey: () => passing(),
  flatMap: () => passing('any'),
  flatMapValues: () => passing('any'),
  peek: () => passing(),
  print: () => passing(),
  sinkTo: () => passing(),
  branch: () => ({ ...passing(), chooses: true }),
  mapAsync: () => ({ ...passing(), writes: () => 2 }),
  lookupJoin: () => ({ ...passing(), writes: () => 2 }),
  process: () => processing(),
  processValues: () => processing(),
  keyedProcess: () => processing(),
  aggregate: () => table(1),
  windowAggregate: ({ window }) => table(window?.kind === 'time' ? Math.ceil(window.sizeMs / window.advanceMs) : 1),
  // A record is in one window for each other record that is near.
  slidingAggregate: () => table('any'),
  sessionAggregate: () => table(2),
  countWindowAggregate: ({ window }) => ({ ...table(1), gives: window?.kind === 'count' ? Math.ceil(window.size / window.step) : 1 }),
  globalWindowAggregate: () => table(1),
  tableSource: () => table(1),
  tableFilter: () => table(1),
  tableMapValues: () => table(1),
  // Its own store comes first; those of a transformer it writes as it likes.
  tableTransformValues: (_operator, stores) => ({ ...table(1), writes: ({ name }) => (name === stores[0] ? 1 : 'any') }),
  toStream: () => passing(),
  // The row leaves one group and enters another one.
  tableGroupBy: () => passing(2),
  tableAggregate: () => table(1),
  tableTableJoin: () => passing(),
  tableJoinMerge: () => table(1),
  suppress: () => ({ ...passing(), writes: () => 2 }),
  streamTableJoin: () => ({ ...passing(), writes: ({ kind }) => (kind === 'graceBuffer' ? 2 : null) }),
  streamGlobalTableJoin: () => passing(),
  joinWindow: () => ({ ...passing(), writes: () => 1 }),
  streamStreamJoin: () => ({ ...passing('any'), writes: ({ kind }) => (kind === 'unmatched' ? 2 : null) }),
  streamSelfJoin: () => passing('any'),
  // The row unsubscribes from one and subscribes to another one.
  foreignKeySubscribe: () => passing(2),
  foreignKeyReceive: () => ({ ...passing(), writes: () => 1 }),
  foreignKeyLookup: () => passing(),
  // To each row that has the key.
  foreignKeyNotify: () => passing('any'),
  foreignKeyResolve: () => passing(),
}

function passing(gives: Factor = 1): OperatorCost {
  return { writes: () => null, gives, givesThroughCache: false }
}

/** What a processor puts and forwards is its author's. */
function processing(): OperatorCost {
  return { writes: () => 'any', gives: 'any', givesThroughCache: false }
}

function table(factor: Factor): OperatorCost {
  // What the clock has decided is one row for all keys.
  return { writes: ({ name }) => (name.endsWith('-decisions') ? 0 : factor), gives: factor, givesThroughCache: true }
}

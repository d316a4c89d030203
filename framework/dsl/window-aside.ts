// What a windowed aggregation has besides its results: a stream of late records, and a store for decisions that do not follow from its input, as that a window
// was closed because nothing came. What is in that store is one row, in a changelog as all state is: a restore knows what was decided.

import { LogicalNode } from '../graph/logical-graph.ts'
import type { EmitStrategy, OperatorSpec, StoreSpec, WindowAside } from '../graph/operator-spec.ts'
import type { SessionWindow, SlidingWindow, TimeWindow, UnlimitedWindow, WindowTiming } from '../graph/window-spec.ts'
import { json, string } from '../serdes/serdes.ts'
import type { GroupFlow } from './aggregate-stream.ts'
import type { AnySerde } from './flow.ts'
import type { KStream } from './kstream.ts'
import { changelogOf, type NamedStore, retentionOf } from './materialize.ts'
import type { NameOptions, WindowedOptions } from './options.ts'

/** A record whose windows were all closed when it came. */
export interface Late<V> {
  readonly value: V
  /** For how long the last of its windows had been closed, by the time of the operator, in milliseconds. */
  readonly lateMs: number
}

/** The late records of a windowed stream: the author's piece of topology for them. */
export interface LateBranch {
  readonly name: string
  /** Called when the aggregation is added, with its node and the sources of its sub-topology. */
  attach(aggregation: LogicalNode, sources: ReadonlySet<string>): void
}

export interface AsidePlan {
  readonly window: WindowTiming
  readonly late: LateBranch | undefined
  readonly shownMs: number | undefined
}

/** How long windows are kept, and for how long they are shown after they have closed, where no result may be missed: as long again as they have to be. */
export function retentionAndShown(
  group: GroupFlow,
  emit: EmitStrategy,
  options: WindowedOptions,
  leastMs: number,
): { readonly retentionMs: number; readonly shownMs: number | undefined } {
  if (emit !== 'final' || group.graph.naming === 'kafka-streams')
    return { retentionMs: retentionOf(group, options, leastMs), shownMs: undefined }
  const retentionMs = retentionOf(group, options, leastMs, Math.min(2 * leastMs, Number.MAX_SAFE_INTEGER))
  return { retentionMs, shownMs: retentionMs - leastMs }
}

export function asideOf(
  named: NamedStore,
  { window, late, shownMs }: AsidePlan,
): { readonly spec: WindowAside; readonly stores: readonly StoreSpec[] } | undefined {
  const decides = window.time === 'processing' || (window.closes !== undefined && window.closes.kind !== 'endOfInput')
  if (!decides && late === undefined && shownMs === undefined) return undefined
  const decisions = `${named.name}-decisions`
  const spec = {
    ...(late === undefined ? {} : { late: late.name }),
    ...(decides ? { decisions } : {}),
    ...(shownMs === undefined ? {} : { shownMs }),
  }
  return { spec, stores: decides ? [decisionStore(decisions, named)] : [] }
}

/** An unlimited window never closes, so nothing times it. */
export function timingOf(window: TimeWindow | SlidingWindow | SessionWindow | UnlimitedWindow): WindowTiming {
  return window.kind === 'unlimited' ? {} : window
}

/** What is wrong with how windows close. */
export function checkTiming({ graph, name }: Pick<GroupFlow, 'graph' | 'name'>, { closes, time }: WindowTiming): void {
  if (closes?.kind === 'idle' && !(closes.idleMs > 0))
    graph.problems.report(name, `a partition cannot be idle for ${closes.idleMs} ms.`, 'Give a duration of more than 0.')
  if (time === 'processing' && closes !== undefined)
    graph.problems.report(name, 'windows of processing time are closed by the clock on the wall, and nothing else.', 'Leave `closes` out.')
}

function decisionStore(name: string, { options }: NamedStore): StoreSpec {
  const { persistent = true, logging } = options
  const changelog = changelogOf(name, logging === false ? false : undefined, { 'cleanup.policy': 'compact' })
  return { name, kind: 'keyValue', key: string() as AnySerde, value: json() as AnySerde, persistent, caching: false, changelog }
}

/** Adds a stream of late records behind an aggregation, when that is added itself; `operator` is what makes of its values those of the author. */
export function lateBranch<K, V>(
  group: GroupFlow,
  build: (late: KStream<K, Late<V>>) => void,
  options: NameOptions,
  operator: OperatorSpec = { kind: 'pass' },
): LateBranch {
  const { graph, make } = group
  const name = graph.names.orGenerated(options.name, 'KSTREAM-LATE-')
  let attached = false
  return {
    name,
    attach(aggregation, sources) {
      const remedy = 'Call windowedBy() and late() once for each aggregation.'
      if (attached) graph.problems.report(name, 'late records of two aggregations cannot be one stream.', remedy)
      if (attached) return
      attached = true
      const node = new LogicalNode(name, { kind: 'processor', operator: () => operator, store: () => null, connects: [] })
      graph.add(aggregation, node)
      const { key } = group
      build(make.stream<K, Late<V>>({ make, graph, name, node, key, value: null, sources, changedKey: false, joinRepartition: null }))
    },
  }
}

// What aggregations over windows of time have in common, of one group or of several: store, operator, keys of the result.

import type { NodeTraits } from '../graph/logical-graph.ts'
import type { Aggregation, EmitStrategy, OperatorSpec } from '../graph/operator-spec.ts'
import type { SessionWindow, SlidingWindow, TimeWindow, UnlimitedWindow } from '../graph/window-spec.ts'
import { timeWindowed } from '../serdes/windowed.ts'
import type { GroupFlow } from './aggregate-stream.ts'
import type { AnySerde } from './flow.ts'
import { retentionOf, type WindowStoreShape } from './materialize.ts'
import type { WindowedOptions } from './options.ts'

export interface TimeWindowPlan {
  readonly shape: WindowStoreShape
  readonly traits: NodeTraits
  operator(store: string, aggregation: Aggregation, sendsOldValues: boolean): OperatorSpec
  resultKey(key: AnySerde): AnySerde
}

export function timeWindowPlan(
  group: GroupFlow,
  window: TimeWindow | SlidingWindow | UnlimitedWindow,
  emit: EmitStrategy,
  options: WindowedOptions,
): TimeWindowPlan {
  const sliding = window.kind === 'sliding'
  const graceMs = window.kind === 'unlimited' ? 0 : window.graceMs
  const windowSizeMs = sizeOf(window)
  // To make a sliding window, the windows up to two differences before are looked up.
  const leastMs = Math.min((sliding ? 2 * windowSizeMs : windowSizeMs) + graceMs, Number.MAX_SAFE_INTEGER)
  const retentionMs = retentionOf(group, options, leastMs)
  return {
    shape: {
      kind: 'window',
      retentionMs,
      windowSizeMs,
      ...(sliding ? { rangesByKey: true } : {}),
      ...(emit === 'close' ? { timeOrdered: true, neverCached: sliding } : {}),
    },
    traits: { closesAfterMs: graceMs },
    operator: (store, aggregation, sendsOldValues) =>
      window.kind === 'sliding'
        ? { kind: 'slidingAggregate', store, window, aggregation, sendsOldValues, emit }
        : { kind: 'windowAggregate', store, window, aggregation, sendsOldValues, emit },
    resultKey: (key) => timeWindowed(key, windowSizeMs) as AnySerde,
  }
}

function sizeOf(window: TimeWindow | SlidingWindow | UnlimitedWindow): number {
  if (window.kind === 'unlimited') return Number.POSITIVE_INFINITY
  return window.kind === 'sliding' ? window.differenceMs : window.sizeMs
}

/** What is wrong with a window is said of the group that it cuts. */
export function checkWindow({ graph, name }: GroupFlow, window: TimeWindow | SlidingWindow | UnlimitedWindow, emit: EmitStrategy): void {
  const check = (holds: boolean, problem: string, remedy: string) => {
    if (!holds) graph.problems.report(name, problem, remedy)
  }
  if (window.kind === 'unlimited') {
    check(window.startMs >= 0, `a window cannot start at ${window.startMs} ms.`, 'Give a start of 0 or more.')
    check(emit === 'updates', 'an unlimited window never closes, so it would never send its result.', "Leave `emit: 'close'` out.")
    return
  }
  if (window.kind === 'sliding') {
    check(window.differenceMs >= 0, `a window cannot be ${window.differenceMs} ms long.`, 'Give a difference of 0 or more.')
  } else {
    const { sizeMs, advanceMs } = window
    check(sizeMs > 0, `a window of ${sizeMs} ms has no room.`, 'Give a size of more than 0.')
    const advances = sizeMs <= 0 || (advanceMs > 0 && advanceMs <= sizeMs)
    const remedy = 'Advance by more than 0 and at most the size.'
    check(advances, `a window of ${sizeMs} ms cannot advance by ${advanceMs} ms.`, remedy)
  }
  check(window.graceMs >= 0, `a grace of ${window.graceMs} ms is in the past.`, 'Give a grace of 0 or more.')
}

export function checkSessionWindow({ graph, name }: GroupFlow, { gapMs, graceMs }: SessionWindow): void {
  if (gapMs < 0) graph.problems.report(name, `a gap of ${gapMs} ms is none.`, 'Give a gap of 0 or more.')
  if (graceMs < 0) graph.problems.report(name, `a grace of ${graceMs} ms is in the past.`, 'Give a grace of 0 or more.')
}

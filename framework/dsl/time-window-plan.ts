// What aggregations over windows of time have in common, of one group or of several: store, operator, keys of the result.

import type { NodeTraits } from '../graph/logical-graph.ts'
import type { Aggregation, EmitStrategy, OperatorSpec, WindowAside } from '../graph/operator-spec.ts'
import type { SessionWindow, SlidingWindow, TimeWindow, UnlimitedWindow } from '../graph/window-spec.ts'
import { sessionWindowed, timeWindowed } from '../serdes/windowed.ts'
import type { GroupFlow } from './aggregate-stream.ts'
import type { AnySerde } from './flow.ts'
import type { WindowStoreShape } from './materialize.ts'
import type { WindowedOptions } from './options.ts'
import { retentionAndShown, timingOf } from './window-aside.ts'

export interface TimeWindowPlan {
  readonly shape: WindowStoreShape
  readonly traits: NodeTraits
  readonly shownMs: number | undefined
  operator(store: string, aggregation: Aggregation, sendsOldValues: boolean, aside?: WindowAside): OperatorSpec
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
  const keptMs = closesAtEnd(window) ? Number.POSITIVE_INFINITY : (sliding ? 2 * windowSizeMs : windowSizeMs) + graceMs
  const leastMs = Math.min(keptMs, Number.MAX_SAFE_INTEGER)
  const { retentionMs, shownMs } = retentionAndShown(group, emit, options, leastMs)
  return {
    shownMs,
    shape: {
      kind: 'window',
      retentionMs,
      windowSizeMs,
      ...(sliding ? { rangesByKey: true } : {}),
      ...(emit === 'final' ? { timeOrdered: true, neverCached: sliding } : {}),
    },
    traits: { closesAfterMs: graceMs },
    operator: (store, aggregation, sendsOldValues, aside) => {
      const common = { store, aggregation, sendsOldValues, emit, ...(aside === undefined ? {} : { aside }) }
      return window.kind === 'sliding' ? { kind: 'slidingAggregate', window, ...common } : { kind: 'windowAggregate', window, ...common }
    },
    resultKey: (key) => (isCalendar(window) ? sessionWindowed(key) : timeWindowed(key, windowSizeMs)) as AnySerde,
  }
}

/** What only the end of the input closes is kept until then. */
export function closesAtEnd(window: TimeWindow | SlidingWindow | SessionWindow | UnlimitedWindow): boolean {
  return timingOf(window).closes?.kind === 'endOfInput'
}

/** Whose ends do not follow from their starts by one size. */
function isCalendar(window: TimeWindow | SlidingWindow | UnlimitedWindow): boolean {
  return window.kind === 'time' && window.calendar !== undefined
}

function sizeOf(window: TimeWindow | SlidingWindow | UnlimitedWindow): number {
  if (window.kind === 'unlimited') return Number.POSITIVE_INFINITY
  return window.kind === 'sliding' ? window.differenceMs : window.sizeMs
}

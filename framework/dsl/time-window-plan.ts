// What aggregations over windows of time have in common, of one group or of several: store, operator, keys of the result.

import type { NodeTraits } from '../graph/logical-graph.ts'
import type { Aggregation, EmitStrategy, OperatorSpec, WindowAside } from '../graph/operator-spec.ts'
import type { SessionWindow, SlidingWindow, TimeWindow, UnlimitedWindow } from '../graph/window-spec.ts'
import { sessionWindowed, timeWindowed } from '../serdes/windowed.ts'
import type { GroupFlow } from './aggregate-stream.ts'
import type { AnySerde } from './flow.ts'
import type { WindowStoreShape } from './materialize.ts'
import type { WindowedOptions } from './options.ts'
import { checkTiming, retentionAndShown, timingOf } from './window-aside.ts'

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

/** What is wrong with a window is said of the group that it cuts. */
export function checkWindow({ graph, name }: GroupFlow, window: TimeWindow | SlidingWindow | UnlimitedWindow, emit: EmitStrategy): void {
  const check = (holds: boolean, problem: string, remedy: string) => {
    if (!holds) graph.problems.report(name, problem, remedy)
  }
  if (window.kind === 'unlimited') {
    check(window.startMs >= 0, `a window cannot start at ${window.startMs} ms.`, 'Give a start of 0 or more.')
    check(emit === 'updates', 'an unlimited window never closes, so it would never send its result.', "Leave `emit: 'final'` out.")
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
  checkTiming({ graph, name }, window)
  check(window.graceMs >= 0, `a grace of ${window.graceMs} ms is in the past.`, 'Give a grace of 0 or more.')
}

export function checkSessionWindow({ graph, name }: GroupFlow, window: SessionWindow): void {
  const { gapMs, graceMs } = window
  checkTiming({ graph, name }, window)
  if (window.gapOf !== undefined && window.closes?.kind === 'idle') {
    const remedy = "Close them by stream time, or with closes: 'wallClock'."
    graph.problems.report(name, 'sessions with a gap for each record know when they end, so idleness does not close them.', remedy)
  }
  if (gapMs < 0) graph.problems.report(name, `a gap of ${gapMs} ms is none.`, 'Give a gap of 0 or more.')
  if (graceMs < 0) graph.problems.report(name, `a grace of ${graceMs} ms is in the past.`, 'Give a grace of 0 or more.')
}

// What is wrong with a window, and with what is to be sent of it. Said once, where a group is cut by it.

import type { LogicalGraph } from '../graph/logical-graph.ts'
import type { EmitStrategy } from '../graph/operator-spec.ts'
import type { CountWindow, GlobalWindow, SessionWindow, SlidingWindow, TimeWindow, UnlimitedWindow } from '../graph/window-spec.ts'
import { checkTiming } from './window-aside.ts'

export type AnyWindow = TimeWindow | SlidingWindow | UnlimitedWindow | SessionWindow | CountWindow | GlobalWindow

/** The group, by whose name it is said. */
interface Place {
  readonly graph: LogicalGraph
  readonly name: string
}

export function checkWindow(group: Place, window: AnyWindow, emit: EmitStrategy): void {
  switch (window.kind) {
    case 'time':
    case 'sliding':
    case 'unlimited':
      checkTimeWindow(group, window, emit)
      break
    case 'session':
      checkSessionWindow(group, window)
      break
    case 'count':
      checkCountWindow(group, window)
      break
    case 'global':
  }
}

function checkTimeWindow({ graph, name }: Place, window: TimeWindow | SlidingWindow | UnlimitedWindow, emit: EmitStrategy): void {
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

function checkSessionWindow({ graph, name }: Place, window: SessionWindow): void {
  const { gapMs, graceMs } = window
  checkTiming({ graph, name }, window)
  if (window.gapOf !== undefined && window.closes?.kind === 'idle') {
    const remedy = "Close them by stream time, or with closes: 'wallClock'."
    graph.problems.report(name, 'sessions with a gap for each record know when they end, so idleness does not close them.', remedy)
  }
  if (gapMs < 0) graph.problems.report(name, `a gap of ${gapMs} ms is none.`, 'Give a gap of 0 or more.')
  if (graceMs < 0) graph.problems.report(name, `a grace of ${graceMs} ms is in the past.`, 'Give a grace of 0 or more.')
}

function checkCountWindow({ graph, name }: Place, { size, step, orAfter }: CountWindow): void {
  if (orAfter !== undefined && !(orAfter.ms > 0))
    graph.problems.report(name, `a window cannot end ${orAfter.ms} ms after its first record.`, 'Give a duration of more than 0.')
  if (Number.isInteger(size) && size > 0 && Number.isInteger(step) && step > 0 && step <= size) return
  const remedy = 'Give whole numbers: a size from 1 on, and a step from 1 to the size.'
  graph.problems.report(name, `there are no windows of ${size} records that begin every ${step}.`, remedy)
}

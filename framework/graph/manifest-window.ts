// Windows as the manifest shows them: without what is code in them.

import type {
  AggregationWindow,
  Calendar,
  CountWindow,
  GlobalWindow,
  JoinWindow,
  SessionWindow,
  SlidingWindow,
  TimeWindow,
  Trigger,
  UnlimitedWindow,
} from './window-spec.ts'

export type ManifestWindow =
  | UnlimitedWindow
  | SlidingWindow
  | JoinWindow
  | CountWindow
  | (Omit<TimeWindow, 'calendar'> & { readonly calendar?: Pick<Calendar, 'unit' | 'timeZone'> })
  /** `gapMs` is the longest gap where each record has one of its own. */
  | (Omit<SessionWindow, 'gapOf'> & { readonly gapOfRecord?: true })
  | { readonly kind: 'global'; readonly trigger: Pick<Trigger<unknown>, 'name' | 'by'> }

export function manifestWindow(
  window: AggregationWindow | CountWindow | GlobalWindow | JoinWindow | SessionWindow | SlidingWindow,
): ManifestWindow {
  switch (window.kind) {
    case 'time': {
      const { calendar, ...others } = window
      return calendar === undefined ? others : { ...others, calendar: { unit: calendar.unit, timeZone: calendar.timeZone } }
    }
    case 'session': {
      const { gapOf, ...others } = window
      return gapOf === undefined ? others : { ...others, gapOfRecord: true }
    }
    case 'global':
      return { kind: 'global', trigger: { name: window.trigger.name, by: window.trigger.by } }
    default:
      return window
  }
}

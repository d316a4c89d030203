// Windows that the calendar cuts: days, weeks and months of a place, which are not all of one length where clocks are changed. The rules of time zones are those
// of Node (ICU); temporal-polyfill makes the calendar of them, and is in a bundle only where this is used.

import { Temporal } from 'temporal-polyfill'
import { MillraceError } from '../errors.ts'
import type { Calendar, TimeWindow } from '../graph/window-spec.ts'
import { durationMs } from './duration.ts'
import { type ClockWindowOptions, timing } from './windows.ts'

export interface CalendarWindowOptions extends ClockWindowOptions {
  /** Of the IANA database, such as `Europe/Berlin`. */
  readonly timeZone: string
}

/** The longest of each, on a day on which clocks are set back: windows are kept as if all were so long. */
const longestMs = { day: 25 * 3_600_000, week: (7 * 24 + 1) * 3_600_000, month: (31 * 24 + 1) * 3_600_000 } as const

/**
 * Days, weeks (from Monday on) or months of a time zone, one after the other: a day begins at local midnight, and has 23 or 25 hours where clocks are changed.
 * The key of a result has start and end, both written, as that of a session. Throws `time-zone-unknown`.
 *
 * @example
 * ```ts
 * import { calendar, sum, topology } from 'millrace'
 *
 * export default topology('daily-sales', (builder) => {
 *   const sales = builder.stream<string, number>('sales').groupByKey()
 *   const days = sales.windowedBy(calendar('day', { timeZone: 'Europe/Berlin', grace: '1h' }), { emit: 'final' })
 *   days.aggregate({ total: sum((amount) => amount) }).toStream().to('daily-sales')
 * })
 * ```
 */
export function calendar(unit: 'day' | 'week' | 'month', options: CalendarWindowOptions): TimeWindow {
  const sizeMs = longestMs[unit]
  const { timeZone, grace = 0 } = options
  const cut = calendarOf(unit, timeZone)
  return { kind: 'time', sizeMs, advanceMs: sizeMs, graceMs: durationMs(grace), calendar: cut, ...timing(options) }
}

function calendarOf(unit: 'day' | 'week' | 'month', timeZone: string): Calendar {
  const beginning = (timeMs: number): Temporal.ZonedDateTime => {
    const day = Temporal.Instant.fromEpochMilliseconds(timeMs).toZonedDateTimeISO(timeZone).startOfDay()
    if (unit === 'day') return day
    return unit === 'week' ? day.subtract({ days: day.dayOfWeek - 1 }).startOfDay() : day.with({ day: 1 }).startOfDay()
  }
  try {
    beginning(0)
  } catch (error) {
    throw new MillraceError('time-zone-unknown', { timeZone }, error)
  }
  // Records come mostly in the order of time, so the last window is mostly the next one's too: looking one up costs some microseconds.
  let last = { start: 0, end: 0 }
  const windowOf = (timeMs: number): { readonly start: number; readonly end: number } => {
    if (timeMs >= last.start && timeMs < last.end) return last
    const first = beginning(timeMs)
    // Windows begin at 1970 at the earliest, as all windows do.
    last = { start: Math.max(0, first.epochMilliseconds), end: first.add({ [`${unit}s`]: 1 }).startOfDay().epochMilliseconds }
    return last
  }
  return { unit, timeZone, startOf: (timeMs) => windowOf(timeMs).start, endOf: (timeMs) => windowOf(timeMs).end }
}
